"""Simple Metering (0x0702): registers, profiles, mirrors.

The meter is the server, or its mirror on the ESI. RequestMirror and RemoveMirror come from the server side of
a battery meter. Everything of SE 1.0 and 1.1, and the alternative historical set of SE 1.2.
"""

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Annotated

from handover.sep1.declaration import (
    Attribute,
    Cluster,
    Command,
    CommandRow,
    attributes,
    commands,
    numbered,
    tiers_by_blocks,
)
from handover.sep1.types import (
    BITMAP8,
    BITMAP16,
    BITMAP32,
    ENUM8,
    ENUM8_TYPE,
    INT8,
    INT24,
    OCTSTR,
    U8,
    U16,
    UINT8,
    UINT16,
    UINT24,
    UINT48,
    UTC,
    UTC_TIME,
    Counted,
)


class IntervalChannel(IntEnum):
    """Codes of `interval_channel`."""

    DELIVERED = 0x00
    RECEIVED = 0x01


class ProfileStatus(IntEnum):
    """Codes of `status` in GetProfileResponse."""

    SUCCESS = 0x00
    UNDEFINED_CHANNEL = 0x01
    CHANNEL_NOT_SUPPORTED = 0x02
    INVALID_END_TIME = 0x03
    MORE_PERIODS_THAN_CAN_BE_RETURNED = 0x04
    NO_INTERVALS = 0x05


PERIOD_SECONDS = {0: 86400, 1: 3600, 2: 1800, 3: 900, 4: 600, 5: 450, 6: 300, 7: 150, 8: 60}
"""Seconds of an interval by `profile_interval_period`; 8 came with SE 1.4."""


class MeterStatus(IntFlag):
    """Bits of the status attribute of an electricity meter."""

    CHECK_METER = 0x01
    LOW_BATTERY = 0x02
    TAMPER = 0x04
    POWER_FAILURE = 0x08
    POWER_QUALITY = 0x10
    LEAK = 0x20
    SERVICE_DISCONNECT = 0x40


@dataclass(slots=True)
class GetProfileResponse(Command):
    """Consumption of equal intervals, newest first; `end_time` ends the newest. 0xFFFFFF = no value."""

    end_time: UTC
    status: ENUM8
    profile_interval_period: ENUM8
    number_of_periods_delivered: U8
    intervals: Annotated[list[int], Counted(UINT24, by="number_of_periods_delivered")]


@dataclass(slots=True)
class RequestMirror(Command):
    """Sent by a battery meter to the ESI: asks for a mirror."""


@dataclass(slots=True)
class RemoveMirror(Command):
    """Sent by a battery meter to the ESI: gives the mirror up."""


@dataclass(slots=True)
class RequestFastPollModeResponse(Command):
    """The period granted, in seconds, and until when."""

    applied_update_period: U8
    fast_poll_mode_endtime: UTC


@dataclass(slots=True)
class GetProfile(Command):
    """Asks for up to `number_of_periods` intervals that end by `end_time` (0 = the newest)."""

    interval_channel: ENUM8
    end_time: UTC
    number_of_periods: U8


@dataclass(slots=True)
class RequestMirrorResponse(Command):
    """The endpoint of the mirror; 0xFFFF = none to give."""

    endpoint_id: U16


@dataclass(slots=True)
class MirrorRemoved(Command):
    """The endpoint whose mirror is gone."""

    endpoint_id: U16


@dataclass(slots=True)
class RequestFastPollMode(Command):
    """Asks for readings every `fast_poll_update_period` seconds for `duration` minutes."""

    fast_poll_update_period: U8
    duration: U8


METERING = Cluster(
    id=0x0702,
    name="Simple Metering",
    link_key=True,
    server_attributes=attributes(
        # reading information set
        Attribute(0x0000, "current_summation_delivered", UINT48, mandatory=True),
        Attribute(0x0001, "current_summation_received", UINT48),
        Attribute(0x0002, "current_max_demand_delivered", UINT48),
        Attribute(0x0003, "current_max_demand_received", UINT48),
        Attribute(0x0004, "dft_summation", UINT48),
        Attribute(0x0005, "daily_freeze_time", UINT16),
        Attribute(0x0006, "power_factor", INT8),
        Attribute(0x0007, "reading_snapshot_time", UTC_TIME),
        Attribute(0x0008, "current_max_demand_delivered_time", UTC_TIME),
        Attribute(0x0009, "current_max_demand_received_time", UTC_TIME),
        Attribute(0x000A, "default_update_period", UINT8, since="1.1"),
        Attribute(0x000B, "fast_poll_update_period", UINT8, since="1.1"),
        Attribute(0x000C, "current_block_period_consumption_delivered", UINT48, since="1.1"),
        Attribute(0x000D, "daily_consumption_target", UINT24, since="1.1"),
        Attribute(0x000E, "current_block", ENUM8_TYPE, since="1.1"),
        Attribute(0x000F, "profile_interval_period", ENUM8_TYPE, since="1.1"),
        Attribute(0x0010, "interval_read_reporting_period", UINT16, since="1.1"),
        Attribute(0x0011, "preset_reading_time", UINT16, since="1.1"),
        Attribute(0x0012, "volume_per_report", UINT16, since="1.1"),
        Attribute(0x0013, "flow_restriction", UINT8, since="1.1"),
        Attribute(0x0014, "supply_status", ENUM8_TYPE, since="1.1"),
        Attribute(0x0015, "current_inlet_energy_carrier_summation", UINT48, since="1.1"),
        Attribute(0x0016, "current_outlet_energy_carrier_summation", UINT48, since="1.1"),
        Attribute(0x0017, "inlet_temperature", INT24, since="1.1"),
        Attribute(0x0018, "outlet_temperature", INT24, since="1.1"),
        Attribute(0x0019, "control_temperature", INT24, since="1.1"),
        Attribute(0x001A, "current_inlet_energy_carrier_demand", INT24, since="1.1"),
        Attribute(0x001B, "current_outlet_energy_carrier_demand", INT24, since="1.1"),
        Attribute(0x001C, "previous_block_period_consumption_delivered", UINT48, since="1.1b"),
        # time of use information set
        *numbered(0x0100, "current_tier_{}_summation_delivered", range(1, 7), UINT48, step=2),
        *numbered(0x0101, "current_tier_{}_summation_received", range(1, 7), UINT48, step=2),
        *numbered(0x010C, "current_tier_{}_summation_delivered", range(7, 16), UINT48, step=2, since="1.1"),
        *numbered(0x010D, "current_tier_{}_summation_received", range(7, 16), UINT48, step=2, since="1.1"),
        # meter status
        Attribute(0x0200, "status", BITMAP8, mandatory=True),
        Attribute(0x0201, "remaining_battery_life", UINT8, since="1.1"),
        Attribute(0x0202, "hours_in_operation", UINT24, since="1.1"),
        Attribute(0x0203, "hours_in_fault", UINT24, since="1.1"),
        # formatting
        Attribute(0x0300, "unit_of_measure", ENUM8_TYPE, mandatory=True),
        Attribute(0x0301, "multiplier", UINT24),
        Attribute(0x0302, "divisor", UINT24),
        Attribute(0x0303, "summation_formatting", BITMAP8, mandatory=True),
        Attribute(0x0304, "demand_formatting", BITMAP8),
        Attribute(0x0305, "historical_consumption_formatting", BITMAP8),
        Attribute(0x0306, "metering_device_type", BITMAP8, mandatory=True),
        Attribute(0x0307, "site_id", OCTSTR, since="1.1", max_length=32),
        Attribute(0x0308, "meter_serial_number", OCTSTR, since="1.1", max_length=24),
        Attribute(0x0309, "energy_carrier_unit_of_measure", ENUM8_TYPE, since="1.1"),
        Attribute(0x030A, "energy_carrier_summation_formatting", BITMAP8, since="1.1"),
        Attribute(0x030B, "energy_carrier_demand_formatting", BITMAP8, since="1.1"),
        Attribute(0x030C, "temperature_unit_of_measure", ENUM8_TYPE, since="1.1"),
        Attribute(0x030D, "temperature_formatting", BITMAP8, since="1.1"),
        # historical consumption
        Attribute(0x0400, "instantaneous_demand", INT24),
        Attribute(0x0401, "current_day_consumption_delivered", UINT24),
        Attribute(0x0402, "current_day_consumption_received", UINT24),
        Attribute(0x0403, "previous_day_consumption_delivered", UINT24),
        Attribute(0x0404, "previous_day_consumption_received", UINT24),
        Attribute(0x0405, "current_partial_profile_interval_start_time_delivered", UTC_TIME),
        Attribute(0x0406, "current_partial_profile_interval_start_time_received", UTC_TIME),
        Attribute(0x0407, "current_partial_profile_interval_value_delivered", UINT24),
        Attribute(0x0408, "current_partial_profile_interval_value_received", UINT24),
        Attribute(0x0409, "current_day_max_pressure", UINT48, since="1.1"),
        Attribute(0x040A, "current_day_min_pressure", UINT48, since="1.1"),
        Attribute(0x040B, "previous_day_max_pressure", UINT48, since="1.1"),
        Attribute(0x040C, "previous_day_min_pressure", UINT48, since="1.1"),
        Attribute(0x040D, "current_day_max_demand", INT24, since="1.1"),
        Attribute(0x040E, "previous_day_max_demand", INT24, since="1.1"),
        Attribute(0x040F, "current_month_max_demand", INT24, since="1.1"),
        Attribute(0x0410, "current_year_max_demand", INT24, since="1.1"),
        Attribute(0x0411, "current_day_max_energy_carrier_demand", INT24, since="1.1"),
        Attribute(0x0412, "previous_day_max_energy_carrier_demand", INT24, since="1.1"),
        Attribute(0x0413, "current_month_max_energy_carrier_demand", INT24, since="1.1"),
        Attribute(0x0414, "current_month_min_energy_carrier_demand", INT24, since="1.1"),
        Attribute(0x0415, "current_year_max_energy_carrier_demand", INT24, since="1.1"),
        Attribute(0x0416, "current_year_min_energy_carrier_demand", INT24, since="1.1"),
        # load profile configuration
        Attribute(0x0500, "max_number_of_periods_delivered", UINT8),
        # supply limit
        Attribute(0x0600, "current_demand_delivered", UINT24, since="1.1"),
        Attribute(0x0601, "demand_limit", UINT24, since="1.1"),
        Attribute(0x0602, "demand_integration_period", UINT8, since="1.1"),
        Attribute(0x0603, "number_of_demand_subintervals", UINT8, since="1.1"),
        # block information
        *tiers_by_blocks(
            0x0700,
            "current_no_tier_block_{block}_summation_delivered",
            "current_tier_{tier}_block_{block}_summation_delivered",
            UINT48,
            since="1.1",
        ),
        # alarms
        Attribute(0x0800, "generic_alarm_mask", BITMAP16, "RW", since="1.1"),
        Attribute(0x0801, "electricity_alarm_mask", BITMAP32, "RW", since="1.1"),
        Attribute(0x0802, "generic_flow_pressure_alarm_mask", BITMAP16, "RW", since="1.1"),
        Attribute(0x0803, "water_specific_alarm_mask", BITMAP16, "RW", since="1.1"),
        Attribute(0x0804, "heat_and_cooling_specific_alarm_mask", BITMAP16, "RW", since="1.1"),
        Attribute(0x0805, "gas_specific_alarm_mask", BITMAP16, "RW", since="1.1"),
        # alternative historical consumption
        Attribute(0x0C00, "alternative_instantaneous_demand", INT24, since="1.2"),
        Attribute(0x0C01, "current_day_alternative_consumption_delivered", UINT24, since="1.2"),
        Attribute(0x0C02, "current_day_alternative_consumption_received", UINT24, since="1.2"),
        Attribute(0x0C03, "previous_day_alternative_consumption_delivered", UINT24, since="1.2"),
        Attribute(0x0C04, "previous_day_alternative_consumption_received", UINT24, since="1.2"),
        Attribute(
            0x0C05, "current_alternative_partial_profile_interval_start_time_delivered", UTC_TIME, since="1.2"
        ),
        Attribute(
            0x0C06, "current_alternative_partial_profile_interval_start_time_received", UTC_TIME, since="1.2"
        ),
        Attribute(
            0x0C07, "current_alternative_partial_profile_interval_value_delivered", UINT24, since="1.2"
        ),
        Attribute(0x0C08, "current_alternative_partial_profile_interval_value_received", UINT24, since="1.2"),
        Attribute(0x0C09, "current_alternative_day_max_pressure", UINT48, since="1.2"),
        Attribute(0x0C0A, "current_alternative_day_min_pressure", UINT48, since="1.2"),
        Attribute(0x0C0B, "previous_day_alternative_max_pressure", UINT48, since="1.2"),
        Attribute(0x0C0C, "previous_day_alternative_min_pressure", UINT48, since="1.2"),
        Attribute(0x0C0D, "current_alternative_day_max_demand", INT24, since="1.2"),
        Attribute(0x0C0E, "previous_day_alternative_max_demand", INT24, since="1.2"),
        Attribute(0x0C0F, "current_alternative_month_max_demand", INT24, since="1.2"),
        Attribute(0x0C10, "current_alternative_year_max_demand", INT24, since="1.2"),
    ),
    to_server=commands(
        CommandRow(0x00, GetProfile),
        CommandRow(0x01, RequestMirrorResponse),
        CommandRow(0x02, MirrorRemoved),
        CommandRow(0x03, RequestFastPollMode, since="1.1"),
    ),
    to_client=commands(
        CommandRow(0x00, GetProfileResponse),
        CommandRow(0x01, RequestMirror),
        CommandRow(0x02, RemoveMirror),
        CommandRow(0x03, RequestFastPollModeResponse, since="1.1"),
    ),
)
