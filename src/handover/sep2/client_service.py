"""Runs a client engine with asyncio: performs its requests over a transport, wakes it at its deadlines."""

import asyncio
import hashlib
from collections.abc import Callable
from typing import Any

import structlog

from handover.clock import Clock
from handover.errors import HandoverError
from handover.sep2.client.engine import ClientEngine
from handover.sep2.client.outputs import (
    Admitted,
    Ask,
    Delete,
    EventChanged,
    Failure,
    Fetch,
    Input,
    NotAdmitted,
    Output,
    Post,
    Put,
    ResponseLost,
    ServerBack,
    ServerLost,
    Trouble,
)
from handover.sep2.client.requests import answer_of, request_of
from handover.sep2.client.schedule import Draw
from handover.sep2.transports.base import Transport
from handover.sep2.transports.system_clock import SystemClock

log = structlog.get_logger("handover.sep2.client")

_LEVELS: dict[type[Any], str] = {
    Admitted: "info",
    ServerBack: "info",
    NotAdmitted: "warning",
    ServerLost: "warning",
    ResponseLost: "warning",
    Trouble: "warning",
}

Action = Callable[[float], list[Output]]
"""Something that the user does: takes the time, returns what the engine wants done."""


def seeded_draw(lfdi: bytes) -> Draw:
    """Return a draw that differs between devices and repeats itself after a restart."""

    def draw(seed: str, bound: int) -> int:
        digest = hashlib.sha256(lfdi + seed.encode()).digest()
        drawn = int.from_bytes(digest[:8], "big") % (abs(bound) + 1)
        return drawn if bound >= 0 else -drawn

    return draw


Told = Callable[[Output], None]
"""Hears of every indication of the engine."""


class ClientService:
    """One client on one transport. `clock` may run faster than the machine's (`clock.ScaledClock`)."""

    def __init__(
        self,
        engine: ClientEngine,
        transport: Transport,
        clock: Clock | None = None,
        *,
        told: Told | None = None,
    ) -> None:
        self._engine = engine
        self._transport = transport
        self._clock = clock or SystemClock()
        self._told = told
        self._speed: float = getattr(self._clock, "speed", 1.0)
        self._inbox: asyncio.Queue[Input | Action] = asyncio.Queue()
        self._requests: set[asyncio.Task[None]] = set()

    def do(self, action: Action) -> None:
        """Have the user do something, for example `service.do(display.confirm)`; errors go to the log."""
        self._inbox.put_nowait(action)

    async def run(self) -> None:
        """Run until cancelled; the transport is opened before and closed after."""
        await self._transport.open()
        try:
            self._perform(self._engine.start(self._clock.now()))
            while True:
                self._perform(self._step(await self._next()))
        finally:
            for request in self._requests:
                request.cancel()
            await asyncio.gather(*self._requests, return_exceptions=True)
            await self._transport.close()

    async def _next(self) -> Input | Action | None:
        """Return what comes in, or None when the device has to be woken."""
        if not self._inbox.empty():
            return self._inbox.get_nowait()
        deadline = self._engine.deadline()
        wait = None if deadline is None else max((deadline - self._clock.now()) / self._speed, 0.0)
        try:
            async with asyncio.timeout(wait):
                return await self._inbox.get()
        except TimeoutError:
            return None

    def _step(self, event: Input | Action | None) -> list[Output]:
        now = self._clock.now()
        if event is None:
            return self._engine.tick(now)
        if not callable(event):
            return self._engine.handle(event, now)
        try:
            return event(now)
        except HandoverError as error:
            log.warning("not possible", reason=str(error))
            return []

    def _perform(self, outputs: list[Output]) -> None:
        for output in outputs:
            if isinstance(output, Fetch | Post | Put | Delete):
                task = asyncio.create_task(self._exchange(output))
                self._requests.add(task)
                task.add_done_callback(self._requests.discard)
                continue
            if self._told is not None:
                self._told(output)
            if isinstance(output, EventChanged):
                event = {"subject": output.event.subject, "old": output.old.name, "new": output.new.name}
                log.info("event", **event)
            else:
                # By name: a bound method would keep to the logging that was set up before this one.
                level = _LEVELS.get(type(output), "debug")
                getattr(log, level)(type(output).__name__, detail=str(output)[:300])

    async def _exchange(self, ask: Ask) -> None:
        try:
            outcome: Input = answer_of(ask, await self._transport.exchange(request_of(ask)))
        except HandoverError as error:
            outcome = Failure(ask, str(error))
        await self._inbox.put(outcome)
