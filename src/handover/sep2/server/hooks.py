"""What a write becomes: the seam between the request engine and whoever owns the data.

The engine checks path, access, method, media type and body; a hook then acts. It raises `Refused` (403),
`NotNow` or `Busy` (503 with Retry-After) or `DecodeError` (400) to refuse. Which writes exist at all is
decided by the hooks that a server is given: a method without a hook is not offered (405).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from handover.errors import NotNow, Refused
from handover.sep2.peer import Peer


class Unsupported(Refused):
    """What was asked for is not offered; `reason_code` is Error.reasonCode (400)."""

    http_status = 400

    def __init__(self, message: str, reason_code: int) -> None:
        super().__init__(message)
        self.reason_code = reason_code


class Busy(NotNow):
    """Not now, but again in `retry_after` seconds."""

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


@dataclass(slots=True)
class Write:
    """A checked PUT, POST or DELETE. `resource` is the decoded body (None for DELETE).

    `name` is the name of the addressed resource in RESOURCES (`ResponseList`, `DeviceStatus`); `address` the
    IP address that the request came from, where it is known.
    """

    method: str
    path: str
    name: str
    resource: Any
    peer: Peer
    now: float
    address: str = ""


@dataclass(slots=True)
class Created:
    """A new resource exists at `path`: 201 with Location."""

    path: str


@dataclass(slots=True)
class Existing:
    """The resource was known already and is at `path`: 204 with Location."""

    path: str


@dataclass(slots=True)
class Done:
    """Changed or deleted: 204."""


Outcome = Created | Existing | Done
Hook = Callable[[Write], Outcome]
Hooks = Mapping[tuple[str, str], Hook]
"""Keyed by (method, resource name), for example ("POST", "ResponseList")."""
