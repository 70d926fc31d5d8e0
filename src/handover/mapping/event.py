"""What prices, load controls and messages have in common on both sides: instants, durations,
EventStatus.
"""

from typing import TypedDict

from handover.mapping.context import Context
from handover.mapping.mrid import IdentityProfile, MridKind, parse
from handover.mapping.scalars import UTC_INVALID, ZIGBEE_EPOCH, seconds, untranslatable
from handover.model.event import Event, EventKey, EventState, initial_state
from handover.sep2.declaration import Edition
from handover.sep2.resources.common import DateTimeInterval, EventStatus

_SERVED_2018 = {
    EventState.SCHEDULED: 0,
    EventState.ACTIVE: 1,
    EventState.CANCELLED: 2,
    EventState.CANCELLED_RANDOMLY: 3,
    EventState.SUPERSEDED: 4,
    # No code before 2023: an event that has run its time leaves the lists at once.
    EventState.COMPLETED: 1,
}
_SERVED_2023 = {**_SERVED_2018, EventState.SUPERSEDED: 1, EventState.COMPLETED: 5}


def frozen_interval(
    start: int, minutes: int, *, received: float, known: Event | None = None, unknown_is_now: bool = False
) -> tuple[int, int]:
    """Return start (Unix s) and duration (s) of an event as it came off the air.

    A start of 0 means now, and `minutes` is then what is left: the first reception fixes both, so
    `known`, the same event received before, keeps what it has. `unknown_is_now` reads the invalid marker
    likewise. Raises Untranslatable (0x85) for no duration, or a start that is invalid.
    """
    if minutes == 0:
        raise untranslatable("the event lasts 0 minutes: send a duration of 1 minute or more")
    if start == 0 or (start == UTC_INVALID and unknown_is_now):
        return (known.start, known.duration) if known is not None else (int(received), seconds(minutes))
    if start == UTC_INVALID:
        raise untranslatable("the start time 0xFFFFFFFF is no time: send 0 for now, or the time")
    return start + ZIGBEE_EPOCH, seconds(minutes)


class Arrival(TypedDict):
    """The fields that every event has, as its arrival off the air determines them."""

    key: EventKey
    start: int
    duration: int
    created: int
    state: EventState
    changed: int
    version: int


def arrival(
    key: EventKey,
    start: int,
    minutes: int,
    *,
    received: float,
    created: int | None,
    known: Event | None,
    unknown_is_now: bool = False,
) -> Arrival:
    """Return the common fields of an event received at `received` (Unix s).

    `known`, the same event received before, keeps its key, its state and its frozen interval; `created` is
    the creation time of a new one (default `received`). Raises Untranslatable as `frozen_interval` does.
    """
    begins, lasts = frozen_interval(
        start, minutes, received=received, known=known, unknown_is_now=unknown_is_now
    )
    moment = int(received)
    if known is not None:
        return Arrival(
            key=known.key,
            start=begins,
            duration=lasts,
            created=known.created,
            state=known.state,
            changed=known.changed,
            version=known.version,
        )
    return Arrival(
        key=key,
        start=begins,
        duration=lasts,
        created=moment if created is None else created,
        state=initial_state(begins, received),
        changed=moment,
        version=0,
    )


def event_status(event: Event, context: Context) -> EventStatus:
    """Return the EventStatus of an event as the served edition says it.

    The 2023 edition never says superseded and always potentially superseded.
    """
    if context.edition >= Edition.E2023:
        return EventStatus(
            currentStatus=_SERVED_2023[event.state], dateTime=event.changed, potentiallySuperseded=True
        )
    return EventStatus(
        currentStatus=_SERVED_2018[event.state],
        dateTime=event.changed,
        potentiallySuperseded=event.potentially_superseded,
        potentiallySupersededTime=event.potentially_superseded_at,
    )


def interval(event: Event) -> DateTimeInterval:
    """Return the interval of an event."""
    return DateTimeInterval(duration=event.duration, start=event.start)


def state_from_sep2(status: EventStatus) -> EventState:
    """Return the neutral state. Raises Untranslatable (HTTP 400) for a code that no edition has."""
    try:
        return EventState(status.currentStatus)
    except ValueError:
        raise untranslatable(f"EventStatus.currentStatus {status.currentStatus} has no meaning") from None


def key_of(
    mrid: bytes,
    kind: MridKind,
    *,
    node: int = 0,
    provider: int = 0,
    profile: IdentityProfile = IdentityProfile.HASH,
) -> EventKey:
    """Return the key of an event that this gateway named. `node` is the issuer's full EUI-64.

    Raises Untranslatable (HTTP 400) when the mRID is foreign, of another kind, or of another issuer.
    """
    parts = parse(mrid, profile)
    if parts.kind is not kind or (node and parts.eui64 != node & 0xFFFFFFFF):
        raise untranslatable(f"mRID {mrid.hex().upper()} names no {kind.name.lower()} of this issuer")
    return EventKey(node or parts.eui64, parts.endpoint, provider, parts.id, parts.generation)
