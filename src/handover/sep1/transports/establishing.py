"""`EstablishingTransport`: a transport with key establishment in it, for radios whose firmware has none.

Frames of Key Establishment are answered here and go no further; an established key is installed in the radio
before anything else is sent to the partner. Everything else passes as it is.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Final, Protocol

import structlog

from handover.clock import Clock
from handover.errors import HandoverError
from handover.sep1.aps import ApsFrame
from handover.sep1.key_establishment import KeyEstablished, KeyEstablishment, KeyEstablishmentFailed
from handover.sep1.node import Send
from handover.sep1.services import Output
from handover.sep1.transports.base import Transport

log = structlog.get_logger("handover.sep1.establishing")

LONGEST_PAUSE: Final = 5.0
"""Real seconds after which the clock is looked at again."""

Outcome = KeyEstablished | KeyEstablishmentFailed


class TakesKeys(Transport, Protocol):
    """A transport whose radio can be given link keys, as `RadioTransport`."""

    async def install_link_key(self, eui64: int, key: bytes) -> None:
        """Use an established link key with a node from now on."""


class EstablishingTransport:
    """`transport` with `establishment` in it. `told` hears of installed keys, and of failures."""

    def __init__(
        self,
        transport: TakesKeys,
        establishment: KeyEstablishment,
        clock: Clock,
        *,
        told: Callable[[Outcome], Awaitable[None]] | None = None,
    ) -> None:
        self._transport = transport
        self._establishment = establishment
        self._clock = clock
        self._told = told
        self._timer: asyncio.Task[None] | None = None
        self._stirred = asyncio.Event()

    @property
    def eui64(self) -> int:
        """Our own IEEE address."""
        return self._transport.eui64

    @property
    def coordinator(self) -> int | None:
        """The IEEE address of the ESI."""
        return self._transport.coordinator

    async def open(self) -> None:
        """Open the transport. Raises NotNow as it does."""
        await self._transport.open()
        self._timer = asyncio.create_task(self._keep_time())

    async def close(self) -> None:
        """Close the transport; harmless when repeated."""
        if self._timer is not None:
            self._timer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._timer
            self._timer = None
        await self._transport.close()

    async def send(self, frame: ApsFrame) -> None:
        """Hand over one frame. Raises NotNow, EncodeError as the transport does."""
        await self._transport.send(frame)

    async def frames(self) -> AsyncIterator[ApsFrame]:
        """Give the frames that are not of Key Establishment."""
        async for frame in self._transport.frames():
            if self._establishment.takes(frame):
                await self._do(self._establishment.handle(frame, self._clock.now()))
            else:
                yield frame

    async def establish(self, partner: int, *, endpoint: int = 1, suite: int | None = None) -> None:
        """Begin to establish a key with a node. Raises NotNow, Refused as `Initiator.start` does."""
        started = self._establishment.initiator.start(
            partner, self._clock.now(), endpoint=endpoint, suite=suite
        )
        await self._do(started)

    async def _do(self, outputs: Iterable[Output]) -> None:
        for output in outputs:
            try:
                if isinstance(output, Send):
                    await self._transport.send(output.frame)
                elif isinstance(output, KeyEstablished):
                    await self._transport.install_link_key(output.partner, output.key)
                elif isinstance(output, KeyEstablishmentFailed):
                    partner = f"{output.partner:016X}"
                    log.warning("establishing.failed", partner=partner, reason=output.reason)
                if self._told is not None and isinstance(output, Outcome):
                    await self._told(output)
            except HandoverError as error:
                log.warning("establishing.trouble", error=str(error))
        self._stirred.set()

    async def _keep_time(self) -> None:
        """Let exchanges that have waited too long end."""
        while True:
            self._stirred.clear()
            due, now = self._establishment.deadline(), self._clock.now()
            if due is not None and due <= now:
                await self._do(self._establishment.tick(now))
                continue
            pause = LONGEST_PAUSE if due is None else min(due - now, LONGEST_PAUSE)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._stirred.wait()
