"""The gateway process: the engine between a HAN transport, the HTTPS server, the journal and the clock.

Nothing is decided here. Inputs are handed to the engine, its steps to the writer, its frames to the
transport. The clock and the transport are given from outside, so that a demonstration or a test runs on a
clock and a HAN of its own.
"""

import asyncio
import contextlib
import signal
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import structlog

from handover import __version__
from handover.clock import Clock
from handover.errors import ConfigError, DecodeError, HandoverError, NotNow
from handover.gateway import status
from handover.gateway.adapters import event_log, readings, records, registrations
from handover.gateway.adapters.counting import counted
from handover.gateway.adapters.data_folder import DataFolder
from handover.gateway.adapters.journal import Journal
from handover.gateway.adapters.local_api import LocalApi, token
from handover.gateway.adapters.pages import pages
from handover.gateway.adapters.restore import restore
from handover.gateway.adapters.sealed_pins import pins
from handover.gateway.adapters.writer import Writer
from handover.gateway.alg import Gateway, Identity
from handover.gateway.allowance import Allowance
from handover.gateway.config import Config
from handover.gateway.outputs import Keep
from handover.gateway.pairing.adapters.following import Following
from handover.gateway.refusals import Refusals
from handover.gateway.step import Step
from handover.sep1.client import ClientSettings
from handover.sep1.transports.base import Transport
from handover.sep2.media import negotiate
from handover.sep2.peer import Peer
from handover.sep2.security import certificate
from handover.sep2.security.access import AccessRules
from handover.sep2.security.identity import lfdi, sfdi
from handover.sep2.security.pki import certificate_der
from handover.sep2.security.policy import Policy, Registering
from handover.sep2.server import Refusal, Request, Response, Server
from handover.sep2.server.answers import busy
from handover.sep2.transports.https import Credentials, HttpsServer, server_context

log = structlog.get_logger("handover.gateway")

LONGEST_PAUSE = 0.5
"""Real seconds after which the clock and the journal are looked at, whatever the next deadline is."""
AUDIT_PERIOD = 0.5
"""Real seconds that audit entries may wait in the journal on their way into the file."""
RETRY = 30.0
"""Seconds told to a client whose write could not be stored."""
PACE = 10.0
"""Seconds told to a client that writes too much."""
WRITES = (200, 5.0)
"""Writes of one client at once, and per second (real) from then on."""
PRUNE_PERIOD = 3600.0
LOG_LINES = 200
TRANSPORT_RECORD = "transport"

Connect = Callable[[dict[str, Any]], Transport]
"""Makes the transport onto the HAN, given what it remembered before (see `Remembering`)."""


class Remembering(Protocol):
    """A transport with something that must survive a restart."""

    def remembered(self) -> dict[str, Any]:
        """Return it, ready for JSON."""


class Below(Protocol):
    """The gateway's other half: devices of SEP 1.x below a server of SEP 2.0."""

    @property
    def problem(self) -> str | None:
        """Why it is not well, or None."""

    def status(self) -> dict[str, Any]:
        """Return what there is to show of it."""


class GatewayService:
    """One running gateway. `start`, then `run` or wait for something else, then `close`."""

    def __init__(
        self, config: Config, connect: Connect, clock: Clock, *, settings: ClientSettings | None = None
    ) -> None:
        self.config = config
        self._connect = connect
        self._clock = clock
        self._settings = settings
        self._journal = Journal(config.journal_path, pins(config))
        self._writer = Writer(self._journal, config.audit_path, self._release)
        self._following = Following(config, clock)
        self._refusals = Refusals()
        self.writes: Allowance[bytes] = Allowance(*WRITES)
        self._lines: deque[dict[str, Any]] = deque(maxlen=LOG_LINES)
        self._out: asyncio.Queue[Any] = asyncio.Queue()
        self._wake = asyncio.Event()
        self._stop = asyncio.Event()
        self._stored: asyncio.Future[bool] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._beside: set[asyncio.Task[None]] = set()
        self._announcer: Any = None
        self._feed: Any = None
        self._stack = contextlib.AsyncExitStack()
        self._remembered: dict[str, Any] = {}
        self._started_esi: int | None = None
        self._opened = False
        self._next_prune = 0.0
        self._folder = DataFolder(config.data_dir)
        self._ticked: float | None = None
        self.below: Below | None = None
        self.gateway: Gateway
        self.transport: Transport
        self.local: LocalApi
        self.https: HttpsServer

    # Life

    async def start(self) -> None:
        """Open everything and begin to serve. Raises ConfigError or NotNow, saying what is wrong."""
        try:
            self._prepare()
            if self.config.mqtt.host:
                self._feed = self._mqtt()
            await self._serve()
            self.transport = self._connect(self._remembered)
        except BaseException:
            await self.close()
            raise
        self._tasks = [
            asyncio.create_task(self._keep_time()),
            asyncio.create_task(self._listen()),
            asyncio.create_task(self._send()),
        ]
        if self.config.sep2.dns_sd:
            self._announce()
        if self._feed is not None:
            self._beside.add(asyncio.create_task(self._feed.run()))
        log.info("gateway.started", url=self.url, sfdi=self.gateway.identity.sfdi, local=self.local.url)

    async def run(self, *, signals: bool = True) -> None:
        """Serve until `stop` (or SIGTERM or SIGINT, with `signals`). Raises what a failed part raised."""
        loop = asyncio.get_running_loop()
        caught = (signal.SIGTERM, signal.SIGINT) if signals else ()
        for number in caught:
            loop.add_signal_handler(number, self.stop)
        stopped = asyncio.create_task(self._stop.wait())
        try:
            done, _ = await asyncio.wait([stopped, *self._tasks], return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stopped}:
                task.result()
        finally:
            stopped.cancel()
            for number in caught:
                loop.remove_signal_handler(number)

    def stop(self) -> None:
        """Let `run` end."""
        self._stop.set()

    async def close(self) -> None:
        """Stop serving, write what is waiting, and let go of everything; harmless when repeated."""
        tasks, self._tasks = [*self._tasks, *self._beside], []
        self._beside.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        transport = getattr(self, "transport", None)
        if transport is not None:
            await transport.close()
        await self._stack.aclose()
        self._writer.flush()
        self._writer.audit()
        self._journal.close()
        self._following.close()
        self._folder.leave()

    @property
    def url(self) -> str:
        """The entry point for SEP 2.0 clients on this machine."""
        host = self.config.sep2.host
        shown = "127.0.0.1" if host in ("", "0.0.0.0", "::") else host
        return f"https://{f'[{shown}]' if ':' in shown else shown}:{self.https.port}/dcap"

    @property
    def problem(self) -> str | None:
        """Why the gateway is not well, or None."""
        return self._writer.problem

    @property
    def idle(self) -> float | None:
        """Real seconds since the engine was last ticked; None before it begins."""
        return None if self._ticked is None else asyncio.get_running_loop().time() - self._ticked

    def status(self) -> dict[str, Any]:
        """Return the status document."""
        document = status.snapshot(self.gateway, self._clock.now())
        document["url"] = self.url
        document["esi"]["transport"] = self.config.sep1.transport
        document["problem"] = self.problem
        document["below"] = None if self.below is None else self.below.status()
        document["log"] = list(self._lines)
        return document

    # Starting

    def _prepare(self) -> None:
        self._folder.take()
        self._journal.open()
        wall = self._clock.now()
        self.gateway = Gateway(self._identity(), settings=self._settings)
        self._do(self.gateway.restore(restore(self._journal, wall), wall))
        with self._journal.reading() as connection:
            kept = records.load(connection, TRANSPORT_RECORD, dict[str, Any])
            self._following.restore(connection)
        self._remembered = kept.get(TRANSPORT_RECORD, {})

    def _identity(self) -> Identity:
        config = self.config
        path = config.path(config.sep2.certificate)
        try:
            own = certificate.load(path.read_bytes())
        except (OSError, DecodeError) as error:
            raise ConfigError(
                f"[sep2] certificate {path} cannot be used: {error}. Make one with: handover gateway init"
            ) from error
        long = lfdi(certificate_der(own))
        return Identity(
            name=config.gateway.name,
            eui64=config.eui64,
            lfdi=long,
            sfdi=sfdi(long),
            pen=config.gateway.pen,
            version=__version__,
            scale_by_formatting=frozenset(int(eui, 16) for eui in config.sep1.scale_by_formatting),
        )

    async def _serve(self) -> None:
        config, store = self.config, self.gateway.store
        public = {
            path
            for path, yes in (("/tp", config.sep2.public_tariffs), ("/msg", config.sep2.public_messages))
            if yes
        }
        access = AccessRules(store, Policy(Registering(config.gateway.registration), frozenset(public)))
        self._server = Server(
            store,
            access,
            self.gateway.hooks(),
            refused=self._refused,
            failed=lambda incident: self._refusals.incident(self._aside(), incident),
        )
        credentials = Credentials(
            config.path(config.sep2.certificate),
            config.path(config.sep2.key),
            (config.path(config.sep2.ca),),
        )
        context = server_context(credentials, self._following.check)
        self.https = HttpsServer(
            counted(self.exchange, self.gateway.tally),
            context,
            host=config.sep2.host,
            port=config.sep2.port,
            refused=self._following.admissions.handshake,
        )
        await self.https.start()
        self._stack.push_async_callback(self.https.close)
        made = pages(
            config,
            self.gateway,
            self._journal,
            self._writer,
            self._clock.now,
            lambda: self.https.connections,
        )
        self._following.open()
        api = self._following.api
        self.local = LocalApi(
            config.local.port,
            token(config.token_path),
            self.status,
            lambda: self.problem,
            {**made, **api.pages},
            api.actions,
        )
        await self.local.start()
        config.api_path.write_text(self.local.url + "\n")
        self._stack.push_async_callback(self.local.close)

    def _announce(self) -> None:
        """Advertise the gateway, beside everything else: it takes seconds, and its modules take memory."""
        from handover.gateway.adapters.announcing import Announcer

        sep2 = self.config.sep2
        self._announcer = Announcer(self.config.gateway.name, sep2.host, self.https.port)
        devices = [device.sfdi for device in self.gateway.devices.all()]
        task = asyncio.create_task(self._announcer.run(devices))
        self._beside.add(task)

    def _mqtt(self) -> Any:
        """Return the feed for an MQTT broker. Raises ConfigError when it cannot be had as configured."""
        try:
            from handover.gateway.adapters.mqtt import MqttFeed
        except ImportError as error:
            raise ConfigError(
                f"[mqtt] needs the extra 'mqtt' ({error}); install it with: pip install 'sep-handover[mqtt]'"
            ) from error
        return MqttFeed(self.config, self.status)

    # The HAN

    async def _listen(self) -> None:
        """Hand arriving frames to the engine."""
        await self.transport.open()
        self._opened = True
        self._greet()
        async for frame in self.transport.frames():
            self._greet()
            self.gateway.tally.received[frame.cluster_id] += 1
            try:
                self._do(self.gateway.handle(frame, self._clock.now()))
            except Exception:  # a defect of ours, met by one frame, must not end the service for all
                # The header only: the rest may be somebody's message, or a key.
                log.exception(
                    "frame.failed",
                    cluster=f"0x{frame.cluster_id:04X}",
                    header=frame.payload[:3].hex(),
                    octets=len(frame.payload),
                )
            self._remember()

    def _greet(self) -> None:
        """Begin with the ESI as soon as the transport knows it."""
        esi = self.transport.coordinator if self._opened else None
        if esi is not None and esi != self._started_esi:
            self._started_esi = esi
            self._do(self.gateway.start(esi, self._clock.now()))

    def _remember(self) -> None:
        """Keep what the transport must still know after a restart."""
        remembered = getattr(self.transport, "remembered", None)
        if remembered is None:
            return
        now = remembered()
        if now != self._remembered:
            self._remembered = now
            step = self._aside()
            step.changes.append(Keep(TRANSPORT_RECORD, TRANSPORT_RECORD, now))

    async def _send(self) -> None:
        """Send the frames of steps that are on the disk, in order."""
        while True:
            frame = await self._out.get()
            try:
                await self.transport.send(frame)
                self.gateway.tally.sent[frame.cluster_id] += 1
            except HandoverError as error:
                self.gateway.tally.lost[frame.cluster_id] += 1
                log.warning("frame.lost", reason=str(error), cluster=f"0x{frame.cluster_id:04X}")

    # The clock and the journal

    async def _keep_time(self) -> None:
        """Tick the engine when it is time, and look at the journal for what others wrote."""
        next_audit = 0.0
        while True:
            self._greet()
            self._look()
            wall = self._clock.now()
            self._do(self.gateway.tick(wall))
            self._ticked = asyncio.get_running_loop().time()
            if asyncio.get_running_loop().time() >= next_audit:
                next_audit = asyncio.get_running_loop().time() + AUDIT_PERIOD
                self._do(self._following.look(self.gateway, wall))
                self._written(self._writer.audit)
            if wall >= self._next_prune:
                self._next_prune = wall + PRUNE_PERIOD
                self._prune(wall)
            due = self.gateway.deadline(wall)
            speed = float(getattr(self._clock, "speed", 1.0))
            pause = LONGEST_PAUSE if due is None else min(LONGEST_PAUSE, max(0.0, (due - wall) / speed))
            self._wake.clear()
            # Not wait_for: in Python 3.11 it can swallow the cancellation that ends this task.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(pause, 0.001)):
                    await self._wake.wait()

    def wake(self) -> None:
        """Look at the clock now: it has been set."""
        self._wake.set()

    def _look(self) -> None:
        """Take over what another process has written into the journal: registrations and admissions."""
        try:
            if not self._journal.changed_elsewhere():
                return
            with self._journal.reading() as connection:
                self._following.restore(connection)
                known = registrations.load(connection, self._journal.pins)
                number = registrations.next_number(connection)
        except NotNow as error:
            log.error("journal.unreadable", reason=str(error))
            return
        self._do(self.gateway.register(known, number, self._clock.now()))
        if self._announcer is not None:
            task = asyncio.create_task(self._announcer.update([device.sfdi for device in known]))
            self._beside.add(task)
            task.add_done_callback(self._beside.discard)

    def _prune(self, wall: float) -> None:
        with contextlib.suppress(NotNow), self._journal.transaction(durable=False) as connection:
            readings.prune(connection, self.gateway.time.now(wall))
            event_log.prune(connection, wall)

    # SEP 2.0 requests

    def _refused(self, refusal: Refusal) -> None:
        self.gateway.tally.refused[refusal.status] += 1
        self._refusals.note(self._aside(), refusal)
        if refusal.peer is not None and self.gateway.devices.who(refusal.peer) is None:
            self._following.admissions.stranger(refusal.peer)

    def exchange(self, request: Request) -> Response | Awaitable[Response]:
        """Answer a request; the answer to a write waits until the write is on the disk."""
        wall = self._clock.now()
        if request.peer is not None and self.gateway.devices.who(request.peer) is None:
            self._look()
        if request.method not in ("GET", "HEAD") and not self._may_write(request.peer):
            return busy("too many writes; send them more slowly", PACE, negotiate(None))
        if request.method not in ("GET", "HEAD") and self._writer.problem and not self._writer.flush():
            return busy(self._writer.problem or "the journal is busy", RETRY, negotiate(None))
        heard = self.gateway.heard(request.peer, wall)
        response = self._server.handle(request, self.gateway.time.now(wall))
        steps = self.gateway.done()
        if heard.changes or heard.logs:
            steps.append(heard)
        if not steps:
            return response
        for step in steps:
            self._writer.add(step)
        return self._when_stored(response)

    def _may_write(self, peer: Peer | None) -> bool:
        """Take one write from a client's allowance: each is a row on the disk and a line in the audit log."""
        return self.writes.take(peer.lfdi if peer else b"", asyncio.get_running_loop().time())

    async def _when_stored(self, response: Response) -> Response:
        """Give the answer once its step is on the disk; writes that come together share one commit."""
        if self._stored is None:
            self._stored = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_soon(self._store)
        if await self._stored:
            return response
        return busy(self._writer.problem or "the journal is busy", RETRY, negotiate(None))

    def _store(self) -> None:
        stored, self._stored = self._stored, None
        written = self._writer.flush()
        if stored is not None and not stored.done():
            stored.set_result(written)
        self._wake.set()

    # Steps

    def _do(self, step: Step) -> None:
        self._writer.add(step)
        self._written(self._writer.flush)

    def _written(self, write: Callable[[], object]) -> None:
        """Write, and say when that begins to fail or to work again."""
        was = self._writer.problem
        write()
        problem = self._writer.problem
        if problem != was:
            (log.error if problem else log.info)("journal.state", problem=problem or "none, all is written")

    def _aside(self) -> Step:
        """Return a step for something that happened beside the engine; it is written with the next one."""
        wall = self._clock.now()
        step = Step(self.gateway.time.now(wall), wall)
        self._writer.add(step)
        return step

    def _release(self, step: Step) -> None:
        for frame in step.frames:
            self._out.put_nowait(frame)
        for line in step.logs:
            self._lines.append({"at": step.now, "level": line.level, "text": line.text, **line.detail})
            getattr(log, line.level)(line.text, **line.detail)
