"""The life of an upstream event inside the gateway, as a table, and what one transition records.

One machine serves load-control events, prices and messages. The table says what may happen; when it
happens is decided by the services (`load_control`, `prices`, `messages`). Every transition is appended to
the journal before any message that follows from it leaves.
"""

from dataclasses import dataclass
from enum import StrEnum

from handover.machine import Machine


class State(StrEnum):
    """Where an event stands in the gateway, whatever either network was told."""

    NEW = "new"
    ACCEPTED = "accepted"
    SCHEDULED = "scheduled"
    ACTIVE = "active"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    REJECTED = "rejected"


class Cause(StrEnum):
    """What moves an event."""

    STORED = "stored"  # translated and kept under both ids
    PLANNED = "planned"  # waiting for its earliest effective start
    STARTED = "started"
    ENDED = "ended"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"
    LATE = "late"  # it had ended before it arrived
    UNUSABLE = "unusable"  # no translation, or a field out of range


EVENT = Machine(
    name="upstream event",
    initial=State.NEW,
    final=frozenset(
        {State.COMPLETED, State.CANCELLED, State.SUPERSEDED, State.EXPIRED, State.REJECTED},
    ),
    table={
        (State.NEW, Cause.STORED): State.ACCEPTED,
        (State.NEW, Cause.LATE): State.EXPIRED,
        (State.NEW, Cause.UNUSABLE): State.REJECTED,
        (State.ACCEPTED, Cause.PLANNED): State.SCHEDULED,
        (State.SCHEDULED, Cause.STARTED): State.ACTIVE,
        (State.SCHEDULED, Cause.CANCELLED): State.CANCELLED,
        (State.SCHEDULED, Cause.SUPERSEDED): State.SUPERSEDED,
        (State.ACTIVE, Cause.ENDED): State.COMPLETED,
        (State.ACTIVE, Cause.CANCELLED): State.CANCELLED,
        (State.ACTIVE, Cause.SUPERSEDED): State.SUPERSEDED,
    },
)

LIVE = frozenset({State.ACCEPTED, State.SCHEDULED, State.ACTIVE})


@dataclass(slots=True)
class Transition:
    """One line of the event log: which event moved, why, and when by the upstream clock and by ours."""

    key: str
    old: State
    new: State
    cause: Cause
    upstream: float
    wall: float
