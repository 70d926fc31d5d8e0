"""HTTPS for SEP 2.0, both ends under one name. What the parts do is said in their own modules."""

from handover.sep2.transports.http_client import HttpsTransport
from handover.sep2.transports.http_server import HttpsServer
from handover.sep2.transports.limits import ClientLimits, Limits
from handover.sep2.transports.tls import Credentials, PeerCheck, client_context, server_context

__all__ = [
    "ClientLimits",
    "Credentials",
    "HttpsServer",
    "HttpsTransport",
    "Limits",
    "PeerCheck",
    "client_context",
    "server_context",
]
