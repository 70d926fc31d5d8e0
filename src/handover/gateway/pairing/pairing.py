"""`Pairing`: one admission on its way through the table of its kind. No I/O.

Events and the time go in; rows of the journal come out. What a person is told of it is `told`. Nothing secret
is in here: codes and PINs go to those who need them and are not part of the progress.
"""

from dataclasses import dataclass, replace
from math import ceil
from typing import Any, Final

from handover.gateway.outputs import Audit, Change, Keep
from handover.gateway.pairing.states import FAILURES, LIMITS, MACHINES, DownSep1, Event, Kind, steps
from handover.gateway.pairing.words import WORDS

RECORD: Final = "pairing"
DETAIL: Final = 300
"""Most characters of a reason that are kept: it may come from a peer."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an admission is. `key` names it: the kind, and the EUI-64 or the SFDI of a device.

    `state` is the name of a state of `kind`; `since` and `due` (when it is LATE) are Unix seconds. `detail`
    is the particular reason, `name` what the owner calls the device.
    """

    key: str
    kind: str
    state: str
    since: float
    due: float | None = None
    name: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Happened:
    """One event, and what there is to say about it beyond the words of the state."""

    event: Event
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What a person is told. `countdown` is whole seconds that are left, or None; `step` counts from 1.

    `failed` says that something is wrong; `done` that nothing more is to come.
    """

    key: str
    kind: str
    name: str
    state: str
    title: str
    message: str
    next_step: str
    detail: str
    step: int
    steps: int
    countdown: int | None
    failed: bool
    done: bool


class Pairing:
    """One admission. `progress` is what the journal keeps of it."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.kind = Kind(progress.kind)
        self._machine = MACHINES[self.kind]
        self._state: Any = type(self._machine.initial)[progress.state]

    @classmethod
    def new(cls, kind: Kind, key: str, now: float, name: str = "") -> "Pairing":
        """Return an admission that has not begun."""
        return cls(Progress(key, kind.value, MACHINES[kind].initial.name, now, name=name))

    @property
    def state(self) -> Any:
        """The present state, a member of the enumeration of its kind."""
        return self._state

    def allows(self, event: Event) -> bool:
        """Tell whether the event means anything now."""
        return self._machine.allows(self._state, event)

    def handle(self, happened: Happened, now: float) -> list[Change]:
        """Take one event. Raises NotNow when the table has no way for it."""
        target = self._machine.step(self._state, happened.event)
        limit = LIMITS.get(target)
        due = None if limit is None else now + limit
        if target is DownSep1.UNKNOWN_DEVICE:
            due = self.progress.due
        since = now if target is not self._state else self.progress.since
        self._state = target
        self.progress = replace(
            self.progress, state=target.name, since=since, due=due, detail=_plain(happened.detail)
        )
        detail = {"admission": self.progress.key, "state": target.name, "reason": self.progress.detail}
        return [Keep(RECORD, self.progress.key, self.progress), Audit(round(now, 3), "admission", detail)]

    def tick(self, now: float) -> list[Change]:
        """Take note that time has run out, when it has."""
        due = self.progress.due
        if due is None or due > now or not self.allows(Event.LATE):
            return []
        return self.handle(Happened(Event.LATE), now)

    def deadline(self) -> float | None:
        """Return when `tick` is next worth calling."""
        return self.progress.due if self.allows(Event.LATE) else None

    def told(self, now: float) -> Told:
        """Return what to show at `now`."""
        words, path = WORDS[self.kind][self._state], steps(self.kind)
        failed = self._state.name in FAILURES
        due = self.progress.due
        return Told(
            key=self.progress.key,
            kind=self.kind.value,
            name=self.progress.name,
            state=self._state.name,
            title=words.title,
            message=words.sentence,
            next_step=words.next_step,
            detail=self.progress.detail,
            step=0 if failed else path.index(self._state) + 1,
            steps=len(path),
            countdown=None if due is None else max(0, ceil(due - now)),
            failed=failed,
            done=self._state is path[-1],
        )


def _plain(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text[:DETAIL])
