"""Time (0x000A): the clock of the network, served by the ESI. It has no commands. All of SE 1.0 and 1.1."""

from enum import IntFlag

from handover.sep1.declaration import Attribute, Cluster, attributes
from handover.sep1.types import BITMAP8, INT32, UINT32, UTC_TIME


class TimeStatus(IntFlag):
    """Bits of the time status attribute."""

    MASTER = 0x01
    SYNCHRONIZED = 0x02
    MASTER_ZONE_DST = 0x04
    SUPERSEDING = 0x08


TIME = Cluster(
    id=0x000A,
    name="Time",
    link_key=True,
    server_attributes=attributes(
        Attribute(0x0000, "time", UTC_TIME, "RW", mandatory=True),
        Attribute(0x0001, "time_status", BITMAP8, "RW", mandatory=True),
        Attribute(0x0002, "time_zone", INT32, "RW"),
        Attribute(0x0003, "dst_start", UINT32, "RW"),
        Attribute(0x0004, "dst_end", UINT32, "RW"),
        Attribute(0x0005, "dst_shift", INT32, "RW"),
        Attribute(0x0006, "standard_time", UINT32),
        Attribute(0x0007, "local_time", UINT32),
        Attribute(0x0008, "last_set_time", UTC_TIME),
        Attribute(0x0009, "valid_until_time", UTC_TIME, "RW"),
    ),
)
