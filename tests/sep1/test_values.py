"""Attribute values of every data type, and hostile octets in their place."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handover.errors import DecodeError, EncodeError
from handover.sep1.types import DATA_TYPES, Collection, DataType, Kind, Structure, Value
from handover.sep1.values import NESTING_LIMIT, decode_value, encode_value
from sep1.samples import integers

FLOATS = {2: 16, 4: 32, 8: 64}


def plain(known: DataType) -> st.SearchStrategy[Value]:
    match known.kind:
        case Kind.UNSIGNED | Kind.SIGNED:
            return integers(known)
        case Kind.FLOAT:
            return st.floats(width=FLOATS[known.size], allow_nan=False)  # type: ignore[arg-type]
        case Kind.TEXT | Kind.LONG_TEXT:
            return st.none() | st.binary(max_size=254)
        case Kind.RAW:
            return st.binary(min_size=known.size, max_size=known.size)
        case _:
            return st.none()


PLAIN = [t for t in DATA_TYPES.values() if t.kind not in (Kind.COLLECTION, Kind.STRUCTURE)]
NESTED = [t for t in DATA_TYPES.values() if t.kind in (Kind.COLLECTION, Kind.STRUCTURE)]


@pytest.mark.parametrize("known", PLAIN, ids=lambda t: t.name)
def test_a_value_comes_back(known: DataType) -> None:
    @settings(max_examples=20, deadline=None)
    @given(plain(known))
    def check(value: Value) -> None:
        octets = encode_value(known.code, value)
        assert decode_value(known.code, b"??" + octets + b"!!", 2) == (value, 2 + len(octets))
        for end in range(len(octets)):
            with pytest.raises(DecodeError):
                decode_value(known.code, octets[:end], 0)

    check()


elements = st.sampled_from([t for t in PLAIN if t.kind is not Kind.NOTHING])
arrays = elements.flatmap(lambda t: st.lists(plain(t), max_size=4).map(lambda v: Collection(t.code, v)))
members = elements.flatmap(lambda t: plain(t).map(lambda v: (t.code, v)))


@settings(max_examples=60, deadline=None)
@given(arrays, st.sampled_from([0x48, 0x50, 0x51]))
def test_a_collection_comes_back(value: Collection, data_type: int) -> None:
    octets = encode_value(data_type, value)
    assert decode_value(data_type, octets, 0) == (value, len(octets))


@settings(max_examples=60, deadline=None)
@given(st.lists(members | arrays.map(lambda a: (0x48, a)), max_size=4).map(Structure))
def test_a_structure_comes_back(value: Structure) -> None:
    octets = encode_value(0x4C, value)
    assert decode_value(0x4C, octets, 0) == (value, len(octets))


@pytest.mark.parametrize(
    ("data_type", "octets", "value"),
    [
        (0x25, "15 cd 5b 07 00 00", 123456789),
        (0x2A, "18 fc ff", -1000),
        (0x2B, "b0 b9 ff ff", -18000),
        (0x38, "00 3c", 1.0),
        (0x39, "00 00 80 3f", 1.0),
        (0x41, "ff", None),
        (0x42, "04 41 63 6d 65", b"Acme"),
        (0x43, "ff ff", None),
        (0x44, "03 00 61 62 63", b"abc"),
        (0x48, "21 02 00 01 00 02 00", Collection(0x21, [1, 2])),
        (0x48, "00 ff ff", None),
        (0x4C, "02 00 20 07 42 01 78", Structure([(0x20, 7), (0x42, b"x")])),
        (0x4C, "ff ff", None),
        (0xE2, "a0 64 98 17", 0x179864A0),
        (0xF0, "56 34 12 00 00 6f 0d 00", 0x000D6F0000123456),
    ],
)
def test_known_octets(data_type: int, octets: str, value: Value) -> None:
    raw = bytes.fromhex(octets)
    assert decode_value(data_type, raw, 0) == (value, len(raw))
    assert encode_value(data_type, value) == raw


@pytest.mark.parametrize("data_type", sorted(set(range(256)) - set(DATA_TYPES)))
def test_a_type_that_no_table_lists_is_refused(data_type: int) -> None:
    with pytest.raises(DecodeError, match=f"0x{data_type:02X} is unknown"):
        decode_value(data_type, bytes(20), 0)
    with pytest.raises(EncodeError):
        encode_value(data_type, 0)


def test_nesting_is_limited() -> None:
    def nest(levels: int) -> bytes:
        return b"\x48\x01\x00" * (levels - 1) + b"\x20\x01\x00\x07"

    value, _ = decode_value(0x48, nest(NESTING_LIMIT), 0)
    assert isinstance(value, Collection)
    with pytest.raises(DecodeError, match="nested deeper"):
        decode_value(0x48, nest(NESTING_LIMIT + 1), 0)
    with pytest.raises(DecodeError, match="nested deeper"):
        decode_value(0x4C, b"\x01\x00\x4c" * 5000, 0)


def test_elements_without_octets_cannot_fill_the_memory() -> None:
    with pytest.raises(DecodeError, match="elements of type nodata"):
        decode_value(0x48, b"\x00\xfe\xff", 0)


@pytest.mark.parametrize("known", [*PLAIN, *NESTED], ids=lambda t: t.name)
def test_any_octets_give_a_value_or_a_decode_error(known: DataType) -> None:
    @settings(max_examples=30, deadline=None)
    @given(st.binary(max_size=40))
    def check(data: bytes) -> None:
        with contextlib.suppress(DecodeError):
            _, end = decode_value(known.code, data, 0)
            assert end <= len(data)

    check()


@pytest.mark.parametrize(
    ("data_type", "value"),
    [
        (0x20, 256),
        (0x20, -1),
        (0x28, 128),
        (0x20, None),
        (0x20, b"x"),
        (0x38, 1e9),
        (0x39, "x"),
        (0x41, "text"),
        (0x42, bytes(255)),
        (0x48, [1]),
        (0x48, Collection(0x20, [256])),
        (0x4C, Collection(0x20, [])),
        (0xF1, bytes(15)),
        (0x00, 0),
    ],
)
def test_a_value_that_does_not_fit_is_refused(data_type: int, value: Value) -> None:
    with pytest.raises(EncodeError):
        encode_value(data_type, value)
