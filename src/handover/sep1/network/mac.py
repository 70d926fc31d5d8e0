"""IEEE 802.15.4 MAC data frames between short addresses of one PAN, without frame check sequence.

Source: IEEE 802.15.4-2006, 7.2.2.2.
"""

import struct
from dataclasses import dataclass

from handover.errors import DecodeError, EncodeError

_HEADER = struct.Struct("<HBHHH")
_DATA, _INTRA_PAN, _SHORT_TO_SHORT = 0x0001, 0x0040, 0x8800
_ACK_REQUEST, _FRAME_PENDING = 0x0020, 0x0010
_VERSIONS = 0x1000


@dataclass(slots=True, kw_only=True)
class MacFrame:
    """A data frame; the addresses are 16-bit, 0xFFFF for all nodes."""

    sequence: int
    pan_id: int
    destination: int
    source: int
    payload: bytes
    ack_request: bool = False


def build(frame: MacFrame) -> bytes:
    """Return the octets of `frame`. Raises EncodeError when an address or the sequence does not fit."""
    control = _DATA | _INTRA_PAN | _SHORT_TO_SHORT | (_ACK_REQUEST if frame.ack_request else 0)
    try:
        header = _HEADER.pack(control, frame.sequence, frame.pan_id, frame.destination, frame.source)
    except struct.error as error:
        raise EncodeError(f"MAC header of {frame!r}: {error}") from None
    return header + frame.payload


def parse(data: bytes) -> MacFrame:
    """Return the frame in `data`. Raises DecodeError for any other kind of frame."""
    if len(data) < _HEADER.size:
        raise DecodeError(f"MAC frame: the header needs {_HEADER.size} octets, there are {len(data)}")
    control, sequence, pan_id, destination, source = _HEADER.unpack_from(data)
    if control & ~(_ACK_REQUEST | _FRAME_PENDING | _VERSIONS) != _DATA | _INTRA_PAN | _SHORT_TO_SHORT:
        raise DecodeError(
            f"MAC frame: control 0x{control:04X} is not an unsecured data frame between short addresses "
            f"of one PAN"
        )
    return MacFrame(
        sequence=sequence,
        pan_id=pan_id,
        destination=destination,
        source=source,
        payload=data[_HEADER.size :],
        ack_request=bool(control & _ACK_REQUEST),
    )
