"""Two engines in one room: what either sends reaches the other at once, unless the wire loses it."""

import heapq
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import Any, TypeVar

from handover.sep1.aps import BROADCAST, ApsFrame
from handover.sep1.client import HanClient
from handover.sep1.exchange import Retry
from handover.sep1.node import Send
from handover.sep1.server import Esi
from sep1.dialogue import ESI, NOW, OURS

T = TypeVar("T")
Fate = Callable[[ApsFrame], Sequence[float]]


class Wire:
    """An ESI and a device that know each other; time passes from deadline to deadline.

    `fate` gives the delays in seconds of the copies of a frame that arrive: () loses it, (0, 0) doubles it.
    """

    def __init__(self, fate: Fate = lambda frame: (0,)) -> None:
        self.now = NOW
        self.esi = Esi(ESI, retry=Retry())
        self.client = HanClient(OURS)
        self.esi.admit(OURS)
        self.fate = fate
        self.esi_hears: list[Any] = []
        self.client_hears: list[Any] = []
        self.frames: list[ApsFrame] = []
        self._order = count()
        self._air: list[tuple[float, int, ApsFrame]] = []
        self._delivering = False

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
            for delay in self.fate(output.frame):
                heapq.heappush(self._air, (self.now + delay, next(self._order), output.frame))
        self._deliver()

    def _deliver(self) -> None:
        """Let arrive what has had its time; what is sent meanwhile is not delivered inside of it."""
        if self._delivering:
            return
        self._delivering = True
        while self._air and self._air[0][0] <= self.now:
            frame = heapq.heappop(self._air)[2]
            if frame.destination == ESI or (frame.destination == BROADCAST and frame.source != ESI):
                self.esi_does(self.esi.handle(frame, self.now))
            else:
                self.client_does(self.client.handle(frame, self.now))
        self._delivering = False

    def passes(self, seconds: float) -> None:
        """Time passes."""
        end = self.now + seconds
        for _ in range(100_000):
            times = [due for due in (self.esi.deadline(), self.client.deadline()) if due is not None]
            times += [self._air[0][0]] if self._air else []
            due = min(times, default=end)
            if due > end:
                break
            self.now = max(self.now, due)
            self._deliver()
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
