"""What every way to a SEP 2.0 server offers to a client, and what a server end is built around.

A transport moves one request and its answer. It does not decode bodies, follow links, poll or retry: the
engine of `sep2.client` decides those.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol

from handover.sep2.server.messages import Request, Response

Exchange = Callable[[Request], Response | Awaitable[Response]]
"""The server side of a transport: a request in, its answer out, at once or after something was stored."""


class Transport(Protocol):
    """A client's end of the way to one server.

    Life cycle: made, opened once, closed once (closing again is harmless).
    """

    async def open(self) -> None:
        """Make ready; no server is contacted yet. Raises NotNow when closed already."""

    async def close(self) -> None:
        """Let go of all connections; harmless when already closed or never opened."""

    async def exchange(self, request: Request) -> Response:
        """Send one request and return its answer, whatever its status; redirects are not followed.

        `request.path` is a path on this server and `request.peer` is ignored: who we are is the
        transport's business. Raises NotNow when the server cannot be reached or does not answer in time,
        Refused when either side does not accept the other's certificate, DecodeError when the answer is
        not HTTP or larger than allowed.
        """
