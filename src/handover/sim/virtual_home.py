"""A premise on a HAN of radio frames, in real or scaled time, that `handover sep1 sniff` can watch."""

import secrets
from collections.abc import Coroutine
from typing import Any

from handover.clock import Clock
from handover.sep1.transports import real_time
from handover.sep1.transports.radio_han import RadioHan
from handover.sep1.transports.sniffer import Sniffer
from handover.sep1.transports.virtual import VirtualTransport
from handover.sim import live
from handover.sim.premise import ESI_EUI64, Premise


class VirtualHome:
    """A premise, and the transport by which the node `eui64` joins its HAN with an install code of its own.

    `network` must run before the transport is opened, `utility` beside it; `clock` runs at `speed` times real
    time.
    """

    def __init__(self, clock: Clock, *, eui64: int, seed: int = 1, speed: float = 1.0) -> None:
        self._clock = clock
        self._speed = speed
        self._sniffer = Sniffer()
        self.han = RadioHan(
            clock=clock.now, draw=secrets.token_bytes, coordinator=ESI_EUI64, tap=self._sniffer.tap
        )
        self.premise = Premise(seed, clock.now(), han=self.han)
        self.transport = VirtualTransport(self.han, eui64)

    def network(self) -> list[Coroutine[Any, Any, None]]:
        """Return what keeps the network going, until cancelled."""
        return [real_time.run(self.han, self._clock, speed=self._speed), self._sniffer.serve(self.han)]

    def utility(self) -> Coroutine[Any, Any, None]:
        """Return what keeps meter and ESI going, until cancelled."""
        return live.run(self.premise, self._clock, speed=self._speed)
