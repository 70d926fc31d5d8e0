"""Alarms 0x0009 <-> LogEvent: what a device has noticed becomes an entry of its log.

Acknowledging an alarm on one side never clears it on the other: resets and deletions stay where they are.
"""

from collections.abc import Iterable

from handover.mapping.losses import Loss, Orientation
from handover.mapping.scalars import ZIGBEE_EPOCH, untranslatable
from handover.model.alarm import Notice
from handover.sep1.clusters.alarms import Alarm, GetAlarmResponse
from handover.sep2.resources.log_event import LogEvent

VENDOR = 1
"""profileID: codes are the device maker's."""

FUNCTION_SETS = {
    0x0702: 6,
    0x0700: 7,
    0x0701: 5,
    0x0703: 8,
    0x0705: 10,
    0x000A: 12,
    0x0001: 15,
    0x0019: 13,
    0x0800: 19,
}
"""LogEvent.functionSet by cluster; 0 (general) for others."""

METERING = 0x0702
STATUS_CODES = (0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07)
"""Metering alarm code of each bit of a meter's Status: check meter, low battery, tamper, power failure, power
quality, leak, service disconnect, reverse flow."""

LOSSES = (
    Loss("alarmCode", Orientation.BOTH, "codes are their maker's: told as such, not translated"),
    Loss("alarm without a time", Orientation.B, "the time of its reception stands in"),
    Loss("ResetAlarm, ResetAllAlarms, ResetAlarmLog", Orientation.BOTH, "stay on their side"),
    Loss("LogEvent of a server", Orientation.B, "an ESI is no source of alarms: not sent down"),
    Loss("details", Orientation.A, "no field"),
)


def from_sep1(command: Alarm | GetAlarmResponse, *, received: float) -> Notice | None:
    """Return what an alarm says; None for a log that is empty. `received` is Unix seconds."""
    if isinstance(command, Alarm):
        return Notice(command.cluster_id, command.alarm_code, int(received))
    if command.alarm_code is None or command.cluster_id is None:
        return None
    stamp = command.time_stamp
    known = stamp is not None and stamp not in (0, 0xFFFFFFFF)
    at = (stamp or 0) + ZIGBEE_EPOCH if known else int(received)
    return Notice(command.cluster_id, command.alarm_code, at)


def to_sep1(notice: Notice) -> Alarm:
    """Return the command that tells a notice."""
    return Alarm(notice.code, notice.cluster_id)


def to_sep2(notice: Notice, *, pen: int, number: int) -> LogEvent:
    """Return the entry of a notice: `number` counts the entries of a device (16 bits), `pen` is ours."""
    return LogEvent(
        createdDateTime=notice.at,
        extendedData=notice.cluster_id << 8 | notice.code,
        functionSet=FUNCTION_SETS.get(notice.cluster_id, 0),
        logEventCode=notice.code,
        logEventID=number & 0xFFFF,
        logEventPEN=pen,
        profileID=VENDOR,
    )


def from_sep2(event: LogEvent) -> Notice:
    """Return the notice of an entry that was made by `to_sep2`. Raises Untranslatable for another one."""
    data = event.extendedData
    if event.profileID != VENDOR or data is None or data & 0xFF != event.logEventCode or data >> 24:
        raise untranslatable("the log entry is none that stands for an alarm of a cluster")
    return Notice(data >> 8, event.logEventCode, event.createdDateTime)


def from_status(before: int, now: int, at: float) -> Iterable[Notice]:
    """Yield a notice for each bit of a meter's Status that has risen at `at` (Unix seconds)."""
    for bit, code in enumerate(STATUS_CODES):
        if now & ~before & 1 << bit:
            yield Notice(METERING, code, int(at))
