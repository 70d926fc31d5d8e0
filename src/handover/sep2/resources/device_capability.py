"""Device capability (clause 8.2): the resource from which a client finds everything else."""

from handover.sep2.declaration import resource
from handover.sep2.resources import function_set_assignments
from handover.sep2.resources.common import Link, ListLink, PollRate


@resource
class DeviceCapability(function_set_assignments.FunctionSetAssignmentsBase):
    """The entrance of a server. `pollRate` in seconds."""

    pollRate: PollRate = None
    EndDeviceListLink: ListLink | None = None
    MirrorUsagePointListLink: ListLink | None = None
    SelfDeviceLink: Link | None = None
