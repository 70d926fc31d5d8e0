"""What the compiler makes of declarations that no cluster happens to have."""

import struct
from dataclasses import dataclass
from typing import Annotated

import pytest

from handover.sep1.codec import Coder
from handover.sep1.declaration import Command, Since, Until
from handover.sep1.layout import layouts
from handover.sep1.types import INT24, INT48, MAP8, OCTETS, U8, UINT40, UINT56, UINT64, Counted, Octets


@dataclass(slots=True)
class Unusual(Command):
    """Integers of odd sizes, octets that must be whole, a text in the middle, signed items."""

    five: Annotated[int, UINT40]
    seven: Annotated[int, UINT56]
    eight: Annotated[int, UINT64]
    whole: Annotated[bytes, Octets(4)]
    text: OCTETS
    count: U8
    items: Annotated[list[int], Counted(INT24, by="count")]
    six: Annotated[int, INT48]
    late: Annotated[OCTETS, Since("1.2")] = None


@dataclass(slots=True)
class Turned(Command):
    """A field in the middle that a later revision took out, and one that it put behind."""

    first: U8
    gone: Annotated[MAP8, Until("1.2")]
    last: U8
    more: Annotated[U8, Since("1.2")] = 7
    most: Annotated[U8, Since("1.4")] = 8


SAMPLE = Unusual(0x0102030405, 0x01020304050607, 2**64 - 2, b"abcd", b"xy", 2, [-1, 5], -2, b"z")
OCTETS_OF_SAMPLE = bytes.fromhex(
    "0504030201 07060504030201 feffffffffffffff 61626364 02 7879 02 ffffff 050000 feffffffffff 01 7a"
)


def test_odd_sizes_are_put_together() -> None:
    coder = Coder(Unusual)
    assert coder.encoder(9)(SAMPLE) == OCTETS_OF_SAMPLE
    assert coder.decode(OCTETS_OF_SAMPLE) == SAMPLE
    assert coder.encoder("1.1")(SAMPLE) == OCTETS_OF_SAMPLE[:-2]
    before = coder.decode(OCTETS_OF_SAMPLE[:-2])
    assert isinstance(before, Unusual)
    assert (before.fields_present, before.late) == (8, None)


@pytest.mark.parametrize("size", [n for n in range(len(OCTETS_OF_SAMPLE)) if n != len(OCTETS_OF_SAMPLE) - 2])
def test_octets_that_end_inside_a_field_are_refused(size: int) -> None:
    with pytest.raises((IndexError, struct.error)):
        Coder(Unusual).decode(OCTETS_OF_SAMPLE[:size])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("five", 1 << 40),
        ("seven", -1),
        ("eight", 1 << 64),
        ("six", 1 << 47),
        ("whole", b"abc"),
        ("items", [1]),
    ],
)
def test_values_out_of_range_raise(name: str, value: object) -> None:
    wrong = Coder(Unusual).decode(OCTETS_OF_SAMPLE)
    setattr(wrong, name, value)
    with pytest.raises((ValueError, struct.error)):
        Coder(Unusual).encoder(9)(wrong)


def test_a_revision_chooses_the_layout() -> None:
    coder = Coder(Turned)
    sent = Turned(1, 2, 3, 4, 5)
    assert coder.encoder("1.1b")(sent) == b"\x01\x02\x03"
    assert coder.encoder("1.2")(sent) == b"\x01\x03\x04"
    assert coder.encoder("1.4")(sent) == b"\x01\x03\x04\x05"
    assert coder.counts == [3, 5]
    assert coder.decode(b"\x01\x02\x03") == Turned(1, 2, 3)
    assert coder.decode(b"\x01\x03\x04\x05") == Turned(1, 0, 3, 4, 5)


def test_a_field_without_a_wire_type_is_our_mistake() -> None:
    @dataclass(slots=True)
    class Bare(Command):
        value: Annotated[int, "a number"]

    with pytest.raises(TypeError, match=r"Bare\.value is annotated without a wire type"):
        layouts(Bare)


@dataclass(slots=True)
class Closed(Command):
    """Octets that must be whole, with nothing behind them that would notice their end."""

    whole: Annotated[bytes, Octets(4)]


@pytest.mark.parametrize("size", range(4))
def test_octets_at_the_end_must_be_whole(size: int) -> None:
    assert Coder(Closed).decode(b"abcd") == Closed(b"abcd")
    with pytest.raises(IndexError):
        Coder(Closed).decode(b"abcd"[:size])
