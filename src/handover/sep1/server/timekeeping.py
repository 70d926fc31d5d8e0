"""The attributes of the Time cluster as an ESI serves them: master of the clock, the zone and summer time.

All times are ZigBee seconds (since 2000). Writing them is refused, as nothing here is writable.
"""

from dataclasses import dataclass

from handover.sep1.clusters.time import TimeStatus
from handover.sep1.types import Value

STATUS = TimeStatus.MASTER | TimeStatus.MASTER_ZONE_DST | TimeStatus.SUPERSEDING


@dataclass(frozen=True, slots=True)
class ZoneRules:
    """Seconds east of UTC; one period of summer time [start, end) and its shift in seconds."""

    offset: int = 0
    dst_start: int = 0
    dst_end: int = 0
    dst_shift: int = 0


def time_values(utc: int, zone: ZoneRules) -> dict[int, Value]:
    """Return the attributes at `utc`."""
    standard = utc + zone.offset
    summer = zone.dst_start <= utc < zone.dst_end
    return {
        0x0000: utc,
        0x0001: int(STATUS),
        0x0002: zone.offset,
        0x0003: zone.dst_start,
        0x0004: zone.dst_end,
        0x0005: zone.dst_shift,
        0x0006: standard,
        0x0007: standard + (zone.dst_shift if summer else 0),
    }
