"""The gateway process, orientation B: the engine between a SEP 2.0 server, a HAN of its own, and a journal.

Nothing is decided here. Answers and frames are handed to the engine, its steps to the writer, its frames to
the HAN and its requests to the server. The clock and the HAN are given from outside.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from handover.clock import Clock
from handover.errors import HandoverError, NotNow
from handover.gateway.adapters.journal import Journal
from handover.gateway.adapters.writer import Writer
from handover.gateway.downward.adapters.image_folder import ImageFolder
from handover.gateway.downward.adapters.restore import restore
from handover.gateway.downward.alg import Downward, Identity
from handover.gateway.downward.places import Coordinator
from handover.gateway.downward.snapshot import snapshot
from handover.gateway.outputs import Forget
from handover.gateway.pairing.adapters import rows
from handover.gateway.pairing.expected import RECORD, Expected
from handover.gateway.pairing.running import AdmissionsBelow, Member
from handover.gateway.step import Step
from handover.sep1.security.install_code import parse as parse_install_code
from handover.sep1.server import Retry
from handover.sep2.client.follower import Settings
from handover.sep2.client.outputs import Ask, Failure
from handover.sep2.client.requests import answer_of, request_of
from handover.sep2.client.schedule import Draw
from handover.sep2.resources.subscription import Notification
from handover.sep2.transports.base import Transport

log = structlog.get_logger("handover.gateway.downward")

LONGEST_PAUSE = 0.5
"""Real seconds after which the clock and the journal are looked at, whatever the next deadline is."""

AUDIT_PERIOD = 0.5
JOURNAL, AUDIT, IMAGES = "downward.db", "downward-audit.jsonl", "images"
MOST_REQUESTS = 4


@dataclass(frozen=True, slots=True)
class Setup:
    """What one service is made of. `folder` holds its journal and its audit log."""

    folder: Path
    identity: Identity
    settings: Settings
    draw: Callable[[bytes], Draw]
    retry: Retry = field(default_factory=Retry)


class DownwardService:
    """One running gateway. `start`, then wait for something else, then `close`."""

    def __init__(self, setup: Setup, server: Transport, han: Coordinator, clock: Clock) -> None:
        self.setup = setup
        self._server = server
        self._han = han
        self._clock = clock
        self._journal = Journal(setup.folder / JOURNAL)
        self._writer = Writer(self._journal, setup.folder / AUDIT, self._release)
        self._frames: asyncio.Queue[Any] = asyncio.Queue()
        self._asks: asyncio.Queue[Ask] = asyncio.Queue()
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._expected: dict[int, Expected] = {}
        self._admissions = AdmissionsBelow()
        self._standing = "not asked yet"
        self._unsure = True
        self.engine: Downward

    async def start(self) -> None:
        """Open everything and begin. Raises NotNow, saying what is wrong."""
        self.setup.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._journal.open()
        try:
            now = self._clock.now()
            setup = self.setup
            images = ImageFolder(setup.folder / IMAGES)
            self.engine = Downward(
                setup.identity, setup.settings, setup.draw, retry=setup.retry, images=images
            )
            self._do(self.engine.restore(restore(self._journal), now))
            self._han.admitted = self._admitted
            await self._server.open()
            await self._han.open()
        except BaseException:
            await self.close()
            raise
        self._do(self.engine.start(self._clock.now()))
        self._begin(self._keep_time(), self._listen(), self._send())
        self._begin(*(self._request() for _ in range(MOST_REQUESTS)))
        log.info("downward.started", sfdi=setup.identity.sfdi, eui64=f"{setup.identity.eui64:016X}")

    async def run(self) -> None:
        """Go on until cancelled, or until a part fails: then raises what it raised."""
        done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    async def close(self) -> None:
        """Stop, write what is waiting, and let go of everything; harmless when repeated."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._han.close()
        await self._server.close()
        self._writer.flush()
        self._writer.audit()
        self._journal.close()

    @property
    def problem(self) -> str | None:
        """Why the gateway is not well, or None."""
        return self._writer.problem

    def status(self) -> dict[str, Any]:
        """Return what there is to show."""
        return {**snapshot(self.engine, self._clock.now()), "problem": self.problem}

    def notified(self, notification: Notification) -> None:
        """Take a notification of the server."""
        self._do(self.engine.notified(notification, self._clock.now()))

    # The HAN

    def _admitted(self, eui64: int, certificate: bytes) -> None:
        """Let a device take part whose link key is established."""
        expected = self._expected.pop(eui64, None)
        name = expected.name if expected is not None else ""
        try:
            step = self.engine.admit(eui64, self._clock.now(), name=name, certificate=certificate)
        except HandoverError as error:
            log.warning("device.refused", eui64=f"{eui64:016X}", reason=str(error))
            return
        step.changes.append(Forget(RECORD, f"{eui64:016X}"))
        step.changes += self._admissions.admitted(eui64, step.wall)
        self._do(step)

    async def _listen(self) -> None:
        async for frame in self._han.frames():
            try:
                self._do(self.engine.handle(frame, self._clock.now()))
            except Exception:  # a defect of ours, met by one frame, must not end the service for all
                log.exception(
                    "frame.failed", cluster=f"0x{frame.cluster_id:04X}", payload=frame.payload.hex()
                )

    async def _send(self) -> None:
        """Send the frames of steps that are on the disk, in order."""
        while True:
            frame = await self._frames.get()
            try:
                await self._han.send(frame)
            except HandoverError as error:
                log.warning("frame.lost", reason=str(error), cluster=f"0x{frame.cluster_id:04X}")

    # The server

    async def _request(self) -> None:
        """Put requests to the server, one after the other; several of these run beside each other."""
        while True:
            ask = await self._asks.get()
            try:
                outcome = answer_of(ask, await self._server.exchange(request_of(ask)))
            except HandoverError as error:
                self._do(self.engine.answered(Failure(ask, str(error)), self._clock.now()))
            else:
                self._do(self.engine.answered(outcome, self._clock.now()))
            self._wake.set()

    # Time

    async def _keep_time(self) -> None:
        next_audit = 0.0
        loop = asyncio.get_running_loop()
        while True:
            await self._look()
            wall = self._clock.now()
            self._do(self.engine.tick(wall))
            if loop.time() >= next_audit:
                next_audit = loop.time() + AUDIT_PERIOD
                self._do(self._follow_admissions(wall))
                self._writer.audit()
            due = self.engine.deadline(wall)
            speed = float(getattr(self._clock, "speed", 1.0))
            pause = LONGEST_PAUSE if due is None else min(LONGEST_PAUSE, max(0.0, (due - wall) / speed))
            self._wake.clear()
            # Not wait_for: in Python 3.11 it can swallow the cancellation that ends this task.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(pause, 0.001)):
                    await self._wake.wait()

    async def _look(self) -> None:
        """Take over which devices another process has announced."""
        try:
            if not self._journal.changed_elsewhere() and not self._unsure:
                return
            with self._journal.reading() as connection:
                announced = {one.eui64: one for one in rows.expected(connection)}
                self._admissions.pairings.restore(rows.progress(connection))
        except NotNow as error:
            log.error("journal.unreadable", reason=str(error))
            return
        self._unsure = False
        for eui64, expected in announced.items():
            if self._expected.get(eui64) != expected:
                await self._expect(expected)

    async def _expect(self, expected: Expected) -> None:
        """Open the network for an announced device; a code that is wrong is said to be so once."""
        eui64 = f"{expected.eui64:016X}"
        try:
            await self._han.expect(expected.eui64, parse_install_code(expected.code))
            log.info("device.expected", eui64=eui64)
            now = self._clock.now()
            self._do(Step(now, now, self._admissions.opened(expected.eui64, now)))
        except NotNow as error:
            self._unsure = True
            log.warning("device.not expected", eui64=eui64, reason=str(error))
            return
        except HandoverError as error:
            log.warning("device.not expected", eui64=eui64, reason=str(error))
        self._expected[expected.eui64] = expected

    def _follow_admissions(self, wall: float) -> Step:
        """Let the admissions see what the engine knows."""
        engine, step = self.engine, Step(wall, wall)
        members = {d.eui64: Member(d.path is not None or d.shared, d.heard) for d in engine.devices}
        if engine.standing != self._standing:
            self._standing = engine.standing
            admitted = engine.follower.admitted
            step.changes += self._admissions.standing(bool(admitted), engine.standing, wall)
        step.changes += self._admissions.look(members, bool(engine.follower.admitted), wall)
        return step

    # Steps

    def _do(self, step: Step) -> None:
        self._writer.add(step)
        was = self._writer.problem
        self._writer.flush()
        if self._writer.problem != was:
            log.error("journal.state", problem=self._writer.problem or "none, all is written")
        self._wake.set()

    def _release(self, step: Step) -> None:
        for frame in step.frames:
            self._frames.put_nowait(frame)
        for ask in step.asks:
            self._asks.put_nowait(ask)
        for line in step.logs:
            getattr(log, line.level)(line.text, **line.detail)

    def _begin(self, *doing: Coroutine[Any, Any, None]) -> None:
        self._tasks += [asyncio.create_task(one) for one in doing]
