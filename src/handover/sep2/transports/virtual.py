"""A SEP 2.0 server in this process: the whole exchange without sockets, for simulation and tests."""

from collections.abc import Awaitable
from dataclasses import replace

from handover.errors import HandoverError, NotNow
from handover.sep2.peer import Peer
from handover.sep2.server.messages import Request, Response
from handover.sep2.transports.base import Exchange


class VirtualTransport:
    """A client's way to `exchange`, which takes it for `peer`.

    `down` set to True makes the server unreachable until it is False again.
    """

    def __init__(self, exchange: Exchange, peer: Peer | None = None) -> None:
        self._exchange = exchange
        self._peer = peer
        self._open = False
        self._closed = False
        self.down = False

    @property
    def authority(self) -> str:
        """Host and port of the server, as links to it may name it."""
        return "virtual:443"

    async def open(self) -> None:
        """Make ready. Raises NotNow when closed already."""
        if self._closed:
            raise NotNow("this transport was closed; make a new one")
        self._open = True

    async def close(self) -> None:
        """Close; harmless when already closed or never opened."""
        self._open, self._closed = False, True

    async def exchange(self, request: Request) -> Response:
        """Hand the request to the server as coming from our peer; see `base.Transport`."""
        answer = self.send(request)
        return answer if isinstance(answer, Response) else await answer

    def send(self, request: Request) -> Response | Awaitable[Response]:
        """Do the same without an event loop, as far as the exchange answers at once."""
        if not self._open:
            raise NotNow("this transport is not open")
        if self.down:
            raise NotNow("the virtual server is down")
        try:
            return self._exchange(replace(request, peer=self._peer))
        except HandoverError as error:
            return Response(error.http_status, {"Content-Length": "0"})
