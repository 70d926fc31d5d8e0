"""One load control event at one device: its place in time, its life, and how it ended.

Times are the ESI's clock in ZigBee seconds. No frames here, and no other events (`agenda`).
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from handover.machine import Machine
from handover.sep1.clusters.drlc import EventStatus, LoadControlEvent


class LoadState(Enum):
    """Where an event stands at the device."""

    SCHEDULED = "scheduled"
    RUNNING = "running"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"


class LoadStep(Enum):
    """What happens to an event."""

    START = "start"
    END = "end"
    CANCEL = "cancel"
    SUPERSEDE = "supersede"


LIFE: Final = Machine(
    "load control event",
    LoadState.SCHEDULED,
    frozenset({LoadState.COMPLETED, LoadState.CANCELLED, LoadState.SUPERSEDED}),
    {
        (LoadState.SCHEDULED, LoadStep.START): LoadState.RUNNING,
        (LoadState.SCHEDULED, LoadStep.END): LoadState.COMPLETED,  # its time passed while we were away
        (LoadState.SCHEDULED, LoadStep.CANCEL): LoadState.CANCELLED,
        (LoadState.SCHEDULED, LoadStep.SUPERSEDE): LoadState.SUPERSEDED,
        (LoadState.RUNNING, LoadStep.END): LoadState.COMPLETED,
        (LoadState.RUNNING, LoadStep.CANCEL): LoadState.CANCELLED,
        (LoadState.RUNNING, LoadStep.SUPERSEDE): LoadState.SUPERSEDED,
    },
)


@dataclass(frozen=True, slots=True)
class Cut:
    """An end before the end: at ZigBee second `at`, by a cancellation or by a newer event."""

    at: int
    step: LoadStep


@dataclass(slots=True)
class LoadEvent:
    """An event that this device has accepted; `start` and `end` (exclusive) contain what was drawn.

    `nominal` are start and end as the ESI gave them. `issuers` are the ESIs that sent it, EUI-64 to endpoint.
    `out` tells that the user has opted out at present, `took_part` that the device obeyed for a while,
    `missed` that it did not for a while.
    """

    command: LoadControlEvent
    nominal: tuple[int, int]
    start: int
    end: int
    issuers: dict[int, int] = field(default_factory=dict)
    state: LoadState = LoadState.SCHEDULED
    cut: Cut | None = None
    out: bool = False
    took_part: bool = False
    missed: bool = False

    @property
    def id(self) -> int:
        """The issuer's event id."""
        return self.command.issuer_event_id

    @property
    def live(self) -> bool:
        """Whether the event is still to come or running."""
        return self.state in (LoadState.SCHEDULED, LoadState.RUNNING)

    @property
    def obeyed(self) -> bool:
        """Whether the device obeys at present."""
        return self.state is LoadState.RUNNING and not self.out

    @property
    def last(self) -> int:
        """When it really ends, as far as is known."""
        return min(self.end, self.cut.at) if self.cut else self.end

    def meets(self, other: "LoadEvent") -> bool:
        """Tell whether the nominal times of two events share a second. What was drawn does not count."""
        return self.nominal[0] < other.nominal[1] and other.nominal[0] < self.nominal[1]

    def cut_at(self, at: int, step: LoadStep) -> None:
        """Let it end early; an earlier cut stays."""
        if at < self.last:
            self.cut = Cut(at, step)

    def next_step(self, utc: int) -> tuple[int, LoadStep] | None:
        """Return the step that is due by `utc`, and when it was."""
        if not self.live:
            return None
        if self.cut is not None and self.cut.at <= utc:
            return self.cut.at, self.cut.step
        if self.end <= utc:
            return self.end, LoadStep.END
        if self.state is LoadState.SCHEDULED and self.start <= utc:
            return self.start, LoadStep.START
        return None

    def due(self) -> int:
        """Return when the next step is due; of a live event."""
        return self.start if self.state is LoadState.SCHEDULED and self.start < self.last else self.last

    def take(self, step: LoadStep) -> None:
        """Go through one step. Raises NotNow when the event's life has no such step."""
        self.state = LIFE.step(self.state, step)
        if self.state is LoadState.RUNNING:
            self._note_part()

    def choose(self, out: bool) -> None:
        """Take the user's choice."""
        self.out = out
        if self.state is LoadState.RUNNING:
            self._note_part()

    def status(self) -> EventStatus:
        """Return the status that tells where the event stands, or how it ended."""
        if self.state is LoadState.SCHEDULED:
            return EventStatus.RECEIVED
        if self.state is LoadState.RUNNING:
            return EventStatus.STARTED
        if self.state is LoadState.CANCELLED:
            return EventStatus.CANCELLED
        if self.state is LoadState.SUPERSEDED:
            return EventStatus.SUPERSEDED
        if not self.took_part:
            return EventStatus.COMPLETED_NO_PARTICIPATION
        if self.out:
            return EventStatus.PARTIALLY_COMPLETED_OPT_OUT
        return EventStatus.PARTIALLY_COMPLETED_OPT_IN if self.missed else EventStatus.COMPLETED

    def _note_part(self) -> None:
        if self.out:
            self.missed = True
        else:
            self.took_part = True
