"""When events start, end, and give way to each other. One engine for all function sets.

Rules kept here:

- An event starts once, at its start plus the draw; one that is adjacent to an earlier one starts where that
  one ends after randomisation.
- Of two events of one group that overlap, the one with lower primacy wins, then the newer. The loser keeps
  its part before the winner's start and is not resumed; if it would begin inside the winner, it waits, and
  runs after all when the winner is cancelled before its own start.
- Events that only overlap because of their draws do not supersede each other: the later one waits.
- Never are two events of one group active, but for DER controls that set different modes.

Talking to the server is not done here, nor are Responses made.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from handover.sep2.client import events
from handover.sep2.client.events import LIFE, LIVE, Cause, Sighting, State, Tracked

Draw = Callable[[str, int], int]
"""Return a whole number from 0 to the second argument (both included; it may be negative). The same first
argument must give the same number, after a restart too: a draw is made once for each event."""


@dataclass(slots=True)
class Change:
    """An event went from `old` to `new`."""

    event: Tracked
    old: State
    new: State


class Schedule:
    """All events of a client. `offset` tells how far an event's clock is ahead of ours, None if unknown."""

    def __init__(self, draw: Draw, offset: Callable[[str | None], float | None]) -> None:
        self._draw = draw
        self._offset = offset
        self._events: dict[int, Tracked] = {}
        self._changes: list[Change] = []
        self._ticked = float("-inf")

    def __iter__(self) -> Iterator[Tracked]:
        return iter(self._events.values())

    def get(self, key: int) -> Tracked | None:
        """Return the event with this mRID (as a number)."""
        return self._events.get(key)

    def observe(self, seen: Sighting, now: float, *, history: bool = False) -> list[Change]:
        """Take in an event as a list shows it; `history` marks the first look at that list.

        An event that is already over then is not new, only old: it is not answered as "expired on arrival".
        """
        key = events.number(seen.event.mRID)
        known = self._events.get(key)
        if known is None:
            self._admit(self._tracked(key, seen), now, history)
        else:
            self._renew(known, seen, now)
        return self._flush()

    def cancel(self, event: Tracked, now: float) -> list[Change]:
        """End an event that has disappeared from the server."""
        if event.state in LIVE:
            self._step(event, Cause.CANCEL, now)
        return self._flush()

    def tick(self, now: float) -> list[Change]:
        """Do what has become due."""
        self._ticked = now
        for event in self._live(State.ACTIVE):
            self._finish_if_over(event, now)
        for event in self._live(State.SCHEDULED):
            self._start_if_due(event, now)
        return self._flush()

    def deadline(self) -> float | None:
        """Return when `tick` is next worth calling, on our own clock."""
        times = []
        for event in self._events.values():
            offset = self._offset(event.seen.clock)
            if offset is None or event.state not in LIVE:
                continue
            start, end = event.start - offset, event.end - offset
            if event.state is State.SCHEDULED and start > self._ticked:
                times.append(start)
            elif end > self._ticked:
                times.append(end)
        return min(times, default=None)

    def edges(self, after: float, until: float) -> list[str]:
        """Return the lists whose events begin or end, as the server sees it, in (after, until]."""
        found: dict[str, None] = {}
        for event in self._events.values():
            if any(after < edge <= until for edge in self._edges(event)):
                found[event.seen.list_path] = None
        return list(found)

    def next_edge(self, after: float) -> float | None:
        """Return the first moment after `after` that `edges` would report."""
        times = (edge for event in self._events.values() for edge in self._edges(event) if edge > after)
        return min(times, default=None)

    def unlisted(self, list_path: str, listed: set[int], now: float) -> list[Tracked]:
        """Return the live events of a list that it no longer shows, and forget those that are over."""
        missing = []
        for key, event in list(self._events.items()):
            if event.seen.list_path != list_path or key in listed:
                continue
            if event.state in LIVE:
                missing.append(event)
            elif now + (self._offset(event.seen.clock) or 0.0) > event.latest_end:
                del self._events[key]
        return missing

    def _edges(self, event: Tracked) -> tuple[float, ...]:
        """Return the two moments, on our clock, at which the server changes an event's status."""
        offset = self._offset(event.seen.clock)
        if offset is None:
            return ()
        earliest = event.nominal_start + min(events.randomisation(event.event)[0] or 0, 0)
        return earliest - offset, event.latest_end - offset

    def _tracked(self, key: int, seen: Sighting) -> Tracked:
        start, duration = events.randomisation(seen.event)
        name = f"{key:032X}"
        drawn = (
            self._draw(f"{name} start", start) if start else 0,
            self._draw(f"{name} duration", duration) if duration else 0,
        )
        made = self._events[key] = Tracked(key, seen, *drawn)
        return made

    def _admit(self, event: Tracked, now: float, history: bool) -> None:
        status = event.event.EventStatus.currentStatus
        offset = self._offset(event.seen.clock) or 0.0
        if status in (events.CANCELLED, events.CANCELLED_RANDOM):
            self._step(event, Cause.CANCEL, now)
        elif status == events.SUPERSEDED:
            event.marked = True
            self._step(event, Cause.SUPERSEDE, now)
        elif now + offset >= event.latest_end:
            if history:
                event.state = State.EXPIRED
            else:
                self._step(event, Cause.EXPIRE, now)
        elif event.seen.verdict is not None:
            self._step(event, Cause.REFUSE, now)
        else:
            self._step(event, Cause.ACCEPT, now)

    def _renew(self, event: Tracked, seen: Sighting, now: float) -> None:
        """Take in what changed; of an event that has begun only the EventStatus may change."""
        status = seen.event.EventStatus
        if event.state is State.SCHEDULED:
            event.seen = seen
        else:
            event.event.EventStatus = status
        if event.state is State.SUPERSEDED:
            begun = event.started_at is not None
            if event.marked and not begun and status.currentStatus in (events.SCHEDULED, events.ACTIVE):
                event.marked = False
                self._step(event, Cause.REINSTATE, now)
        elif event.state not in LIVE:
            return
        elif status.currentStatus == events.CANCELLED:
            self._step(event, Cause.CANCEL, now)
        elif status.currentStatus == events.CANCELLED_RANDOM:
            self._cancel_randomly(event, now)
        elif status.currentStatus == events.SUPERSEDED:
            event.marked = True
            self._step(event, Cause.SUPERSEDE, now)

    def _cancel_randomly(self, event: Tracked, now: float) -> None:
        if event.state is State.SCHEDULED:
            self._step(event, Cause.CANCEL, now)
        elif event.cancel_at is None:
            spread = max(abs(value or 0) for value in events.randomisation(event.event))
            wait = self._draw(f"{event.subject} cancel", spread) if spread else 0
            event.cancel_at = event.event.EventStatus.dateTime + wait

    def _live(self, state: State) -> list[Tracked]:
        """Return the events of `state` whose clock is known, in the order in which they are due."""
        found = [e for e in self._events.values() if e.state is state]
        timed = [
            (e.start - offset, e.key, e) for e in found if (offset := self._offset(e.seen.clock)) is not None
        ]
        return [event for *_, event in sorted(timed, key=lambda entry: entry[:2])]

    def _finish_if_over(self, event: Tracked, now: float) -> None:
        offset = self._offset(event.seen.clock) or 0.0
        if now + offset >= event.end:
            self._step(event, Cause.FINISH if event.cancel_at is None else Cause.CANCEL, now)

    def _start_if_due(self, event: Tracked, now: float) -> None:
        offset = self._offset(event.seen.clock) or 0.0
        if event.state is not State.SCHEDULED or now + offset < event.start:
            return
        if now + offset >= event.end and event.end > event.start:
            self._step(event, Cause.EXPIRE, now)
            return
        rivals = [r for r in self._rivals(event) if r.state in LIVE]
        for rival in rivals:
            if rival.state is State.ACTIVE and not rival.overlaps(event):
                return  # only the draws overlap: its turn comes when the other has ended
            if rival.overlaps(event) and rival.beats(event):
                if rival.state is State.ACTIVE:
                    self._supersede(event, rival, now)
                    return
                if rival.nominal_start <= event.nominal_start:
                    return  # the winner is about to start; should it be cancelled before, this one runs
        for rival in rivals:
            if rival.overlaps(event) and event.beats(rival):
                begins_inside = rival.nominal_start >= event.nominal_start
                if rival.state is State.ACTIVE or begins_inside:
                    self._supersede(rival, event, now)
        self._step(event, Cause.START, now)
        self._finish_if_over(event, now)

    def _rivals(self, event: Tracked) -> list[Tracked]:
        group = event.seen.group
        if group is None:
            return []
        return [
            e
            for e in self._events.values()
            if e.seen.group == group and e is not event and _compete(e, event)
        ]

    def _supersede(self, loser: Tracked, winner: Tracked, now: float) -> None:
        loser.superseded_by = winner
        self._step(loser, Cause.SUPERSEDE, now)

    def _step(self, event: Tracked, cause: Cause, now: float) -> None:
        old = event.state
        event.state = LIFE.step(old, cause)
        if event.state is State.ACTIVE:
            event.started_at = now
        elif old is State.ACTIVE:
            event.ended_at = now
            if cause is Cause.FINISH:
                self._hand_over(event)
        self._changes.append(Change(event, old, event.state))

    def _hand_over(self, ended: Tracked) -> None:
        """Let the events that are adjacent to `ended` start where it has ended."""
        for event in self._rivals(ended):
            if event.state is State.SCHEDULED and event.nominal_start == ended.nominal_end:
                event.follows = ended.end

    def _flush(self) -> list[Change]:
        changes, self._changes = self._changes, []
        return changes


def _compete(one: Tracked, other: Tracked) -> bool:
    """Tell whether one of two events of a group leaves nothing of the other, should they overlap."""
    if one.seen.modes is None or other.seen.modes is None:
        return True
    winner, loser = (one, other) if one.beats(other) else (other, one)
    assert winner.seen.modes is not None
    assert loser.seen.modes is not None
    return winner.seen.modes >= loser.seen.modes
