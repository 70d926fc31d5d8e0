"""Local time of a simulated premise: an offset and one summer, as the Time cluster carries them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from handover.sep1.server.timekeeping import ZoneRules
from handover.sep1.types import ZIGBEE_EPOCH


@dataclass(frozen=True, slots=True)
class Zone:
    """Seconds east of UTC, and the daylight saving period in Unix seconds with its shift in seconds."""

    offset: int = 0
    dst_start: int = 0
    dst_end: int = 0
    dst_shift: int = 0

    def local(self, utc: float) -> float:
        """Return what a clock on the wall counts at `utc` (Unix seconds)."""
        summer = self.dst_start <= utc < self.dst_end
        return utc + self.offset + (self.dst_shift if summer else 0)

    def rules(self) -> ZoneRules:
        """Return the same for the Time cluster: in ZigBee seconds."""
        if not self.dst_shift:
            return ZoneRules(self.offset)
        start, end = self.dst_start - ZIGBEE_EPOCH, self.dst_end - ZIGBEE_EPOCH
        return ZoneRules(self.offset, start, end, self.dst_shift)


def _sunday(year: int, month: int, nth: int, hour: int) -> int:
    first = datetime(year, month, 1, hour, tzinfo=UTC)
    day = first + timedelta(days=(6 - first.weekday()) % 7 + 7 * (nth - 1))
    return int(day.timestamp())


def us_eastern(utc: float) -> Zone:
    """Return US Eastern time for the year of `utc`: summer from 2nd Sunday of March to 1st of November."""
    year = datetime.fromtimestamp(utc, UTC).year
    return Zone(-18000, _sunday(year, 3, 2, 7), _sunday(year, 11, 1, 6), 3600)
