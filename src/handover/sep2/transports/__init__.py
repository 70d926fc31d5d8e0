"""The ways to a SEP 2.0 server, by name: the explicit table that configuration and tests read."""

from handover.sep2.transports.base import Exchange, Transport
from handover.sep2.transports.http_client import HttpsTransport
from handover.sep2.transports.virtual import VirtualTransport

TRANSPORTS: dict[str, type[Transport]] = {
    "virtual": VirtualTransport,
    "https": HttpsTransport,
}

__all__ = ["TRANSPORTS", "Exchange", "Transport"]
