"""APS commands, by which the trust centre hands out keys. Source: ZigBee PRO specification, 4.4.9.

A TransportKey is three layouts under one id, told apart by its first octet.
"""

from dataclasses import dataclass
from typing import Annotated, Final

from handover.errors import DecodeError
from handover.sep1.declaration import Command, When
from handover.sep1.network.payloads import EUI, KEY, CommandSet
from handover.sep1.types import BOOL, ENUM8, EUI64, U8, U16, Rest

NETWORK_KEY: Final = 0x01
APPLICATION_LINK_KEY: Final = 0x03
TRUST_CENTRE_LINK_KEY: Final = 0x04
"""Types of a transported key."""

REQUEST_APPLICATION_KEY: Final = 0x02
REQUEST_TRUST_CENTRE_KEY: Final = 0x04
"""Types of a requested key."""

SECURED_REJOIN: Final = 0x00
UNSECURED_JOIN: Final = 0x01
DEVICE_LEFT: Final = 0x02
TRUST_CENTRE_REJOIN: Final = 0x03
"""Status of UpdateDevice."""


@dataclass(slots=True)
class TransportNetworkKey(Command):
    """The network key `key` with its sequence number, from the trust centre `source`."""

    key_type: ENUM8
    key: KEY
    sequence: U8
    destination: EUI
    source: EUI


@dataclass(slots=True)
class TransportLinkKey(Command):
    """A link key with the trust centre."""

    key_type: ENUM8
    key: KEY
    destination: EUI
    source: EUI


@dataclass(slots=True)
class TransportApplicationKey(Command):
    """A link key with `partner`; `initiator` tells the one who asked for it."""

    key_type: ENUM8
    key: KEY
    partner: EUI
    initiator: BOOL


@dataclass(slots=True)
class UpdateDevice(Command):
    """A router tells the trust centre of a device that came or went."""

    device: EUI
    short: U16
    status: U8


@dataclass(slots=True)
class RemoveDevice(Command):
    """The trust centre has a router send its child away."""

    device: EUI


@dataclass(slots=True)
class RequestKey(Command):
    """A device asks the trust centre for a key; `partner` with an application link key."""

    key_type: ENUM8
    partner: Annotated[int | None, EUI64, When("key_type", "==", REQUEST_APPLICATION_KEY)] = None


@dataclass(slots=True)
class SwitchKey(Command):
    """The network key of this sequence is in use from now on."""

    sequence: U8


@dataclass(slots=True)
class Tunnel(Command):
    """A router hands `frame`, an APS frame secured for it, on to its child `destination`."""

    destination: EUI
    frame: Annotated[bytes, Rest()]


_OTHERS = CommandSet("APS", {6: UpdateDevice, 7: RemoveDevice, 8: RequestKey, 9: SwitchKey, 14: Tunnel})
_TRANSPORT: Final = 5
_BY_TYPE = {
    NETWORK_KEY: CommandSet("APS", {_TRANSPORT: TransportNetworkKey}),
    TRUST_CENTRE_LINK_KEY: CommandSet("APS", {_TRANSPORT: TransportLinkKey}),
    APPLICATION_LINK_KEY: CommandSet("APS", {_TRANSPORT: TransportApplicationKey}),
}
TransportKey = TransportNetworkKey | TransportLinkKey | TransportApplicationKey


def build(command: Command) -> bytes:
    """Return the id and the payload of an APS command. Raises EncodeError."""
    for transport in _BY_TYPE.values():
        if type(command) in transport.ids:
            return transport.build(command)
    return _OTHERS.build(command)


def parse(octets: bytes) -> Command:
    """Return the APS command in `octets`. Raises DecodeError."""
    if octets[:1] != bytes((_TRANSPORT,)):
        return _OTHERS.parse(octets)
    layout = _BY_TYPE.get(octets[1]) if len(octets) > 1 else None
    if layout is None:
        raise DecodeError("APS: a key of this type is not known here")
    return layout.parse(octets)
