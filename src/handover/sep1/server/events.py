"""The load control events that an ESI holds: which are scheduled or running, and which were superseded.

A newer event supersedes an older one that it overlaps in time and device class for the same group; the older
one is not resumed afterwards. What devices report about events is kept in `reports`.
"""

from dataclasses import dataclass, replace

from handover.errors import NotNow, Refused
from handover.sep1.clusters.drlc import CancelLoadControlEvent, LoadControlEvent
from handover.sep1.loads import LONGEST, MEMORY, same_loads
from handover.sep1.timing import place, remaining_minutes

CAPACITY = 32


@dataclass(slots=True)
class HeldEvent:
    """An event and its place in time (ZigBee seconds); `end` moves up when it is cut, `over` once gone."""

    command: LoadControlEvent
    start: int
    end: int
    over: bool = False

    def served(self, utc: int) -> LoadControlEvent:
        """Return the command as it is sent at `utc`: the rest of an event that began "now"."""
        if self.command.start_time == 0 and utc > self.start:
            return replace(self.command, duration_in_minutes=remaining_minutes(self.end, utc))
        return self.command


class EventTable:
    """Held events, in order of their start."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._held: list[HeldEvent] = []

    def add(self, command: LoadControlEvent, utc: int) -> HeldEvent:
        """Hold an event; older ones that it supersedes are cut (if running) or over.

        Raises Refused for an id in use, a duration of 0 or above 1440 min or an end in the past, NotNow
        when full.
        """
        self.expire(utc)
        if self.find(command.issuer_event_id) is not None:
            raise Refused(
                f"event {command.issuer_event_id:#010x} was issued before; give a new event a new id"
            )
        if not 0 < command.duration_in_minutes <= LONGEST:
            raise Refused(
                f"an event lasts 1 to {LONGEST} minutes, not {command.duration_in_minutes}; split it"
            )
        start, end = place(command.start_time, command.duration_in_minutes, utc)
        if end <= utc:
            raise Refused(f"event {command.issuer_event_id:#010x} has ended already; give it a later end")
        if sum(not held.over for held in self._held) >= self._capacity:
            raise NotNow(f"the ESI holds {self._capacity} events; cancel one or wait until one has ended")
        for held in self._held:
            if not held.over and held.start < end and start < held.end and same_loads(held.command, command):
                if held.start <= utc and held.start < start:
                    held.end = start
                else:
                    held.over = True
        added = HeldEvent(command, start, end)
        self._held = sorted([*self._held, added], key=lambda held: held.start)
        return added

    def find(self, issuer_event_id: int) -> HeldEvent | None:
        """Return the event of that id, also for a day after its end."""
        return next((held for held in self._held if held.command.issuer_event_id == issuer_event_id), None)

    def cancel(self, command: CancelLoadControlEvent, utc: int) -> HeldEvent:
        """End an event for the classes named. Raises Refused when no such event is scheduled or running."""
        held = self.find(command.issuer_event_id)
        if held is None or held.over or held.end <= utc:
            raise Refused(
                f"event {command.issuer_event_id:#010x} is neither scheduled nor running; nothing to cancel"
            )
        left = held.command.device_class & ~command.device_class
        if left:
            held.command = replace(held.command, device_class=left)
        else:
            held.over = True
        return held

    def cancel_all(self, utc: int) -> list[HeldEvent]:
        """End every scheduled or running event and return them."""
        ended = self.scheduled(0, 0, utc)
        for held in ended:
            held.over = True
        return ended

    def scheduled(self, start: int, count: int, utc: int) -> list[HeldEvent]:
        """Return up to `count` (0: all) events not ended, whose end is not before `start` (0: every one)."""
        found = [held for held in self._held if not held.over and held.end > utc and held.end >= start]
        return found[:count] if count else found

    def expire(self, utc: int) -> None:
        """Forget events that ended a day ago."""
        self._held = [held for held in self._held if held.end + MEMORY > utc]
