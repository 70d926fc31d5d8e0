"""Conversion factors and calorific values over time: each holds from its start to the next one's (SE 1.1a).

Of two, the one with the higher issuerEventID is right: it takes the place of older ones that start with it
or later.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from handover.errors import NotNow, Refused
from handover.sep1.clusters.price import PublishCalorificValue, PublishConversionFactor

C = TypeVar("C", bound=PublishConversionFactor | PublishCalorificValue)

CAPACITY: Final = 4
ANY_EVENT: Final = 0xFFFFFFFF
"""The issuerEventID that stands for every one in a query."""


@dataclass(slots=True)
class Issued(Generic[C]):
    """A value and when it begins to hold (ZigBee seconds)."""

    command: C
    start: int


class Timeline(Generic[C]):
    """The values of one kind, in order of their start."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._issued: list[Issued[C]] = []

    def add(self, command: C, utc: int) -> Issued[C]:
        """Hold a value from its start (0: now) on.

        Raises Refused when one as new already holds from then or later, NotNow when there is no room.
        """
        self._expire(utc)
        start = command.start_time or utc
        event = command.issuer_event_id
        if any(other.start >= start and other.command.issuer_event_id >= event for other in self._issued):
            raise Refused(f"value {event:#010x} comes after a newer one; issue it under a higher id")
        kept = [other for other in self._issued if other.start < start]
        if len(kept) >= self._capacity:
            raise NotNow(f"{self._capacity} values are held; wait until the next one begins to hold")
        added = Issued(command, start)
        self._issued = [*kept, added]
        self._expire(utc)
        return added

    def current(self, utc: int) -> C | None:
        """Return the value that holds at `utc`."""
        holding = [issued for issued in self._issued if issued.start <= utc]
        return holding[-1].command if holding else None

    def since(self, start: int, event: int, count: int, utc: int) -> Sequence[C]:
        """Return up to `count` (0: all) values that hold at `start` (0: now) or later, from id `event` on."""
        self._expire(utc)
        bound = max(start, utc)
        ends = [issued.start for issued in self._issued[1:]]
        found = [
            issued.command
            for index, issued in enumerate(self._issued)
            if (index >= len(ends) or ends[index] > bound)
            and (event == ANY_EVENT or issued.command.issuer_event_id >= event)
        ]
        return found[:count] if count else found

    def holds(self, issued: Issued[C]) -> bool:
        """Tell whether a value is still held."""
        return any(issued is other for other in self._issued)

    def _expire(self, utc: int) -> None:
        while len(self._issued) > 1 and self._issued[1].start <= utc:
            del self._issued[0]
