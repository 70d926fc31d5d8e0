"""HTTPS for SEP 2.0, both ends under one name. What the parts do is said in their own modules."""

import time

from handover.sep2.security.certificate import check_peer
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
    "connect",
    "server_context",
]


def connect(
    base: str,
    credentials: Credentials,
    *,
    lfdi: bytes | None = None,
    check_hostname: bool = True,
    limits: ClientLimits | None = None,
) -> HttpsTransport:
    """Return the way to the server at `base` ("https://host:port"), which is checked as SEP 2.0 demands.

    With `lfdi` it is accepted under whatever name, if it has exactly that certificate. Raises ConfigError.
    """
    context = client_context(
        credentials,
        lambda der: check_peer(der, time.time()),
        check_hostname=check_hostname and lfdi is None,
        lfdi=lfdi,
    )
    return HttpsTransport(base, context, limits=limits)
