"""The load profile of a meter: what was used in equal intervals, made of summations as they are read."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from handover.errors import DecodeError, Refused
from handover.sep1.clusters.metering import PERIOD_SECONDS, IntervalChannel

UNKNOWN: Final = 0xFFFFFF
"""Value of an interval for which nothing can be said."""

CAPACITY: Final = 4 * 24 * 31
"""Intervals kept of each channel: a month of quarters of an hour."""


@dataclass(slots=True)
class _Channel:
    """`end` ends the newest interval (ZigBee seconds); `base` is the summation at that moment, if known."""

    values: deque[int]
    end: int | None = None
    base: int | None = None
    seen: int = 0


class ProfileLog:
    """Intervals of the channels of a meter; `period` is a code of `profile_interval_period`.

    An interval counts what the summation grew by between the first readings at or after its two ends, so it
    is as exact as readings are frequent. One of which an end was missed is UNKNOWN.
    """

    def __init__(
        self,
        period: int,
        *,
        channels: tuple[IntervalChannel, ...] = (IntervalChannel.DELIVERED,),
        capacity: int = CAPACITY,
    ) -> None:
        if period not in PERIOD_SECONDS:
            raise Refused(f"profile interval period {period} is unknown; known: {sorted(PERIOD_SECONDS)}")
        self.period = period
        self._channels = {int(channel): _Channel(deque(maxlen=capacity)) for channel in channels}

    @property
    def seconds(self) -> int:
        """Seconds of an interval."""
        return PERIOD_SECONDS[self.period]

    @property
    def channels(self) -> tuple[int, ...]:
        """The channels that are kept."""
        return tuple(self._channels)

    def feed(self, channel: int, summation: int, utc: int) -> None:
        """Take a reading of a channel at a ZigBee time; one that is not later than the last is ignored."""
        kept, period = self._channels[channel], self.seconds
        end = utc - utc % period
        if kept.end is None:
            # The first interval begins at the next boundary: of the present one the beginning was missed.
            kept.end, kept.seen = end, utc
            kept.base = summation if utc == end else None
            return
        if utc <= kept.seen:
            return
        missed = (end - kept.end) // period
        if missed > 0:
            whole = missed == 1 and kept.base is not None and summation >= kept.base
            if missed > (kept.values.maxlen or 0):
                kept.values.clear()
            kept.values.extend([UNKNOWN] * min(missed - 1, kept.values.maxlen or 0))
            used = summation - (kept.base or 0)
            kept.values.append(min(used, UNKNOWN - 1) if whole else UNKNOWN)
            kept.end, kept.base = end, summation
        kept.seen = utc

    def intervals(self, channel: int, end: int, count: int) -> tuple[int, list[int]]:
        """Return when the newest of up to `count` intervals that ended by `end` ended, and their values.

        Newest first. `end` 0 is the newest there is; (0, []) when there is none.
        """
        kept = self._channels[channel]
        if kept.end is None or not kept.values:
            return 0, []
        newest = kept.end if end == 0 else min(kept.end, end - end % self.seconds)
        skipped = (kept.end - newest) // self.seconds
        found = list(islice(reversed(kept.values), skipped, skipped + count))
        return (newest, found) if found else (0, [])

    def export(self) -> dict[str, Any]:
        """Return what survives a restart."""
        return {
            "period": self.period,
            "channels": {
                str(number): {"end": c.end, "base": c.base, "seen": c.seen, "values": list(c.values)}
                for number, c in self._channels.items()
            },
        }

    def restore(self, record: Mapping[str, Any]) -> None:
        """Take back an export. Raises DecodeError when it is damaged or of another period."""
        try:
            if record["period"] != self.period:
                raise DecodeError(
                    f"profile log: the record has period {record['period']}, this log {self.period}"
                )
            for number, row in record["channels"].items():
                kept = self._channels[int(number)]
                kept.end = None if row["end"] is None else int(row["end"])
                kept.base = None if row["base"] is None else int(row["base"])
                kept.seen = int(row["seen"])
                kept.values.clear()
                kept.values.extend(int(value) for value in row["values"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DecodeError(f"profile log: the record cannot be read: {error!r}") from None
