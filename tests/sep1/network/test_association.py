"""Addresses of a device that belongs to no PAN yet, and beacons, octet by octet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handover.errors import DecodeError, EncodeError
from handover.sep1.network import mac
from handover.sep1.network.mac_commands import Beacon, build_beacon, parse_beacon

CHILD = 0x000D6F0000654321
REQUEST = mac.MacFrame(
    kind=mac.COMMAND,
    sequence=5,
    pan_id=0x1AAA,
    destination=0,
    source_eui=CHILD,
    payload=b"\x01\x8e",
    ack_request=True,
    unattached=True,
)
REQUEST_OCTETS = "23c8 05 aa1a 0000 ffff 2143650000 6f0d00 018e"

POLL = mac.MacFrame(
    kind=mac.COMMAND,
    sequence=6,
    pan_id=0x1AAA,
    destination=0,
    source_eui=CHILD,
    payload=b"\x04",
    ack_request=True,
)

RESPONSE = mac.MacFrame(
    kind=mac.COMMAND,
    sequence=7,
    pan_id=0x1AAA,
    destination_eui=CHILD,
    source_eui=0x00124B0000ABCD01,
    payload=bytes.fromhex("02341200"),
    ack_request=True,
)


@pytest.mark.parametrize(
    ("frame", "octets"),
    [
        (REQUEST, REQUEST_OCTETS),
        (POLL, "63c8 06 aa1a 0000 2143650000 6f0d00 04"),
        (RESPONSE, "63cc 07 aa1a 2143650000 6f0d00 01cdab00004b1200 02341200"),
        (
            mac.MacFrame(kind=mac.COMMAND, sequence=8, destination=mac.EVERYBODY, payload=b"\x07"),
            "0308 08 ffff ffff 07",
        ),
        (mac.MacFrame(kind=mac.ACK, sequence=9, pending=True), "1200 09"),
        (mac.MacFrame(kind=mac.BEACON, sequence=1, pan_id=0x1AAA, source=0), "0080 01 aa1a 0000"),
    ],
    ids=["association request", "data request", "association response", "beacon request", "ack", "beacon"],
)
def test_known_octets(frame: mac.MacFrame, octets: str) -> None:
    assert mac.build(frame) == bytes.fromhex(octets)
    assert mac.parse(bytes.fromhex(octets)) == frame


@given(st.integers(0, 0xFFFE), st.integers(0, 2**64 - 1), st.integers(0, 0xFFFF))
def test_a_source_without_pan_comes_back(pan_id: int, eui64: int, destination: int) -> None:
    frame = mac.MacFrame(
        sequence=1, pan_id=pan_id, destination=destination, source_eui=eui64, unattached=True
    )
    assert mac.parse(mac.build(frame)) == frame


def test_an_unattached_source_needs_an_addressee() -> None:
    with pytest.raises(EncodeError, match="needs both addresses"):
        mac.build(mac.MacFrame(sequence=1, source_eui=CHILD, unattached=True))


def test_a_frame_between_two_pans_is_still_refused() -> None:
    with pytest.raises(DecodeError, match="from one PAN to another"):
        mac.parse(bytes.fromhex(REQUEST_OCTETS.replace("ffff", "bb1a")))


def test_every_bit_of_a_damaged_frame_is_noticed() -> None:
    octets = mac.with_check(mac.build(REQUEST))
    for bit in range(8 * len(octets)):
        damaged = bytearray(octets)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(DecodeError, match="check sequence is wrong"):
            mac.checked(bytes(damaged))


BEACON_OCTETS = "ffcf 00 00 00 2284 01cdab00004b1200 ffffff 05"
BEACON = Beacon(
    permit=True,
    coordinator=True,
    router_capacity=True,
    end_device_capacity=True,
    depth=0,
    extended_pan_id=0x00124B0000ABCD01,
    update_id=5,
)


def test_a_known_beacon() -> None:
    assert build_beacon(BEACON) == bytes.fromhex(BEACON_OCTETS)
    assert parse_beacon(bytes.fromhex(BEACON_OCTETS)) == BEACON


def test_a_closed_beacon_of_a_deep_router() -> None:
    closed = parse_beacon(bytes.fromhex("ff0f 00 00 00 2278 01cdab00004b1200 ffffff 00"))
    assert (closed.permit, closed.coordinator, closed.router_capacity, closed.end_device_capacity) == (
        False,
    ) * 4
    assert closed.depth == 15


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        ("ffcf 00 00 00 2284 01cdab00004b1200 ffffff", "18 octets are too few"),
        ("ffcf 00 00 01 2284 01cdab00004b1200 ffffff 05", "not of a ZigBee PRO network"),
        ("ffcf 00 00 00 2184 01cdab00004b1200 ffffff 05", "not of a ZigBee PRO network"),
        ("ffcf 81 00 00 2284 01cdab00004b1200 ffffff 05", "without superframes"),
    ],
    ids=["cut short", "another protocol", "another stack profile", "guaranteed slots"],
)
def test_other_beacons_are_refused(octets: str, message: str) -> None:
    with pytest.raises(DecodeError, match=message):
        parse_beacon(bytes.fromhex(octets))
