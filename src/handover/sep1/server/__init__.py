"""The ESI's side of Smart Energy 1.x, and the meter in it: an engine without I/O."""

from handover.sep1.exchange import Retry
from handover.sep1.identity import BasicIdentity
from handover.sep1.server.engine import Esi
from handover.sep1.server.outputs import (
    AttributesRead,
    EventStatusRefused,
    EventStatusReported,
    FrameDropped,
    MessageConfirmed,
    Output,
    PriceAcknowledged,
    PushConcluded,
    Send,
)
from handover.sep1.server.timekeeping import ZoneRules

__all__ = [
    "AttributesRead",
    "BasicIdentity",
    "Esi",
    "EventStatusRefused",
    "EventStatusReported",
    "FrameDropped",
    "MessageConfirmed",
    "Output",
    "PriceAcknowledged",
    "PushConcluded",
    "Retry",
    "Send",
    "ZoneRules",
]
