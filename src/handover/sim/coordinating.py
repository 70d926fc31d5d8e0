"""The gateway's own HAN in this process: radio frames, joining with install codes, real key establishment."""

import secrets
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

from handover.clock import Clock
from handover.sep1.aps import ApsFrame
from handover.sep1.security.install_code import InstallCode
from handover.sep1.transports import real_time
from handover.sep1.transports.radio_han import RadioHan
from handover.sep1.transports.sniffer import Sniffer
from handover.sep1.transports.virtual import VirtualTransport


def nobody(eui64: int, certificate: bytes) -> None:
    """Hear of nothing."""


class VirtualCoordinator:
    """The place of the coordinator on `han`, which must be made with `registers=False`."""

    def __init__(self, han: RadioHan, eui64: int) -> None:
        self.admitted: Callable[[int, bytes], None] = nobody
        self._han = han
        self._transport = VirtualTransport(han, eui64)

    @property
    def eui64(self) -> int:
        """Our own IEEE address."""
        return self._transport.eui64

    @property
    def coordinator(self) -> int | None:
        """Our own address: we are the ESI of this network."""
        return self._transport.coordinator

    async def open(self) -> None:
        """Form the network."""
        self._han.admitted = lambda eui64: self.admitted(eui64, b"")
        await self._transport.open()

    async def close(self) -> None:
        """Leave the network; harmless when repeated."""
        await self._transport.close()

    async def send(self, frame: ApsFrame) -> None:
        """Hand over one frame."""
        await self._transport.send(frame)

    async def frames(self) -> AsyncIterator[ApsFrame]:
        """Give arriving frames until the transport is closed."""
        async for frame in self._transport.frames():
            yield frame

    async def expect(self, eui64: int, code: InstallCode) -> None:
        """Let this device join now, under its install code."""
        self._han.expect(eui64, code)

    async def expel(self, eui64: int) -> None:
        """Take a device off the network."""
        self._han.detach(eui64)


class VirtualNetwork:
    """A HAN of radio frames for a gateway with the address `eui64`, in real or scaled time.

    `handover sep1 sniff` can watch it. `clock` runs at `speed` times real time.
    """

    def __init__(self, clock: Clock, eui64: int, *, speed: float = 1.0) -> None:
        self._clock = clock
        self._speed = speed
        self._sniffer = Sniffer()
        self.han = RadioHan(
            clock=clock.now,
            draw=secrets.token_bytes,
            coordinator=eui64,
            tap=self._sniffer.tap,
            registers=False,
        )
        self.coordinator = VirtualCoordinator(self.han, eui64)

    def running(self) -> list[Coroutine[Any, Any, None]]:
        """Return what keeps the network going, until cancelled."""
        return [real_time.run(self.han, self._clock, speed=self._speed), self._sniffer.serve(self.han)]
