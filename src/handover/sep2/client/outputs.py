"""What the client engine asks for, what it is told, and what it tells its device.

`Fetch`, `Post` and `Put` go to the server; their outcome comes back as `Answer` or `Failure` with the same
object. The rest are indications for the device and the log. Nothing here decides anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from handover.sep2.client.events import State, Tracked


@dataclass(slots=True, eq=False)
class Fetch:
    """GET `path`, with `query` after the question mark when there is one, and `headers` beside our own."""

    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Post:
    """POST `body` (XML) to `path`; `key` names the outbox entry that it comes from."""

    path: str
    body: bytes
    key: str
    query: str = ""


@dataclass(slots=True, eq=False)
class Put:
    """PUT `body` (XML) to `path`."""

    path: str
    body: bytes
    query: str = ""


@dataclass(slots=True, eq=False)
class Delete:
    """DELETE `path`."""

    path: str
    query: str = ""


Ask: TypeAlias = Fetch | Post | Put | Delete


@dataclass(slots=True)
class Answer:
    """The server's answer to `ask`. Header names may come in any case."""

    ask: Ask
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(slots=True)
class Failure:
    """No answer to `ask`: not reachable, no TLS, not HTTP. `reason` is for people."""

    ask: Ask
    reason: str


@dataclass(slots=True)
class Admitted:
    """Our EndDevice at `path` exists; `confirmed` tells whether the server's PIN was compared with ours."""

    path: str
    confirmed: bool


@dataclass(slots=True)
class NotAdmitted:
    """The server does not know us, or another PIN is registered: only what is public is followed."""

    reason: str


@dataclass(slots=True)
class ClockSet:
    """The Time resource at `path` is `offset` seconds ahead of our clock."""

    path: str
    offset: float


@dataclass(slots=True)
class Updated:
    """The resource at `path` is new or differs from the last time. Lists come complete, all pages in one."""

    path: str
    resource: Any


@dataclass(slots=True)
class Gone:
    """The resource at `path` is no longer linked, or no longer there."""

    path: str


@dataclass(slots=True)
class EventChanged:
    """An event went from state `old` to `new`; its own `state` may have gone on since."""

    event: "Tracked"
    old: "State"
    new: "State"


@dataclass(slots=True)
class Responded:
    """The server has taken our Response `status` about the event `subject` (mRID, 32 digits)."""

    subject: str
    status: int


@dataclass(slots=True)
class Posted:
    """The server has answered our POST `key` of something else than a Response; it named `location`."""

    key: str
    status: int
    location: str | None


@dataclass(slots=True)
class ResponseLost:
    """A Response was given up: refused for good, or its time is over."""

    subject: str
    status: int
    reason: str


@dataclass(slots=True)
class Trouble:
    """Something at `path` cannot be used; the engine goes on without it and tries again later."""

    path: str
    reason: str


@dataclass(slots=True)
class ServerLost:
    """The server does not answer any more."""

    reason: str


@dataclass(slots=True)
class ServerBack:
    """The server answers again."""


Indication: TypeAlias = (
    Admitted
    | NotAdmitted
    | ClockSet
    | Updated
    | Gone
    | EventChanged
    | Responded
    | Posted
    | ResponseLost
    | Trouble
    | ServerLost
    | ServerBack
)
Output: TypeAlias = Ask | Indication
Input: TypeAlias = Answer | Failure
