"""Tunneling (0x0704): octets of another protocol through the home area network. All of SE 1.1.

The functions of a tunnel have one command id towards the server and another towards the client.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated, Final, NamedTuple

from handover.sep1.declaration import (
    Attribute,
    Cluster,
    Command,
    CommandRow,
    Since,
    attributes,
    commands,
)
from handover.sep1.types import BOOL, ENUM8, U8, U16, UINT16, CountedRows, Rest

NO_MANUFACTURER: Final = 0xFFFF
"""Manufacturer code of the protocols of the standard."""

DEFAULT_TRANSFER_SIZE: Final = 1500
"""What a sender of SE 1.1, which does not tell its maximum incoming transfer size, takes at once."""


class TunnelProtocolId(IntEnum):
    """Protocols of the standard; 200 to 254 belong to manufacturers."""

    DLMS_COSEM = 0
    IEC_61107 = 1
    ANSI_C12 = 2
    M_BUS = 3
    SML = 4
    CLIMATE_TALK = 5
    GB_HRGP = 6


class TunnelStatus(IntEnum):
    """Codes of `tunnel_status`."""

    SUCCESS = 0x00
    BUSY = 0x01
    NO_MORE_TUNNEL_IDS = 0x02
    PROTOCOL_NOT_SUPPORTED = 0x03
    FLOW_CONTROL_NOT_SUPPORTED = 0x04


class TransferDataStatus(IntEnum):
    """Codes of `transfer_data_status`."""

    NO_SUCH_TUNNEL = 0x00
    WRONG_DEVICE = 0x01
    DATA_OVERFLOW = 0x02


class Protocol(NamedTuple):
    """One protocol that a server carries."""

    manufacturer_code: U16
    protocol_id: U8


@dataclass(slots=True)
class RequestTunnel(Command):
    """Asks for a tunnel; `maximum_incoming_transfer_size` is what the client takes at once, in octets."""

    protocol_id: U8
    manufacturer_code: U16
    flow_control_support: BOOL
    maximum_incoming_transfer_size: Annotated[U16, Since("1.1a")] = DEFAULT_TRANSFER_SIZE


@dataclass(slots=True)
class CloseTunnel(Command):
    """Ends a tunnel."""

    tunnel_id: U16


@dataclass(slots=True)
class TransferDataClientToServer(Command):
    """Octets through a tunnel."""

    tunnel_id: U16
    data: Annotated[bytes, Rest()]


@dataclass(slots=True)
class TransferDataErrorClientToServer(Command):
    """Tells that octets from the server could not be taken."""

    tunnel_id: U16
    transfer_data_status: ENUM8


@dataclass(slots=True)
class AckTransferDataClientToServer(Command):
    """Flow control: octets were taken, and `number_of_bytes_left` more can be at present."""

    tunnel_id: U16
    number_of_bytes_left: U16


@dataclass(slots=True)
class ReadyDataClientToServer(Command):
    """Flow control: `number_of_octets_left` can be taken again."""

    tunnel_id: U16
    number_of_octets_left: U16


@dataclass(slots=True)
class GetSupportedTunnelProtocols(Command):
    """Asks for protocols, from number `protocol_offset` of the list on."""

    protocol_offset: U8


@dataclass(slots=True)
class RequestTunnelResponse(Command):
    """The tunnel that was opened (`tunnel_id` 0xFFFF without one), and what the server takes at once."""

    tunnel_id: U16
    tunnel_status: ENUM8
    maximum_incoming_transfer_size: Annotated[U16, Since("1.1a")] = DEFAULT_TRANSFER_SIZE


@dataclass(slots=True)
class TransferDataServerToClient(Command):
    """Octets through a tunnel."""

    tunnel_id: U16
    data: Annotated[bytes, Rest()]


@dataclass(slots=True)
class TransferDataErrorServerToClient(Command):
    """Tells that octets from the client could not be taken."""

    tunnel_id: U16
    transfer_data_status: ENUM8


@dataclass(slots=True)
class AckTransferDataServerToClient(Command):
    """Flow control: octets were taken, and `number_of_bytes_left` more can be at present."""

    tunnel_id: U16
    number_of_bytes_left: U16


@dataclass(slots=True)
class ReadyDataServerToClient(Command):
    """Flow control: `number_of_octets_left` can be taken again."""

    tunnel_id: U16
    number_of_octets_left: U16


@dataclass(slots=True)
class SupportedTunnelProtocolsResponse(Command):
    """Protocols of the server; `protocol_list_complete` 1 when none follows these."""

    protocol_list_complete: BOOL
    protocol_count: U8
    protocol_list: Annotated[list[Protocol], CountedRows(Protocol, by="protocol_count")]


@dataclass(slots=True)
class TunnelClosureNotification(Command):
    """Tells that the server has ended a tunnel that was idle for too long."""

    tunnel_id: U16


TUNNELING = Cluster(
    id=0x0704,
    name="Tunneling",
    link_key=True,
    server_attributes=attributes(
        Attribute(0x0000, "close_tunnel_timeout", UINT16, mandatory=True, since="1.1"),
    ),
    to_server=commands(
        CommandRow(0x00, RequestTunnel, mandatory=True, since="1.1"),
        CommandRow(0x01, CloseTunnel, mandatory=True, since="1.1"),
        CommandRow(0x02, TransferDataClientToServer, mandatory=True, since="1.1"),
        CommandRow(0x03, TransferDataErrorClientToServer, mandatory=True, since="1.1"),
        CommandRow(0x04, AckTransferDataClientToServer, since="1.1"),
        CommandRow(0x05, ReadyDataClientToServer, since="1.1"),
        CommandRow(0x06, GetSupportedTunnelProtocols, since="1.1a"),
    ),
    to_client=commands(
        CommandRow(0x00, RequestTunnelResponse, mandatory=True, since="1.1"),
        CommandRow(0x01, TransferDataServerToClient, mandatory=True, since="1.1"),
        CommandRow(0x02, TransferDataErrorServerToClient, mandatory=True, since="1.1"),
        CommandRow(0x03, AckTransferDataServerToClient, since="1.1"),
        CommandRow(0x04, ReadyDataServerToClient, since="1.1"),
        CommandRow(0x05, SupportedTunnelProtocolsResponse, since="1.1a"),
        CommandRow(0x06, TunnelClosureNotification, since="1.1a"),
    ),
)
