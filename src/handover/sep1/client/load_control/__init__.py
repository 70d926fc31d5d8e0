"""The part that a HAN device plays in load control: what concerns it, when it obeys, what it reports."""

from handover.sep1.client.load_control.controller import LoadController
from handover.sep1.client.load_control.event import LoadEvent, LoadState
from handover.sep1.client.load_control.outputs import (
    EventEnded,
    EventScheduled,
    EventStarted,
    ParticipationChanged,
    ReportUnanswered,
)

__all__ = [
    "EventEnded",
    "EventScheduled",
    "EventStarted",
    "LoadController",
    "LoadEvent",
    "LoadState",
    "ParticipationChanged",
    "ReportUnanswered",
]
