"""Bits of deviceCategory, which the editions of 2013 and 2018 number differently from bit 13 on.

Inside, the numbers are those of 2018. What 2013 has one bit for and 2018 several goes to the general one, and
back; energy that is stored or made in a way that 2013 does not know becomes "generation systems".
"""

from typing import Final

from handover.sep2.declaration import Edition, Field

_KEPT: Final = (1 << 13) - 1
_TO_2018: Final = {13: 16, 14: 24, 15: 13, 16: 18, 17: 17, 18: 25, 19: 14, 20: 15}
_TO_2013: Final = {new: old for old, new in _TO_2018.items()} | dict.fromkeys((19, 20, 21, 22, 23), 14)


def renumbered(field: Field, editions: tuple[Edition, ...]) -> bool:
    """Tell whether a field holds categories in the numbers of 2013."""
    return field.type_name == "DeviceCategoryType" and editions == (Edition.E2013,)


def to_2018(categories: bytes) -> bytes:
    """Return categories of 2013 in the numbers of 2018."""
    return _moved(categories, _TO_2018)


def to_2013(categories: bytes) -> bytes:
    """Return categories of 2018 in the numbers of 2013."""
    return _moved(categories, _TO_2013)


def _moved(categories: bytes, table: dict[int, int]) -> bytes:
    bits = int.from_bytes(categories)
    found = bits & _KEPT
    for source, target in table.items():
        if bits >> source & 1:
            found |= 1 << target
    return found.to_bytes(4)
