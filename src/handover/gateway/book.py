"""The events of one kind that the gateway holds: kept, moved through their states, withdrawn, forgotten.

Shared by prices, load control and messages. What an arriving event does to the others is the model's to say;
what is published or answered when an event moves is the services'. A `Book` moves events by the table of
`events`, journals every move, and holds changes back until their time.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from handover.gateway.events import EVENT, Cause, State, Transition
from handover.gateway.outputs import Forget, Keep
from handover.gateway.step import Step
from handover.model.event import (
    LIVE,
    Change,
    Event,
    EventKey,
    EventState,
    Status,
    advanced,
    applied,
    due,
    forgetting,
    withdrawal,
)

E = TypeVar("E", bound=Event)

_CAUSES = {
    EventState.ACTIVE: Cause.STARTED,
    EventState.COMPLETED: Cause.ENDED,
    EventState.CANCELLED: Cause.CANCELLED,
    EventState.CANCELLED_RANDOMLY: Cause.CANCELLED,
    EventState.SUPERSEDED: Cause.SUPERSEDED,
}


@dataclass(slots=True)
class Received:
    """The command an event came in, as it was on the air: cluster, command id, payload, sender, reception."""

    source: int
    endpoint: int
    cluster_id: int
    command_id: int
    payload: bytes
    at: float


@dataclass(slots=True)
class Later:
    """A change held back until `at` (Unix seconds, upstream clock)."""

    at: int
    state: EventState | None = None
    mark: bool = False
    report: Status | None = None
    by: str = ""
    """Record of the event that causes it: when that one is called off before its start, so is this."""


@dataclass(slots=True)
class Held(Generic[E]):
    """One event with its origin, where it stands, and what is to become of it."""

    event: E
    received: Received
    state: State = State.NEW
    listed: bool = True
    later: list[Later] = field(default_factory=list)


Forgotten = Callable[[Step, Held[E]], None]
"""Called when an event is deleted for good."""

Moved = Callable[[Step, Held[E], Status | None], None]
"""Called after an event moved: the new event is in the book; the status is to be told to its issuer."""


class Book(Generic[E]):
    """The events of one kind, by key and part. `kind` names their records in the journal."""

    def __init__(self, kind: str, moved: Moved[E], forgotten: Forgotten[E] | None = None) -> None:
        self.kind = kind
        self._moved = moved
        self._forgotten = forgotten
        self._held: dict[str, Held[E]] = {}

    def restore(self, records: dict[str, Held[E]]) -> None:
        """Take over what the journal holds."""
        self._held = dict(records)

    def __iter__(self) -> Iterator[Held[E]]:
        return iter(self._held.values())

    def get(self, key: EventKey, part: int = 0) -> Held[E] | None:
        """Return the event with this key, or None."""
        return self._held.get(name_of(key, part))

    def find(self, name: str) -> Held[E] | None:
        """Return the event whose record has this name, or None."""
        return self._held.get(name)

    def events(self) -> list[E]:
        """Return every event held, ended ones included, oldest first."""
        return [held.event for held in self._held.values()]

    def listed(self) -> list[E]:
        """Return the events that are still served."""
        return [held.event for held in self._held.values() if held.listed]

    def add(self, step: Step, event: E, received: Received) -> None:
        """Accept a new event: stored, planned, and started if it is time."""
        name = name_of(event.key, event.part)
        held = self._held[name] = Held(event, received)
        self._step(step, held, Cause.STORED)
        self._step(step, held, Cause.PLANNED)
        if event.state is EventState.ACTIVE:
            self._step(step, held, Cause.STARTED)
        self._keep(step, held)
        self._moved(step, held, None)

    def refuse(self, step: Step, key: EventKey, cause: Cause) -> None:
        """Log that an event was not accepted: late or unusable."""
        state = EVENT.step(State.NEW, cause)
        step.changes.append(Transition(self._log_key(key, 0), State.NEW, state, cause, step.now, step.wall))

    def change(self, step: Step, changes: Iterable[Change], by: str = "") -> None:
        """Apply what the model decided, or hold it back; `by` names the event that causes it."""
        for change in changes:
            held = self.get(change.event.key, change.event.part)
            if held is None:
                continue
            if due(change, step.now):
                self._apply(step, held, change)
            else:
                later = Later(change.at, change.state, change.mark, change.report, by)
                if later not in held.later:
                    held.later.append(later)
                    self._keep(step, held)

    def advance(self, step: Step) -> None:
        """Do what time asks for: held-back changes, starts, ends, withdrawals, forgetting."""
        for name, held in list(self._held.items()):
            for later in [item for item in held.later if item.at <= step.now]:
                held.later.remove(later)
                self._apply(step, held, Change(held.event, later.at, later.state, later.mark, later.report))
            event = advanced(held.event, step.now)
            if event is not held.event:
                if event.state is EventState.COMPLETED and held.state is State.SCHEDULED:
                    self._step(step, held, Cause.STARTED)  # it began and ended while nobody looked
                held.event = event
                self._step(step, held, _CAUSES[event.state])
                self._keep(step, held)
                self._moved(step, held, None)
            if held.listed and withdrawal(held.event) <= step.now:
                held.listed = False
                self._keep(step, held)
                self._moved(step, held, None)
            if not held.listed and forgetting(held.event) <= step.now:
                del self._held[name]
                step.changes.append(Forget(self.kind, name))
                if self._forgotten is not None:
                    self._forgotten(step, held)

    def deadline(self) -> float | None:
        """Return when `advance` is next worth calling (upstream clock)."""
        moments: list[float] = []
        for held in self._held.values():
            event = held.event
            moments += [item.at for item in held.later]
            if event.state is EventState.SCHEDULED:
                moments.append(event.earliest_start)
            elif event.state is EventState.ACTIVE:
                moments.append(event.latest_end)
            moments.append(withdrawal(event) if held.listed else forgetting(event))
        return min(moments, default=None)

    def _apply(self, step: Step, held: Held[E], change: Change) -> None:
        if held.event.state not in LIVE:
            return
        waiting = held.event.state is EventState.SCHEDULED
        held.event = applied(held.event, change)
        if change.state is not None:
            held.later = []
            if waiting:
                self._call_off(step, name_of(held.event.key, held.event.part))
            self._step(step, held, _CAUSES[change.state])
        self._keep(step, held)
        self._moved(step, held, change.report)

    def _call_off(self, step: Step, by: str) -> None:
        """Drop what a scheduled event would have done to others at its start: it never starts."""
        for held in self._held.values():
            if any(item.by == by for item in held.later):
                held.later = [item for item in held.later if item.by != by]
                self._keep(step, held)

    def _step(self, step: Step, held: Held[E], cause: Cause) -> None:
        old, held.state = held.state, EVENT.step(held.state, cause)
        key = self._log_key(held.event.key, held.event.part)
        step.changes.append(Transition(key, old, held.state, cause, step.now, step.wall))

    def _keep(self, step: Step, held: Held[E]) -> None:
        step.changes.append(Keep(self.kind, name_of(held.event.key, held.event.part), held))

    def _log_key(self, key: EventKey, part: int) -> str:
        return f"{self.kind}/{name_of(key, part)}"


def name_of(key: EventKey, part: int = 0) -> str:
    """Return the name of an event's record: issuer, endpoint, provider, number, generation, part."""
    return f"{key.issuer:016X}/{key.endpoint}/{key.provider:X}/{key.id:08X}/{key.generation}/{part}"
