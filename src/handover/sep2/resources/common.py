"""What every function set is built from: identity, lists, links, events, errors, quantities.

The order of fields is the schema's. Classes with a trailing-underscore alias are also names of fields.
"""

from typing import Annotated

from handover.sep2.declaration import Attribute, Default, resource
from handover.sep2.types import (
    AnyURI,
    HexBinary8,
    Int16,
    Int32,
    Int48,
    OneHourRangeType,
    PowerOfTenMultiplierType,
    String32,
    String192,
    SubscribableType,
    TimeType,
    UInt8,
    UInt16,
    UInt32,
    UInt48,
    UomType,
    VersionType,
    mRIDType,
)

PollRate = Annotated[Attribute[UInt32 | None], Default(900)]
"""How often a client should ask, in seconds; absent means 900."""

Subscribable = Annotated[Attribute[SubscribableType | None], Default(0)]
"""0 no subscriptions, 1 unconditional ones, 2 conditional ones, 3 both; absent means 0."""


@resource
class Resource:
    """Anything that has an address. `href` is sent with every answer and ignored in PUT and POST."""

    href: Attribute[AnyURI | None] = None


Resource_ = Resource


@resource
class IdentifiedObject(Resource):
    """A resource with an mRID (128 bits, the IANA PEN in the low 32) that stays while `version` grows."""

    mRID: mRIDType
    description: String32 | None = None
    version: VersionType | None = None


@resource
class SubscribableResource(Resource):
    """A resource that says with `subscribable` whether clients may subscribe to it (0 no .. 3 both kinds)."""

    subscribable: Subscribable = None


@resource
class SubscribableIdentifiedObject(SubscribableResource):
    """A subscribable resource with an mRID."""

    mRID: mRIDType
    description: String32 | None = None
    version: VersionType | None = None


@resource
class RespondableResource(Resource):
    """A resource that may ask for Responses, which go to `replyTo`.

    `responseRequired` is a bit string: bit 0 reception, bit 1 what the device did, bit 2 what the person did.
    """

    replyTo: Attribute[AnyURI | None] = None
    responseRequired: Annotated[Attribute[HexBinary8 | None], Default(b"\x00")] = None


@resource
class RespondableIdentifiedObject(RespondableResource):
    """A respondable resource with an mRID."""

    mRID: mRIDType
    description: String32 | None = None
    version: VersionType | None = None


@resource
class RespondableSubscribableIdentifiedObject(RespondableResource):
    """A respondable and subscribable resource with an mRID."""

    subscribable: Subscribable = None
    mRID: mRIDType
    description: String32 | None = None
    version: VersionType | None = None


@resource
class List(Resource):
    """A page of a list: `all` items exist, `results` of them are in this page."""

    all: Attribute[UInt32]
    results: Attribute[UInt32]


@resource
class SubscribableList(SubscribableResource):
    """A page of a list that clients may subscribe to; `all` and `results` as in List."""

    all: Attribute[UInt32]
    results: Attribute[UInt32]


@resource
class Link:
    """The address of one resource. Each link element has an empty type of its own; this class serves all."""

    href: Attribute[AnyURI]


@resource
class ListLink(Link):
    """The address of a list and, in `all`, how many items it has."""

    all: Attribute[UInt32 | None] = None


@resource
class DateTimeInterval:
    """From `start` (Unix seconds) for `duration` seconds; the end itself is outside."""

    duration: UInt32
    start: TimeType


@resource
class EventStatus:
    """What an event is at `dateTime`.

    `currentStatus`: 0 scheduled, 1 active, 2 cancelled, 3 cancelled with randomisation, 4 superseded.
    """

    currentStatus: UInt8
    dateTime: TimeType
    potentiallySuperseded: bool
    potentiallySupersededTime: TimeType | None = None
    reason: String192 | None = None


EventStatus_ = EventStatus


@resource
class Event(RespondableSubscribableIdentifiedObject):
    """Something that holds for an interval (clause 10.2.3); later only its EventStatus may change."""

    creationTime: TimeType
    EventStatus: EventStatus_
    interval: DateTimeInterval


@resource
class RandomizableEvent(Event):
    """An event whose start and duration each device shifts by a random draw.

    Both bounds are signed seconds, -3600..3600; the draw lies between 0 and the bound.
    """

    randomizeDuration: OneHourRangeType | None = None
    randomizeStart: OneHourRangeType | None = None


@resource
class Error:
    """Why a request was refused.

    `reasonCode`: 0 format, 1 values, 2 resource limit, 3 no conditional subscriptions, 4 too often.
    `maxRetryDuration` is in seconds.
    """

    maxRetryDuration: UInt16 | None = None
    reasonCode: UInt16


@resource
class UnitValueType:
    """`value` x 10^`multiplier` of the unit `unit`."""

    multiplier: PowerOfTenMultiplierType
    unit: UomType
    value: Int32


@resource
class RealEnergy:
    """`value` x 10^`multiplier` Wh, never negative."""

    multiplier: PowerOfTenMultiplierType
    value: UInt48


@resource
class SignedRealEnergy:
    """`value` x 10^`multiplier` Wh; positive is energy delivered to the customer."""

    multiplier: PowerOfTenMultiplierType
    value: Int48


@resource
class ActivePower:
    """`value` x 10^`multiplier` W."""

    multiplier: PowerOfTenMultiplierType
    value: Int16
