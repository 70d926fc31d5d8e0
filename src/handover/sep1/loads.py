"""What both sides of load control hold an event against: how long it may be, which loads two events share."""

from typing import Final

from handover.sep1.clusters.drlc import LoadControlEvent

LONGEST: Final = 1440
"""Minutes that an event may last at most."""

MEMORY: Final = 86400
"""Seconds for which an ended event is remembered: its reports are still welcome, its id is still taken."""


def same_loads(one: LoadControlEvent, other: LoadControlEvent) -> bool:
    """Tell whether two events can meet in one device: a class in common, and one group or group 0 (all)."""
    groups = one.utility_enrollment_group, other.utility_enrollment_group
    return bool(one.device_class & other.device_class) and (groups[0] == groups[1] or 0 in groups)
