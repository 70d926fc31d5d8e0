"""The Time resource (clause 9.2): UTC, and the rules by which the people of a place set their clocks."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from handover.errors import ConfigError
from handover.sep2.resources.time import Time

QUALITY = 4
"""Time that we have from a source which has it from an authority, as a host with NTP does."""

_DAY = 86_400


def zone(name: str) -> tzinfo:
    """Return the time zone of this name ("Europe/Paris"). Raises ConfigError when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(f"{name!r} is not a time zone; write for example America/New_York or UTC") from None


def clock(
    place: tzinfo = UTC, *, quality: int = QUALITY, poll_rate: int | None = None
) -> Callable[[float], Time]:
    """Return the function that makes the Time resource of a moment (Unix seconds) at `place`."""

    def make(now: float) -> Time:
        year = datetime.fromtimestamp(now, place).year
        offset, shift, start, end = _rules(place, year)
        summer = start <= now < end if start < end else not end <= now < start
        return Time(
            pollRate=poll_rate,
            currentTime=int(now),
            dstEndTime=end,
            dstOffset=shift,
            dstStartTime=start,
            localTime=int(now) + offset + (shift if shift and summer else 0),
            quality=quality,
            tzOffset=offset,
        )

    return make


@lru_cache(maxsize=64)
def _rules(place: tzinfo, year: int) -> tuple[int, int, int, int]:
    """Return offset, shift of the summer, and when the summer of `year` starts and ends (Unix seconds)."""
    first = int(datetime(year, 1, 1, tzinfo=UTC).timestamp())
    days = range(first, first + 366 * _DAY, _DAY)
    start = end = 0
    for day in days:
        before, after = _summer(place, day), _summer(place, day + _DAY)
        if before != after:
            edge = _edge(place, day, day + _DAY)
            start, end = (edge, end) if after else (start, edge)
    standard = next((day for day in days if not _summer(place, day)), first)
    offset = _seconds(datetime.fromtimestamp(standard, place).utcoffset())
    shifts = {_seconds(datetime.fromtimestamp(day, place).utcoffset()) - offset for day in days}
    shift = max(shifts, key=abs)
    return offset, shift if start or end else 0, start, end


def _summer(place: tzinfo, moment: int) -> bool:
    return bool(datetime.fromtimestamp(moment, place).dst())


def _edge(place: tzinfo, low: int, high: int) -> int:
    """Return the first second at which it is summer no less than at `high`."""
    wanted = _summer(place, high)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _summer(place, middle) == wanted else (middle, high)
    return high


def _seconds(offset: timedelta | None) -> int:
    return 0 if offset is None else int(offset.total_seconds())
