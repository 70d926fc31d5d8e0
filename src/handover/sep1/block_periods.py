"""The block periods that an ESI, or a device, holds: the one in force and those to come.

A newer period (higher issuerEventID) takes the place of what it overlaps, as prices do; a repeating one
begins anew at its end until a newer one comes (SE 1.1 Price, PublishBlockPeriod).
"""

from dataclasses import dataclass, replace
from typing import Final

from handover.errors import NotNow, Refused
from handover.sep1.clusters.price import BlockPeriodControl, PublishBlockPeriod
from handover.sep1.timing import FOREVER

CAPACITY: Final = 4
"""Block periods held at most; the standard asks for the present one and the next."""

UNTIL_CHANGED: Final = 0xFFFFFF
"""Duration in minutes of a block period that stays until it is changed."""


@dataclass(slots=True)
class HeldPeriod:
    """A block period and its place in time (ZigBee seconds); a repeating one has its `end` when replaced."""

    command: PublishBlockPeriod
    start: int
    end: int

    def begin(self, utc: int) -> int:
        """Return when the period that is in force at `utc` began, or the first one begins."""
        if utc < self.start or not _repeats(self.command):
            return self.start
        return utc - (utc - self.start) % _length(self.command)

    def finish(self, utc: int) -> int:
        """Return when the period in force at `utc`, or the first one, ends; FOREVER when that is open."""
        if self.command.block_period_duration == UNTIL_CHANGED:
            return self.end
        return min(self.end, self.begin(utc) + _length(self.command))

    def served(self, utc: int) -> PublishBlockPeriod:
        """Return the command as it is sent at `utc`, with the start that counts then."""
        return replace(self.command, block_period_start_time=self.begin(utc))


class BlockPeriods:
    """Held block periods in order of their start."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._held: list[HeldPeriod] = []

    def add(self, command: PublishBlockPeriod, utc: int) -> HeldPeriod:
        """Hold a period; older ones that it overlaps are cut, or dropped when they have not begun.

        Raises Refused when it has no length, has ended, or is not newer than what it overlaps, NotNow when
        there is no room.
        """
        self.expire(utc)
        event = f"block period {command.issuer_event_id:#010x}"
        if command.block_period_duration == 0:
            raise Refused(f"{event} lasts 0 minutes; give it a length")
        start = command.block_period_start_time or utc
        open_end = command.block_period_duration == UNTIL_CHANGED or _repeats(command)
        end = FOREVER if open_end else start + _length(command)
        if end <= utc:
            raise Refused(f"{event} has ended already; give it a later end")
        overlapped = [held for held in self._held if held.start < end and start < held.end]
        for held in overlapped:
            if held.command.issuer_event_id >= command.issuer_event_id:
                raise Refused(
                    f"{event} overlaps {held.command.issuer_event_id:#010x}, which is newer or the same; "
                    f"issue it under a higher id"
                )
        kept = [held for held in self._held if held not in overlapped or held.start < start]
        if len(kept) >= self._capacity:
            raise NotNow(f"{self._capacity} block periods are held; wait until one has ended")
        for held in overlapped:
            held.end = start
        added = HeldPeriod(command, start, end)
        self._held = sorted([*kept, added], key=lambda held: held.start)
        return added

    def current(self, utc: int) -> HeldPeriod | None:
        """Return the block period in force at `utc`."""
        return next((held for held in self._held if held.start <= utc < held.end), None)

    def coming(self, utc: int) -> HeldPeriod | None:
        """Return the next one to begin, a repetition of the present one aside."""
        return next((held for held in self._held if held.start > utc), None)

    def scheduled(self, start: int, count: int, utc: int) -> list[HeldPeriod]:
        """Return up to `count` (0: all) periods that end after `start` (0: now), the present one first."""
        bound = max(start, utc)
        found = [held for held in self._held if held.end > bound]
        return found[:count] if count else found

    def holds(self, held: HeldPeriod, utc: int) -> bool:
        """Tell whether a period is still held at `utc`."""
        return held.end > utc and any(held is other for other in self._held)

    def knows(self, issuer_event_id: int) -> bool:
        """Tell whether a period of this id is held."""
        return any(held.command.issuer_event_id == issuer_event_id for held in self._held)

    def expire(self, utc: int) -> None:
        """Forget periods that have ended."""
        self._held = [held for held in self._held if held.end > utc]


def _repeats(command: PublishBlockPeriod) -> bool:
    return bool(command.block_period_control & BlockPeriodControl.REPEATING) and (
        command.block_period_duration != UNTIL_CHANGED
    )


def _length(command: PublishBlockPeriod) -> int:
    return 60 * command.block_period_duration
