"""The HTTPS server: accepting, handshakes, the number of connections, deadlines, and shutting down.

It is built around any callable that answers requests (`base.Exchange`). Plain HTTP (`context` None) exists
for benchmarks and tests only: SEP 2.0 resources that belong to somebody are served over TLS.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

import structlog
from aiohttp import web

from handover.errors import ConfigError
from handover.sep2.peer import Peer
from handover.sep2.security.identity import lfdi, sfdi
from handover.sep2.transports import tls, tls_errors
from handover.sep2.transports.base import Exchange
from handover.sep2.transports.connection import Connection, Front
from handover.sep2.transports.limits import Limits
from handover.sep2.transports.throttle import Throttle

log = structlog.get_logger("handover.sep2.https")

_BACKLOG = 1024


def identify(der: bytes) -> Peer:
    """Return who holds the certificate `der`, which has been checked already."""
    long = lfdi(der)
    return Peer(long, sfdi(long))


class HttpsServer:
    """Serves an exchange on one address.

    `host` "" or "::" means every interface, of both IP versions where the machine has both; `port` 0 takes
    a free one. `context` comes from `tls.server_context`. `refused` is told why a handshake failed.
    """

    def __init__(
        self,
        exchange: Exchange,
        context: ssl.SSLContext | None,
        *,
        host: str = "",
        port: int = 0,
        limits: Limits | None = None,
        identify: Callable[[bytes], Peer] = identify,
        refused: Callable[[str], None] = lambda reason: None,
    ) -> None:
        self._exchange = exchange
        self._context = context
        self._host = host
        self._port = port
        self._limits = limits or Limits()
        self._identify = identify
        self._refused = refused
        self._throttle = Throttle()
        self._open: set[Connection] = set()
        self._pending: dict[asyncio.Task[None], None] = {}
        self._socket: socket.socket | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._http: web.Server | None = None
        self._deserted: asyncio.Event | None = None

    @property
    def port(self) -> int:
        """The port that is served; known after `start`."""
        return self._port

    @property
    def connections(self) -> int:
        """How many connections are open, handshakes not counted."""
        return len(self._open)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def start(self) -> None:
        """Begin to accept connections. Raises ConfigError when the address cannot be used."""
        self._socket = self._listen()
        self._port = self._socket.getsockname()[1]
        self._http = web.Server(Front(self._exchange, self._limits))
        self._tasks = [asyncio.create_task(self._accept(self._socket)), asyncio.create_task(self._sweep())]

    async def close(self, grace: float = 5.0) -> None:
        """Stop accepting, let running requests finish for `grace` seconds, close everything."""
        for task in (*self._tasks, *self._pending):
            task.cancel()
        await asyncio.gather(*self._tasks, *self._pending, return_exceptions=True)
        self._tasks = []
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._http is not None:
            self._http.pre_shutdown()
            await self._http.shutdown(grace)
            self._http = None
            await self._part()

    async def _part(self) -> None:
        """Wait until the connections are closed on both sides, and break those off that take too long."""
        self._deserted = asyncio.Event()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._limits.farewell_time if self._open else 0):
                await self._deserted.wait()
        for connection in tuple(self._open):
            connection.abort()
        await asyncio.sleep(0)

    def _listen(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        both = self._host in ("", "::") and socket.has_dualstack_ipv6()
        try:
            listening = socket.create_server(
                ("::" if both else self._host, self._port),
                family=socket.AF_INET6 if both else family,
                backlog=_BACKLOG,
                dualstack_ipv6=both,
            )
        except OSError as error:
            raise ConfigError(
                f"cannot listen on {self._host or '*'} port {self._port}: {error.strerror or error}; "
                "choose another port or address, or end the program that holds it"
            ) from error
        listening.setblocking(False)
        return listening

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, address = await loop.sock_accept(listening)
            except OSError as error:  # out of file descriptors: wait until some connections have closed
                log.error("cannot accept connections", reason=str(error))
                await asyncio.sleep(0.1)
                continue
            accepted.setblocking(False)
            if len(self._open) >= self._limits.connections + self._limits.spare:
                accepted.close()
                self._refuse(address, "too many connections")
                continue
            if len(self._pending) >= self._limits.handshakes:
                next(iter(self._pending)).cancel()
            task = loop.create_task(self._welcome(accepted, address))
            self._pending[task] = None
            task.add_done_callback(lambda done: self._pending.pop(done, None))

    async def _welcome(self, accepted: socket.socket, address: Any) -> None:
        """Do the handshake of one accepted connection, and leave a line in the log when it fails."""
        loop = asyncio.get_running_loop()
        tls.handshaking.set(accepted)
        with suppress(OSError):
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            await loop.connect_accepted_socket(
                lambda: self._connection(address),
                accepted,
                ssl=self._context,
                ssl_handshake_timeout=self._limits.handshake_time if self._context else None,
                ssl_shutdown_timeout=self._limits.farewell_time if self._context else None,
            )
        except asyncio.CancelledError:
            self._refuse(address, "the handshake made room for newer ones, or the server is closing")
        except (OSError, TimeoutError) as error:
            reason = tls_errors.refusal(error)
            self._refuse(address, reason)
            self._refused(reason)
        finally:
            tls.handshaking.set(None)

    def _connection(self, address: Any) -> Connection:
        assert self._http is not None
        return Connection(self._http, self, self._limits, _shown(address))

    def joined(self, connection: Connection, transport: asyncio.BaseTransport) -> None:
        """Count a connection whose handshake is complete, and find out who it is."""
        tls_side = transport.get_extra_info("ssl_object")
        if tls_side is not None:
            connection.peer = self._identify(tls_side.getpeercert(True))
        connection.full = len(self._open) >= self._limits.connections
        self._open.add(connection)

    def left(self, connection: Connection) -> None:
        """Stop counting a connection."""
        self._open.discard(connection)
        if not self._open and self._deserted is not None:
            self._deserted.set()

    async def _sweep(self) -> None:
        """Close connections whose request header does not arrive in time."""
        loop = asyncio.get_running_loop()
        pause = min(1.0, self._limits.header_time / 4)
        while True:
            await asyncio.sleep(pause)
            now = loop.time()
            for connection in [c for c in self._open if c.overdue(now)]:
                self.complain(connection, "slow request header", {"limit": self._limits.header_time})
                connection.force_close()

    def _refuse(self, address: Any, reason: str) -> None:
        shown = _shown(address)
        suppressed = self._throttle.admit(shown.rpartition(" ")[0], asyncio.get_running_loop().time())
        if suppressed is not None:
            log.warning("connection refused", address=shown, reason=reason, suppressed=suppressed)

    def complain(self, connection: Connection, what: str, details: dict[str, Any]) -> None:
        """Write what is wrong with a connection or its request to the log, within measure."""
        key = connection.address.rpartition(" ")[0]
        suppressed = self._throttle.admit(key + what, asyncio.get_running_loop().time())
        if suppressed is not None:
            sfdi = connection.peer.sfdi if connection.peer else None
            log.warning(what, address=connection.address, sfdi=sfdi, suppressed=suppressed, **details)


def _shown(address: Any) -> str:
    """Return a socket address as text: host and port."""
    if isinstance(address, tuple) and len(address) >= 2:
        return f"{address[0]} {address[1]}"
    return str(address)
