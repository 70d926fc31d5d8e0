"""Messaging (0x0703): one text message at a time from the ESI, the server, to displays.

Everything of SE 1.0 and 1.1, and the fields that SE 1.2 put behind. The cluster has no attributes.
"""

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Annotated

from handover.sep1.declaration import Cluster, Command, CommandRow, Since, commands
from handover.sep1.types import MAP8, OCTETS, STRING, U16, U32, UTC


class MessageControl(IntFlag):
    """Bits and masks of `message_control`."""

    TRANSMISSION = 0x03
    IMPORTANCE = 0x0C
    ENHANCED_CONFIRMATION = 0x20
    CONFIRMATION_REQUIRED = 0x80


class Transmission(IntEnum):
    """Values under the mask TRANSMISSION."""

    NORMAL = 0
    NORMAL_AND_INTER_PAN = 1
    INTER_PAN = 2


class Importance(IntEnum):
    """Values under the mask IMPORTANCE, shifted down by two."""

    LOW = 0
    MEDIUM = 1
    HIGH = 2
    CRITICAL = 3


@dataclass(slots=True)
class DisplayMessage(Command):
    """A text for the customer; `start_time` 0 is now, `duration_in_minutes` 0xFFFF until changed."""

    message_id: U32
    message_control: MAP8
    start_time: UTC
    duration_in_minutes: U16
    message: STRING
    optional_extended_message_control: Annotated[MAP8, Since("1.2")] = 0x00


@dataclass(slots=True)
class CancelMessage(Command):
    """Takes a message back."""

    message_id: U32
    message_control: MAP8


@dataclass(slots=True)
class GetLastMessage(Command):
    """Asks for the message in force."""


@dataclass(slots=True)
class MessageConfirmation(Command):
    """Tells that the customer has seen a message; SE 1.2 lets the customer answer."""

    message_id: U32
    confirmation_time: UTC
    message_confirmation_control: Annotated[MAP8, Since("1.2")] = 0x00
    message_response: Annotated[OCTETS, Since("1.2")] = None


MESSAGING = Cluster(
    id=0x0703,
    name="Messaging",
    link_key=True,
    to_server=commands(
        CommandRow(0x00, GetLastMessage, mandatory=True),
        CommandRow(0x01, MessageConfirmation, mandatory=True),
    ),
    to_client=commands(
        CommandRow(0x00, DisplayMessage, mandatory=True),
        CommandRow(0x01, CancelMessage, mandatory=True),
    ),
)
