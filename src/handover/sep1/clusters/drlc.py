"""Demand Response and Load Control (0x0701): load control events, their cancelling and their reports.

The ESI is the server; the attributes are those of the device that obeys. All of SE 1.0 and 1.1.
"""

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Annotated, Final

from handover.sep1.declaration import (
    Attribute,
    Cluster,
    Command,
    CommandRow,
    Since,
    attributes,
    commands,
)
from handover.sep1.types import ENUM8, MAP8, MAP16, S8, S16, U8, U16, U32, UINT8, UINT16, UTC, Octets

SIGNATURE = Annotated[bytes, Octets(42, short=True)]
NO_SIGNATURE: Final = b"\xff" * 42


class DeviceClass(IntFlag):
    """Kinds of load, as bits of `device_class`."""

    HVAC = 0x0001
    STRIP_HEATER = 0x0002
    WATER_HEATER = 0x0004
    POOL_PUMP = 0x0008
    SMART_APPLIANCE = 0x0010
    IRRIGATION_PUMP = 0x0020
    MANAGED_COMMERCIAL_LOAD = 0x0040
    SIMPLE_LOAD = 0x0080
    EXTERIOR_LIGHTING = 0x0100
    INTERIOR_LIGHTING = 0x0200
    ELECTRIC_VEHICLE = 0x0400
    GENERATION = 0x0800


class Criticality(IntEnum):
    """How much an event matters; 0x0A to 0x0F belong to the utility."""

    GREEN = 0x01
    LEVEL_1 = 0x02
    LEVEL_2 = 0x03
    LEVEL_3 = 0x04
    LEVEL_4 = 0x05
    LEVEL_5 = 0x06
    EMERGENCY = 0x07
    PLANNED_OUTAGE = 0x08
    SERVICE_DISCONNECT = 0x09


class EventControl(IntFlag):
    """Bits of `event_control`."""

    RANDOMIZE_START = 0x01
    RANDOMIZE_END = 0x02


class CancelControl(IntFlag):
    """Bits of `cancel_control`; without the bit the event ends at the effective time."""

    WITH_RANDOMIZATION = 0x01


class EventStatus(IntEnum):
    """Codes of `event_status`."""

    RECEIVED = 0x01
    STARTED = 0x02
    COMPLETED = 0x03
    OPTED_OUT = 0x04
    OPTED_IN = 0x05
    CANCELLED = 0x06
    SUPERSEDED = 0x07
    PARTIALLY_COMPLETED_OPT_OUT = 0x08
    PARTIALLY_COMPLETED_OPT_IN = 0x09
    COMPLETED_NO_PARTICIPATION = 0x0A
    INVALID_OPT_OUT = 0xF6
    EVENT_NOT_FOUND = 0xF7
    INVALID_CANCEL = 0xF8
    INVALID_CANCEL_TIME = 0xF9
    DUPLICATE_1_0 = 0xFA
    EXPIRED = 0xFB
    ALREADY_COMPLETED_1_0 = 0xFC
    CANCEL_UNDEFINED_EVENT = 0xFD
    REJECTED = 0xFE


class SignatureType(IntEnum):
    """Codes of `signature_type`."""

    NONE = 0x00
    ECDSA = 0x01


@dataclass(slots=True)
class LoadControlEvent(Command):
    """Orders devices of a class and group to change their load for a time.

    Offsets are 0.1 K (0xFF unused), set points 0.01 degrees Celsius (-32768 unused), the load adjustment
    percent of the average (-128 unused), the duty cycle percent (0xFF unused). `start_time` 0 is now.
    """

    issuer_event_id: U32
    device_class: MAP16
    utility_enrollment_group: U8
    start_time: UTC
    duration_in_minutes: U16
    criticality_level: ENUM8
    cooling_temperature_offset: U8
    heating_temperature_offset: U8
    cooling_temperature_set_point: S16
    heating_temperature_set_point: S16
    average_load_adjustment_percentage: S8
    duty_cycle: U8
    event_control: MAP8


@dataclass(slots=True)
class CancelLoadControlEvent(Command):
    """Ends one event for a class and group; `effective_time` 0 = now."""

    issuer_event_id: U32
    device_class: MAP16
    utility_enrollment_group: U8
    cancel_control: MAP8
    effective_time: UTC


@dataclass(slots=True)
class CancelAllLoadControlEvents(Command):
    """Ends every event."""

    cancel_control: MAP8


@dataclass(slots=True)
class ReportEventStatus(Command):
    """What a device does with an event; set points and adjustment as in the event.

    `signature` is r and s of an ECDSA signature over the rest, all ones without one. Old senders cut it short
    or leave it out.
    """

    issuer_event_id: U32
    event_status: ENUM8
    event_status_time: UTC
    criticality_level_applied: ENUM8
    cooling_temperature_set_point_applied: S16
    heating_temperature_set_point_applied: S16
    average_load_adjustment_percentage_applied: S8
    duty_cycle_applied: U8
    event_control: MAP8
    signature_type: ENUM8
    signature: Annotated[SIGNATURE, Since("1.0")] = NO_SIGNATURE


@dataclass(slots=True)
class GetScheduledEvents(Command):
    """Asks for events from `start_time`; `number_of_events` 0 = all."""

    start_time: UTC
    number_of_events: U8
    issuer_event_id: Annotated[U32, Since("1.2b")] = 0xFFFFFFFF


DRLC = Cluster(
    id=0x0701,
    name="Demand Response and Load Control",
    link_key=True,
    client_attributes=attributes(
        Attribute(0x0000, "utility_enrollment_group", UINT8, "RW", mandatory=True),
        Attribute(0x0001, "start_randomization_minutes", UINT8, "RW", mandatory=True),
        Attribute(0x0002, "duration_randomization_minutes", UINT8, "RW", mandatory=True),
        Attribute(0x0003, "device_class_value", UINT16, "RW", mandatory=True),
    ),
    to_server=commands(
        CommandRow(0x00, ReportEventStatus, mandatory=True),
        CommandRow(0x01, GetScheduledEvents, mandatory=True),
    ),
    to_client=commands(
        CommandRow(0x00, LoadControlEvent, mandatory=True),
        CommandRow(0x01, CancelLoadControlEvent, mandatory=True),
        CommandRow(0x02, CancelAllLoadControlEvents, mandatory=True),
    ),
)
