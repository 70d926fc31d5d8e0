"""Runs a device engine in virtual time against a server in this process: requests are answered at once."""

from typing import Any

from handover.clock import VirtualClock
from handover.device.base import Device
from handover.errors import HandoverError, NotNow
from handover.sep2.client.outputs import Ask, Failure, Fetch, Input, Output, Post, Put
from handover.sep2.client.requests import answer_of, request_of
from handover.sep2.server.messages import Response
from handover.sep2.transports.virtual import VirtualTransport


class Lockstep:
    """One device on one virtual transport. `said` holds every indication so far, with its time."""

    def __init__(self, device: Device, transport: VirtualTransport) -> None:
        self.device = device
        self.said: list[tuple[float, Any]] = []
        self._transport = transport

    def start(self, now: float) -> None:
        """Begin, and let everything happen that happens at once."""
        self.settle(self.device.start(now), now)

    def tick(self, now: float) -> None:
        """Let everything happen that is due at `now`."""
        self.settle(self.device.tick(now), now)

    def deadline(self) -> float | None:
        """Return when `tick` is next worth calling."""
        return self.device.deadline()

    def run(self, clock: VirtualClock, until: float) -> None:
        """Let time pass to `until`, waking the device at its deadlines; the server reads `clock` too."""
        while (due := self.device.deadline()) is not None and due <= until:
            clock.set(max(clock.now(), due))
            self.tick(clock.now())
        clock.set(max(clock.now(), until))
        self.tick(clock.now())

    def settle(self, outputs: list[Output], now: float) -> None:
        """Perform what the device asks for, until it asks for nothing more."""
        while outputs:
            following: list[Output] = []
            for output in outputs:
                if isinstance(output, Fetch | Post | Put):
                    following += self.device.handle(self._exchange(output), now)
                else:
                    self.said.append((now, output))
            outputs = following

    def _exchange(self, ask: Ask) -> Input:
        try:
            response = self._transport.send(request_of(ask))
        except HandoverError as error:
            return Failure(ask, str(error))
        if not isinstance(response, Response):
            raise NotNow("the server answers later; run the device with device.service instead")
        return answer_of(ask, response)
