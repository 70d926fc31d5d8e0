"""The prices that an ESI or a device holds: which are in force or to come, and which give way to newer ones.

Smart Energy knows no nested and no overlapping prices: of two that overlap, even partly, the one with the
higher issuerEventID is right (SE 1.x Price, PublishPrice). Sending them is the engine's business.
"""

from dataclasses import dataclass, replace

from handover.errors import NotNow, Refused
from handover.sep1.clusters.price import PublishPrice
from handover.sep1.timing import place, remaining_minutes

CAPACITY = 8
"""Prices held at most; the standard asks a server for five, a device for two."""


@dataclass(slots=True)
class HeldPrice:
    """A price with its place in time (ZigBee seconds); `end` moves up when a newer price cuts it."""

    command: PublishPrice
    start: int
    end: int

    def served(self, utc: int) -> PublishPrice:
        """Return the command as it is sent at `utc`: its current time, and what is left if it began "now"."""
        if self.command.start_time == 0 and utc > self.start:
            return replace(
                self.command, current_time=utc, duration_in_minutes=remaining_minutes(self.end, utc)
            )
        return replace(self.command, current_time=utc)


class PriceTable:
    """Held prices, in order of their start."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._held: list[HeldPrice] = []
        self._known: dict[int, int] = {}

    def add(self, command: PublishPrice, utc: int) -> HeldPrice:
        """Hold a price; older ones that overlap it are cut (if running) or dropped.

        Raises Refused when it has ended, or is not newer than a price it overlaps, NotNow when the table is
        full.
        """
        self.expire(utc)
        start, end = place(command.start_time, command.duration_in_minutes, utc)
        if end <= utc:
            raise Refused(f"price {command.issuer_event_id:#010x} has ended already; give it a later end")
        overlapped = [held for held in self._held if held.start < end and start < held.end]
        for held in overlapped:
            if held.command.issuer_event_id >= command.issuer_event_id:
                raise Refused(
                    f"price {command.issuer_event_id:#010x} overlaps {held.command.issuer_event_id:#010x}, "
                    f"which is newer or the same; issue it under a higher id"
                )
        kept = [held for held in self._held if held not in overlapped or held.start <= min(utc, start - 1)]
        if len(kept) >= self._capacity:
            raise NotNow(f"the ESI holds {self._capacity} prices; wait until one has ended")
        for held in overlapped:
            held.end = start
            self._known[held.command.issuer_event_id] = max(utc, start)
        added = HeldPrice(command, start, end)
        self._held = sorted([*kept, added], key=lambda held: held.start)
        self._known[command.issuer_event_id] = end
        return added

    def current(self, utc: int) -> HeldPrice | None:
        """Return the price in force at `utc`."""
        return next((held for held in self._held if held.start <= utc < held.end), None)

    def scheduled(self, start: int, count: int, utc: int) -> list[HeldPrice]:
        """Return up to `count` (0: all) prices that end after `start` (0: now), running one first."""
        bound = max(start, utc)
        found = [held for held in self._held if held.end > bound]
        return found[:count] if count else found

    def knows(self, issuer_event_id: int) -> bool:
        """Tell whether this price was issued here not long ago."""
        return issuer_event_id in self._known

    def remove(self, issuer_event_id: int) -> None:
        """Serve a price no more; it stays known. Devices that have it keep it: no order drops one."""
        self._held = [held for held in self._held if held.command.issuer_event_id != issuer_event_id]

    def held(self, utc: int) -> list[HeldPrice]:
        """Return the prices that have not ended, in order of their start."""
        return [held for held in self._held if held.end > utc]

    def expire(self, utc: int) -> None:
        """Forget prices that have ended, and a day later their ids."""
        self._held = [held for held in self._held if held.end > utc]
        for issuer_event_id in [known for known, end in self._known.items() if end + 86400 <= utc]:
            del self._known[issuer_event_id]
