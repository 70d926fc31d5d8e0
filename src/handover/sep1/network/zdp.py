"""ZigBee Device Profile: how nodes tell who and what they are. Source: ZigBee PRO, 2.4.

Profile 0, endpoint 0; the cluster id names the command; the first octet of every payload is a transaction
number, which a response repeats.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from handover.errors import DecodeError, EncodeError
from handover.sep1.codec import encode as encode_payload
from handover.sep1.declaration import Command, When
from handover.sep1.network.payloads import EUI, decode
from handover.sep1.types import (
    CLUSTER,
    CLUSTER_ID,
    EUI64,
    MAP8,
    U8,
    U16,
    UINT8,
    UINT16,
    Counted,
    CountedOctets,
    Rest,
)

PROFILE: Final = 0x0000
ENDPOINT: Final = 0
RESPONSE: Final = 0x8000
"""Bit of the cluster id of a response."""

SUCCESS: Final = 0x00
INVALID_REQUEST: Final = 0x80
DEVICE_NOT_FOUND: Final = 0x81
INVALID_ENDPOINT: Final = 0x82
NOT_ACTIVE: Final = 0x83
NOT_SUPPORTED: Final = 0x84
NO_ENTRY: Final = 0x88
TABLE_FULL: Final = 0x8C
NOT_AUTHORIZED: Final = 0x8D


@dataclass(slots=True)
class NwkAddressRequest(Command):
    """Asks for the short address of an EUI-64."""

    eui64: EUI
    request_type: U8
    start_index: U8


@dataclass(slots=True)
class IeeeAddressRequest(Command):
    """Asks for the EUI-64 of a short address."""

    short: U16
    request_type: U8
    start_index: U8


@dataclass(slots=True)
class AddressResponse(Command):
    """Both addresses of a node."""

    status: U8
    eui64: EUI
    short: U16


@dataclass(slots=True)
class NodeDescriptorRequest(Command):
    """Asks what a node is."""

    short: U16


@dataclass(slots=True)
class NodeDescriptorResponse(Command):
    """What a node is: logical type, capability, manufacturer, sizes; the rest only if `status` is 0."""

    status: U8
    short: U16
    node_type: Annotated[int | None, UINT8, When("status", "==", 0)] = None
    band: Annotated[int | None, UINT8, When("status", "==", 0)] = None
    capability: Annotated[int | None, UINT8, When("status", "==", 0)] = None
    manufacturer: Annotated[int | None, UINT16, When("status", "==", 0)] = None
    buffer_size: Annotated[int | None, UINT8, When("status", "==", 0)] = None
    incoming_size: Annotated[int | None, UINT16, When("status", "==", 0)] = None
    server_mask: Annotated[int | None, UINT16, When("status", "==", 0)] = None
    outgoing_size: Annotated[int | None, UINT16, When("status", "==", 0)] = None
    descriptor_capability: Annotated[int | None, UINT8, When("status", "==", 0)] = None


@dataclass(slots=True)
class SimpleDescriptorRequest(Command):
    """Asks what an endpoint does."""

    short: U16
    endpoint: U8


@dataclass(slots=True)
class SimpleDescriptorResponse(Command):
    """What an endpoint does; `descriptor` has `size` octets, see `SimpleDescriptor`."""

    status: U8
    short: U16
    size: U8
    descriptor: Annotated[bytes, CountedOctets("size")]


@dataclass(slots=True)
class ActiveEndpointsRequest(Command):
    """Asks which endpoints a node has."""

    short: U16


@dataclass(slots=True)
class ActiveEndpointsResponse(Command):
    """The endpoints of a node."""

    status: U8
    short: U16
    count: U8
    endpoints: Annotated[list[int], Counted(UINT8, "count")]


@dataclass(slots=True)
class MatchDescriptorRequest(Command):
    """Asks for endpoints of a profile that serve one of the input, or use one of the output clusters."""

    short: U16
    profile: U16
    input_count: U8
    input_clusters: Annotated[list[int], Counted(CLUSTER_ID, "input_count")]
    output_count: U8
    output_clusters: Annotated[list[int], Counted(CLUSTER_ID, "output_count")]


@dataclass(slots=True)
class MatchDescriptorResponse(Command):
    """The endpoints that match."""

    status: U8
    short: U16
    count: U8
    endpoints: Annotated[list[int], Counted(UINT8, "count")]


@dataclass(slots=True)
class DeviceAnnounce(Command):
    """A node has come, or come back, under this short address."""

    short: U16
    eui64: EUI
    capability: MAP8


@dataclass(slots=True)
class BindRequest(Command):
    """Asks `source` to send what concerns a cluster to an endpoint of another node (mode 3) or group (1)."""

    source: EUI
    source_endpoint: U8
    cluster_id: CLUSTER
    mode: U8
    group: Annotated[int | None, UINT16, When("mode", "==", 1)] = None
    destination: Annotated[int | None, EUI64, When("mode", "==", 3)] = None
    destination_endpoint: Annotated[int | None, UINT8, When("mode", "==", 3)] = None


@dataclass(slots=True)
class UnbindRequest(Command):
    """Takes a binding back."""

    source: EUI
    source_endpoint: U8
    cluster_id: CLUSTER
    mode: U8
    group: Annotated[int | None, UINT16, When("mode", "==", 1)] = None
    destination: Annotated[int | None, EUI64, When("mode", "==", 3)] = None
    destination_endpoint: Annotated[int | None, UINT8, When("mode", "==", 3)] = None


@dataclass(slots=True)
class LeaveRequest(Command):
    """Asks a node to leave; options: bit 6 its children too, bit 7 come back."""

    eui64: EUI
    options: MAP8


@dataclass(slots=True)
class StatusResponse(Command):
    """What became of a bind, unbind, leave or permit request."""

    status: U8


@dataclass(slots=True)
class PermitJoiningRequest(Command):
    """Opens the network to new devices for `duration` seconds, 0 closes it, 255 is for ever."""

    duration: U8
    significance: U8


@dataclass(slots=True)
class Unknown(Command):
    """A command that is not known here."""

    octets: Annotated[bytes, Rest()]


COMMANDS: Final[Mapping[int, type[Command]]] = {
    0x0000: NwkAddressRequest,
    0x0001: IeeeAddressRequest,
    0x0002: NodeDescriptorRequest,
    0x0004: SimpleDescriptorRequest,
    0x0005: ActiveEndpointsRequest,
    0x0006: MatchDescriptorRequest,
    0x0013: DeviceAnnounce,
    0x0021: BindRequest,
    0x0022: UnbindRequest,
    0x0034: LeaveRequest,
    0x0036: PermitJoiningRequest,
    0x8000: AddressResponse,
    0x8001: AddressResponse,
    0x8002: NodeDescriptorResponse,
    0x8004: SimpleDescriptorResponse,
    0x8005: ActiveEndpointsResponse,
    0x8006: MatchDescriptorResponse,
    0x8021: StatusResponse,
    0x8022: StatusResponse,
    0x8034: StatusResponse,
    0x8036: StatusResponse,
}
"""Commands by cluster id."""

_IDS = {command: cluster for cluster, command in COMMANDS.items() if not cluster & RESPONSE}


@dataclass(frozen=True, slots=True, kw_only=True)
class SimpleDescriptor:
    """An endpoint: its profile, device id and version, the clusters it serves (input) and uses (output)."""

    endpoint: int
    profile: int
    device_id: int
    version: int = 0
    input_clusters: tuple[int, ...] = ()
    output_clusters: tuple[int, ...] = ()


def build_descriptor(descriptor: SimpleDescriptor) -> bytes:
    """Return the octets of a simple descriptor. Raises EncodeError when a value does not fit."""
    try:
        octets = bytes((descriptor.endpoint,))
        octets += descriptor.profile.to_bytes(2, "little") + descriptor.device_id.to_bytes(2, "little")
        octets += bytes((descriptor.version & 0x0F,))
        for clusters in (descriptor.input_clusters, descriptor.output_clusters):
            octets += bytes((len(clusters),)) + b"".join(c.to_bytes(2, "little") for c in clusters)
    except (ValueError, OverflowError) as error:
        raise EncodeError(f"simple descriptor {descriptor!r}: {error}") from None
    return octets


def parse_descriptor(octets: bytes) -> SimpleDescriptor:
    """Return a simple descriptor. Raises DecodeError when it is cut short."""

    def word(at: int) -> int:
        if at + 2 > len(octets):
            raise DecodeError(f"simple descriptor: the {len(octets)} octets end at octet {at}")
        return int.from_bytes(octets[at : at + 2], "little")

    found: list[tuple[int, ...]] = []
    position = 6
    for _side in range(2):
        if position >= len(octets):
            raise DecodeError(f"simple descriptor: the {len(octets)} octets end before a list of clusters")
        count = octets[position]
        found.append(tuple(word(position + 1 + 2 * n) for n in range(count)))
        position += 1 + 2 * count
    return SimpleDescriptor(
        endpoint=octets[0],
        profile=word(1),
        device_id=word(3),
        version=octets[5] & 0x0F,
        input_clusters=found[0],
        output_clusters=found[1],
    )


def build(sequence: int, command: Command) -> bytes:
    """Return the payload of an APS frame: the transaction number and the command. Raises EncodeError."""
    return bytes((sequence & 0xFF,)) + encode_payload(command)


def cluster_of(command: Command) -> int:
    """Return the cluster id of a request or an announcement. Raises EncodeError for a response."""
    found = _IDS.get(type(command))
    if found is None:
        raise EncodeError(
            f"ZDP: {type(command).__name__} is no request; its cluster id is the request's | 0x8000"
        )
    return found


def parse(cluster_id: int, octets: bytes) -> tuple[int, Command]:
    """Return the transaction number and the command. Raises DecodeError when it is cut short.

    Octets of a cluster that is not known here give `Unknown`.
    """
    if not octets:
        raise DecodeError(f"ZDP 0x{cluster_id:04X}: there is no transaction number")
    return octets[0], decode(COMMANDS.get(cluster_id, Unknown), octets[1:])
