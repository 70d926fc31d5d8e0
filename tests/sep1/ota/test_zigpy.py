"""Images that we build are read by zigpy's parser, and those that it builds by ours."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handover.sep1.ota.image import Header, build, parse
from handover.sep1.ota.integrity import with_integrity
from sep1.transports.radio.presence import require_zigpy

headers = st.builds(
    Header,
    manufacturer=st.integers(0, 0xFFFF),
    image_type=st.integers(0, 0xFFFF),
    version=st.integers(0, 0xFFFFFFFF),
    total_size=st.just(0),
    stack_version=st.integers(0, 0xFFFF),
    text=st.binary(max_size=32).map(lambda text: text.ljust(32, b"\0")),
    credential_version=st.none() | st.integers(0, 255),
    destination=st.none() | st.integers(0, 2**64 - 1),
    hardware=st.none() | st.tuples(st.integers(0, 0x7FFF), st.integers(0x8000, 0xFFFF)),
)
payloads = st.binary(min_size=1, max_size=200)


@pytest.fixture(scope="module")
def zigpy() -> Any:
    require_zigpy()
    import zigpy.ota.image as module

    return module


@settings(max_examples=100, deadline=None)
@given(headers, payloads)
def test_zigpy_reads_what_we_build(zigpy: Any, header: Header, firmware: bytes) -> None:
    octets = with_integrity(header, [(0, firmware), (0xF001, b"maker")])
    image, rest = zigpy.OTAImage.deserialize(octets)
    assert rest == b""
    found = image.header
    assert (found.manufacturer_id, found.image_type, found.file_version, found.image_size) == (
        header.manufacturer,
        header.image_type,
        header.version,
        len(octets),
    )
    assert (found.stack_version, bytes(found.header_string)) == (header.stack_version, header.text)
    assert found.security_credential_version == header.credential_version
    if header.destination is None:
        assert found.upgrade_file_destination is None
    else:
        assert found.upgrade_file_destination.serialize() == header.destination.to_bytes(8, "little")
    hardware = (found.minimum_hardware_version, found.maximum_hardware_version)
    assert hardware == (header.hardware or (None, None))
    assert [(e.tag_id, bytes(e.data)) for e in image.subelements][:2] == [(0, firmware), (0xF001, b"maker")]
    assert image.serialize() == octets


@settings(max_examples=100, deadline=None)
@given(headers, payloads, st.booleans())
def test_we_read_what_zigpy_builds(zigpy: Any, header: Header, firmware: bytes, picture: bool) -> None:
    made, _ = zigpy.OTAImage.deserialize(build(header, [(0, b"x")]))
    made.subelements.clear()
    for tag, data in [(0, firmware), (4, b"picture")][: 1 + picture]:
        made.subelements.append(zigpy.SubElement(tag_id=tag, data=zigpy.LVBytes32(data)))
    size = made.header.header_length + sum(6 + len(e.data) for e in made.subelements)
    made.header.image_size = size
    image = parse(made.serialize())
    assert image.header.total_size == size
    assert (image.header.version, image.header.hardware) == (header.version, header.hardware)
    assert [(e.tag, e.data) for e in image.elements] == [(0, firmware), (4, b"picture")][: 1 + picture]
