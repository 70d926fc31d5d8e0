"""ESPI's LocalTimeParameters: the zone, and rules for daylight saving that hold for one year.

SEP 1.x tells two instants, not a rule. Each becomes "on this day of this month at this hour", which is right
for the year of the instants and claims nothing else.
"""

from datetime import UTC, datetime
from typing import NamedTuple

from handover.model.timekeeping import TimeState

NO_RULE = "FFFFFFFF"


class Rule(NamedTuple):
    """`zone` and `shift` in seconds; `start` and `end` as eight hexadecimal digits."""

    zone: int
    shift: int
    start: str
    end: str


def local_time(time: TimeState | None) -> Rule | None:
    """Return the parameters, or None when the ESI never told its zone."""
    if time is None or time.zone is None:
        return None
    if not time.dst_shift or time.dst_start is None or time.dst_end is None:
        return Rule(time.zone, 0, NO_RULE, NO_RULE)
    return Rule(
        time.zone,
        time.dst_shift,
        # Clocks show standard time until the start, and summer time until the end.
        _rule(time.dst_start + time.zone),
        _rule(time.dst_end + time.zone + time.dst_shift),
    )


def _rule(local: int) -> str:
    """Return the bits of a rule: month, day of the month, hour, seconds of the hour."""
    moment = datetime.fromtimestamp(local, UTC)
    seconds = moment.minute * 60 + moment.second
    return f"{moment.month << 28 | moment.day << 20 | moment.hour << 12 | seconds:08X}"
