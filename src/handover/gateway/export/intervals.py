"""What was consumed between two readings of a register. Nothing is interpolated."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from handover.gateway.export.archive import Point

LENGTH = 900
"""Seconds that an interval has when the meter reports often enough."""


class Interval(NamedTuple):
    """A quantity, and the exact time in which it was counted: from reading to reading."""

    start: int
    duration: int
    value: Decimal


def intervals(points: Sequence[Point], length: int = LENGTH) -> list[Interval]:
    """Return the differences between the first readings of each span of `length` seconds.

    A register that went back (a meter was changed, or began anew) gives no interval there.
    """
    firsts: dict[int, Point] = {}
    for point in points:
        firsts.setdefault(point.at // length, point)
    kept = list(firsts.values())
    return [
        Interval(one.at, other.at - one.at, other.value - one.value)
        for one, other in pairwise(kept)
        if other.at > one.at and other.value >= one.value
    ]
