"""Time (clause 9.2): the clock that the events of a server run on."""

from handover.sep2.declaration import resource
from handover.sep2.resources.common import PollRate, Resource
from handover.sep2.types import TimeOffsetType, TimeType, UInt8


@resource
class Time(Resource):
    """The present time and the daylight saving rule of this year; times in Unix seconds, offsets in seconds.

    `tzOffset` leaves daylight saving out; `localTime` = `currentTime` + `tzOffset` + `dstOffset` while it is
    in force. `quality`: 3 authoritative, 4 from a level 3 source, 5 set by hand or level 4, 6 level 5,
    7 intentionally not coordinated.
    """

    pollRate: PollRate = None
    currentTime: TimeType
    dstEndTime: TimeType
    dstOffset: TimeOffsetType
    dstStartTime: TimeType
    localTime: TimeType | None = None
    quality: UInt8
    tzOffset: TimeOffsetType
