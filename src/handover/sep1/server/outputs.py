"""What the ESI engine hands up: frames to send, and what HAN devices answered.

Values are raw wire values; `received` is Unix seconds of the caller's clock.
"""

from dataclasses import dataclass

from handover.sep1.clusters.drlc import ReportEventStatus
from handover.sep1.clusters.messaging import MessageConfirmation
from handover.sep1.clusters.price import PriceAcknowledgement
from handover.sep1.node import FrameDropped as FrameDropped
from handover.sep1.node import Send as Send
from handover.sep1.security.report_signature import Verdict
from handover.sep1.services import Indication
from handover.sep1.types import Value


@dataclass(slots=True)
class EventStatusReported:
    """A device reported what it does with a load control event; `known` tells that we issued that event.

    `signature` is what its signature is worth, None when nothing here judges signatures.
    """

    source: int
    command: ReportEventStatus
    known: bool
    received: float
    signature: Verdict | None = None


@dataclass(slots=True)
class EventStatusRefused:
    """A device's report about a load control event was thrown away: genuine ones only are taken."""

    source: int
    command: ReportEventStatus
    signature: Verdict
    received: float


@dataclass(slots=True)
class MessageConfirmed:
    """Somebody confirmed a message at a device; `known` tells that we issued that message."""

    source: int
    command: MessageConfirmation
    known: bool
    received: float


@dataclass(slots=True)
class PriceAcknowledged:
    """A device has a price that asked for acknowledgement; `known` tells that we issued that price."""

    source: int
    command: PriceAcknowledgement
    known: bool
    received: float


@dataclass(slots=True)
class PushConcluded:
    """A command or write that we sent to a device ended: with its `status`, or (None) without any answer."""

    destination: int
    cluster_id: int
    command_id: int
    status: int | None


@dataclass(slots=True)
class AttributesRead:
    """Attributes of a device that we asked for; `unsupported`: what it lacks."""

    source: int
    cluster_id: int
    values: dict[int, Value]
    unsupported: tuple[int, ...]
    received: float


Output = (
    Send
    | EventStatusReported
    | EventStatusRefused
    | MessageConfirmed
    | PriceAcknowledged
    | PushConcluded
    | AttributesRead
    | FrameDropped
    | Indication
)
