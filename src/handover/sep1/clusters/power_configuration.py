"""Power Configuration (0x0001): mains and battery of a node. All of SE 1.0 and 1.1; there are no commands."""

from enum import IntEnum, IntFlag

from handover.sep1.declaration import Attribute, Cluster, attributes
from handover.sep1.types import BITMAP8, CHARSTR, ENUM8_TYPE, UINT8, UINT16


class BatterySize(IntEnum):
    """Codes of the battery size attribute."""

    NONE = 0x00
    BUILT_IN = 0x01
    OTHER = 0x02
    AA = 0x03
    AAA = 0x04
    C = 0x05
    D = 0x06
    CR2 = 0x07
    CR123A = 0x08
    UNKNOWN = 0xFF


class MainsAlarm(IntFlag):
    """Bits of the mains alarm mask."""

    VOLTAGE_TOO_LOW = 0x01
    VOLTAGE_TOO_HIGH = 0x02
    SUPPLY_LOST = 0x04


class BatteryAlarm(IntFlag):
    """Bits of the battery alarm mask."""

    VOLTAGE_TOO_LOW = 0x01


POWER_CONFIGURATION = Cluster(
    id=0x0001,
    name="Power Configuration",
    link_key=False,
    server_attributes=attributes(
        Attribute(0x0000, "mains_voltage", UINT16),
        Attribute(0x0001, "mains_frequency", UINT8),
        Attribute(0x0010, "mains_alarm_mask", BITMAP8, "RW"),
        Attribute(0x0011, "mains_voltage_min_threshold", UINT16, "RW"),
        Attribute(0x0012, "mains_voltage_max_threshold", UINT16, "RW"),
        Attribute(0x0013, "mains_voltage_dwell_trip", UINT16, "RW"),
        Attribute(0x0020, "battery_voltage", UINT8),
        Attribute(0x0030, "battery_manufacturer", CHARSTR, "RW", max_length=16),
        Attribute(0x0031, "battery_size", ENUM8_TYPE, "RW"),
        Attribute(0x0032, "battery_ahr_rating", UINT16, "RW"),
        Attribute(0x0033, "battery_quantity", UINT8, "RW"),
        Attribute(0x0034, "battery_rated_voltage", UINT8, "RW"),
        Attribute(0x0035, "battery_alarm_mask", BITMAP8, "RW"),
        Attribute(0x0036, "battery_voltage_min_threshold", UINT8, "RW"),
    ),
)
"""Voltages are 0.1 V, the mains frequency is 0.5 Hz, the rating 10 mAh, the dwell trip seconds."""
