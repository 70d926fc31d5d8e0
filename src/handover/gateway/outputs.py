"""What the gateway's services ask to be done: journal rows, audit entries, SEP 1.x commands, log lines.

A step of the engine returns these in order. The shell writes every `Change` of a step in one transaction
first, and only then lets anything else of that step leave. Store changes are not listed: the resource tree
is memory, and the services write to it through `tree`.
"""

from dataclasses import dataclass, field
from typing import Any

from handover.gateway.events import Transition

Scalar = str | int | float | bool | None


@dataclass(slots=True)
class Keep:
    """Insert or replace the record (`kind`, `key`); `body` is a dataclass that JSON can carry.

    A record that is not `durable` survives a kill, but the last second of it not always a power cut.
    """

    kind: str
    key: str
    body: Any
    durable: bool = True


@dataclass(slots=True)
class Forget:
    """Remove the record (`kind`, `key`)."""

    kind: str
    key: str


@dataclass(slots=True)
class Sample:
    """One point of a reading's history: survives a kill, may be lost with the last second of a power cut.

    `value` is the exact decimal as text in the unit of `series`; `at` is Unix seconds.
    """

    series: str
    at: float
    value: str


@dataclass(slots=True)
class Audit:
    """One entry for the audit log."""

    at: float
    what: str
    detail: dict[str, Scalar] = field(default_factory=dict)


@dataclass(slots=True)
class Answer:
    """A SEP 1.x command that must reach the ESI, kept in the outbox until it did or `deadline` has passed.

    `key` makes it idempotent: a second answer with the same key is not queued. Answers of one `subject`
    leave in the order of their making. `payload` is the encoded command (client to server), `deadline` Unix
    seconds.
    """

    key: str
    subject: str
    destination: int
    endpoint: int
    cluster_id: int
    command_id: int
    payload: bytes
    deadline: float


@dataclass(slots=True)
class Delivered:
    """The outbox entry `key` has been accepted by the ESI, or was given up."""

    key: str


@dataclass(slots=True)
class Admit:
    """Insert or replace the registration of one device."""

    device: "Registered"


@dataclass(slots=True)
class Registered:
    """A SEP 2.0 device that the operator (or the device itself, in-band) has announced.

    `lfdi` is empty until the device first connects when only its SFDI was given. `number` names its
    EndDevice (/edev/{number}) for good. `pending` devices exist without assignments. `categories` are the
    DeviceCategory bits that the device is known to have, None when nobody said.
    """

    sfdi: int
    lfdi: bytes
    pin: int = field(repr=False)
    name: str
    admitted_at: float
    number: int
    pending: bool = False
    categories: int | None = None


@dataclass(slots=True)
class Log:
    """A line for the log: `level` is debug, info, warning or error."""

    level: str
    text: str
    detail: dict[str, Scalar] = field(default_factory=dict)


def durable(change: "Change") -> bool:
    """Tell whether `change` must be on the disk before anything that follows from it may leave."""
    return not isinstance(change, Sample) and (not isinstance(change, Keep) or change.durable)


Change = Keep | Forget | Sample | Audit | Answer | Delivered | Admit | Transition
