"""MAC commands and the ZigBee beacon. Source: IEEE 802.15.4-2006, 7.3; ZigBee PRO, 3.6.7."""

import struct
from dataclasses import dataclass
from typing import Final

from handover.errors import DecodeError
from handover.sep1.declaration import Command
from handover.sep1.network.payloads import EUI, CommandSet
from handover.sep1.types import MAP8, U8, U16

ROUTER: Final = 0x02
MAINS: Final = 0x04
RECEIVER_ON: Final = 0x08
HIGH_SECURITY: Final = 0x40
ALLOCATE_ADDRESS: Final = 0x80
"""Bits of a capability octet."""

ASSOCIATED: Final = 0x00
AT_CAPACITY: Final = 0x01
ACCESS_DENIED: Final = 0x02
"""Status of an association, and of a rejoin."""


@dataclass(slots=True)
class AssociationRequest(Command):
    """A device wants to become a child; `capability` tells what it is."""

    capability: MAP8


@dataclass(slots=True)
class AssociationResponse(Command):
    """The parent's answer; `short` is 0xFFFF when it refuses."""

    short: U16
    status: U8


@dataclass(slots=True)
class DataRequest(Command):
    """A child asks its parent for what waits for it."""


@dataclass(slots=True)
class BeaconRequest(Command):
    """Asks everybody within reach who coordinates to send a beacon."""


COMMANDS = CommandSet(
    "MAC", {1: AssociationRequest, 2: AssociationResponse, 4: DataRequest, 7: BeaconRequest}
)

_HEAD = struct.Struct("<HBBBHQ")
_PERMIT, _COORDINATOR = 0x8000, 0x4000
_SUPERFRAME: Final = 0x0FFF
"""Beacon order 15, superframe order 15, final slot 15: a network without superframes."""
_STACK_PROFILE: Final = 2
_PROTOCOL_VERSION: Final = 2
_TAIL: Final = b"\xff\xff\xff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Beacon:
    """What a router says of itself and of its network; `depth` 0 to 15 is its distance to the coordinator."""

    permit: bool
    coordinator: bool
    router_capacity: bool
    end_device_capacity: bool
    depth: int
    extended_pan_id: EUI
    update_id: int = 0


def build_beacon(beacon: Beacon) -> bytes:
    """Return the payload of a beacon frame."""
    superframe = _SUPERFRAME | beacon.permit * _PERMIT | beacon.coordinator * _COORDINATOR
    info = _STACK_PROFILE | _PROTOCOL_VERSION << 4
    capacity = beacon.router_capacity << 2 | (beacon.depth & 15) << 3 | beacon.end_device_capacity << 7
    head = _HEAD.pack(superframe, 0, 0, 0, info | capacity << 8, beacon.extended_pan_id)
    return head + _TAIL + bytes((beacon.update_id & 0xFF,))


def parse_beacon(octets: bytes) -> Beacon:
    """Return the beacon of a ZigBee PRO network. Raises DecodeError for any other."""
    if len(octets) < _HEAD.size + len(_TAIL) + 1:
        raise DecodeError(f"beacon: {len(octets)} octets are too few for a ZigBee PRO network")
    superframe, slots, pending, protocol, info, extended_pan_id = _HEAD.unpack_from(octets)
    if slots or pending or protocol or info & 0x0F != _STACK_PROFILE:
        raise DecodeError("beacon: it is not of a ZigBee PRO network without superframes")
    return Beacon(
        permit=bool(superframe & _PERMIT),
        coordinator=bool(superframe & _COORDINATOR),
        router_capacity=bool(info & 0x0400),
        end_device_capacity=bool(info & 0x8000),
        depth=info >> 11 & 15,
        extended_pan_id=extended_pan_id,
        update_id=octets[_HEAD.size + len(_TAIL)],
    )
