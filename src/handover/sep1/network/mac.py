"""IEEE 802.15.4 MAC frames: beacons, data, acknowledgements and commands, without MAC security.

Octets are without frame check sequence; `with_check` and `checked` add it and take it off. Source: IEEE
802.15.4-2006, 7.2.
"""

import struct
from dataclasses import dataclass
from typing import Final

from handover.errors import DecodeError, EncodeError

BEACON, DATA, ACK, COMMAND = 0, 1, 2, 3
"""Types of a frame."""

EVERYBODY: Final = 0xFFFF
"""Short address and PAN id that stand for all."""

_SECURITY, _PENDING, _ACK_REQUEST, _INTRA_PAN, _VERSIONS = 0x0008, 0x0010, 0x0020, 0x0040, 0x3000
_NONE, _SHORT, _EXTENDED = 0, 2, 3
_CONTROL = struct.Struct("<HB")
_U16 = struct.Struct("<H")
_NO_PAN: Final = b"\xff\xff"
_U64 = struct.Struct("<Q")


@dataclass(slots=True, kw_only=True)
class MacFrame:
    """A frame of one PAN. At most one of `destination` (16 bits) and `destination_eui` is there.

    The same holds for the source. A beacon has no destination, and `pan_id` is that of its source; an
    acknowledgement has no address at all, and its `pan_id` is not sent. The source is `unattached` when it
    belongs to no PAN yet and says so by PAN id 0xFFFF, as in an association request (7.3.1); `pan_id` is then
    that of the destination.
    """

    kind: int = DATA
    sequence: int
    pan_id: int = EVERYBODY
    destination: int | None = None
    source: int | None = None
    destination_eui: int | None = None
    source_eui: int | None = None
    payload: bytes = b""
    ack_request: bool = False
    pending: bool = False
    unattached: bool = False


def build(frame: MacFrame) -> bytes:
    """Return the octets of `frame`. Raises EncodeError when an address or the sequence does not fit."""
    destination_mode, destination = _address(frame.destination, frame.destination_eui)
    source_mode, source = _address(frame.source, frame.source_eui)
    control = frame.kind | destination_mode << 10 | source_mode << 14
    control |= _ACK_REQUEST * frame.ack_request | _PENDING * frame.pending
    if destination_mode and source_mode:
        if frame.unattached:
            source = _NO_PAN + source
        else:
            control |= _INTRA_PAN
    elif frame.unattached:
        raise EncodeError(f"MAC header of {frame!r}: an unattached source needs both addresses")
    try:
        header = _CONTROL.pack(control, frame.sequence)
        if destination_mode or source_mode:
            header += _U16.pack(frame.pan_id)
    except struct.error as error:
        raise EncodeError(f"MAC header of {frame!r}: {error}") from None
    return b"".join((header, destination, source, frame.payload))


def _address(short: int | None, eui: int | None) -> tuple[int, bytes]:
    try:
        if eui is not None:
            return _EXTENDED, _U64.pack(eui)
        return (_NONE, b"") if short is None else (_SHORT, _U16.pack(short))
    except struct.error as error:
        raise EncodeError(f"MAC address {short!r} {eui!r}: {error}") from None


def parse(data: bytes) -> MacFrame:
    """Return the frame in `data`. Raises DecodeError for a secured one, and for one that spans two PANs."""
    if len(data) < _CONTROL.size:
        raise DecodeError(f"MAC frame: the header needs {_CONTROL.size} octets, there are {len(data)}")
    control, sequence = _CONTROL.unpack_from(data)
    kind, destination_mode, source_mode = control & 7, control >> 10 & 3, control >> 14
    if kind > COMMAND or control & _SECURITY or control & _VERSIONS > 0x1000:
        raise DecodeError(f"MAC frame: control 0x{control:04X} is not of an unsecured 802.15.4-2006 frame")
    if 1 in (destination_mode, source_mode):
        raise DecodeError(f"MAC frame: control 0x{control:04X} has a reserved address mode")
    frame = MacFrame(
        kind=kind,
        sequence=sequence,
        ack_request=bool(control & _ACK_REQUEST),
        pending=bool(control & _PENDING),
    )
    try:
        position = _CONTROL.size
        if destination_mode:
            frame.pan_id = _U16.unpack_from(data, position)[0]
            frame.destination, frame.destination_eui, position = _parse(data, position + 2, destination_mode)
        if source_mode:
            if not control & _INTRA_PAN or not destination_mode:
                pan_id = _U16.unpack_from(data, position)[0]
                position += 2
                if not destination_mode or frame.pan_id == EVERYBODY:
                    frame.pan_id = pan_id
                elif pan_id == EVERYBODY:
                    frame.unattached = True
                elif pan_id != frame.pan_id:
                    raise DecodeError("MAC frame: it goes from one PAN to another")
            frame.source, frame.source_eui, position = _parse(data, position, source_mode)
    except struct.error:
        raise DecodeError(f"MAC frame: the {len(data)} octets end inside the addresses") from None
    frame.payload = data[position:]
    return frame


def _parse(data: bytes, position: int, mode: int) -> tuple[int | None, int | None, int]:
    if mode == _SHORT:
        return _U16.unpack_from(data, position)[0], None, position + 2
    return None, _U64.unpack_from(data, position)[0], position + 8


def check_sequence(octets: bytes) -> bytes:
    """Return the frame check sequence of `octets` (CRC-16/KERMIT), 2 octets."""
    value = 0
    for octet in octets:
        value ^= octet
        for _ in range(8):
            value = value >> 1 ^ (0x8408 if value & 1 else 0)
    return value.to_bytes(2, "little")


def with_check(octets: bytes) -> bytes:
    """Return a frame with its check sequence behind it."""
    return octets + check_sequence(octets)


def checked(octets: bytes) -> bytes:
    """Return a frame without its check sequence. Raises DecodeError when that is wrong."""
    if len(octets) < 2 or check_sequence(octets[:-2]) != octets[-2:]:
        raise DecodeError("MAC frame: the check sequence is wrong; the frame was damaged on the air")
    return octets[:-2]
