"""APS frames as they lie in a network frame: data, commands, acknowledgements, fragments (ZigBee PRO, 2.2.5).

A protected frame's payload is here what follows the header: auxiliary header, encrypted part, integrity code.
Not here: the frame that engines exchange (`handover.sep1.aps`), which knows the nodes; commands
(`aps_commands`).
"""

import struct
from dataclasses import dataclass
from typing import Final

from handover.errors import DecodeError, EncodeError

DATA, COMMAND, ACK = 0, 1, 2
"""Types of a frame."""

UNICAST: Final = 0
BROADCAST: Final = 2
GROUP: Final = 3
"""Delivery modes."""

_ENDPOINTS = struct.Struct("<BHHB")
_GROUP = struct.Struct("<HHHB")
_ACK_FORMAT, _SECURITY, _ACK_REQUEST, _EXTENDED = 0x10, 0x20, 0x40, 0x80
_FIRST, _PART = 1, 2


@dataclass(frozen=True, slots=True)
class Fragment:
    """Which piece of a longer payload a frame holds, or which one it acknowledges.

    `block` counts from 0; `blocks` is the number of all, known from the first. `received` are the bits of an
    acknowledgement, bit n for block + n.
    """

    block: int
    blocks: int | None = None
    received: int | None = None


@dataclass(slots=True, kw_only=True)
class ApsData:
    """A frame; `delivery` is UNICAST, BROADCAST or GROUP, which goes to `group` instead of an endpoint.

    A command has neither endpoints nor ids. An acknowledgement of a command has none either, which `kind` ACK
    and `endpoints` False say.
    """

    kind: int = DATA
    delivery: int = UNICAST
    destination_endpoint: int = 0
    cluster_id: int = 0
    profile_id: int = 0
    source_endpoint: int = 0
    counter: int
    payload: bytes = b""
    ack_request: bool = False
    secured: bool = False
    fragment: Fragment | None = None
    group: int | None = None
    endpoints: bool = True


def header(frame: ApsData) -> bytes:
    """Return the header of `frame`. Raises EncodeError when a field does not fit."""
    control = frame.kind | frame.delivery << 2
    control |= (_SECURITY if frame.secured else 0) | (_ACK_REQUEST if frame.ack_request else 0)
    addresses, extended = b"", b""
    try:
        if frame.kind == COMMAND or (frame.kind == ACK and not frame.endpoints):
            control |= _ACK_FORMAT if frame.kind == ACK else 0
        elif frame.delivery == GROUP:
            addresses = _GROUP.pack(frame.group, frame.cluster_id, frame.profile_id, frame.source_endpoint)
        else:
            addresses = _ENDPOINTS.pack(
                frame.destination_endpoint, frame.cluster_id, frame.profile_id, frame.source_endpoint
            )
        if frame.fragment is not None:
            control |= _EXTENDED
            extended = _fragment(frame.fragment, frame.kind)
        return b"".join((bytes((control,)), addresses, bytes((frame.counter,)), extended))
    except (struct.error, ValueError) as error:
        raise EncodeError(f"APS header of {frame!r}: {error}") from None


def _fragment(fragment: Fragment, kind: int) -> bytes:
    if kind == ACK:
        place = _FIRST if fragment.block == 0 else _PART
        return bytes((place, fragment.block, fragment.received or 0))
    if fragment.block == 0:
        return bytes((_FIRST, fragment.blocks or 0))
    return bytes((_PART, fragment.block))


def build(frame: ApsData) -> bytes:
    """Return the octets of `frame`. Raises EncodeError when a field does not fit."""
    return header(frame) + frame.payload


def parse(data: bytes) -> ApsData:
    """Return the frame in `data`. Raises DecodeError for reserved types, and when it is cut short."""
    return split(data)[0]


def split(data: bytes) -> tuple[ApsData, int]:
    """Return the frame in `data` and the octets of its header. Raises DecodeError as `parse` does."""
    if not data:
        raise DecodeError("APS frame: there are no octets")
    control = data[0]
    frame = ApsData(
        kind=control & 3,
        delivery=control >> 2 & 3,
        counter=0,
        ack_request=bool(control & _ACK_REQUEST),
        secured=bool(control & _SECURITY),
    )
    if frame.kind > ACK or frame.delivery not in (UNICAST, BROADCAST, GROUP):
        raise DecodeError(f"APS frame: control 0x{control:02X} has a reserved type or delivery mode")
    try:
        position = _addresses(frame, data, control)
        frame.counter = data[position]
        position += 1
        if control & _EXTENDED:
            frame.fragment, position = _parse_fragment(data, position, frame.kind)
    except (struct.error, IndexError):
        raise DecodeError(f"APS frame: the {len(data)} octets end inside the header") from None
    frame.payload = data[position:]
    return frame, position


def _addresses(frame: ApsData, data: bytes, control: int) -> int:
    """Read endpoints and ids, if there are any, and return where they end."""
    if frame.kind == COMMAND or (frame.kind == ACK and control & _ACK_FORMAT):
        frame.endpoints = frame.kind != ACK
        return 1
    if frame.delivery == GROUP:
        frame.group, frame.cluster_id, frame.profile_id, frame.source_endpoint = _GROUP.unpack_from(data, 1)
        return 1 + _GROUP.size
    (
        frame.destination_endpoint,
        frame.cluster_id,
        frame.profile_id,
        frame.source_endpoint,
    ) = _ENDPOINTS.unpack_from(data, 1)
    return 1 + _ENDPOINTS.size


def _parse_fragment(data: bytes, position: int, kind: int) -> tuple[Fragment | None, int]:
    place = data[position] & 3
    if place == 0:
        return None, position + 1
    if place not in (_FIRST, _PART):
        raise DecodeError("APS frame: the fragmentation field is reserved")
    number = data[position + 1]
    if kind == ACK:
        return Fragment(number, received=data[position + 2]), position + 3
    return (Fragment(0, number) if place == _FIRST else Fragment(number)), position + 2
