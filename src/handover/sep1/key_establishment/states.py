"""Where an exchange stands, on either side."""

from enum import Enum, auto
from typing import Final

from handover.machine import Machine


class Asking(Enum):
    """The initiator's states."""

    CHOOSING = auto()
    INITIATING = auto()
    EXCHANGING = auto()
    CONFIRMING = auto()
    ESTABLISHED = auto()
    FAILED = auto()


class Answering(Enum):
    """The responder's states."""

    INITIATED = auto()
    EXCHANGED = auto()
    ESTABLISHED = auto()
    FAILED = auto()


class Event(Enum):
    """What moves an exchange on."""

    SUITE = auto()
    CERTIFICATE = auto()
    EPHEMERAL = auto()
    CONFIRMATION = auto()
    FAULT = auto()
    TERMINATED = auto()
    TIMEOUT = auto()


_ENDS: Final = (Event.FAULT, Event.TERMINATED, Event.TIMEOUT)

INITIATOR: Final = Machine(
    "key establishment, initiator",
    Asking.CHOOSING,
    frozenset({Asking.ESTABLISHED, Asking.FAILED}),
    {
        (Asking.CHOOSING, Event.SUITE): Asking.INITIATING,
        (Asking.INITIATING, Event.CERTIFICATE): Asking.EXCHANGING,
        (Asking.EXCHANGING, Event.EPHEMERAL): Asking.CONFIRMING,
        (Asking.CONFIRMING, Event.CONFIRMATION): Asking.ESTABLISHED,
        **{
            (state, event): Asking.FAILED
            for state in (Asking.CHOOSING, Asking.INITIATING, Asking.EXCHANGING, Asking.CONFIRMING)
            for event in _ENDS
        },
    },
)

RESPONDER: Final = Machine(
    "key establishment, responder",
    Answering.INITIATED,
    frozenset({Answering.ESTABLISHED, Answering.FAILED}),
    {
        (Answering.INITIATED, Event.EPHEMERAL): Answering.EXCHANGED,
        (Answering.EXCHANGED, Event.CONFIRMATION): Answering.ESTABLISHED,
        **{
            (state, event): Answering.FAILED
            for state in (Answering.INITIATED, Answering.EXCHANGED)
            for event in _ENDS
        },
    },
)
