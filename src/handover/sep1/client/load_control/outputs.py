"""What the load controller hands up; times are the ESI's clock in ZigBee seconds."""

from dataclasses import dataclass

from handover.sep1.client.load_control.event import LoadEvent
from handover.sep1.clusters.drlc import ReportEventStatus
from handover.sep1.services import Indication


@dataclass(slots=True)
class EventScheduled(Indication):
    """An event that concerns this device was accepted."""

    event: LoadEvent


@dataclass(slots=True)
class EventStarted(Indication):
    """An event began; `event.obeyed` tells whether the device is to follow it."""

    event: LoadEvent


@dataclass(slots=True)
class ParticipationChanged(Indication):
    """The user opted out or in; `event.obeyed` tells whether the device is to follow it now."""

    event: LoadEvent


@dataclass(slots=True)
class EventEnded(Indication):
    """An event is over: completed, cancelled or superseded. The load returns to its own rule."""

    event: LoadEvent


@dataclass(slots=True)
class ReportUnanswered(Indication):
    """An ESI did not answer a report in all tries; it is tried again later, until a day after it was due."""

    esi: int
    report: ReportEventStatus
