"""APS headers octet by octet: deliveries, acknowledgements, fragments, commands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handover.errors import EncodeError
from handover.sep1.network import aps
from handover.sep1.network.aps import ApsData, Fragment

PLACE = {"destination_endpoint": 2, "cluster_id": 0x0702, "profile_id": 0x0109, "source_endpoint": 1}
ADDRESSES = "02 0207 0901 01"


@pytest.mark.parametrize(
    ("frame", "octets"),
    [
        (ApsData(**PLACE, counter=5, payload=b"!", ack_request=True), f"40 {ADDRESSES} 05 21"),
        (ApsData(**PLACE, counter=5, payload=b"!", secured=True), f"20 {ADDRESSES} 05 21"),
        (ApsData(**PLACE, counter=5, delivery=aps.BROADCAST), f"08 {ADDRESSES} 05"),
        (
            ApsData(
                delivery=aps.GROUP,
                group=0xBEEF,
                cluster_id=0x0702,
                profile_id=0x0109,
                source_endpoint=1,
                counter=5,
            ),
            "0c efbe 0207 0901 01 05",
        ),
        (ApsData(**PLACE, kind=aps.ACK, counter=5), f"02 {ADDRESSES} 05"),
        (ApsData(kind=aps.ACK, counter=5, endpoints=False), "12 05"),
        (ApsData(kind=aps.COMMAND, counter=5, secured=True, payload=b"\x09\x01"), "21 05 0901"),
        (ApsData(**PLACE, counter=5, fragment=Fragment(0, 3), payload=b"!"), f"80 {ADDRESSES} 05 01 03 21"),
        (ApsData(**PLACE, counter=5, fragment=Fragment(2), payload=b"!"), f"80 {ADDRESSES} 05 02 02 21"),
        (
            ApsData(**PLACE, kind=aps.ACK, counter=5, fragment=Fragment(0, received=7)),
            f"82 {ADDRESSES} 05 01 00 07",
        ),
        (
            ApsData(**PLACE, kind=aps.ACK, counter=5, fragment=Fragment(3, received=1)),
            f"82 {ADDRESSES} 05 02 03 01",
        ),
    ],
    ids=[
        "wants an ack",
        "secured",
        "broadcast",
        "group",
        "ack",
        "ack of a command",
        "command",
        "first fragment",
        "later fragment",
        "ack of the first window",
        "ack of a later window",
    ],
)
def test_known_octets(frame: ApsData, octets: str) -> None:
    assert aps.build(frame) == bytes.fromhex(octets)
    assert aps.parse(bytes.fromhex(octets)) == frame


@given(
    st.builds(
        ApsData,
        delivery=st.just(aps.GROUP),
        group=st.integers(0, 0xFFFF),
        cluster_id=st.integers(0, 0xFFFF),
        profile_id=st.integers(0, 0xFFFF),
        source_endpoint=st.integers(0, 255),
        counter=st.integers(0, 255),
        payload=st.binary(max_size=60),
        secured=st.booleans(),
    )
    | st.builds(
        ApsData,
        kind=st.just(aps.COMMAND),
        counter=st.integers(0, 255),
        payload=st.binary(max_size=60),
        ack_request=st.booleans(),
        secured=st.booleans(),
    )
)
def test_groups_and_commands_come_back(frame: ApsData) -> None:
    assert aps.parse(aps.build(frame)) == frame


def test_a_group_delivery_without_group_is_refused() -> None:
    with pytest.raises(EncodeError, match="APS header"):
        aps.build(ApsData(**PLACE, delivery=aps.GROUP, counter=5))


def test_an_extended_header_that_says_not_fragmented_is_skipped() -> None:
    frame = aps.parse(bytes.fromhex(f"80 {ADDRESSES} 05 00 21"))
    assert (frame.fragment, frame.payload) == (None, b"!")
