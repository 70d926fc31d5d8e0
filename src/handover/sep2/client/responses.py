"""Which Responses an event calls for, and what they look like. Delivery is the business of `outbox`."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from handover.sep2.client.events import Cause, State, Tracked
from handover.sep2.resources.der import DERControl
from handover.sep2.resources.drlc import EndDeviceControl
from handover.sep2.resources.flow_reservation import FlowReservationResponse
from handover.sep2.resources.messaging import TextMessage
from handover.sep2.resources.pricing import TimeTariffInterval
from handover.sep2.resources.response import (
    DERControlResponse,
    DrResponse,
    FlowReservationResponseResponse,
    PriceResponse,
    Response,
    TextResponse,
)


class Status(IntEnum):
    """Response.status (table 27)."""

    RECEIVED = 1
    STARTED = 2
    COMPLETED = 3
    OPT_OUT = 4
    OPT_IN = 5
    CANCELLED = 6
    SUPERSEDED = 7
    PARTLY_OUT = 8
    PARTLY_IN = 9
    NO_PARTICIPATION = 10
    ACKNOWLEDGED = 11
    CANNOT_DISPLAY = 12
    OTHER_SERVER = 13
    OTHER_PROGRAM = 14
    NOT_APPLICABLE = 252
    INVALID = 253
    EXPIRED = 254


@dataclass(frozen=True, slots=True)
class Kind:
    """How one class of events is answered: with which Response, and which statuses it knows."""

    response: type[Response]
    statuses: frozenset[int]


KINDS: dict[type[Any], Kind] = {
    EndDeviceControl: Kind(DrResponse, frozenset({*range(1, 12), 13, 14, 252, 253, 254})),
    DERControl: Kind(DERControlResponse, frozenset({*range(1, 12), 13, 14, 252, 253, 254})),
    FlowReservationResponse: Kind(
        FlowReservationResponseResponse, frozenset({*range(1, 11), 13, 14, 252, 253, 254})
    ),
    TimeTariffInterval: Kind(PriceResponse, frozenset({1, 2, 3, 7, 11, 13, 14, 254})),
    TextMessage: Kind(TextResponse, frozenset({1, 2, 3, 7, 11, 12, 13, 14, 254})),
}


def wanted(event: Any, status: int) -> bool:
    """Tell whether the server asks for `status`: responseRequired has its bit, and there is a replyTo.

    Bit 0 governs "received", bit 2 the user's acknowledgement, bit 1 everything else.
    """
    kind = KINDS.get(type(event))
    if kind is None or status not in kind.statuses or not event.replyTo or not event.responseRequired:
        return False
    bit = {Status.RECEIVED: 0, Status.ACKNOWLEDGED: 2}.get(status, 1)  # type: ignore[call-overload]
    return bool(event.responseRequired[-1] >> bit & 1)


def compose(tracked: Tracked, status: int, lfdi: bytes, now: float, fields: dict[str, Any]) -> Response:
    """Return the Response `status` about an event; the subject is the mRID exactly as it was sent.

    `now` is the time on the event's clock; `fields` are the applied values of a DrResponse.
    """
    made = KINDS[type(tracked.event)].response(
        createdDateTime=int(now), endDeviceLFDI=lfdi, status=status, subject=tracked.event.mRID
    )
    if isinstance(made, DrResponse):
        for name, value in fields.items():
            setattr(made, name, value)
    return made


def on_change(tracked: Tracked, old: State, new: State) -> list[int]:
    """Return the statuses that a change of state calls for."""
    if new is State.SCHEDULED and old is State.NEW:
        return [Status.RECEIVED]
    if new is State.ACTIVE:
        return [] if tracked.opted_out else [Status.STARTED]
    if new is State.COMPLETED:
        return [outcome(tracked)]
    if new is State.REFUSED:
        return [tracked.seen.verdict or Status.INVALID]
    if old is State.NEW and new is not State.EXPIRED:
        return []  # over before we knew of it: nothing was promised, nothing is reported
    if new is State.SUPERSEDED:
        winner = tracked.superseded_by
        same = winner is None or winner.seen.program_path == tracked.seen.program_path
        return [Status.SUPERSEDED if same else Status.OTHER_PROGRAM]
    return {State.CANCELLED: [int(Status.CANCELLED)], State.EXPIRED: [int(Status.EXPIRED)]}.get(new, [])


def outcome(tracked: Tracked) -> int:
    """Return the final status of an event that has run to its end.

    Out at the end: partly taken part, or not at all; in at the end after having been out: partly, opted in.
    Out for longer than the event's overrideDuration counts as no participation.
    """
    choices = tracked.choices
    allowed = getattr(tracked.event, "overrideDuration", None)
    total = overridden(tracked)
    if total == 0 and not choices.came_back and not tracked.opted_out:
        return Status.COMPLETED
    if not choices.took_part or (allowed is not None and total > allowed):
        return Status.NO_PARTICIPATION
    return Status.PARTLY_OUT if tracked.opted_out else Status.PARTLY_IN


def overridden(tracked: Tracked) -> int:
    """Return for how many seconds of the event's running time the user was out."""
    choices, total = tracked.choices, tracked.choices.overridden
    if choices.out_since is not None and tracked.started_at is not None and tracked.ended_at is not None:
        total += max(tracked.ended_at - max(choices.out_since, tracked.started_at), 0.0)
    return round(total)


__all__ = ["KINDS", "Cause", "Kind", "Status", "compose", "on_change", "outcome", "overridden", "wanted"]
