"""Streams of enemies: whatever the octets, a resource or DecodeError, within limits."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handover.errors import DecodeError
from handover.sep2 import exi
from handover.sep2.exi import bits, header
from handover.sep2.exi.bits import BitReader
from handover.sep2.exi.grammar import width
from handover.sep2.exi.names import GLOBALS
from handover.sep2.exi.strings import StringsWritten
from handover.sep2.resources import CLASSES
from handover.sep2.resources.end_device import EndDeviceList
from sep2.documents import anything, maximal

HEAD = header.HEADER
ROOT_WIDTH = width(len(GLOBALS) + 1)
SEED = (Path(__file__).parents[2] / "data" / "exi" / "01_DeviceCapability.exi").read_bytes()


def read(data: bytes) -> None:
    """Read in both ways; anything but DecodeError is a defect."""
    for way in (exi.decode, exi.to_xml):
        with suppress(DecodeError):
            way(data)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=80))
def test_any_octets_behind_the_header(data: bytes) -> None:
    read(data)
    read(bytes.fromhex("a030114c") + bytes([0xC6 | data[0] & 1 if data else 0xC6]) + data)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(CLASSES)).flatmap(lambda n: anything(CLASSES[n])), st.integers(0, 10**6))
def test_a_stream_cut_short_is_refused(instance: Any, where: int) -> None:
    data = exi.encode(instance)
    cut = data[: where % len(data)]
    with pytest.raises(DecodeError):
        exi.decode(cut)
    with pytest.raises(DecodeError):
        exi.to_xml(cut)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b"$EXI", "is empty"),
        (b"<Time/>", "does not begin with the octet 3C"),
        (bytes.fromhex("a030114c"), "ends early"),
        (bytes.fromhex("8000114cc6f7"), "other options"),
        (bytes.fromhex("a030115cc6f7"), "other options"),
    ],
)
def test_headers(data: bytes, reason: str) -> None:
    with pytest.raises(DecodeError, match=reason):
        exi.decode(data)


def stream(*parts: str) -> bytes:
    return bits.packed(HEAD + "".join(parts))


def root(name: str) -> str:
    return bits.number(list(GLOBALS).index(name), ROOT_WIDTH)


def unknown(name: str) -> str:
    """Return the start of a document of an unknown element."""
    return bits.number(len(GLOBALS), ROOT_WIDTH) + StringsWritten().qname(("urn:v", name))


def test_a_text_longer_than_the_stream_is_not_waited_for() -> None:
    with pytest.raises(DecodeError, match=r"ends early|more text"):
        exi.to_xml(stream(unknown("a"), bits.number(3, 2), bits.unsigned(2**40)))
    with pytest.raises(DecodeError, match=r"ends early|more text"):
        exi.decode(stream(root("Time"), bits.number(0, 2), bits.unsigned(2**20), "0" * 800))


def test_an_integer_without_end_is_refused() -> None:
    endless = "1" * 8 * 40
    with pytest.raises(DecodeError, match="groups"):
        exi.decode(stream(root("TimeType"), "00", endless))


def test_repeated_strings_are_bounded_by_what_they_become() -> None:
    """One long text, and thousands of references of a few bits to it."""
    text = "x" * 60_000
    parts = [unknown("a"), bits.number(3, 2), bits.unsigned(len(text) + 2), bits.characters(text)]
    parts += [bits.number(1, 1), bits.number(1, 1), bits.unsigned(0)] * 1
    for _ in range(3000):
        parts += [bits.number(0, 2), bits.unsigned(0)]
    with pytest.raises(DecodeError, match="more text"):
        exi.to_xml(stream(*parts))


def test_nesting_is_bounded() -> None:
    written = StringsWritten()
    parts = [bits.number(len(GLOBALS), ROOT_WIDTH), written.qname(("urn:v", "a"))]
    parts += [bits.number(2, 2), written.qname(("urn:v", "a"))]
    parts += ["0"] * 100
    with pytest.raises(DecodeError, match="deep"):
        exi.to_xml(stream(*parts))


def test_pieces_are_bounded() -> None:
    devices = EndDeviceList(all=0, results=0, EndDevice=[maximal(CLASSES["EndDevice"])] * 700)
    with pytest.raises(DecodeError, match="more elements and attributes"):
        exi.decode(exi.encode(devices))


def test_octets_are_bounded() -> None:
    with pytest.raises(DecodeError, match="at most 10 are accepted"):
        exi.decode(SEED, limits=exi.Limits(octets=10))
    with pytest.raises(DecodeError, match="at most 10 are accepted"):
        exi.to_xml(SEED, limits=exi.Limits(octets=10))


@pytest.mark.parametrize("character", ["\0", "\x0b", "\ufffe", "\ud800"])
def test_characters_that_xml_does_not_have_are_refused(character: str) -> None:
    parts = [root("LocaleType"), "0", bits.unsigned(3), bits.unsigned(ord(character)), "0"]
    with pytest.raises(DecodeError, match="not for an XML document"):
        exi.to_xml(stream(*parts))
    capability = [
        root("DeviceCapability"),
        bits.number(0, 4),
        bits.unsigned(3),
        bits.unsigned(ord(character)),
    ]
    with pytest.raises(DecodeError):
        exi.decode(stream(*capability, bits.number(13, 4), "0" * 8))


def test_a_character_beyond_unicode_is_refused() -> None:
    parts = [root("LocaleType"), "0", bits.unsigned(3), bits.unsigned(0x110000), "0"]
    with pytest.raises(DecodeError, match="1114112 is not a character"):
        exi.to_xml(stream(*parts))


def test_codes_and_indices_beyond_the_tables_are_refused() -> None:
    for data in (
        stream("1" * 9),
        stream(bits.number(len(GLOBALS), 9), bits.number(7, 3)),
        stream(bits.number(len(GLOBALS), 9), bits.number(5, 3), bits.unsigned(0), "1" * 10),
        stream(root("LocaleType"), "0", bits.unsigned(1)),
    ):
        with pytest.raises(DecodeError, match=r"not exist|stands for nothing"):
            exi.to_xml(data)


class TestBits:
    @given(st.integers(0, 2**64 - 1), st.integers(0, 7))
    def test_unsigned(self, value: int, shift: int) -> None:
        reader = BitReader(bits.packed("0" * shift + bits.unsigned(value)), shift)
        assert reader.unsigned() == value

    @pytest.mark.parametrize(
        ("value", "text"),
        [(0, "0" + "0" * 8), (-1, "1" + "0" * 8), (1, "000000001"), (-18000, "1" + bits.unsigned(17999))],
    )
    def test_signed(self, value: int, text: str) -> None:
        assert bits.signed(value) == text

    @given(st.text(max_size=30), st.integers(0, 7))
    def test_characters(self, text: str, shift: int) -> None:
        if any(0xD800 <= ord(c) < 0xE000 for c in text):
            return
        reader = BitReader(bits.packed("0" * shift + bits.characters(text)), shift)
        assert reader.characters(len(text)) == text

    def test_the_end(self) -> None:
        reader = BitReader(b"\xff")
        assert (reader.bits(0), reader.bits(8)) == (0, 255)
        with pytest.raises(DecodeError, match="ends early, after 1 octets"):
            reader.bits(1)
        with pytest.raises(DecodeError, match="ends early"):
            reader.unsigned()
