"""ZigBee PRO network data frames. Source: ZigBee PRO specification, 3.3.1.

Frames secured with the network key are refused, as are network commands.
"""

import struct
from dataclasses import dataclass

from handover.errors import DecodeError, EncodeError

PROTOCOL_VERSION = 2

_HEADER = struct.Struct("<HHHBB")
_EUI = struct.Struct("<Q")
_MULTICAST, _SECURITY, _SOURCE_ROUTE = 0x0100, 0x0200, 0x0400
_DESTINATION_EUI, _SOURCE_EUI = 0x0800, 0x1000


@dataclass(slots=True, kw_only=True)
class NwkFrame:
    """A network data frame; `destination` and `source` are 16-bit, the EUI-64s beside them optional."""

    destination: int
    source: int
    radius: int
    sequence: int
    payload: bytes
    destination_eui: int | None = None
    source_eui: int | None = None


def build(frame: NwkFrame) -> bytes:
    """Return the octets of `frame`. Raises EncodeError when a field does not fit."""
    control = PROTOCOL_VERSION << 2
    euis = b""
    try:
        if frame.destination_eui is not None:
            control |= _DESTINATION_EUI
            euis += _EUI.pack(frame.destination_eui)
        if frame.source_eui is not None:
            control |= _SOURCE_EUI
            euis += _EUI.pack(frame.source_eui)
        header = _HEADER.pack(control, frame.destination, frame.source, frame.radius, frame.sequence)
    except struct.error as error:
        raise EncodeError(f"NWK header of {frame!r}: {error}") from None
    return header + euis + frame.payload


def parse(data: bytes) -> NwkFrame:
    """Return the frame in `data`. Raises DecodeError for any other kind of frame."""
    if len(data) < _HEADER.size:
        raise DecodeError(f"NWK frame: the header needs {_HEADER.size} octets, there are {len(data)}")
    control, destination, source, radius, sequence = _HEADER.unpack_from(data)
    if control & 0x03:
        raise DecodeError(f"NWK frame: type {control & 0x03} is not data")
    if control >> 2 & 0x0F != PROTOCOL_VERSION:
        raise DecodeError(f"NWK frame: protocol version {control >> 2 & 0x0F} is not {PROTOCOL_VERSION}")
    if control & _SECURITY:
        raise DecodeError("NWK frame: it is secured with the network key, which is not known here")
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
    return NwkFrame(
        destination=destination,
        source=source,
        radius=radius,
        sequence=sequence,
        payload=data[position:],
        destination_eui=destination_eui,
        source_eui=source_eui,
    )


def _eui(data: bytes, position: int, present: bool) -> tuple[int | None, int]:
    if not present:
        return None, position
    end = position + _EUI.size
    if end > len(data):
        raise DecodeError(f"NWK frame: it ends inside an EUI-64 at octet {position}")
    return int.from_bytes(data[position:end], "little"), end
