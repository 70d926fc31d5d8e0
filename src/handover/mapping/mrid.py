"""The identity scheme: SEP 1.x numbers in 128-bit mRIDs, computed and reversible, stable over restarts.

Layout, most significant first: kind 8, generation 8, endpoint 8, sub 8, low half of the EUI-64 32, id 32,
PEN 32 bits. The converse (foreign mRID to a 32-bit number) must be stored and is not here.
"""

from enum import Enum, IntEnum
from struct import Struct, error
from typing import NamedTuple

from handover.errors import EncodeError, Untranslatable


class MridKind(IntEnum):
    """What an mRID names; the cluster follows from it."""

    END_DEVICE_CONTROL = 0x01
    DEMAND_RESPONSE_PROGRAM = 0x02
    TIME_TARIFF_INTERVAL = 0x03
    TARIFF_PROFILE = 0x04
    RATE_COMPONENT = 0x05
    TEXT_MESSAGE = 0x06
    MESSAGING_PROGRAM = 0x07
    USAGE_POINT = 0x08
    METER_READING = 0x09
    READING_SET = 0x0A
    CREDIT_REGISTER = 0x0B
    TIME_TARIFF_INTERVAL_RECEIVED = 0x0C
    FUNCTION_SET_ASSIGNMENTS = 0x0D
    RESPONSE_SET = 0x0E
    MIRROR_USAGE_POINT = 0x0F
    PREPAYMENT = 0x10
    CUSTOMER_ACCOUNT = 0x11
    CUSTOMER_AGREEMENT = 0x12
    SERVICE_SUPPLIER = 0x13


class IdentityProfile(Enum):
    """How the PEN ends an identity: as a number, or (for CSIP-AUS) as eight decimal digits."""

    HASH = "hash"
    CSIP_AUS = "csip-aus"


class Mrid(NamedTuple):
    """What is in an mRID. `eui64` has only the low 32 bits."""

    kind: MridKind
    generation: int
    endpoint: int
    sub: int
    eui64: int
    id: int
    pen: int


_LAYOUT = Struct(">BBBBIII")
_RESERVED = b"\xff" * 12


def pen_word(pen: int, profile: IdentityProfile = IdentityProfile.HASH) -> int:
    """Return the last 32 bits of an identity. Raises EncodeError if the PEN does not fit the profile."""
    if profile is IdentityProfile.HASH:
        if not 0 <= pen <= 0xFFFFFFFF:
            raise EncodeError(f"PEN {pen} does not fit 32 bits; configure the number that IANA assigned")
        return pen
    if not 0 <= pen <= 99999999:
        raise EncodeError(f"PEN {pen} has more than the 8 decimal digits of profile csip-aus")
    return int(str(pen), 16)


def mrid(
    kind: MridKind,
    *,
    eui64: int,
    id: int,
    pen: int,
    generation: int = 0,
    endpoint: int = 0,
    sub: int = 0,
    profile: IdentityProfile = IdentityProfile.HASH,
) -> bytes:
    """Return the 16 octets that name one thing of one SEP 1.x node.

    Raises EncodeError when a part does not fit: generation, endpoint and sub 8 bits, id and PEN 32.
    """
    try:
        word = pen if profile is IdentityProfile.HASH else pen_word(pen, profile)
        return _LAYOUT.pack(kind, generation, endpoint, sub, eui64 & 0xFFFFFFFF, id, word)
    except error as bad:
        raise EncodeError(
            f"mRID of {kind.name}: generation {generation}, endpoint {endpoint}, sub {sub}, id {id:#x} "
            f"or PEN {pen} does not fit its field ({bad})"
        ) from bad


def parse(value: bytes, profile: IdentityProfile = IdentityProfile.HASH) -> Mrid:
    """Return the parts of an mRID of this scheme, short forms included.

    Raises Untranslatable (HTTP 400) when it cannot be one of ours.
    """
    padded = pad(value)
    kind, generation, endpoint, sub, eui64, number, word = _LAYOUT.unpack(padded)
    try:
        known = MridKind(kind)
        pen = word if profile is IdentityProfile.HASH else int(f"{word:x}", 10)
    except ValueError:
        raise _foreign(value) from None
    return Mrid(known, generation, endpoint, sub, eui64, number, pen)


def pad(value: bytes) -> bytes:
    """Return an mRID in its full 16 octets, for comparison. Raises Untranslatable if it is longer."""
    if len(value) > 16:
        raise _foreign(value)
    return value.rjust(16, b"\0")


def being_created(pen: int, profile: IdentityProfile = IdentityProfile.HASH) -> bytes:
    """Return the reserved mRID of an object that is still being made (a running interval)."""
    return _RESERVED + pen_word(pen, profile).to_bytes(4, "big")


def _foreign(value: bytes) -> Untranslatable:
    bad = Untranslatable(f"mRID {value.hex().upper()} is not one of this gateway: use one that it served")
    bad.http_status = 400
    return bad
