"""Which of two events of one program gives way, and to what extent (clause 10.2.3.3).

An event gives way where a newer one of the same list is in force for all that it controls. Where the newer
one covers a part only (some device categories, some modes of a DER), devices decide for themselves, and the
older event says that it is potentially superseded. Text messages stand beside each other.
"""

from dataclasses import dataclass
from typing import Any

from handover.sep2.declaration import elements_of
from handover.sep2.resources.common import Event
from handover.sep2.resources.der import DERControl, DERControlBase
from handover.sep2.resources.drlc import EndDeviceControl
from handover.sep2.resources.flow_reservation import FlowReservationResponse
from handover.sep2.resources.messaging import TextMessage

EVERYTHING = (1 << 32) - 1
_MODES = tuple(field.name for field in elements_of(DERControlBase) if field.name.startswith("opMod"))
_BESIDE = (TextMessage, FlowReservationResponse)


@dataclass(frozen=True, slots=True)
class Reach:
    """What an event controls: device categories as bits (0: none that is known), and modes of a DER."""

    categories: int
    modes: frozenset[str]

    def covers(self, other: "Reach") -> bool:
        """Tell whether nothing of `other` is left."""
        return other.categories & ~self.categories == 0 and other.modes <= self.modes

    def touches(self, other: "Reach") -> bool:
        """Tell whether the two have anything in common."""
        shares_modes = bool(self.modes & other.modes) or not (self.modes or other.modes)
        return bool(self.categories & other.categories) and shares_modes


def reach(event: Event) -> Reach:
    """Return what `event` controls."""
    if isinstance(event, EndDeviceControl):
        return Reach(int.from_bytes(event.deviceCategory), frozenset())
    if isinstance(event, DERControl):
        categories = EVERYTHING if event.deviceCategory is None else int.from_bytes(event.deviceCategory)
        base = event.DERControlBase
        return Reach(categories, frozenset(mode for mode in _MODES if getattr(base, mode) is not None))
    return Reach(EVERYTHING, frozenset())


def overlap(one: Event, other: Event) -> bool:
    """Tell whether the intervals, without their random parts, have a moment in common."""
    first, second = one.interval, other.interval
    return first.start < second.start + second.duration and second.start < first.start + first.duration


def newer(one: Event, other: Event) -> bool:
    """Tell whether `one` was made after `other`; of the same second, the one with the greater mRID counts."""
    return _age(one) > _age(other)


def stands_beside(event: Any) -> bool:
    """Tell whether events of this kind never supersede each other."""
    return isinstance(event, _BESIDE)


def _age(event: Event) -> tuple[int, int]:
    return event.creationTime, int.from_bytes(event.mRID)
