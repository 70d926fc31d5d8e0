"""What both ends of tunnels hand up."""

from dataclasses import dataclass
from enum import Enum, auto

from handover.sep1.clusters.tunneling import Protocol
from handover.sep1.services import Indication


class CloseReason(Enum):
    """Why a tunnel is no more."""

    CLOSED = auto()
    PEER_CLOSED = auto()
    IDLE = auto()
    UNANSWERED = auto()
    REFUSED = auto()
    NO_SUCH_TUNNEL = auto()
    OVERFLOW = auto()


@dataclass(slots=True)
class TunnelOpened(Indication):
    """A tunnel is open; `token` is the client's own, from its request."""

    peer: int
    tunnel_id: int
    protocol: Protocol
    token: object = None


@dataclass(slots=True)
class TunnelRefused(Indication):
    """A tunnel was not opened: `status` is a TunnelStatus, None when the server did not answer with one."""

    peer: int
    status: int | None
    token: object = None


@dataclass(slots=True)
class TunnelReadable(Indication):
    """Octets arrived; `read` gives them."""

    peer: int
    tunnel_id: int


@dataclass(slots=True)
class TunnelWritten(Indication):
    """Everything written so far has been taken by the other end."""

    peer: int
    tunnel_id: int


@dataclass(slots=True)
class TunnelClosed(Indication):
    """A tunnel is no more; `unsent` octets written to it were not taken by the other end."""

    peer: int
    tunnel_id: int
    reason: CloseReason
    unsent: int


@dataclass(slots=True)
class ProtocolsListed(Indication):
    """The protocols that a server carries; `complete` is False when it stopped answering before the end."""

    server: int
    protocols: tuple[Protocol, ...]
    complete: bool
