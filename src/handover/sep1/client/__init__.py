"""The HAN device's side of Smart Energy 1.x: an engine without I/O."""

from handover.sep1.client.engine import HanClient
from handover.sep1.client.outputs import (
    AttributesReceived,
    AttributeWritten,
    CommandReceived,
    Concluded,
    EsiBack,
    EsiLost,
    FrameDropped,
    Output,
    Send,
)
from handover.sep1.client.settings import ClientSettings, LoadControlAttributes
from handover.sep1.exchange import Retry
from handover.sep1.identity import BasicIdentity

__all__ = [
    "AttributeWritten",
    "AttributesReceived",
    "BasicIdentity",
    "ClientSettings",
    "CommandReceived",
    "Concluded",
    "EsiBack",
    "EsiLost",
    "FrameDropped",
    "HanClient",
    "LoadControlAttributes",
    "Output",
    "Retry",
    "Send",
]
