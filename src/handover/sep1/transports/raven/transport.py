"""The way onto a HAN through a RAVEn stick: shows the ESI behind it as APS frames, and takes ours.

The stick is opened again, ever more patiently, whenever it is gone. Not here: what documents mean
(`documents`), what our frames ask for (`questions`), the line itself (`device`).
"""

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import structlog

from handover.clock import Clock
from handover.errors import EncodeError, HandoverError, NotNow
from handover.sep1 import frame as zcl
from handover.sep1.aps import ApsFrame
from handover.sep1.declaration import Command
from handover.sep1.general import GeneralCommand
from handover.sep1.transports.raven import documents
from handover.sep1.transports.raven.control import Control
from handover.sep1.transports.raven.device import LINE_ERRORS, Line
from handover.sep1.transports.raven.document import FAULT_TAGS, QUIET_TAGS, WRAPPER, Document, hexadecimal
from handover.sep1.transports.raven.meaning import Meaning, Publication, Report, Several, Silence
from handover.sep1.transports.raven.prices import PriceMemory
from handover.sep1.transports.raven.questions import Ask, Questions, Reply, report_of

log = structlog.get_logger("handover.sep1.raven")

METER_LIMIT = 8
"""Meters that one stick may show; more are garbage on the line."""

ESI_ENDPOINT = 1


@dataclass(frozen=True, slots=True)
class RavenSettings:
    """Seconds and counts.

    `open_within`: how long `open` waits for the stick before it goes on trying in the background;
    `synchronize_timeout`, `synchronize_tries`: patience with a stick that does not answer after opening;
    `identify_within`: wait for the coordinator's address; `backoff_first`, `backoff_limit`: pauses between
    attempts to open; `queue_limit`: frames kept for a reader that does not come, the oldest dropped;
    `held_confirmations`: message confirmations kept while the stick is away; `answer_within`: patience with
    a stick that is asked about itself.
    """

    open_within: float = 10.0
    synchronize_timeout: float = 1.0
    synchronize_tries: int = 3
    identify_within: float = 3.0
    backoff_first: float = 0.5
    backoff_limit: float = 30.0
    queue_limit: int = 1000
    held_confirmations: int = 32
    answer_within: float = 5.0


class RavenTransport:
    """A node's `Transport` through a stick at `device` ("/dev/ttyUSB0", a pty, "tcp://host:port").

    `eui64` is the address under which we ourselves appear. `coordinator` fixes the ESI's address; without it,
    it is asked of the stick. `prices` is what `remembered` gave before a restart: then a price without a
    start keeps its event id. Counters: what was passed on and what was not, by reason. Raises ConfigError for
    an impossible device. `control` is what can be asked of the stick itself.
    """

    def __init__(
        self,
        device: str,
        *,
        clock: Clock,
        eui64: int,
        coordinator: int | None = None,
        endpoint: int = 1,
        prices: Mapping[str, dict[str, object]] | None = None,
        settings: RavenSettings | None = None,
    ) -> None:
        self.counters: Counter[str] = Counter()
        self.heard: float | None = None
        self._line = Line(device, self._receive, self._complain)
        self._clock = clock
        self._eui64 = eui64
        self._coordinator = coordinator
        self._endpoint = endpoint
        self._settings = settings or RavenSettings()
        self._meters: list[int] = []
        self._prices = {int(meter, 16): PriceMemory.load(saved) for meter, saved in (prices or {}).items()}
        self._questions = Questions()
        self.control = Control(self._tell, self._settings.answer_within)
        self._frames: deque[ApsFrame] = deque(maxlen=self._settings.queue_limit)
        self._held: deque[Document] = deque(maxlen=self._settings.queue_limit)
        self._confirmations: deque[Ask] = deque(maxlen=self._settings.held_confirmations)
        self._arrived = asyncio.Event()
        self._named = asyncio.Event()
        self._ready = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        self._sequence = 0
        self._complaints = 0

    @property
    def eui64(self) -> int:
        """Our own IEEE address."""
        return self._eui64

    @property
    def coordinator(self) -> int | None:
        """The ESI's IEEE address: what the stick calls the coordinator, else its meter; None until it was
        heard.
        """
        return self._coordinator

    @property
    def connected(self) -> bool:
        """Whether the stick answers at present."""
        return self._ready.is_set()

    @property
    def waiting(self) -> int:
        """How many frames were not read yet, and questions not answered by the stick."""
        return len(self._frames) + len(self._questions)

    def remembered(self) -> dict[str, dict[str, object]]:
        """Return what must survive a restart so that prices keep their event ids; ready for JSON."""
        return {f"{meter:016X}": memory.dump() for meter, memory in self._prices.items()}

    async def open(self) -> None:
        """Open the stick; when it does not answer in time, go on trying in the background. Raises NotNow when
        done before.
        """
        if self._task is not None or self._closed:
            raise NotNow("this transport was opened before; make a new one to use the stick again")
        self._task = asyncio.create_task(self._keep_open())
        try:
            async with asyncio.timeout(self._settings.open_within):
                await self._ready.wait()
        except TimeoutError:
            log.warning(
                "raven.waiting",
                device=self._line.device,
                hint="plug the stick in; it is opened as soon as it answers",
            )

    async def close(self) -> None:
        """Close the line and end `frames`; harmless when repeated."""
        self._closed = True
        self._arrived.set()
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def send(self, frame: ApsFrame) -> None:
        """Turn one frame into what the stick can do. While the stick is away it is lost, as on a radio; a
        message confirmation is kept. Raises NotNow when not open, EncodeError for a foreign source
        address.
        """
        if self._task is None or self._closed:
            raise NotNow("the transport is not open: open it before sending")
        if frame.source != self._eui64:
            raise EncodeError(
                f"a frame from {frame.source:016X} cannot be sent by {self._eui64:016X}; "
                f"set source to our own EUI-64"
            )
        if frame.destination != self._coordinator:
            self.counters["frame to a stranger"] += 1
            return
        for action in self._questions.ask(frame, self._now()):
            if isinstance(action, Reply):
                if self.connected:
                    self._reply(action)
            else:
                self._command(action)

    async def frames(self) -> AsyncIterator[ApsFrame]:
        """Give arriving frames until the transport is closed."""
        while not self._closed:
            if self._task is None:
                raise NotNow("the transport is not open: open it before reading frames")
            if self._frames:
                yield self._frames.popleft()
            else:
                self._arrived.clear()
                await self._arrived.wait()

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    # The line: opening, keeping open, closing.

    async def _keep_open(self) -> None:
        pause = self._settings.backoff_first
        while True:
            heard = self.heard
            try:
                await self._session()
                log.warning("raven.gone", device=self._line.device)
            except LINE_ERRORS as error:
                self.counters["failed to open"] += 1
                log.warning(
                    "raven.unavailable",
                    device=self._line.device,
                    error=str(error) or type(error).__name__,
                    again_in=pause,
                )
            if self.heard != heard:
                pause = self._settings.backoff_first
            await asyncio.sleep(pause)
            pause = min(2 * pause, self._settings.backoff_limit)

    async def _session(self) -> None:
        """Open the stick, find out who it is, and stay until it is gone."""
        try:
            await self._line.open()
            settings = self._settings
            await self._line.synchronize(settings.synchronize_timeout, settings.synchronize_tries)
            if self._coordinator is None:
                await self._identify()
            self._ready.set()
            log.info(
                "raven.open", device=self._line.device, esi=self._coordinator and f"{self._coordinator:016X}"
            )
            while self._held:
                self._process(self._held.popleft())
            for _ in range(len(self._confirmations)):
                self._command(self._confirmations.popleft())
            await self._line.ended()
        finally:
            self._ready.clear()
            self._questions.clear()
            self.control.clear()
            await self._line.close()

    async def _identify(self) -> None:
        """Ask for the coordinator; sticks know one or the other of two commands for it."""
        for command in ("get_network_info", "get_connection_status"):
            self._line.write(command)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._settings.identify_within):
                    await self._named.wait()
                return
        self._coordinator = self._meters[0] if self._meters else None

    def _command(self, ask: Ask) -> None:
        arguments = dict(ask.arguments)
        if len(self._meters) > 1 and 0 <= (index := ask.endpoint - ESI_ENDPOINT) < len(self._meters):
            arguments["MeterMacId"] = hexadecimal(self._meters[index], 16)
        try:
            if not self.connected:
                raise NotNow("the stick is away")
            self._line.write(ask.command, arguments)
            self.counters["command"] += 1
        except NotNow:
            self.counters["command lost"] += 1
            if ask.command == "confirm_message" and ask not in self._confirmations:
                self._confirmations.append(ask)

    def _tell(self, command: str, arguments: Mapping[str, str]) -> None:
        if not self.connected:
            raise NotNow(f"the stick {self._line.device} is away; plug it in and try again")
        self._line.write(command, arguments)
        self.counters["command"] += 1

    # Documents coming in.

    def _receive(self, document: Document) -> None:
        self.heard = self._clock.now()
        self.control.take(document)
        for name in ("MeterMacId", "CoordMacId"):
            self._learn(name, document)
        if self._ready.is_set():
            self._process(document)
        elif document.tag not in QUIET_TAGS:
            self._held.append(document)

    def _learn(self, name: str, document: Document) -> None:
        if name == "CoordMacId":
            coordinator = document.mac(name)
            if self._coordinator is None and coordinator is not None:
                self._coordinator = coordinator
                self._named.set()
            return
        for text in document.all(name):
            meter = Document("", {name: (text,)}).mac(name)
            if meter is not None and meter not in self._meters and len(self._meters) < METER_LIMIT:
                self._meters.append(meter)

    def _process(self, document: Document) -> None:
        """Pass on what one document says."""
        tag = "CurrentSummationDelivered" if document.tag == "CurrentSummation" else document.tag
        if tag in FAULT_TAGS:
            return self._fault(document)
        if tag in QUIET_TAGS or tag == WRAPPER:
            self.counters[f"not carried: {tag}"] += 1
            return None
        endpoint = self._endpoint_of(document)
        if endpoint is None:
            self.counters["document of no meter"] += 1
            return None
        meter = self._meters[endpoint - ESI_ENDPOINT]
        try:
            meaning = documents.translate(document, self._prices.setdefault(meter, PriceMemory()))
            self._pass_on(tag, endpoint, meaning)
        except HandoverError as error:  # nothing on the line may stop the reading of it
            self.counters["malformed document"] += 1
            self._complain(str(error))
        return None

    def _pass_on(self, tag: str, endpoint: int, meaning: Meaning) -> None:
        if isinstance(meaning, Silence):
            self.counters[meaning.reason] += 1
            log.info("raven.dropped", document=tag[:40], reason=meaning.reason)
        replies = self._questions.answer(tag, endpoint, meaning, self._now())
        if replies is not None:
            for reply in replies:
                self._reply(reply)
            return
        for part in meaning.parts if isinstance(meaning, Several) else (meaning,):
            if isinstance(part, Report):
                self._push(endpoint, part.cluster_id, report_of(part))
            elif isinstance(part, Publication) and not part.only_asked:
                self._push(endpoint, part.cluster_id, part.command)
            elif isinstance(part, Publication):
                self.counters[f"not carried: {tag}"] += 1

    def _endpoint_of(self, document: Document) -> int | None:
        meter = document.mac("MeterMacId")
        if meter is None:
            return ESI_ENDPOINT if self._meters else None
        return ESI_ENDPOINT + self._meters.index(meter) if meter in self._meters else None

    def _fault(self, document: Document) -> None:
        text = document.text("Text")
        self.counters["warning of the stick"] += 1
        log.warning("raven.warning", text=text[:80])
        if text.lower().startswith("unknown command") and not self.control.refused():
            for reply in self._questions.refused():
                self._reply(reply)

    def _complain(self, text: str) -> None:
        self.counters["discarded"] += 1
        self._complaints += 1
        if self._complaints <= 20 or self._complaints % 100 == 0:  # a noisy line must not fill the disk
            log.warning("raven.discarded", what=text, times=self._complaints)

    # Frames going up.

    def _push(self, endpoint: int, cluster_id: int, body: Command | GeneralCommand) -> None:
        self._sequence = (self._sequence + 1) & 0xFF
        self._put(endpoint, self._endpoint, cluster_id, body, self._sequence)

    def _reply(self, reply: Reply) -> None:
        request = reply.request
        self._put(
            request.destination_endpoint,
            request.source_endpoint,
            request.cluster_id,
            reply.body,
            reply.sequence,
        )

    def _put(
        self, source: int, destination: int, cluster_id: int, body: Command | GeneralCommand, sequence: int
    ) -> None:
        if self._coordinator is None:
            self._coordinator = self._meters[source - ESI_ENDPOINT]
        if len(self._frames) == self._frames.maxlen:
            self.counters["frame dropped, nobody reads"] += 1
        frame = ApsFrame(
            source=self._coordinator,
            destination=self._eui64,
            source_endpoint=source,
            destination_endpoint=destination,
            cluster_id=cluster_id,
            secured=True,  # the stick drops what its link key did not protect
            payload=zcl.build(
                cluster_id, body, sequence=sequence, to_client=True, disable_default_response=True
            ),
        )
        self.counters["frame"] += 1
        self._frames.append(frame)
        self._arrived.set()
