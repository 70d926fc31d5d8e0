"""The HAN that we run over a real stick: its transport, and the key establishment that its firmware lacks."""

from collections.abc import AsyncIterator, Callable
from typing import Any

from handover.clock import Clock
from handover.errors import NotNow
from handover.gateway.downward.places import Admitted
from handover.sep1.aps import ApsFrame
from handover.sep1.key_establishment import KeyEstablished, KeyEstablishment
from handover.sep1.security.install_code import InstallCode
from handover.sep1.transports.establishing import EstablishingTransport, Outcome
from handover.sep1.transports.radio import RadioTransport


def nobody(eui64: int, certificate: bytes) -> None:
    """Hear of nothing."""


class RadioCoordinator:
    """A `Coordinator` over `radio`. `establishment` makes the key establishment of the stick's address, which
    is known once the stick is open.
    """

    def __init__(
        self, radio: RadioTransport, establishment: Callable[[int], KeyEstablishment], clock: Clock
    ) -> None:
        self.admitted: Admitted = nobody
        self._radio = radio
        self._make = establishment
        self._clock = clock
        self._inner: EstablishingTransport | None = None

    @property
    def eui64(self) -> int:
        """Our own IEEE address; 0 until `open`."""
        return self._radio.eui64

    @property
    def coordinator(self) -> int | None:
        """Our own address: we are the ESI of this network."""
        return self._radio.coordinator

    async def open(self) -> None:
        """Start the network. Raises NotNow, ConfigError as `RadioTransport.open` does."""
        opened = _Opened(self._radio)
        await self._radio.open()
        self._inner = EstablishingTransport(
            opened, self._make(self._radio.eui64), self._clock, told=self._established
        )
        await self._inner.open()
        for eui64 in self._radio.established:
            self.admitted(eui64, b"")

    async def close(self) -> None:
        """Stop the network; harmless when repeated."""
        if self._inner is not None:
            await self._inner.close()
        await self._radio.close()

    async def send(self, frame: ApsFrame) -> None:
        """Hand over one frame. Raises NotNow when not open."""
        await self._running().send(frame)

    async def frames(self) -> AsyncIterator[ApsFrame]:
        """Give arriving frames until the transport is closed."""
        async for frame in self._running().frames():
            yield frame

    async def expect(self, eui64: int, code: InstallCode) -> None:
        """Let this device join now, under its install code. Raises as `RadioTransport.permit` does."""
        await self._radio.permit(eui64, code.link_key)

    async def expel(self, eui64: int) -> None:
        """Take a device off the network and forget its keys."""
        await self._radio.expel(eui64)

    async def _established(self, outcome: Outcome) -> None:
        if isinstance(outcome, KeyEstablished):
            self.admitted(outcome.partner, outcome.certificate)

    def _running(self) -> EstablishingTransport:
        if self._inner is None:
            raise NotNow("the radio is not open: open it before using it")
        return self._inner


class _Opened:
    """The radio as the establishing transport sees it: opened already, by who had to ask for its address."""

    def __init__(self, radio: RadioTransport) -> None:
        self._radio = radio

    def __getattr__(self, name: str) -> Any:
        return getattr(self._radio, name)

    async def open(self) -> None:
        """Do nothing: it is open."""
