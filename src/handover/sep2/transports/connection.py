"""One connection of the HTTPS server: its peer, its deadlines, and requests in and out of HTTP.

aiohttp parses requests; the rest of its machinery (routing, its own answers and log lines) is left out.
What a request means is decided by the exchange; accepting connections and counting them is `http_server`.
"""

import asyncio
from http import HTTPStatus
from typing import Any, Protocol, cast

from aiohttp import HttpVersion10, web
from aiohttp.client_exceptions import ClientPayloadError

from handover.errors import DecodeError, EncodeError, HandoverError
from handover.sep2.peer import Peer
from handover.sep2.server.messages import Request, Response
from handover.sep2.server.target import split
from handover.sep2.transports.base import Exchange
from handover.sep2.transports.limits import Limits

_PHRASES = {status.value: status.phrase for status in HTTPStatus}
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_WRITE_HIGH = 65_536


class Owner(Protocol):
    """Who counts connections and writes the log: the server."""

    def joined(self, connection: "Connection", transport: asyncio.BaseTransport) -> None:
        """Count a connection whose handshake is complete, and find out who it is."""

    def left(self, connection: "Connection") -> None:
        """Stop counting a connection."""

    def complain(self, connection: "Connection", what: str, details: dict[str, Any]) -> None:
        """Write what is wrong with a connection or its request to the log."""


class Connection(web.RequestHandler):
    """The server's end of one connection.

    `peer` is None over plain HTTP. `full` marks a connection above the limit, whose first request gets 503.
    `due` is when the header that is arriving must be complete (the loop's clock), or None.
    """

    __slots__ = ("address", "busy", "due", "full", "limits", "owner", "peer")

    def __init__(self, http: web.Server, owner: Owner, limits: Limits, address: str) -> None:
        super().__init__(
            http,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=limits.idle_time,
            access_log=cast(Any, None),
            max_line_size=limits.line,
            max_field_size=limits.field,
            max_headers=limits.fields,
            lingering_time=limits.drain_time,
            auto_decompress=False,
        )
        self.owner = owner
        self.limits = limits
        self.address = address
        self.peer: Peer | None = None
        self.full = False
        self.busy = False
        self.due: float | None = None

    def data_received(self, data: bytes) -> None:
        """Take octets from the peer; the first ones of a request start its deadline."""
        if self.due is None and not self.busy:
            self.due = self._loop.time() + self.limits.header_time
        super().data_received(data)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Join the server's connections."""
        self.owner.joined(self, transport)
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Leave the server's connections."""
        self.due = None
        self.owner.left(self)
        super().connection_lost(exc)

    def abort(self) -> None:
        """Break the connection off."""
        if self.transport is not None:
            self.transport.abort()

    def overdue(self, now: float) -> bool:
        """Tell whether the header has been arriving for too long at `now` (the loop's clock)."""
        return self.due is not None and now > self.due

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what could not be read as HTTP, or what failed inside; the connection then closes."""
        self.due = None
        reason = (message or (f"{type(exc).__name__}: {exc}" if exc else "")).strip().splitlines()
        details = {"status": status, "reason": reason[0][:200] if reason else ""}
        self.owner.complain(self, "bad request", details)
        return Answer(empty(status), keep=False)


class Answer(web.StreamResponse):
    """An answer that goes out in one piece, with exactly the headers that the exchange has made."""

    def __init__(self, response: Response, *, keep: bool, patience: float = 20.0) -> None:
        super().__init__(status=response.status)
        self._response = response
        self._keep = keep
        self._patience = patience
        self._request: web.BaseRequest | None = None

    @property
    def keep_alive(self) -> bool:
        """Whether the connection stays open."""
        return self._keep

    async def prepare(self, request: web.BaseRequest) -> None:
        """Remember where to write to."""
        self._request = request

    async def write_eof(self, data: bytes = b"") -> None:
        """Write everything; waits, for a limited time, for a peer that takes its answers slowly."""
        request = self._request
        transport = request.transport if request is not None else None
        if request is None or transport is None:
            return
        transport.write(serialise(self._response, keep=self._keep, old=request.version == HttpVersion10))
        if transport.get_write_buffer_size() > _WRITE_HIGH:
            try:
                async with asyncio.timeout(self._patience):
                    await request.writer.drain()
            except TimeoutError:
                transport.abort()


def empty(status: int, **headers: str) -> Response:
    """Return an answer without a body; header names are given with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, {"Content-Length": "0", **named})


def serialise(response: Response, *, keep: bool, old: bool = False) -> bytes:
    """Return an answer as it goes on the wire; `old` is an HTTP/1.0 client.

    Raises EncodeError when a header would break the message in two.
    """
    lines = [f"HTTP/1.1 {response.status} {_PHRASES.get(response.status, '')}"]
    lines += [f"{name}: {value}" for name, value in response.headers.items()]
    if not keep:
        lines.append("Connection: close")
    elif old:
        lines.append("Connection: keep-alive")
    head = "\r\n".join(lines)
    if head.count("\n") != len(lines) - 1 or head.count("\r") != len(lines) - 1:
        raise EncodeError(f"a header of the answer holds a line break: {response.headers!r}")
    return head.encode("latin-1", "replace") + b"\r\n\r\n" + response.body


class Front:
    """Turns requests of HTTP into an exchange's, and answers back; one for all connections of a server."""

    def __init__(self, exchange: Exchange, limits: Limits) -> None:
        self._exchange = exchange
        self._limits = limits

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        connection = cast(Connection, request.protocol)
        connection.busy, connection.due = True, None
        try:
            return await self._answer(connection, request)
        finally:
            connection.busy = False

    async def _answer(self, connection: Connection, request: web.BaseRequest) -> web.StreamResponse:
        if connection.full:
            connection.owner.complain(connection, "too many connections", {"limit": self._limits.connections})
            return Answer(empty(503, Retry_After=str(self._limits.retry_after)), keep=False)
        body = b""
        if request.can_read_body or request.content_length:
            refused, body = await self._body(request)
            if refused is not None:
                self._log(connection, request, refused.status, body.decode())
                return Answer(refused, keep=False)
        path, query = split(request.raw_path)
        asked = Request(request.method, path, query, request.headers, body, connection.peer)
        asked.address = connection.address.partition(" ")[0]
        try:
            response = self._exchange(asked)
            if not isinstance(response, Response):
                response = await response
        except HandoverError as error:
            self._log(connection, request, error.http_status, str(error))
            response = empty(error.http_status)
        except Exception as error:  # a bug in there must not take other requests along
            self._log(connection, request, 500, f"{type(error).__name__}: {error}")
            response = empty(500)
        else:
            if response.status >= 400:
                self._log(connection, request, response.status, "")
        return Answer(response, keep=request.keep_alive, patience=self._limits.body_time)

    async def _body(self, request: web.BaseRequest) -> tuple[Response | None, bytes]:
        """Return (None, the body), or (the refusal, its reason)."""
        most = self._limits.body
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            return empty(415, Accept_Encoding="identity"), b"a compressed body"
        if (request.content_length or 0) > most:
            return empty(413), f"a body of {request.content_length} octets; the limit is {most}".encode()
        if request.headers.get("Expect", "").lower() == "100-continue" and request.transport is not None:
            request.transport.write(_CONTINUE)
        parts, size = [], 0
        try:
            async with asyncio.timeout(self._limits.body_time):
                async for part in request.content.iter_any():
                    parts.append(part)
                    size += len(part)
                    if size > most:
                        return empty(413), f"a body of more than {most} octets".encode()
        except TimeoutError:
            return empty(408), f"the body took more than {self._limits.body_time} s".encode()
        except (web.RequestPayloadError, ClientPayloadError, DecodeError, ValueError) as error:
            return empty(400), f"the body cannot be read: {error}".encode()
        return None, b"".join(parts)

    def _log(self, connection: Connection, request: web.BaseRequest, status: int, reason: str) -> None:
        details = {"method": request.method[:16], "target": request.raw_path[:200], "status": status}
        if reason:
            details["reason"] = reason[:200]
        what = "request refused" if status < 500 else "request failed"
        connection.owner.complain(connection, what, details)
