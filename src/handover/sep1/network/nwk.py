"""ZigBee PRO network frames: header and payload, protected or not. Source: ZigBee PRO, 3.3.1.

A protected frame's payload is here what follows the header: auxiliary header, encrypted part, integrity code.
"""

import struct
from dataclasses import dataclass
from typing import Final

from handover.errors import DecodeError, EncodeError

DATA, COMMAND = 0, 1
"""Types of a frame."""

PROTOCOL_VERSION: Final = 2

ALL_NODES: Final = 0xFFFF
ALL_AWAKE: Final = 0xFFFD
ALL_ROUTERS: Final = 0xFFFC
"""Broadcast addresses: everybody, those whose receivers are on when idle, routers and the coordinator."""

FIRST_BROADCAST: Final = 0xFFF8

_HEADER = struct.Struct("<HHHBB")
_EUI = struct.Struct("<Q")
_MULTICAST, _SECURITY, _SOURCE_ROUTE = 0x0100, 0x0200, 0x0400
_DESTINATION_EUI, _SOURCE_EUI = 0x0800, 0x1000


@dataclass(slots=True, kw_only=True)
class NwkFrame:
    """A network frame; `destination` and `source` are 16-bit, the EUI-64s beside them optional."""

    kind: int = DATA
    destination: int
    source: int
    radius: int
    sequence: int
    payload: bytes
    destination_eui: int | None = None
    source_eui: int | None = None
    secured: bool = False


def header(frame: NwkFrame) -> bytes:
    """Return the header of `frame`. Raises EncodeError when a field does not fit."""
    control = frame.kind | PROTOCOL_VERSION << 2 | (_SECURITY if frame.secured else 0)
    euis = b""
    try:
        if frame.destination_eui is not None:
            control |= _DESTINATION_EUI
            euis += _EUI.pack(frame.destination_eui)
        if frame.source_eui is not None:
            control |= _SOURCE_EUI
            euis += _EUI.pack(frame.source_eui)
        octets = _HEADER.pack(control, frame.destination, frame.source, frame.radius, frame.sequence)
    except struct.error as error:
        raise EncodeError(f"NWK header of {frame!r}: {error}") from None
    return octets + euis


def build(frame: NwkFrame) -> bytes:
    """Return the octets of `frame`. Raises EncodeError when a field does not fit."""
    return header(frame) + frame.payload


def parse(data: bytes) -> NwkFrame:
    """Return the frame in `data`. Raises DecodeError for other types and protocol versions."""
    return split(data)[0]


def split(data: bytes) -> tuple[NwkFrame, int]:
    """Return the frame in `data` and the octets of its header. Raises DecodeError as `parse` does."""
    if len(data) < _HEADER.size:
        raise DecodeError(f"NWK frame: the header needs {_HEADER.size} octets, there are {len(data)}")
    control, destination, source, radius, sequence = _HEADER.unpack_from(data)
    if control & 0x03 > COMMAND:
        raise DecodeError(f"NWK frame: type {control & 0x03} is neither data nor command")
    if control >> 2 & 0x0F != PROTOCOL_VERSION:
        raise DecodeError(f"NWK frame: protocol version {control >> 2 & 0x0F} is not {PROTOCOL_VERSION}")
    position = _HEADER.size
    destination_eui, position = _eui(data, position, bool(control & _DESTINATION_EUI))
    source_eui, position = _eui(data, position, bool(control & _SOURCE_EUI))
    if control & _MULTICAST:
        position += 1
    if control & _SOURCE_ROUTE:
        if position >= len(data):
            raise DecodeError("NWK frame: it ends before the source route")
        position += 2 + 2 * data[position]
    if position > len(data):
        raise DecodeError(f"NWK frame: the header needs {position} octets, there are {len(data)}")
    frame = NwkFrame(
        kind=control & 0x03,
        destination=destination,
        source=source,
        radius=radius,
        sequence=sequence,
        payload=data[position:],
        destination_eui=destination_eui,
        source_eui=source_eui,
        secured=bool(control & _SECURITY),
    )
    return frame, position


def _eui(data: bytes, position: int, present: bool) -> tuple[int | None, int]:
    if not present:
        return None, position
    end = position + _EUI.size
    if end > len(data):
        raise DecodeError(f"NWK frame: it ends inside an EUI-64 at octet {position}")
    return _EUI.unpack_from(data, position)[0], end
