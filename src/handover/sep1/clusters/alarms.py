"""Alarms (0x0009): alarms of other clusters on the node, and their log. All of SE 1.0 and 1.1.

What a code means is a matter of the cluster that it comes from.
"""

from dataclasses import dataclass
from typing import Annotated

from handover.sep1.declaration import Attribute, Cluster, Command, CommandRow, When, attributes, commands
from handover.sep1.types import CLUSTER, CLUSTER_IF_SENT, ENUM8, ENUM8_IF_SENT, U32_IF_SENT, UINT16, Status

FOUND = When("status", "==", Status.SUCCESS)


@dataclass(slots=True)
class ResetAlarm(Command):
    """Orders one alarm back; it is raised again at once if its cause still holds."""

    alarm_code: ENUM8
    cluster_id: CLUSTER


@dataclass(slots=True)
class ResetAllAlarms(Command):
    """Orders every alarm back."""


@dataclass(slots=True)
class GetAlarm(Command):
    """Asks for the oldest alarm of the log, which takes it out."""


@dataclass(slots=True)
class ResetAlarmLog(Command):
    """Empties the log."""


@dataclass(slots=True)
class Alarm(Command):
    """Tells of an alarm of a cluster."""

    alarm_code: ENUM8
    cluster_id: CLUSTER


@dataclass(slots=True)
class GetAlarmResponse(Command):
    """The oldest alarm of the log; with `status` NOT_FOUND the log is empty and nothing else is sent.

    `time_stamp` is ZigBee UTC, 0xFFFFFFFF when the node had no time.
    """

    status: ENUM8
    alarm_code: Annotated[ENUM8_IF_SENT, FOUND] = None
    cluster_id: Annotated[CLUSTER_IF_SENT, FOUND] = None
    time_stamp: Annotated[U32_IF_SENT, FOUND] = None


ALARMS = Cluster(
    id=0x0009,
    name="Alarms",
    link_key=False,
    server_attributes=attributes(Attribute(0x0000, "alarm_count", UINT16)),
    to_server=commands(
        CommandRow(0x00, ResetAlarm, mandatory=True),
        CommandRow(0x01, ResetAllAlarms, mandatory=True),
        CommandRow(0x02, GetAlarm),
        CommandRow(0x03, ResetAlarmLog),
    ),
    to_client=commands(
        CommandRow(0x00, Alarm, mandatory=True),
        CommandRow(0x01, GetAlarmResponse),
    ),
)
