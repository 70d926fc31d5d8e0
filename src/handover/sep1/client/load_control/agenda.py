"""The events of one device in time: which supersede which, which wait, what is due.

No frames and no reports (`controller`). Times are the ESI's clock in ZigBee seconds.
"""

from dataclasses import replace

from handover.sep1.client.load_control.event import LoadEvent, LoadStep
from handover.sep1.clusters.drlc import LoadControlEvent
from handover.sep1.loads import MEMORY, same_loads

CAPACITY = 16
"""Live events that a device holds at most."""


def same_order(one: LoadControlEvent, other: LoadControlEvent) -> bool:
    """Tell whether two commands order the same, whenever: a repeat with start "now" has less time left."""
    return replace(one, start_time=0, duration_in_minutes=1) == replace(
        other, start_time=0, duration_in_minutes=1
    )


class Agenda:
    """Held events in the order in which they came; ended ones stay for a day, so that a repeat is known."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self.events: list[LoadEvent] = []

    def find(self, event_id: int, issuer: int | None = None) -> LoadEvent | None:
        """Return the newest event with this id, of one ESI or of any, ended ones included."""
        for event in reversed(self.events):
            if event.id == event_id and (issuer is None or issuer in event.issuers):
                return event
        return None

    def known(self, issuer: int, command: LoadControlEvent) -> LoadEvent | None:
        """Return the event that a command repeats: by its issuer's id, or passed on by a second ESI."""
        mine = self.find(command.issuer_event_id, issuer)
        if mine is not None:
            return mine
        other = self.find(command.issuer_event_id)
        return other if other is not None and other.live and same_order(other.command, command) else None

    def live(self, issuer: int | None = None) -> list[LoadEvent]:
        """Return the events that are to come or running, of one ESI or of all, in order of their start."""
        found = [e for e in self.events if e.live and (issuer is None or issuer in e.issuers)]
        return sorted(found, key=lambda event: event.start)

    @property
    def full(self) -> bool:
        """Whether there is no room for one more."""
        return len(self.live()) >= self._capacity

    def add(self, event: LoadEvent, utc: int) -> None:
        """Hold an event; older ones for the same load that it meets are cut.

        One that has not started is gone at once, even for the time before the new one, and is not resumed;
        one that runs goes on until the new one starts. Where only what was drawn makes them meet, the later
        one waits for the end of the earlier one.
        """
        for other in self.live():
            if not same_loads(event.command, other.command):
                continue
            if event.meets(other):
                running = other.start <= utc
                other.cut_at(max(utc, event.start) if running else utc, LoadStep.SUPERSEDE)
            elif other.nominal[0] < event.nominal[0]:
                event.start = max(event.start, min(other.last, event.end))
            else:
                other.start = max(other.start, min(event.end, other.end))
        self.events.append(event)

    def due(self) -> int | None:
        """Return when the next step of any event is due."""
        return min((event.due() for event in self.events if event.live), default=None)

    def forget(self, utc: int) -> None:
        """Forget what ended more than a day ago."""
        self.events = [event for event in self.events if event.live or event.last + MEMORY > utc]
