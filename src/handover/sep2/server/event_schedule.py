"""The status of every event that a server has on offer, kept exact as time passes (clause 10.2.3).

What is issued, and by whom, is decided above; here events become active, give way, are cancelled, and leave
the tree. All of it follows from the events themselves, so that nothing is lost with a restart. An event that
gave way before its start is taken up again when the other one is cancelled before that one's start; once its
own start has passed it is not.
"""

from collections.abc import Iterator
from dataclasses import replace
from enum import IntEnum
from typing import Any

from handover.errors import NotNow, Refused
from handover.sep2.resources.common import Event, EventStatus
from handover.sep2.server.precedence import newer, overlap, reach, stands_beside
from handover.sep2.store import Change, Store


class Status(IntEnum):
    """EventStatus.currentStatus."""

    SCHEDULED = 0
    ACTIVE = 1
    CANCELLED = 2
    CANCELLED_RANDOMLY = 3
    SUPERSEDED = 4


_LIVE = (Status.SCHEDULED, Status.ACTIVE)
_CALLED_OFF = (Status.CANCELLED, Status.CANCELLED_RANDOMLY)


def earliest_start(event: Any) -> int:
    """Return when the first device may start (Unix seconds)."""
    return int(event.interval.start) + min(getattr(event, "randomizeStart", None) or 0, 0)


def latest_end(event: Any) -> int:
    """Return when the last device has ended."""
    later = max(getattr(event, "randomizeStart", None) or 0, 0)
    longer = max(getattr(event, "randomizeDuration", None) or 0, 0)
    return _end(event) + later + longer


def _end(event: Any) -> int:
    return int(event.interval.start + event.interval.duration)


class EventSchedule:
    """Keeps the events of `store`; those that are in it already are taken over.

    `retention` is for how many seconds an event stays listed after its end.
    """

    def __init__(self, store: Store, *, retention: int = 0) -> None:
        self._store = store
        self._retention = retention
        self._lists: dict[str, float | None] = {}
        self._busy = False
        for path in store.subtree(""):
            node = store.find(path)
            if node is not None and isinstance(node.resource, Event):
                self._lists[path.rpartition("/")[0]] = 0.0
        store.listen(self._changed)

    def issue(self, list_path: str, event: Any, now: float) -> str:
        """Put an event into a list, with the status that it has now; return its path.

        Raises Refused for an mRID that the list holds already, and for an event that is over.
        """
        if latest_end(event) <= now:
            raise Refused(f"the event {event.mRID.hex().upper()} is over; nobody would act on it")
        if any(_same_mrid(known, event) for known in self._store.items(list_path)):
            raise Refused(
                f"{list_path} holds an event {event.mRID.hex().upper()} already; of an event only the status "
                "may change: cancel it, and issue another one"
            )
        path = self._store.new_path(list_path)
        status = EventStatus(currentStatus=Status.SCHEDULED, dateTime=int(now), potentiallySuperseded=False)
        self._put(path, replace(event, EventStatus=status))
        self._lists[list_path] = now
        self.tick(now)
        return path

    def cancel(self, path: str, now: float, *, randomised: bool = False, reason: str | None = None) -> None:
        """Cancel the event at `path`; `randomised` lets devices end it at a random moment.

        Raises NotNow when there is none there, or it is not scheduled or active any more.
        """
        event = self._store.get(path)
        if not isinstance(event, Event):
            raise NotNow(f"there is no event at {path}")
        status = event.EventStatus
        if status.currentStatus in _CALLED_OFF or _end(event) <= now:
            raise NotNow(f"the event at {path} is cancelled or over already")
        called_off = Status.CANCELLED_RANDOMLY if randomised else Status.CANCELLED
        changed = replace(status, currentStatus=int(called_off), dateTime=int(now), reason=reason)
        self._put(path, replace(event, EventStatus=changed))
        self._lists[path.rpartition("/")[0]] = now
        self.tick(now)

    def tick(self, now: float) -> None:
        """Bring everything up to `now`."""
        self._store.pass_time(now)
        for list_path, due in list(self._lists.items()):
            if due is not None and due <= now:
                self._lists[list_path] = self._bring_up(list_path, now)

    def deadline(self) -> float | None:
        """Return when the next event changes (Unix seconds)."""
        times = [due for due in self._lists.values() if due is not None]
        passing = self._store.next_edge()
        return min([*times, *([] if passing is None else [passing])], default=None)

    def _changed(self, change: Change) -> None:
        """Take note of events that others put into the tree or take out of it."""
        event = change.resource or change.previous
        if not self._busy and isinstance(event, Event):
            self._lists[change.path.rpartition("/")[0]] = 0.0

    def _put(self, path: str, event: Any) -> None:
        self._busy = True
        try:
            self._store.put(path, event)
        finally:
            self._busy = False

    def _bring_up(self, list_path: str, now: float) -> float | None:
        """Set the status of the events of a list; return when the next of them changes."""
        paths = self._store.paths(list_path)
        events = dict(zip(paths, self._store.items(list_path), strict=True))
        for path, event in list(events.items()):
            if now >= self._gone(event):
                del events[path]
                self._store.delete(path)
        changed = _statuses(list(events.values()), now)
        for (path, event), status in zip(events.items(), changed, strict=True):
            if status != event.EventStatus:
                self._put(path, replace(event, EventStatus=status))
                events[path] = self._store.get(path)
        edges = [edge for event in events.values() for edge in self._edges(event) if edge > now]
        return min(edges, default=None)

    def _gone(self, event: Any) -> float:
        """Return when an event leaves its list; one that is not in force waits for no device."""
        live = event.EventStatus.currentStatus in _LIVE
        return (latest_end(event) if live else _end(event)) + self._retention

    def _edges(self, event: Any) -> Iterator[float]:
        yield earliest_start(event)
        yield event.interval.start
        yield self._gone(event)


def _statuses(events: list[Any], now: float) -> list[EventStatus]:
    """Return the status of each event of one list at `now`."""
    order = sorted(range(len(events)), key=lambda i: (events[i].creationTime, _number(events[i])))
    found: dict[int, EventStatus] = {}
    in_force: list[Any] = []
    for index in reversed(order):  # the newest first: it gives way to nobody
        event = events[index]
        found[index] = status = _status(event, in_force, now)
        # What was called off, or gave way, after it had begun still keeps older events from beginning.
        if status.currentStatus in _LIVE or status.dateTime >= event.interval.start:
            in_force.append(event)
    return [found[index] for index in range(len(events))]


def _status(event: Any, newer_events: list[Any], now: float) -> EventStatus:
    status: EventStatus = event.EventStatus
    if status.currentStatus in _CALLED_OFF:
        return status
    if status.currentStatus == Status.SUPERSEDED and now >= event.interval.start:
        return status
    rivals = (
        [] if stands_beside(event) else [r for r in newer_events if newer(r, event) and overlap(r, event)]
    )
    mine = reach(event)
    gives_way = any(
        reach(rival).covers(mine) and (rival.interval.start <= max(now, event.interval.start))
        for rival in rivals
    )
    partly = any(reach(rival).touches(mine) and not reach(rival).covers(mine) for rival in rivals)
    if gives_way:
        current = Status.SUPERSEDED
    elif now >= earliest_start(event):
        current = Status.ACTIVE
    else:
        current = Status.SCHEDULED
    changed = replace(status, currentStatus=int(current))
    if partly != status.potentiallySuperseded:
        changed.potentiallySuperseded = partly
        changed.potentiallySupersededTime = int(now) if partly else None
    if changed.currentStatus != status.currentStatus:
        changed.dateTime = int(now)
    return changed


def _number(event: Any) -> int:
    return int.from_bytes(event.mRID)


def _same_mrid(one: Any, other: Any) -> bool:
    return _number(one) == _number(other)
