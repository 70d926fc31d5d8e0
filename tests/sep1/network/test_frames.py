"""MAC, NWK and APS headers: known octets, round trips, what is refused."""

import contextlib
import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handover.errors import DecodeError, EncodeError
from handover.sep1.network import aps, mac, nwk

u8, u16, u64 = st.integers(0, 0xFF), st.integers(0, 0xFFFF), st.integers(0, 2**64 - 1)
payloads = st.binary(max_size=100)

MAC = mac.MacFrame(sequence=7, pan_id=0x1AAA, destination=0x1234, source=0, payload=b"!")
NWK = nwk.NwkFrame(destination=0x1234, source=0, radius=30, sequence=9, payload=b"!")
APS = aps.ApsData(
    delivery=aps.UNICAST,
    destination_endpoint=2,
    cluster_id=0x0700,
    profile_id=0x0109,
    source_endpoint=1,
    counter=5,
    payload=b"!",
)


def test_known_octets() -> None:
    assert mac.build(MAC).hex(" ") == "41 88 07 aa 1a 34 12 00 00 21"
    assert nwk.build(NWK).hex(" ") == "08 00 34 12 00 00 1e 09 21"
    assert aps.build(APS).hex(" ") == "00 02 00 07 09 01 01 05 21"
    named = nwk.NwkFrame(
        destination=1, source=2, radius=1, sequence=0, payload=b"", destination_eui=0x11, source_eui=0x22
    )
    assert nwk.build(named).hex() == "081801000200" + "0100" + "11" + "00" * 7 + "22" + "00" * 7


@given(
    st.builds(
        mac.MacFrame,
        sequence=u8,
        pan_id=u16,
        destination=u16,
        source=u16,
        payload=payloads,
        ack_request=st.booleans(),
    )
)
def test_a_mac_frame_comes_back(frame: mac.MacFrame) -> None:
    assert mac.parse(mac.build(frame)) == frame


@given(
    st.builds(
        nwk.NwkFrame,
        destination=u16,
        source=u16,
        radius=u8,
        sequence=u8,
        payload=payloads,
        destination_eui=st.none() | u64,
        source_eui=st.none() | u64,
    )
)
def test_a_network_frame_comes_back(frame: nwk.NwkFrame) -> None:
    assert nwk.parse(nwk.build(frame)) == frame


@given(
    st.builds(
        aps.ApsData,
        delivery=st.sampled_from([aps.UNICAST, aps.BROADCAST]),
        destination_endpoint=u8,
        cluster_id=u16,
        profile_id=u16,
        source_endpoint=u8,
        counter=u8,
        payload=payloads,
        ack_request=st.booleans(),
    )
)
def test_an_aps_frame_comes_back(frame: aps.ApsData) -> None:
    assert aps.parse(aps.build(frame)) == frame


def test_a_source_route_and_a_multicast_octet_are_skipped() -> None:
    routed = bytes.fromhex("0805 3412 0000 1e 09 3f 02 01 aaaa bbbb") + b"!"
    assert nwk.parse(routed) == NWK


@pytest.mark.parametrize(
    ("parse", "octets", "message"),
    [
        (mac.parse, "4188", "needs 3 octets, there are 2"),
        (mac.parse, "4188 07 aa1a 34", "end inside the addresses"),
        (mac.parse, "4488 07 aa1a 3412 0000", "is not of an unsecured 802.15.4-2006 frame"),
        (mac.parse, "4988 07 aa1a 3412 0000", "is not of an unsecured 802.15.4-2006 frame"),
        (mac.parse, "4144 07 aa1a 3412 0000", "reserved address mode"),
        (mac.parse, "0188 07 aa1a 3412 bb1a 0000", "from one PAN to another"),
        (nwk.parse, "0800", "needs 8 octets, there are 2"),
        (nwk.parse, "0a00 3412 0000 1e09", "type 2 is neither data nor command"),
        (nwk.parse, "0c00 3412 0000 1e09", "protocol version 3 is not 2"),
        (nwk.parse, "0810 3412 0000 1e09 0102", "ends inside an EUI-64 at octet 8"),
        (nwk.parse, "0804 3412 0000 1e09", "ends before the source route"),
        (nwk.parse, "0804 3412 0000 1e09 0200", "needs 14 octets, there are 10"),
        (aps.parse, "", "there are no octets"),
        (aps.parse, "00020007", "the 4 octets end inside the header"),
        (aps.parse, "0302 0007 0901 01 05", "reserved type or delivery mode"),
        (aps.parse, "0402 0007 0901 01 05", "reserved type or delivery mode"),
        (aps.parse, "8002 0007 0901 01 05", "end inside the header"),
        (aps.parse, "8002 0007 0901 01 05 03 00", "the fragmentation field is reserved"),
    ],
)
def test_what_is_refused(parse: Callable[[bytes], Any], octets: str, message: str) -> None:
    with pytest.raises(DecodeError, match=message):
        parse(bytes.fromhex(octets))


@pytest.mark.parametrize("parse", [mac.parse, nwk.parse, aps.parse], ids=["mac", "nwk", "aps"])
def test_any_octets_give_a_frame_or_a_decode_error(parse: Callable[[bytes], Any]) -> None:
    @settings(max_examples=150, deadline=None)
    @given(st.binary(max_size=40))
    def check(data: bytes) -> None:
        with contextlib.suppress(DecodeError):
            parse(data)

    check()


def test_fields_that_do_not_fit_are_refused() -> None:
    with pytest.raises(EncodeError, match="MAC header"):
        mac.build(dataclasses.replace(MAC, sequence=256))
    with pytest.raises(EncodeError, match="NWK header"):
        nwk.build(dataclasses.replace(NWK, source_eui=2**64))
    with pytest.raises(EncodeError, match="APS header"):
        aps.build(dataclasses.replace(APS, cluster_id=-1))
