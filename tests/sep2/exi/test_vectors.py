"""Documents that two independent codecs wrote in the same way."""

from pathlib import Path

import pytest
from lxml import etree

from handover.errors import DecodeError
from handover.sep2 import exi, xml

FOLDER = Path(__file__).parents[2] / "data" / "exi"
NAMES = sorted(path.stem for path in FOLDER.glob("*.xml"))

SHORT_NUMBERS = {"27_ReadingList_96", "29_MirrorMeterReading_set96", "x8_string_hits"}
"""Documents with numbers in hexadecimal digits that are shorter than their type: resources fill them up."""


def pair(name: str) -> tuple[bytes, bytes]:
    return (FOLDER / f"{name}.xml").read_bytes(), (FOLDER / f"{name}.exi").read_bytes()


def canonical(document: bytes) -> str:
    return etree.canonicalize(document.decode(), strip_text=True, rewrite_prefixes=True)


def test_the_vectors_are_here() -> None:
    assert len(NAMES) == 29


@pytest.mark.parametrize("name", NAMES)
def test_a_document_is_encoded_octet_for_octet(name: str) -> None:
    document, stream = pair(name)
    assert exi.from_xml(document) == stream


@pytest.mark.parametrize("name", NAMES)
def test_a_stream_is_the_same_document(name: str) -> None:
    document, stream = pair(name)
    assert canonical(exi.to_xml(stream)) == canonical(document)
    assert exi.from_xml(exi.to_xml(stream)) == stream


@pytest.mark.parametrize("name", NAMES)
def test_a_stream_is_the_same_resource(name: str) -> None:
    document, stream = pair(name)
    if name == "y1_unknown_root":
        with pytest.raises(DecodeError, match="namespace"):
            exi.decode(stream)
        return
    resource = xml.decode(document)
    assert exi.decode(stream) == resource
    assert exi.decode(b"$EXI" + stream) == resource
    assert exi.decode(exi.encode(resource)) == resource
    if not name.startswith("x") and name not in SHORT_NUMBERS:
        assert exi.encode(resource) == stream


def test_the_worked_example() -> None:
    stream = bytes.fromhex("a030114cc6f7034bd959195d8bcccbdc9959d2020722b01845f20300")
    registration = exi.decode(stream)
    assert (registration.href, registration.dateTimeRegistered, registration.pIN) == (
        "/edev/3/reg",
        1704067200,
        111115,
    )
    assert exi.encode(registration) == stream
