"""What an access policy offers to the request engine, and what an operator may choose about ours."""

from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from handover.sep2.listing import Listing
from handover.sep2.peer import Peer
from handover.sep2.security.rules import Role


class Registering(Enum):
    """How an EndDevice comes to exist."""

    OUT_OF_BAND = "out-of-band"
    IN_BAND = "in-band"


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator may choose. `public` are paths (with everything below) that need no registration.

    `proxies`: a registered device may introduce devices without certificates of their own, for which it
    speaks; they count for nothing until the operator admits them.
    """

    registering: Registering = Registering.OUT_OF_BAND
    public: frozenset[str] = frozenset({"/tp"})
    proxies: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a client may do something; `status` is the HTTP status of a refusal.

    `reason` is for the audit log. `told` is for the client, None where it would show whether something
    exists.
    """

    allowed: bool
    status: int
    reason: str
    told: str | None = None


class Scope(Protocol):
    """What one client may do, as of now."""

    @property
    def role(self) -> Role:
        """Return what the client is to the server."""

    def decide(self, method: str, path: str) -> Decision:
        """Tell whether `method` may be applied to `path`, and why."""

    def sees(self, path: str) -> bool:
        """Tell whether `path` may be read: links to what may not be are left out of answers."""

    def part(self, listing: Listing) -> list[str] | None:
        """Return the paths of the items that the client may see, or None for all of them.

        None says also that the list itself may be read; otherwise `sees` has to be asked.
        """

    def accepts(self, resource: Any) -> Decision:
        """Tell whether the client may send this body: nobody speaks for another device."""


class Access(Protocol):
    """The policy that a server is given."""

    def scope(self, peer: Peer | None) -> Scope:
        """Return what `peer` may do."""
