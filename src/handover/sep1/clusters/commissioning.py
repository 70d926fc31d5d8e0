"""Commissioning (0x0015): the set of parameters with which a node starts up. All of SE 1.0 and 1.1."""

from dataclasses import dataclass
from enum import IntEnum, IntFlag

from handover.sep1.declaration import Attribute, Cluster, Command, CommandRow, attributes, commands
from handover.sep1.types import (
    BITMAP32,
    BOOLEAN,
    ENUM8,
    ENUM8_TYPE,
    EUI64,
    KEY128,
    MAP8,
    U8,
    UINT8,
    UINT16,
)


class StartupControl(IntEnum):
    """Codes of the startup control attribute."""

    ON_NETWORK = 0x00
    FORM = 0x01
    REJOIN = 0x02
    JOIN = 0x03


class RestartOptions(IntFlag):
    """Bits of `options` in RestartDevice; the startup mode is what the mask covers."""

    STARTUP_MODE = 0x07
    IMMEDIATE = 0x08


class StartupMode(IntEnum):
    """Values under the mask STARTUP_MODE."""

    WITH_PARAMETERS = 0
    WITHOUT_PARAMETERS = 1


class ResetOptions(IntFlag):
    """Bits of `options` in ResetStartupParameters."""

    RESET_CURRENT = 0x01
    RESET_ALL = 0x02
    ERASE_INDEX = 0x04


@dataclass(slots=True)
class RestartDevice(Command):
    """Orders a restart after `delay` seconds and a random part of `jitter` times 80 ms."""

    options: MAP8
    delay: U8
    jitter: U8


@dataclass(slots=True)
class SaveStartupParameters(Command):
    """Orders the set in force to be kept under `index`."""

    options: MAP8
    index: U8


@dataclass(slots=True)
class RestoreStartupParameters(Command):
    """Orders the set under `index` to be put in force."""

    options: MAP8
    index: U8


@dataclass(slots=True)
class ResetStartupParameters(Command):
    """Orders sets back to their defaults or away, as `options` say."""

    options: MAP8
    index: U8


@dataclass(slots=True)
class RestartDeviceResponse(Command):
    """What became of a restart."""

    status: ENUM8


@dataclass(slots=True)
class SaveStartupParametersResponse(Command):
    """What became of keeping a set."""

    status: ENUM8


@dataclass(slots=True)
class RestoreStartupParametersResponse(Command):
    """What became of putting a set in force."""

    status: ENUM8


@dataclass(slots=True)
class ResetStartupParametersResponse(Command):
    """What became of a reset."""

    status: ENUM8


COMMISSIONING = Cluster(
    id=0x0015,
    name="Commissioning",
    link_key=True,
    server_attributes=attributes(
        Attribute(0x0000, "short_address", UINT16, "RW", mandatory=True),
        Attribute(0x0001, "extended_pan_id", EUI64, "RW", mandatory=True),
        Attribute(0x0002, "pan_id", UINT16, "RW", mandatory=True),
        Attribute(0x0003, "channel_mask", BITMAP32, "RW", mandatory=True),
        Attribute(0x0004, "protocol_version", UINT8, "RW", mandatory=True),
        Attribute(0x0005, "stack_profile", UINT8, "RW", mandatory=True),
        Attribute(0x0006, "startup_control", ENUM8_TYPE, "RW", mandatory=True),
        Attribute(0x0010, "trust_center_address", EUI64, "RW", mandatory=True),
        Attribute(0x0011, "trust_center_master_key", KEY128, "RW"),
        Attribute(0x0012, "network_key", KEY128, "RW", mandatory=True),
        Attribute(0x0013, "use_insecure_join", BOOLEAN, "RW", mandatory=True),
        Attribute(0x0014, "preconfigured_link_key", KEY128, "RW", mandatory=True),
        Attribute(0x0015, "network_key_sequence_number", UINT8, "RW", mandatory=True),
        Attribute(0x0016, "network_key_type", ENUM8_TYPE, "RW", mandatory=True),
        Attribute(0x0017, "network_manager_address", UINT16, "RW", mandatory=True),
        Attribute(0x0020, "scan_attempts", UINT8, "RW", mandatory=True),
        Attribute(0x0021, "time_between_scans", UINT16, "RW", mandatory=True),
        Attribute(0x0022, "rejoin_interval", UINT16, "RW", mandatory=True),
        Attribute(0x0023, "max_rejoin_interval", UINT16, "RW", mandatory=True),
        Attribute(0x0030, "indirect_poll_rate", UINT16, "RW", mandatory=True),
        Attribute(0x0031, "parent_retry_threshold", UINT8, "RW", mandatory=True),
        Attribute(0x0040, "concentrator_flag", BOOLEAN, "RW", mandatory=True),
        Attribute(0x0041, "concentrator_radius", UINT8, "RW", mandatory=True),
        Attribute(0x0042, "concentrator_discovery_time", UINT8, "RW", mandatory=True),
    ),
    to_server=commands(
        CommandRow(0x00, RestartDevice, mandatory=True),
        CommandRow(0x01, SaveStartupParameters),
        CommandRow(0x02, RestoreStartupParameters),
        CommandRow(0x03, ResetStartupParameters, mandatory=True),
    ),
    to_client=commands(
        CommandRow(0x00, RestartDeviceResponse, mandatory=True),
        CommandRow(0x01, SaveStartupParametersResponse, mandatory=True),
        CommandRow(0x02, RestoreStartupParametersResponse, mandatory=True),
        CommandRow(0x03, ResetStartupParametersResponse, mandatory=True),
    ),
)
