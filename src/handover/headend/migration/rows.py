"""What one migration keeps in its journal, and what one step of it asks for.

A step's rows are on the disk before anything of its tasks leaves. A task is told again, under the same key,
until it is answered or given up; whoever carries it out does it once for each key.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from handover.headend.migration.states import Stand, State
from handover.headend.verification import Evidence, Verdict

PREMISE, PART, TASK = "migration", "part", "task"
"""The kinds of rows."""


class Action(StrEnum):
    """What drivers and people are asked to do."""

    NOTIFY = "notify"  # tell the customer what will happen, and when
    STORE = "store"  # firmware and credentials, without using them; the answer is a durable vote
    ARM = "arm"  # promise to switch at a moment
    REGISTER = "register"  # give the new ESI the registrations of the premise's devices
    TURN_ON = "turn on"  # the HAN
    CHECK = "check"  # gather evidence on the new application
    UNDO = "undo"  # go back to the old application, or forget what was stored
    RECHECK = "recheck"  # gather evidence on the old application
    TICKET = "ticket"  # a person must see to it
    CONCLUDE = "conclude"  # tell the customer how it ended


@dataclass(slots=True)
class Task:
    """One thing that is to be done. `target` is an EUI-64 (0: the premise), `way` the value of its way.

    `at` is the moment that is told with it, `until` when it is given up, `due` when it is told next, all in
    Unix seconds.
    """

    key: str
    action: Action
    target: int
    way: str
    at: float
    until: float
    due: float
    tries: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a task. A definite no has a reason; checks bring evidence."""

    key: str
    done: bool
    reason: str = ""
    evidence: Evidence | None = None


@dataclass(slots=True)
class PremiseRow:
    """The premise's own row. `moment` is when everybody switches, once it is fixed."""

    state: State
    since: float
    moment: float | None = None
    reason: str = ""


@dataclass(slots=True)
class PartRow:
    """One that takes part.

    `required`: the meter may not commit before its vote. `follows`: it is moved after the meter.
    """

    eui64: int
    way: str
    stand: Stand = Stand.WAITING
    meter: bool = False
    required: bool = False
    follows: bool = False
    verdict: Verdict = Verdict.UNKNOWN
    reason: str = ""


@dataclass(slots=True)
class Keep:
    """Insert or replace the row (`kind`, `key`)."""

    kind: str
    key: str
    body: Any


@dataclass(slots=True)
class Forget:
    """Remove the row (`kind`, `key`)."""

    kind: str
    key: str


@dataclass(slots=True)
class Note:
    """A line for the audit log."""

    at: float
    what: str
    detail: dict[str, str | int | float | bool | None] = field(default_factory=dict)


@dataclass(slots=True)
class Step:
    """What one input or one moment leads to: changes to be committed, then tasks to be told."""

    now: float
    changes: list[Keep | Forget | Note] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)

    def note(self, what: str, **detail: str | int | float | bool | None) -> None:
        """Add an entry to the audit log."""
        self.changes.append(Note(self.now, what, detail))


@dataclass(frozen=True, slots=True)
class Restored:
    """What the journal holds of one migration."""

    premise: PremiseRow | None = None
    parts: dict[str, PartRow] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
