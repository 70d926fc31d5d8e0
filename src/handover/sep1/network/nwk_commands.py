"""Network commands. Source: ZigBee PRO specification, 3.4."""

from dataclasses import dataclass
from typing import Annotated, Final

from handover.sep1.declaration import Command, When
from handover.sep1.network.payloads import CommandSet
from handover.sep1.types import EUI64, MAP8, U8, U16, UINT16, Counted, Rest

LEAVE_REJOIN: Final = 0x20
LEAVE_REQUEST: Final = 0x40
LEAVE_CHILDREN: Final = 0x80
"""Bits of the options of Leave: come back at once; the receiver is to leave; so are its children."""


@dataclass(slots=True)
class RouteRequest(Command):
    """Looks for a way to `destination`."""

    options: MAP8
    request_id: U8
    destination: U16
    path_cost: U8
    destination_eui: Annotated[int | None, EUI64, When("options", "&", 0x20)] = None


@dataclass(slots=True)
class RouteReply(Command):
    """Answers a RouteRequest along the way it came."""

    options: MAP8
    request_id: U8
    originator: U16
    responder: U16
    path_cost: U8
    originator_eui: Annotated[int | None, EUI64, When("options", "&", 0x10)] = None
    responder_eui: Annotated[int | None, EUI64, When("options", "&", 0x20)] = None


@dataclass(slots=True)
class NetworkStatus(Command):
    """Tells that `destination` is not reached, and why."""

    status: U8
    destination: U16


@dataclass(slots=True)
class Leave(Command):
    """The sender has left, or the receiver is to leave; see the bits above."""

    options: MAP8


@dataclass(slots=True)
class RouteRecord(Command):
    """The relays that a frame has passed."""

    count: U8
    relays: Annotated[list[int], Counted(UINT16, "count")]


@dataclass(slots=True)
class RejoinRequest(Command):
    """A device that knows the network wants a parent."""

    capability: MAP8


@dataclass(slots=True)
class RejoinResponse(Command):
    """The parent's answer with the device's short address."""

    short: U16
    status: U8


@dataclass(slots=True)
class LinkStatus(Command):
    """What a router hears of its neighbours: bits 0-4 of `options` their number; address and cost each."""

    options: MAP8
    links: Annotated[bytes, Rest()]


COMMANDS = CommandSet(
    "NWK",
    {
        1: RouteRequest,
        2: RouteReply,
        3: NetworkStatus,
        4: Leave,
        5: RouteRecord,
        6: RejoinRequest,
        7: RejoinResponse,
        8: LinkStatus,
    },
)
