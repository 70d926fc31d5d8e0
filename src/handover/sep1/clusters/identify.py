"""Identify (0x0003): a node shows a person which one it is. All of SE 1.0 and 1.1, EZ-mode included."""

from dataclasses import dataclass
from enum import IntEnum, IntFlag

from handover.sep1.declaration import Attribute, Cluster, Command, CommandRow, attributes, commands
from handover.sep1.types import BITMAP8, ENUM8, MAP8, U16, UINT16


class EZModeAction(IntFlag):
    """Bits of `action` in EZModeInvoke."""

    FACTORY_FRESH = 0x01
    NETWORK_STEERING = 0x02
    FINDING_AND_BINDING = 0x04


class CommissionState(IntFlag):
    """Bits of the commission state attribute and of `commission_state_mask`."""

    NETWORK = 0x01
    OPERATIONAL = 0x02


class CommissionStateAction(IntEnum):
    """Codes of `action` in UpdateCommissionState."""

    SET = 0x01
    CLEAR = 0x02


@dataclass(slots=True)
class Identify(Command):
    """Orders a node to show itself for `identify_time` seconds; 0 ends it."""

    identify_time: U16


@dataclass(slots=True)
class IdentifyQuery(Command):
    """Asks which nodes show themselves at present."""


@dataclass(slots=True)
class EZModeInvoke(Command):
    """Orders steps of EZ-mode commissioning."""

    action: MAP8


@dataclass(slots=True)
class UpdateCommissionState(Command):
    """Sets or clears bits of the commission state."""

    action: ENUM8
    commission_state_mask: MAP8


@dataclass(slots=True)
class IdentifyQueryResponse(Command):
    """Tells that the sender shows itself for `timeout` more seconds."""

    timeout: U16


IDENTIFY = Cluster(
    id=0x0003,
    name="Identify",
    link_key=False,
    server_attributes=attributes(
        Attribute(0x0000, "identify_time", UINT16, "RW", mandatory=True),
        Attribute(0x0001, "commission_state", BITMAP8),
    ),
    to_server=commands(
        CommandRow(0x00, Identify, mandatory=True),
        CommandRow(0x01, IdentifyQuery, mandatory=True),
        CommandRow(0x02, EZModeInvoke),
        CommandRow(0x03, UpdateCommissionState),
    ),
    to_client=commands(CommandRow(0x00, IdentifyQueryResponse, mandatory=True)),
)
