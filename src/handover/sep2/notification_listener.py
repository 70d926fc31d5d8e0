"""A client's own server: takes the notifications of its servers and hands them on."""

import time
from collections.abc import Callable
from typing import Self

from handover.errors import DecodeError
from handover.sep2 import exi, xml
from handover.sep2.resources.subscription import Notification
from handover.sep2.security.certificate import check_peer
from handover.sep2.server.messages import Request, Response
from handover.sep2.transports.http_server import HttpsServer
from handover.sep2.transports.limits import Limits
from handover.sep2.transports.tls import Credentials, server_context

PATH = "/ntfy"


class NotificationListener:
    """Listens on `host` (an address, because servers accept no other) and `port` (0: a free one).

    Only servers of an authority that `credentials` trust get in; with `lfdi`, only the one with this LFDI is
    heard. `told` is called with every notification.
    """

    def __init__(
        self,
        credentials: Credentials,
        told: Callable[[Notification], None],
        *,
        host: str,
        port: int = 0,
        lfdi: bytes | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._told = told
        self._lfdi = lfdi
        self._host = host
        context = server_context(credentials, lambda der: check_peer(der, time.time()))
        self._server = HttpsServer(self._take, context, host=host, port=port, limits=limits)

    @property
    def uri(self) -> str:
        """Return the address for `notificationURI`; known once it listens."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"https://{host}:{self._server.port}{PATH}"

    async def __aenter__(self) -> Self:
        await self._server.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.close(0.5)

    def _take(self, request: Request) -> Response:
        if request.method != "POST":
            return Response(405, {"Allow": "POST", "Content-Length": "0"})
        if self._lfdi is not None and (request.peer is None or request.peer.lfdi != self._lfdi):
            return Response(403, {"Content-Length": "0"})
        codec = exi if "sep-exi" in request.headers.get("Content-Type", "") else xml
        try:
            notification = codec.decode(request.body, Notification)
        except DecodeError:
            return Response(400, {"Content-Length": "0"})
        self._told(notification)
        return Response(201, {"Content-Length": "0", "Location": PATH})
