"""Function set assignments (clause 8.5): which function set instances a device is to use."""

from dataclasses import field

from handover.sep2.declaration import resource
from handover.sep2.resources.common import Link, ListLink, PollRate, Resource, Subscribable, SubscribableList
from handover.sep2.types import String32, VersionType, mRIDType


@resource
class FunctionSetAssignmentsBase(Resource):
    """Links to function sets; what DeviceCapability and FunctionSetAssignments share."""

    CustomerAccountListLink: ListLink | None = None
    DemandResponseProgramListLink: ListLink | None = None
    DERProgramListLink: ListLink | None = None
    FileListLink: ListLink | None = None
    MessagingProgramListLink: ListLink | None = None
    PrepaymentListLink: ListLink | None = None
    ResponseSetListLink: ListLink | None = None
    TariffProfileListLink: ListLink | None = None
    TimeLink: Link | None = None
    UsagePointListLink: ListLink | None = None


@resource
class FunctionSetAssignments(FunctionSetAssignmentsBase):
    """The function sets that belong together for one device; its events run on its TimeLink."""

    subscribable: Subscribable = None
    mRID: mRIDType
    description: String32 | None = None
    version: VersionType | None = None


FunctionSetAssignments_ = FunctionSetAssignments


@resource
class FunctionSetAssignmentsList(SubscribableList):
    """A page of assignments."""

    pollRate: PollRate = None
    FunctionSetAssignments: list[FunctionSetAssignments_] = field(default_factory=list)
