"""APS frames into captures and back out of them."""

import contextlib
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handover.errors import DecodeError, EncodeError
from handover.sep1.aps import BROADCAST, ApsFrame
from handover.sep1.network import nwk
from handover.sep1.network.capture import Capture, decapsulate, pcap_file

ESI, METER, DISPLAY = 0x000D6F0000123456, 0x000D6F0000654321, 0x00124B0000ABCDEF


def frame(source: int = ESI, destination: int = METER, **changes: object) -> ApsFrame:
    fields = {
        "source_endpoint": 1,
        "destination_endpoint": 2,
        "cluster_id": 0x0702,
        "secured": False,
        "payload": b"\x18\x01\x0a",
    }
    return ApsFrame(source=source, destination=destination, **(fields | changes))  # type: ignore[arg-type]


nodes = st.sampled_from([ESI, METER, DISPLAY])
frames = st.builds(
    ApsFrame,
    source=nodes,
    destination=nodes | st.just(BROADCAST),
    source_endpoint=st.integers(0, 255),
    destination_endpoint=st.integers(0, 255),
    cluster_id=st.integers(0, 0xFFFF),
    profile_id=st.integers(0, 0xFFFF),
    secured=st.just(False),
    payload=st.binary(max_size=100),
)


@given(st.lists(frames, max_size=5))
def test_a_frame_comes_back(sent: list[ApsFrame]) -> None:
    capture = Capture(ESI)
    assert [decapsulate(capture.encapsulate(f)) for f in sent] == sent


def test_the_link_key_is_not_shown() -> None:
    octets = Capture(ESI).encapsulate(frame(secured=True))
    assert decapsulate(octets) == frame(secured=False)


def test_addresses_are_given_in_order_of_appearance() -> None:
    capture = Capture(ESI)
    for destination in (METER, BROADCAST, DISPLAY, METER):
        capture.encapsulate(frame(destination=destination))
    assert capture.addresses == {0: ESI, 1: METER, 2: DISPLAY}
    assert capture.short_address(BROADCAST) == 0xFFFF


def without_euis(octets: bytes) -> bytes:
    inner = nwk.parse(octets[9:])
    inner.source_eui = inner.destination_eui = None
    return octets[:9] + nwk.build(inner)


def test_a_short_address_is_looked_up() -> None:
    capture = Capture(ESI)
    octets = without_euis(capture.encapsulate(frame()))
    assert decapsulate(octets, capture.addresses) == frame()
    with pytest.raises(DecodeError, match="no EUI-64 is known of the source 0x0000"):
        decapsulate(octets)
    with pytest.raises(DecodeError, match="no EUI-64 is known of the destination 0x0001"):
        decapsulate(octets, {0: ESI})


def test_frames_are_numbered_and_the_numbers_wrap() -> None:
    capture = Capture(ESI, pan_id=0xBEEF)
    octets = [capture.encapsulate(frame()) for _ in range(258)]
    assert [o[2] for o in octets] == [*range(256), 0, 1]
    assert octets[0][3:5] == b"\xef\xbe"


def test_an_address_that_is_too_long_is_refused() -> None:
    with pytest.raises(EncodeError, match="NWK header"):
        Capture(ESI).encapsulate(frame(destination=2**64))
    with pytest.raises(EncodeError, match="APS header"):
        Capture(ESI).encapsulate(frame(cluster_id=0x10000))


@settings(max_examples=300, deadline=None)
@given(frames, st.integers(0, 60), st.binary(max_size=3), st.binary(max_size=60))
def test_any_octets_give_a_frame_or_a_decode_error(
    sent: ApsFrame, at: int, octets: bytes, junk: bytes
) -> None:
    good = Capture(ESI).encapsulate(sent)
    for data in (junk, good[:at], good[:at] + octets + good[at + len(octets) :]):
        with contextlib.suppress(DecodeError):
            decapsulate(data, {0: ESI})


def test_a_capture_file_octet_by_octet() -> None:
    octets = pcap_file([(1342548000.25, b"abc"), (1342548001.9999999, b"")])
    assert octets[:24] == struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 230)
    assert octets[24:43] == struct.pack("<IIII", 1342548000, 250000, 3, 3) + b"abc"
    assert octets[43:] == struct.pack("<IIII", 1342548002, 0, 0, 0)
