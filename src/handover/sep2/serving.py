"""An ESI on a network: HTTPS in front of it, notifications out of it, its tree on disk, its clock ticking."""

import asyncio
import ssl
from collections.abc import Awaitable, Coroutine
from contextlib import suppress
from typing import Any, Self
from urllib.parse import urlsplit

import structlog

from handover.clock import Clock
from handover.errors import HandoverError, NotNow
from handover.sep2.adapters.database import Database
from handover.sep2.esi import Esi
from handover.sep2.media import negotiate
from handover.sep2.security.certificate import check_peer
from handover.sep2.server import Request, Response
from handover.sep2.server.answers import busy
from handover.sep2.server.post_box import Notify
from handover.sep2.transports.https import (
    Credentials,
    HttpsServer,
    HttpsTransport,
    Limits,
    client_context,
    server_context,
)
from handover.sep2.transports.system_clock import SystemClock

log = structlog.get_logger("handover.sep2.serving")

_RETRY = 5.0
_LONGEST_SLEEP = 60.0
_MOST_CALLS = 64


class Serving:
    """Serves `esi` on `host` and `port` (0: a free one) under `credentials`, until it is closed.

    `database` keeps what changes; the tree in it should have been loaded into the ESI's store before.
    Without `credentials` it speaks plain HTTP, to nobody in particular: for tests and benchmarks.
    """

    def __init__(
        self,
        esi: Esi,
        credentials: Credentials | None,
        *,
        host: str = "",
        port: int = 0,
        database: Database | None = None,
        clock: Clock | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.esi = esi
        self._clock = clock or SystemClock()
        self._database = database
        self._credentials = credentials
        context = None if credentials is None else server_context(credentials, self._check)
        self._https = HttpsServer(self.exchange, context, host=host, port=port, limits=limits)
        self._calls: dict[tuple[str, bytes], HttpsTransport] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._stored: asyncio.Future[str | None] | None = None

    @property
    def port(self) -> int:
        """The port that is served; known once it runs."""
        return self._https.port

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def start(self) -> None:
        """Begin to serve. Raises ConfigError when the address cannot be used."""
        await self._https.start()
        self._begin(self._run())

    async def close(self) -> None:
        """Stop serving and write what has changed."""
        await self._https.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for transport in self._calls.values():
            await transport.close()
        if self._database is not None:
            self._database.flush()

    def changed(self) -> None:
        """Say that the owner has changed the tree or issued an event: what follows from it is done now."""
        self._wake.set()

    # Requests

    def exchange(self, request: Request) -> Response | Awaitable[Response]:
        """Answer a request; the answer to a write waits until the write is on the disk."""
        response = self.esi.handle(request, self._clock.now())
        if request.method in ("GET", "HEAD"):
            return response
        self._wake.set()
        if self._database is None or not self._database.dirty:
            return response
        return self._when_stored(response)

    async def _when_stored(self, response: Response) -> Response:
        """Give the answer once its change is on the disk; what comes together shares one commit."""
        if self._stored is None:
            loop = asyncio.get_running_loop()
            self._stored = loop.create_future()
            loop.call_soon(self._store)
        problem = await self._stored
        return response if problem is None else busy(problem, _RETRY, negotiate(None))

    def _store(self) -> None:
        stored, self._stored = self._stored, None
        problem = self._flush()
        if stored is not None and not stored.done():
            stored.set_result(problem)

    def _flush(self) -> str | None:
        """Write what has changed; return what is wrong with the disk, if anything."""
        try:
            if self._database is not None:
                self._database.flush()
        except NotNow as error:
            log.error("not stored", reason=str(error))
            return str(error)
        return None

    # What happens by itself

    async def _run(self) -> None:
        """Tick at every deadline and whenever something has changed."""
        while True:
            self._wake.clear()
            for notify in self.esi.tick(self._clock.now()):
                self._begin(self._call(notify))
            self._flush()
            deadline = self.esi.deadline()
            wait = _LONGEST_SLEEP if deadline is None else deadline - self._clock.now()
            with suppress(TimeoutError):
                async with asyncio.timeout(min(max(wait, 0.0), _LONGEST_SLEEP)):
                    await self._wake.wait()

    async def _call(self, notify: Notify) -> None:
        """Send one notification and tell the engine what became of it."""
        uri = urlsplit(notify.uri)
        target = uri.path or "/"
        request = Request("POST", target, uri.query, {"Content-Type": notify.content_type}, notify.body)
        try:
            transport = await self._way_to(f"{uri.scheme}://{uri.netloc}", notify.lfdi)
            response = await transport.exchange(request)
        except HandoverError as error:
            log.warning("notification not delivered", subscription=notify.key, reason=str(error))
            self.esi.subscriptions.failed(notify.key, self._clock.now())
        else:
            self.esi.subscriptions.delivered(notify.key, response.status, self._clock.now())
        self._wake.set()

    async def _way_to(self, base: str, lfdi: bytes) -> HttpsTransport:
        transport = self._calls.get((base, lfdi))
        if transport is None:
            while len(self._calls) >= _MOST_CALLS:
                await self._calls.pop(next(iter(self._calls))).close()
            transport = self._calls[base, lfdi] = HttpsTransport(base, self._client_context(base, lfdi))
            await transport.open()
        return transport

    def _client_context(self, base: str, lfdi: bytes) -> ssl.SSLContext | None:
        """Return our side as a client: the subscriber proves itself by its certificate, not by a name."""
        if self._credentials is None or not base.startswith("https:"):
            return None
        return client_context(self._credentials, self._check, check_hostname=False, lfdi=lfdi)

    def _check(self, der: bytes) -> None:
        check_peer(der, self._clock.now())

    def _begin(self, doing: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(doing)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
