"""Zone and daylight saving as ESPI writes them."""

from datetime import UTC, datetime

import pytest

from handover.gateway.export.local_time import local_time
from handover.model.timekeeping import TimeState


def at(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp())


def bits(rule: str) -> tuple[int, ...]:
    """Return month, operator, day of the month, day of the week, hour, seconds."""
    number = int(rule, 16)
    places = ((28, 0xF), (25, 7), (20, 31), (17, 7), (12, 31), (0, 0xFFF))
    return tuple(number >> shift & mask for shift, mask in places)


def test_both_changes_are_told_in_the_time_that_clocks_show_before_them() -> None:
    berlin = TimeState(
        now=0,
        trusted=True,
        zone=3600,
        dst_start=at(2026, 3, 29, 1),
        dst_end=at(2026, 10, 25, 1),
        dst_shift=3600,
    )
    rule = local_time(berlin)
    assert rule is not None
    assert (rule.zone, rule.shift) == (3600, 3600)
    assert bits(rule.start) == (3, 0, 29, 0, 2, 0)
    assert bits(rule.end) == (10, 0, 25, 0, 3, 0)


def test_half_an_hour_is_in_the_seconds() -> None:
    island = TimeState(
        now=0,
        trusted=True,
        zone=37800,
        dst_start=at(2026, 10, 3, 16),
        dst_end=at(2026, 4, 4, 15, 30),
        dst_shift=1800,
    )
    rule = local_time(island)
    assert rule is not None
    assert bits(rule.start) == (10, 0, 4, 0, 2, 1800)


@pytest.mark.parametrize("shift", [None, 0])
def test_without_daylight_saving_there_is_no_rule(shift: int | None) -> None:
    rule = local_time(TimeState(now=0, trusted=True, zone=-18000, dst_start=1, dst_end=2, dst_shift=shift))
    assert rule == (-18000, 0, "FFFFFFFF", "FFFFFFFF")


def test_without_a_zone_nothing_is_said() -> None:
    assert local_time(None) is None
    assert local_time(TimeState(now=0, trusted=False)) is None
