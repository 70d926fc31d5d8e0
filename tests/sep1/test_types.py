"""The table of ZCL data types and their invalid markers."""

import math

import pytest

from handover.sep1.types import DATA_TYPES, Collection, Kind, is_invalid

MARKERS = {
    0x20: 0xFF,
    0x21: 0xFFFF,
    0x22: 0xFFFFFF,
    0x23: 0xFFFFFFFF,
    0x25: 0xFFFFFFFFFFFF,
    0x27: 2**64 - 1,
    0x28: -0x80,
    0x29: -0x8000,
    0x2A: -0x800000,
    0x2B: -0x80000000,
    0x30: 0xFF,
    0x31: 0xFFFF,
    0x10: 0xFF,
    0xE0: 0xFFFFFFFF,
    0xE1: 0xFFFFFFFF,
    0xE2: 0xFFFFFFFF,
    0xE8: 0xFFFF,
    0xE9: 0xFFFF,
    0xEA: 0xFFFFFFFF,
    0xF0: 2**64 - 1,
    0x38: math.nan,
    0x39: math.nan,
    0x3A: math.nan,
    0x41: None,
    0x42: None,
    0x43: None,
    0x44: None,
    0x48: None,
}


@pytest.mark.parametrize("data_type", MARKERS, ids=lambda code: DATA_TYPES[code].name)
def test_the_marker_of_a_type_is_invalid_and_its_neighbour_is_not(data_type: int) -> None:
    marker = MARKERS[data_type]
    assert is_invalid(data_type, marker)
    if isinstance(marker, int):
        assert not is_invalid(data_type, marker - 1 if marker > 0 else marker + 1)
        assert not is_invalid(data_type, -1 if marker < 0 else 0)
    elif marker is not None:
        assert not is_invalid(data_type, 1.5)


@pytest.mark.parametrize("data_type", [*range(0x08, 0x10), *range(0x18, 0x20)])
def test_bitmaps_and_general_data_have_no_marker(data_type: int) -> None:
    assert not is_invalid(data_type, (1 << 8 * DATA_TYPES[data_type].size) - 1)


def test_values_without_a_marker_are_valid() -> None:
    assert not is_invalid(0xF1, b"\xff" * 16)
    assert not is_invalid(0x41, b"")
    assert not is_invalid(0x48, Collection(0x20, [0xFF]))
    assert not is_invalid(0x77, 0xFF), "a type that no table lists"


def test_codes_and_sizes_are_those_of_the_standard() -> None:
    assert len(DATA_TYPES) == 56
    sizes = {0x10: 1, 0x22: 3, 0x25: 6, 0x2A: 3, 0x38: 2, 0x3A: 8, 0xE2: 4, 0xF0: 8, 0xF1: 16}
    assert {code: DATA_TYPES[code].size for code in sizes} == sizes
    for first in (0x08, 0x18, 0x20, 0x28):
        assert [DATA_TYPES[first + n].size for n in range(8)] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert all(DATA_TYPES[0x28 + n].kind is Kind.SIGNED for n in range(8))
