"""One event as a client lives through it: its states, its drawn times, what the user did.

Which of two events wins and when anything happens is decided in `schedule`.
"""

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from handover.machine import Machine

SCHEDULED, ACTIVE, CANCELLED, CANCELLED_RANDOM, SUPERSEDED = range(5)
"""EventStatus.currentStatus as servers send it (2018)."""


class State(Enum):
    """Where an event is, for this client."""

    NEW = auto()
    SCHEDULED = auto()
    ACTIVE = auto()
    COMPLETED = auto()
    CANCELLED = auto()
    SUPERSEDED = auto()
    EXPIRED = auto()
    REFUSED = auto()


class Cause(Enum):
    """What moves an event from state to state."""

    ACCEPT = auto()
    REFUSE = auto()
    EXPIRE = auto()
    START = auto()
    FINISH = auto()
    CANCEL = auto()
    SUPERSEDE = auto()
    REINSTATE = auto()


LIFE = Machine(
    "event of a client",
    State.NEW,
    frozenset({State.COMPLETED, State.CANCELLED, State.EXPIRED, State.REFUSED}),
    {
        (State.NEW, Cause.ACCEPT): State.SCHEDULED,
        (State.NEW, Cause.REFUSE): State.REFUSED,
        (State.NEW, Cause.EXPIRE): State.EXPIRED,
        (State.NEW, Cause.CANCEL): State.CANCELLED,
        (State.NEW, Cause.SUPERSEDE): State.SUPERSEDED,
        (State.SCHEDULED, Cause.START): State.ACTIVE,
        (State.SCHEDULED, Cause.CANCEL): State.CANCELLED,
        (State.SCHEDULED, Cause.SUPERSEDE): State.SUPERSEDED,
        (State.SCHEDULED, Cause.EXPIRE): State.EXPIRED,
        (State.ACTIVE, Cause.FINISH): State.COMPLETED,
        (State.ACTIVE, Cause.CANCEL): State.CANCELLED,
        (State.ACTIVE, Cause.SUPERSEDE): State.SUPERSEDED,
        (State.SUPERSEDED, Cause.REINSTATE): State.SCHEDULED,
    },
)

LIVE = (State.SCHEDULED, State.ACTIVE)


@dataclass(slots=True)
class Sighting:
    """An event as a list shows it, with what the client knows about the place where it was found."""

    event: Any
    """An EndDeviceControl, DERControl, TimeTariffInterval, TextMessage or FlowReservationResponse."""
    list_path: str
    group: str | None
    """Events of one group exclude each other; None competes with nothing."""
    primacy: int = 0
    program: Any = None
    """The DemandResponseProgram, DERProgram, TariffProfile or MessagingProgram, or the EndDevice."""
    program_path: str = ""
    clock: str | None = None
    """Path of the Time resource that it runs on."""
    modes: frozenset[str] | None = None
    """The modes that a DERControl sets: it gives way only to an event that sets them all."""
    verdict: int | None = None
    """Response status (252, 253) of a device that cannot do what the event wants."""


@dataclass(slots=True)
class Choices:
    """What the user did about an event. Times are Unix seconds of the client's own clock."""

    out_since: float | None = None
    overridden: float = 0.0
    """Seconds of the event's running time that the user was out, up to the last opting in."""
    came_back: bool = False
    took_part: bool = False


@dataclass(slots=True)
class Tracked:
    """One event, from the first sight of it until it is forgotten.

    `start_draw` and `duration_draw` are the randomisation in seconds, drawn once. Times
    named `nominal` are the server's, before randomisation; all are on the event's own clock.
    """

    key: int
    """The mRID as a number: servers send short forms."""
    seen: Sighting
    start_draw: int = 0
    duration_draw: int = 0
    state: State = State.NEW
    marked: bool = False
    """Superseded because the server said so, not by our own reckoning."""
    cancel_at: float | None = None
    follows: float | None = None
    """The randomised end of the event that this one is adjacent to, which replaces its own drawn start."""
    started_at: float | None = None
    ended_at: float | None = None
    superseded_by: "Tracked | None" = None
    choices: Choices = field(default_factory=Choices)

    @property
    def event(self) -> Any:
        """The resource, as last seen."""
        return self.seen.event

    @property
    def subject(self) -> str:
        """The mRID in its long form, for logs and keys."""
        return f"{self.key:032X}"

    @property
    def nominal_start(self) -> int:
        """Start as sent."""
        start: int = self.event.interval.start
        return start

    @property
    def nominal_end(self) -> int:
        """End as sent; the interval is half open."""
        return self.nominal_start + int(self.event.interval.duration)

    @property
    def start(self) -> float:
        """When it starts here."""
        return self.nominal_start + self.start_draw if self.follows is None else self.follows

    @property
    def end(self) -> float:
        """When it ends here."""
        own = self.nominal_end + self.start_draw + self.duration_draw
        end = max(float(own), self.start)
        return end if self.cancel_at is None else min(end, self.cancel_at)

    @property
    def latest_end(self) -> float:
        """When it is over for everybody, whatever was drawn."""
        spread = sum(max(value or 0, 0) for value in randomisation(self.event))
        return max(self.nominal_end + spread, self.end)

    @property
    def opted_out(self) -> bool:
        """Whether the user is out of it at present."""
        return self.choices.out_since is not None

    def beats(self, other: "Tracked") -> bool:
        """Tell whether this one wins where the two overlap: lower primacy, then newer, then higher mRID."""
        return self._rank() < other._rank()

    def _rank(self) -> tuple[int, int, int]:
        return (self.seen.primacy, -int(self.event.creationTime), -self.key)

    def overlaps(self, other: "Tracked") -> bool:
        """Tell whether the two intervals, as sent, share a moment."""
        return self.nominal_start < other.nominal_end and other.nominal_start < self.nominal_end


def randomisation(event: Any) -> tuple[int | None, int | None]:
    """Return (randomizeStart, randomizeDuration) in seconds, signed; messages have none."""
    return getattr(event, "randomizeStart", None), getattr(event, "randomizeDuration", None)


def number(mrid: bytes) -> int:
    """Return an mRID as a number, so that short forms compare equal to long ones."""
    return int.from_bytes(mrid, "big")
