"""Security of NWK and APS frames: the auxiliary header, and AES-CCM* at level 5 (ZigBee PRO, 4.3.1, 4.5.1).

Level 5 encrypts and adds 4 octets of integrity code. The level bits are 0 on the air and 5 in what is
authenticated. Not here: which key, which counter, and whether the counter is new (`sep1.security`).
"""

import struct
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESCCM

from handover.errors import DecodeError, EncodeError

LINK, NETWORK, KEY_TRANSPORT, KEY_LOAD = 0, 1, 2, 3
"""Key identifiers: which key of the two nodes protects the frame."""

MIC: Final = 4
"""Octets of the integrity code."""
COUNTER_LIMIT: Final = 0xFFFF_FFFF
"""A frame counter ends before this value; the key must be changed by then."""

_LEVEL: Final = 5
_EXTENDED_NONCE: Final = 0x20
_RESERVED: Final = 0xC0
_HEAD = struct.Struct("<BI")
_U64 = struct.Struct("<Q")
_NONCE = struct.Struct("<QIB")


@dataclass(slots=True)
class Auxiliary:
    """An auxiliary header. `source` is sent with the extended nonce, `sequence` with a network key."""

    key_id: int
    counter: int
    source: int | None = None
    sequence: int | None = None

    def control(self, level: int = 0) -> int:
        """Return the security control octet with these level bits."""
        return level | self.key_id << 3 | (_EXTENDED_NONCE if self.source is not None else 0)


def build(header: Auxiliary, *, level: int = 0) -> bytes:
    """Return the octets of an auxiliary header.

    Raises EncodeError when a value does not fit, and when a sequence is missing or does not belong there.
    """
    if (header.sequence is None) == (header.key_id == NETWORK):
        raise EncodeError(
            f"auxiliary header {header!r}: a network key has a sequence number, others have none"
        )
    try:
        octets = _HEAD.pack(header.control(level), header.counter)
        if header.source is not None:
            octets += _U64.pack(header.source)
        return octets if header.sequence is None else octets + bytes((header.sequence,))
    except (struct.error, ValueError) as error:
        raise EncodeError(f"auxiliary header {header!r}: {error}") from None


def parse(data: bytes, position: int) -> tuple[Auxiliary, int]:
    """Return the auxiliary header at `position` and where it ends. Raises DecodeError if it is cut short."""
    try:
        control, counter = _HEAD.unpack_from(data, position)
        position += _HEAD.size
        if control & _RESERVED:
            raise DecodeError(f"auxiliary header: security control 0x{control:02X} has reserved bits")
        header = Auxiliary(control >> 3 & 3, counter)
        if control & _EXTENDED_NONCE:
            header.source = _U64.unpack_from(data, position)[0]
            position += 8
        if header.key_id == NETWORK:
            header.sequence = data[position]
            position += 1
    except (struct.error, IndexError):
        raise DecodeError(f"auxiliary header: the {len(data)} octets end inside it") from None
    return header, position


class FrameKey:
    """A key of 16 octets that protects frames."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        self._cipher = AESCCM(key, tag_length=MIC)

    def seal(self, header: bytes, auxiliary: Auxiliary, source: int, payload: bytes) -> bytes:
        """Return a protected frame: `header` in the clear, the auxiliary header, `payload` encrypted.

        `source` is the EUI-64 of the node whose counter it is.
        """
        shown, hidden = build(auxiliary), build(auxiliary, level=_LEVEL)
        nonce = _NONCE.pack(source, auxiliary.counter, hidden[0])
        return header + shown + self._cipher.encrypt(nonce, payload, header + hidden)

    def open(self, data: bytes, header_size: int, auxiliary: Auxiliary, start: int, source: int) -> bytes:
        """Return the payload of a protected frame whose encrypted part begins at `start`.

        Raises DecodeError when the integrity code is wrong: another key, another sender, a changed octet.
        """
        if len(data) - start < MIC:
            raise DecodeError("protected frame: it is too short for its integrity code")
        hidden = build(auxiliary, level=_LEVEL)
        nonce = _NONCE.pack(source, auxiliary.counter, hidden[0])
        try:
            return self._cipher.decrypt(nonce, data[start:], data[:header_size] + hidden)
        except InvalidTag:
            raise DecodeError("protected frame: the integrity code is wrong") from None
