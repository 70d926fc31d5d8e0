"""Simple descriptors: octets there and back, a known one, what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handover.errors import DecodeError, EncodeError
from handover.sep1.network.zdp import SimpleDescriptor, build_descriptor, parse_descriptor

METER = SimpleDescriptor(
    endpoint=9,
    profile=0x0109,
    device_id=0x0501,
    version=1,
    input_clusters=(0x0000, 0x0702),
    output_clusters=(0x0800,),
)
METER_OCTETS = "09 0901 0105 01 02 0000 0207 01 0008"

clusters = st.lists(st.integers(0, 0xFFFF), max_size=20).map(tuple)


def test_known_octets() -> None:
    assert build_descriptor(METER) == bytes.fromhex(METER_OCTETS)
    assert parse_descriptor(bytes.fromhex(METER_OCTETS)) == METER


@given(
    st.builds(
        SimpleDescriptor,
        endpoint=st.integers(0, 255),
        profile=st.integers(0, 0xFFFF),
        device_id=st.integers(0, 0xFFFF),
        version=st.integers(0, 15),
        input_clusters=clusters,
        output_clusters=clusters,
    )
)
def test_a_descriptor_comes_back_and_no_part_of_it_does(descriptor: SimpleDescriptor) -> None:
    octets = build_descriptor(descriptor)
    assert parse_descriptor(octets) == descriptor
    for end in range(len(octets)):
        with pytest.raises(DecodeError, match="simple descriptor"):
            parse_descriptor(octets[:end])


@pytest.mark.parametrize(
    "fields",
    [{"endpoint": 256}, {"profile": 0x10000}, {"device_id": -1}, {"input_clusters": (0,) * 256}],
    ids=["endpoint", "profile", "device", "too many clusters"],
)
def test_what_does_not_fit_is_refused(fields: dict[str, int]) -> None:
    with pytest.raises(EncodeError, match="simple descriptor"):
        build_descriptor(SimpleDescriptor(**({"endpoint": 1, "profile": 0, "device_id": 0} | fields)))
