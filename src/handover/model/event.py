"""What prices, load controls and messages share: identity, interval, state, and how each changes.

An event is never changed in place: the rules return `Change` records (what becomes of a known event,
when, and what its issuer is told), and `applied` makes the new version, so that a journal can be written
in between.
"""

from dataclasses import dataclass, replace
from enum import Enum, IntEnum
from typing import NamedTuple, TypeVar

OPEN_ENDED = 4294967295
"""Duration in seconds of an event that lasts until something replaces it."""

RETENTION = 86400
"""Seconds for which a finished event is remembered, and a cancelled open-ended one stays listed."""


class EventKey(NamedTuple):
    """Who issued the event, and under which number.

    `issuer` is an EUI-64 and `id` the issuer's 32-bit number, unique per (issuer, endpoint, provider) only
    while the event lives; `generation` tells a reused number apart. `provider` is 0 where there is none.
    """

    issuer: int
    endpoint: int
    provider: int
    id: int
    generation: int = 0


class EventState(IntEnum):
    """Where an event stands. The numbers 0 to 4 are those that SEP 2.0 gives them."""

    SCHEDULED = 0
    ACTIVE = 1
    CANCELLED = 2
    CANCELLED_RANDOMLY = 3
    SUPERSEDED = 4
    COMPLETED = 5


LIVE = frozenset((EventState.SCHEDULED, EventState.ACTIVE))


class Status(IntEnum):
    """What became of an event at a device, or at all of them."""

    RECEIVED = 1
    STARTED = 2
    COMPLETED = 3
    OPT_OUT = 4
    OPT_IN = 5
    CANCELLED = 6
    SUPERSEDED = 7
    PARTIAL_OPT_OUT = 8
    PARTIAL_OPT_IN = 9
    NO_PARTICIPATION = 10
    ACKNOWLEDGED = 11
    CANNOT_DISPLAY = 12
    ABORTED_SERVER = 13
    ABORTED_PROGRAM = 14
    NOT_APPLICABLE = 252
    INVALID = 253
    EXPIRED = 254


@dataclass(slots=True, kw_only=True)
class Event:
    """An event with a start and a duration.

    `start` is a true time (never "now"), `duration` seconds or OPEN_ENDED. `created` grows strictly per
    issuer; `changed` is when `state` last changed. `randomize_*` are signed seconds within which each device
    draws.
    """

    key: EventKey
    start: int
    duration: int
    created: int
    state: EventState
    changed: int
    version: int = 0
    part: int = 0
    potentially_superseded: bool = False
    potentially_superseded_at: int | None = None
    randomize_start: int = 0
    randomize_duration: int = 0

    @property
    def end(self) -> int:
        """Nominal end in Unix seconds (exclusive)."""
        return self.start + self.duration

    @property
    def open_ended(self) -> bool:
        """Whether the event lasts until it is replaced."""
        return self.duration >= OPEN_ENDED

    @property
    def earliest_start(self) -> int:
        """The first second at which any device may start."""
        return self.start + min(0, self.randomize_start)

    @property
    def latest_end(self) -> int:
        """The second by which every device has ended."""
        return self.end + max(0, self.randomize_start) + max(0, self.randomize_duration)

    def overlaps(self, other: "Event") -> bool:
        """Tell whether the nominal half-open intervals share a second. Drawn values do not count."""
        return self.start < other.end and other.start < self.end


E = TypeVar("E", bound=Event)


class Verdict(Enum):
    """What is to be done with an event that has just arrived."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    OUTDATED = "outdated"
    EXPIRED = "expired"


@dataclass(slots=True)
class Change:
    """What becomes of a known event.

    From `at` on (now, or later: then it is held back until that time) the event has `state`, or is only
    marked as potentially superseded when `state` is None and `mark` is set. `report` is what its issuer
    is then told.
    """

    event: Event
    at: int
    state: EventState | None = None
    mark: bool = False
    report: Status | None = None


@dataclass(slots=True)
class Placement:
    """The verdict on a new event and its consequences for the events already known."""

    verdict: Verdict
    changes: list[Change]


def initial_state(start: int, now: float) -> EventState:
    """Return the state of an event received at `now` whose earliest start is `start`."""
    return EventState.ACTIVE if start <= now else EventState.SCHEDULED


def next_created(last: int | None, now: float) -> int:
    """Return the creation time of a new event: now, but strictly later than the issuer's `last`."""
    moment = int(now)
    return moment if last is None or last < moment else last + 1


def due(change: Change, now: float) -> bool:
    """Tell whether a change is to be applied already."""
    return change.at <= now


def applied(event: E, change: Change) -> E:
    """Return the event after `change`: a new version of the same thing, everything but its status
    unchanged.
    """
    marked = event.potentially_superseded or change.mark
    since = event.potentially_superseded_at
    if marked and since is None:
        since = change.at
    if change.state is None:
        return replace(
            event, version=event.version + 1, potentially_superseded=marked, potentially_superseded_at=since
        )
    return replace(
        event,
        state=change.state,
        changed=change.at,
        version=event.version + 1,
        potentially_superseded=marked,
        potentially_superseded_at=since,
    )


def advanced(event: E, now: float) -> E:
    """Return the event as time alone makes it: active from its earliest start, completed after its latest
    end.

    Starting is no new version. Cancelled and superseded events stay what they are.
    """
    if event.state in LIVE:
        if event.latest_end <= now:
            return replace(event, state=EventState.COMPLETED, changed=event.latest_end)
        if event.state is EventState.SCHEDULED and event.earliest_start <= now:
            return replace(event, state=EventState.ACTIVE, changed=event.earliest_start)
    return event


def withdrawal(event: Event) -> int:
    """Return when the event leaves every list that is served.

    That is its original latest end, also after a cancellation; an open-ended one that was cancelled or
    replaced leaves RETENTION seconds after that.
    """
    if event.open_ended and event.state not in LIVE:
        return event.changed + RETENTION
    return event.latest_end


def forgetting(event: Event) -> int:
    """Return when the event may be deleted for good: answers to it still count until then."""
    return withdrawal(event) + RETENTION
