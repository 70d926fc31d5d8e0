"""Runs stations on a medium in order of time: a heap of deadlines, without an event loop or a clock.

Every event is handled at the moment at which it is due, however late somebody looks: `advance` to a time far
ahead makes no time-out that would not have been. Under asyncio the same class is driven by `real_time`.
"""

import heapq
from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

from handover.errors import NotNow
from handover.sep1.stack.outputs import Output, Transmit, Tune
from handover.sep1.transports.medium import Confirmed, Medium


class Station(Protocol):
    """What sits behind a radio: the network layers of a node, or a whole node."""

    @property
    def eui64(self) -> int:
        """Its IEEE address."""

    def handle(self, octets: bytes, now: float) -> list[Output]:
        """Take a frame from the air."""

    def confirm(self, sequence: int, acknowledged: bool, now: float) -> list[Output]:
        """Take note of what became of a frame that it has transmitted."""

    def tick(self, now: float) -> list[Output]:
        """Do what is due."""

    def deadline(self) -> float | None:
        """Return when it wants to be called next."""


Listener = Callable[[int, Output, float], None]
"""Gets what a station (EUI-64) hands out beside what is for its radio."""

S = TypeVar("S", bound=Station)


class Air:
    """The stations of a medium. `now` is the time of the event that is being handled."""

    def __init__(self, medium: Medium, start: float, *, listener: Listener | None = None) -> None:
        self.medium = medium
        self.now = start
        self.listener = listener
        self._stations: dict[int, Station] = {}
        self._due: dict[int, float | None] = {}
        self._heap: list[tuple[float, int]] = []

    def add(self, station: S, *, position: tuple[float, float] = (0.0, 0.0), reach: float | None = None) -> S:
        """Put a station on the air and return it. Raises NotNow while its address is taken."""
        self.medium.attach(station.eui64, position=position, reach=reach)
        self._stations[station.eui64] = station
        self._schedule(station)
        return station

    def take(self, eui64: int) -> None:
        """Switch a station off; harmless for a stranger."""
        self.medium.detach(eui64)
        self._stations.pop(eui64, None)
        self._due.pop(eui64, None)

    def station(self, eui64: int) -> Station:
        """Return a station. Raises NotNow for a stranger."""
        try:
            return self._stations[eui64]
        except KeyError:
            raise NotNow(f"no station {eui64:016X} is on the air; add it first") from None

    def do(self, station: Station, outputs: Iterable[Output]) -> None:
        """Carry out what a station has handed out; call it with whatever its methods return."""
        eui64 = station.eui64
        for output in outputs:
            if isinstance(output, Transmit):
                self.medium.transmit(eui64, output.octets, self.now)
            elif isinstance(output, Tune):
                self.medium.tune(
                    eui64,
                    pan_id=output.pan_id,
                    short=output.short,
                    receiving=output.receiving,
                    coordinating=output.coordinating,
                    scanning=output.scanning,
                )
            elif self.listener is not None:
                self.listener(eui64, output, self.now)
        if eui64 in self._stations:
            self._schedule(station)

    def due(self) -> float | None:
        """Return when the next thing happens."""
        heap = self._heap
        while heap and self._due.get(heap[0][1]) != heap[0][0]:
            heapq.heappop(heap)
        arrival = self.medium.deadline()
        if not heap:
            return arrival
        return heap[0][0] if arrival is None else min(arrival, heap[0][0])

    def advance(self, until: float) -> None:
        """Let happen, one after the other, whatever is due by `until`."""
        while True:
            due = self.due()
            if due is None or due > until:
                break
            self.now = max(self.now, due)
            self._step()
        self.now = max(self.now, until)

    def _step(self) -> None:
        arrival = self.medium.deadline()
        if arrival is not None and arrival <= self.now:
            for event in self.medium.deliver(self.now):
                station = self._stations.get(event.eui64)
                if station is None:
                    continue
                if isinstance(event, Confirmed):
                    self.do(station, station.confirm(event.sequence, event.acknowledged, self.now))
                else:
                    self.do(station, station.handle(event.octets, self.now))
            return
        _, eui64 = heapq.heappop(self._heap)
        station = self._stations[eui64]
        del self._due[eui64]
        self.do(station, station.tick(self.now))

    def _schedule(self, station: Station) -> None:
        eui64, due = station.eui64, station.deadline()
        if due is None:
            self._due.pop(eui64, None)
        elif self._due.get(eui64) != due:
            self._due[eui64] = due
            heapq.heappush(self._heap, (due, eui64))
