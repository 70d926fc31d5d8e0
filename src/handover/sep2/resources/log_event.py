"""Log events (clause 9.6): alarms and notes of a device."""

from dataclasses import field

from handover.sep2.declaration import resource
from handover.sep2.resources.common import PollRate, Resource, SubscribableList
from handover.sep2.types import PENType, String32, TimeType, UInt8, UInt16, UInt32


@resource
class LogEvent(Resource):
    """One entry of the log, at `createdDateTime` (Unix seconds).

    `logEventCode` counts within `functionSet` of the profile `profileID` (2 = IEEE 2030.5) of the vendor
    `logEventPEN`.
    """

    createdDateTime: TimeType
    details: String32 | None = None
    extendedData: UInt32 | None = None
    functionSet: UInt8
    logEventCode: UInt8
    logEventID: UInt16
    logEventPEN: PENType
    profileID: UInt8


LogEvent_ = LogEvent


@resource
class LogEventList(SubscribableList):
    """A page of log entries. `pollRate` in seconds."""

    pollRate: PollRate = None
    LogEvent: list[LogEvent_] = field(default_factory=list)
