"""Who may do what with which resource. Denied unless a row of the table allows it."""

from dataclasses import dataclass
from typing import Protocol

from handover.sep2.peer import Peer


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to "may this peer do that?". `status` is the HTTP status of a refusal, `reason` is for the audit log."""

    allowed: bool
    status: int
    reason: str


class Scope(Protocol):
    """What one peer may do, as of now."""

    def decide(self, method: str, path: str) -> Decision:
        """Tell whether `method` may be applied to `path`, and why."""

    def sees(self, path: str) -> bool:
        """Tell whether the peer may GET `path`: links and list items it may not see are left out."""


class Access(Protocol):
    """The policy that a server is given."""

    def scope(self, peer: Peer | None) -> Scope:
        """Return what `peer` may do."""
