"""The states of a tunnel and of what one end sends through it, as tables."""

from enum import Enum, auto
from typing import Final

from handover.machine import Machine


class TunnelState(Enum):
    """A tunnel as one end sees it; the server's begins OPEN."""

    OPENING = auto()
    OPEN = auto()
    CLOSING = auto()
    CLOSED = auto()


class TunnelStep(Enum):
    """What happens to a tunnel."""

    ACCEPTED = auto()
    REFUSED = auto()
    CLOSE = auto()
    CONFIRMED = auto()
    LOST = auto()


TUNNEL: Final = Machine(
    "tunnel",
    TunnelState.OPENING,
    frozenset({TunnelState.CLOSED}),
    {
        (TunnelState.OPENING, TunnelStep.ACCEPTED): TunnelState.OPEN,
        (TunnelState.OPENING, TunnelStep.REFUSED): TunnelState.CLOSED,
        (TunnelState.OPENING, TunnelStep.LOST): TunnelState.CLOSED,
        (TunnelState.OPEN, TunnelStep.CLOSE): TunnelState.CLOSING,
        (TunnelState.OPEN, TunnelStep.LOST): TunnelState.CLOSED,
        (TunnelState.CLOSING, TunnelStep.CONFIRMED): TunnelState.CLOSED,
        (TunnelState.CLOSING, TunnelStep.LOST): TunnelState.CLOSED,
    },
)


class SendState(Enum):
    """What the sending half of an end does. One chunk is under way at a time, which keeps their order."""

    IDLE = auto()
    SENT = auto()
    UNACKNOWLEDGED = auto()
    PAUSED = auto()


class SendStep(Enum):
    """What happens to the chunk under way."""

    SEND = auto()
    RESPONSE = auto()
    ACKNOWLEDGED = auto()
    OVERFLOW = auto()
    ELAPSED = auto()
    READY = auto()


SENDING: Final = Machine(
    "tunnel sending",
    SendState.IDLE,
    frozenset(),
    {
        (SendState.IDLE, SendStep.SEND): SendState.SENT,
        (SendState.SENT, SendStep.RESPONSE): SendState.UNACKNOWLEDGED,
        (SendState.SENT, SendStep.ACKNOWLEDGED): SendState.IDLE,
        (SendState.SENT, SendStep.OVERFLOW): SendState.PAUSED,
        (SendState.UNACKNOWLEDGED, SendStep.ACKNOWLEDGED): SendState.IDLE,
        (SendState.UNACKNOWLEDGED, SendStep.OVERFLOW): SendState.PAUSED,
        (SendState.UNACKNOWLEDGED, SendStep.ELAPSED): SendState.IDLE,
        (SendState.PAUSED, SendStep.ELAPSED): SendState.IDLE,
        (SendState.PAUSED, SendStep.READY): SendState.IDLE,
    },
)
"""UNACKNOWLEDGED: a Default Response came where flow control promises an acknowledgement."""
