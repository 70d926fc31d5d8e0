"""Responses (clause 8.7): how devices tell what became of an event."""

from dataclasses import field

from handover.sep2.declaration import Polymorphic, resource
from handover.sep2.resources import drlc
from handover.sep2.resources.common import IdentifiedObject, List, ListLink, PollRate, Resource
from handover.sep2.types import HexBinary160, TimeType, UInt8, UInt16, UnitType, mRIDType


@resource
class ResponseSet(IdentifiedObject):
    """A container for responses."""

    ResponseListLink: ListLink | None = None


ResponseSet_ = ResponseSet


@resource
class ResponseSetList(List):
    """A page of response sets. `pollRate` in seconds."""

    pollRate: PollRate = None
    ResponseSet: list[ResponseSet_] = field(default_factory=list)


@resource
class Response(Resource):
    """What became of the event whose mRID is `subject`, at the device `endDeviceLFDI`.

    `status`: 1 received, 2 started, 3 completed, 4 opt-out, 5 opt-in, 6 cancelled, 7 superseded, 8 partial
    with opt-out, 9 partial with opt-in, 10 no participation, 11 acknowledged by the user, 12 cannot be
    displayed, 13 and 14 aborted for another server or program, 252 not applicable, 253 invalid, 254 expired.
    """

    createdDateTime: TimeType | None = None
    endDeviceLFDI: HexBinary160
    status: UInt8 | None = None
    subject: mRIDType


Response_ = Response


@resource
class ResponseList(List):
    """Responses of every kind; each element names its own type."""

    Response: list[Polymorphic[Response_]] = field(default_factory=list)


@resource
class DERControlResponse(Response):
    """A response to a DERControl."""


@resource
class AppliedTargetReduction:
    """The reduction that the device applied: `value` in the unit `type`."""

    type: UnitType
    value: UInt16


AppliedTargetReduction_ = AppliedTargetReduction


@resource
class DrResponse(Response):
    """A response to an EndDeviceControl, with what the device applied.

    `overrideDuration` is the time in seconds for which the customer overrode the event.
    """

    ApplianceLoadReduction: drlc.ApplianceLoadReduction | None = None
    AppliedTargetReduction: AppliedTargetReduction_ | None = None
    DutyCycle: drlc.DutyCycle | None = None
    Offset: drlc.Offset | None = None
    overrideDuration: UInt16 | None = None
    SetPoint: drlc.SetPoint | None = None


@resource
class PriceResponse(Response):
    """A response to a TimeTariffInterval."""


@resource
class TextResponse(Response):
    """A response to a TextMessage."""


@resource
class FlowReservationResponseResponse(Response):
    """A response to a FlowReservationResponse."""
