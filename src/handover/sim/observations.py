"""What came back to a simulated utility, and what the home does about it."""

from collections import Counter, deque
from dataclasses import dataclass, field

from handover.sep1.clusters.drlc import EventStatus
from handover.sep1.server import (
    EventStatusReported,
    MessageConfirmed,
    Output,
    PriceAcknowledged,
    PushConcluded,
)
from handover.sep1.types import Value

KEPT = 1000

OBEYING = frozenset({EventStatus.STARTED, EventStatus.OPTED_IN})
"""Statuses after which a device obeys an event."""

NOT_OBEYING = frozenset(
    {
        EventStatus.COMPLETED,
        EventStatus.OPTED_OUT,
        EventStatus.CANCELLED,
        EventStatus.SUPERSEDED,
        EventStatus.PARTIALLY_COMPLETED_OPT_OUT,
        EventStatus.PARTIALLY_COMPLETED_OPT_IN,
        EventStatus.COMPLETED_NO_PARTICIPATION,
    }
)
"""Statuses after which it does not, or no longer."""


@dataclass(slots=True)
class Observations:
    """The last thousand of each kind, oldest first; `counters` counts all of them by name.

    `obeyed` holds the ids of the events that a device says it obeys at present.
    """

    event_statuses: deque[EventStatusReported] = field(default_factory=lambda: deque(maxlen=KEPT))
    confirmations: deque[MessageConfirmed] = field(default_factory=lambda: deque(maxlen=KEPT))
    acknowledgements: deque[PriceAcknowledged] = field(default_factory=lambda: deque(maxlen=KEPT))
    undelivered: deque[PushConcluded] = field(default_factory=lambda: deque(maxlen=KEPT))
    readings: deque[dict[int, Value]] = field(default_factory=lambda: deque(maxlen=KEPT))
    """What the meter showed: attribute ids and raw values, oldest first."""
    counters: Counter[str] = field(default_factory=Counter)
    obeyed: set[int] = field(default_factory=set)

    def note(self, output: Output) -> None:
        """Take note of what the ESI handed up."""
        if isinstance(output, EventStatusReported):
            self.event_statuses.append(output)
            self.counters["event_statuses"] += 1
            self._obey(output.command.issuer_event_id, output.command.event_status)
        elif isinstance(output, MessageConfirmed):
            self.confirmations.append(output)
            self.counters["confirmations"] += 1
        elif isinstance(output, PriceAcknowledged):
            self.acknowledgements.append(output)
            self.counters["acknowledgements"] += 1
        elif isinstance(output, PushConcluded):
            self.counters["delivered" if output.status is not None else "undelivered"] += 1
            if output.status is None:
                self.undelivered.append(output)

    def _obey(self, event_id: int, status: int) -> None:
        if status in OBEYING:
            self.obeyed.add(event_id)
        elif status in NOT_OBEYING:
            self.obeyed.discard(event_id)
