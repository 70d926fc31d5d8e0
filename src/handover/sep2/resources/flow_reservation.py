"""Flow reservation (clause 10.8): a storage or a vehicle asks when it may charge or discharge."""

from dataclasses import field

from handover.sep2.declaration import resource
from handover.sep2.resources.common import (
    ActivePower,
    DateTimeInterval,
    Event,
    IdentifiedObject,
    List,
    PollRate,
    SignedRealEnergy,
    SubscribableList,
)
from handover.sep2.types import TimeType, UInt8, UInt16, mRIDType


@resource
class RequestStatus:
    """Whether a request stands (0) or is withdrawn (1), since `dateTime`."""

    dateTime: TimeType
    requestStatus: UInt8


RequestStatus_ = RequestStatus


@resource
class FlowReservationRequest(IdentifiedObject):
    """A wish for energy within an interval; positive charges, negative discharges.

    `durationRequested` is the least number of seconds that the flow takes.
    """

    creationTime: TimeType
    durationRequested: UInt16 | None = None
    energyRequested: SignedRealEnergy
    intervalRequested: DateTimeInterval
    powerRequested: ActivePower
    RequestStatus: RequestStatus_


FlowReservationRequest_ = FlowReservationRequest


@resource
class FlowReservationRequestList(List):
    """A page of reservation requests."""

    pollRate: PollRate = None
    FlowReservationRequest: list[FlowReservationRequest_] = field(default_factory=list)


@resource
class FlowReservationResponse(Event):
    """What is granted to the request whose mRID is `subject`, as an event."""

    energyAvailable: SignedRealEnergy
    powerAvailable: ActivePower
    subject: mRIDType


FlowReservationResponse_ = FlowReservationResponse


@resource
class FlowReservationResponseList(SubscribableList):
    """A page of reservations."""

    pollRate: PollRate = None
    FlowReservationResponse: list[FlowReservationResponse_] = field(default_factory=list)
