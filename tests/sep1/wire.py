"""Two engines in one room: what either sends reaches the other at once, unless the wire loses it."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from handover.sep1.aps import BROADCAST, ApsFrame
from handover.sep1.client import HanClient
from handover.sep1.exchange import Retry
from handover.sep1.node import Send
from handover.sep1.server import Esi
from sep1.dialogue import ESI, NOW, OURS

T = TypeVar("T")


class Wire:
    """An ESI and a device that know each other; time passes from deadline to deadline.

    `copies` tells how often a frame arrives: 0 loses it, 2 doubles it.
    """

    def __init__(self, copies: Callable[[ApsFrame], int] = lambda frame: 1) -> None:
        self.now = NOW
        self.esi = Esi(ESI, retry=Retry())
        self.client = HanClient(OURS)
        self.esi.admit(OURS)
        self.copies = copies
        self.esi_hears: list[Any] = []
        self.client_hears: list[Any] = []
        self.frames: list[ApsFrame] = []

    def start(self) -> None:
        """Let the device begin with the ESI."""
        self.client_does(self.client.start(ESI, self.now))

    def utc(self, esi: int, now: float) -> int:
        """The ESI's clock as the device knows it."""
        return self.esi.utc(now)

    def esi_does(self, outputs: Iterable[Any]) -> None:
        """Carry out what the ESI's engine returned."""
        self._carry(outputs, self.esi_hears)

    def client_does(self, outputs: Iterable[Any]) -> None:
        """Carry out what the device's engine returned."""
        self._carry(outputs, self.client_hears)

    def _carry(self, outputs: Iterable[Any], heard: list[Any]) -> None:
        for output in outputs:
            if not isinstance(output, Send):
                heard.append(output)
                continue
            self.frames.append(output.frame)
            for _ in range(self.copies(output.frame)):
                self.deliver(output.frame)

    def deliver(self, frame: ApsFrame) -> None:
        """Let a frame arrive."""
        if frame.destination == ESI or (frame.destination == BROADCAST and frame.source != ESI):
            self.esi_does(self.esi.handle(frame, self.now))
        else:
            self.client_does(self.client.handle(frame, self.now))

    def passes(self, seconds: float) -> None:
        """Time passes."""
        end = self.now + seconds
        for _ in range(100_000):
            times = [due for due in (self.esi.deadline(), self.client.deadline()) if due is not None]
            due = min(times, default=end)
            if due > end:
                break
            self.now = max(self.now, due)
            self.esi_does(self.esi.tick(self.now))
            self.client_does(self.client.tick(self.now))
            if due >= end:
                break
        else:
            raise AssertionError("a deadline does not move")
        self.now = end

    def esi_heard(self, kind: type[T]) -> list[T]:
        """What the ESI's engine indicated of one kind."""
        return [heard for heard in self.esi_hears if isinstance(heard, kind)]

    def client_heard(self, kind: type[T]) -> list[T]:
        """What the device's engine indicated of one kind."""
        return [heard for heard in self.client_hears if isinstance(heard, kind)]
