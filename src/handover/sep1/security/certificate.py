"""Implicit certificates of Smart Energy: their fields, of suite 1 (48 octets) and suite 2 (74 octets).

An implicit certificate holds no signature and no public key, but a point of which, with the key of the
authority, everybody computes the public key (`ecqv`). EUI-64s stand in it most significant octet first.
"""

from dataclasses import dataclass, field
from enum import IntFlag
from typing import Final

from handover.errors import DecodeError

SIZES: Final = {1: 48, 2: 74}
"""Octets of a certificate by suite."""

NO_END: Final = 0xFFFFFFFF
"""Value of the period of validity that stands for a certificate without end."""

_TYPE, _CURVE, _HASH = 0x00, 0x0D, 0x08
"""What certificates of suite 2 say of themselves: implicit, sect283k1, AES-MMO."""


class KeyUsage(IntFlag):
    """Bits of the key usage of suite 2; certificates of suite 1 allow both."""

    KEY_AGREEMENT = 0x08
    SIGNATURE = 0x80


BOTH: Final = KeyUsage.KEY_AGREEMENT | KeyUsage.SIGNATURE


@dataclass(frozen=True, slots=True)
class Certificate:
    """One implicit certificate; `octets` is all of it, `reconstruction` the compressed point.

    `valid_from` is in Unix seconds, `valid_for` the seconds from then on, None without end; suite 1 has
    neither. `attributes` are the 10 octets that suite 1 leaves to the authority.
    """

    suite: int
    subject: int
    issuer: int
    reconstruction: bytes
    octets: bytes = field(repr=False)
    key_usage: KeyUsage = BOTH
    serial: int = 0
    valid_from: int = 0
    valid_for: int | None = None
    attributes: bytes = b""

    def is_valid_at(self, utc: float) -> bool:
        """Tell whether the certificate is valid at a time in Unix seconds."""
        return utc >= self.valid_from and (self.valid_for is None or utc < self.valid_from + self.valid_for)


def parse(octets: bytes) -> Certificate:
    """Return the certificate of either suite that `octets` are. Raises DecodeError.

    What it says is not judged here: anybody can write one.
    """
    if len(octets) == SIZES[1]:
        return Certificate(
            suite=1,
            reconstruction=octets[:22],
            subject=int.from_bytes(octets[22:30], "big"),
            issuer=int.from_bytes(octets[30:38], "big"),
            attributes=octets[38:],
            octets=octets,
        )
    if len(octets) != SIZES[2]:
        raise DecodeError(
            f"implicit certificate has {len(octets)} octets; 48 (suite 1) and 74 (suite 2) exist"
        )
    if (octets[0], octets[9], octets[10]) != (_TYPE, _CURVE, _HASH):
        raise DecodeError(
            f"implicit certificate has type 0x{octets[0]:02X}, curve 0x{octets[9]:02X}, "
            f"hash 0x{octets[10]:02X}; suite 2 has 0x{_TYPE:02X}, 0x{_CURVE:02X}, 0x{_HASH:02X}"
        )
    period = int.from_bytes(octets[24:28], "big")
    return Certificate(
        suite=2,
        serial=int.from_bytes(octets[1:9], "big"),
        issuer=int.from_bytes(octets[11:19], "big"),
        valid_from=int.from_bytes(octets[19:24], "big"),
        valid_for=None if period == NO_END else period,
        subject=int.from_bytes(octets[28:36], "big"),
        key_usage=KeyUsage(octets[36]),
        reconstruction=octets[37:],
        octets=octets,
    )


def build_suite_1(reconstruction: bytes, subject: int, issuer: int, attributes: bytes) -> Certificate:
    """Return a certificate of suite 1; `attributes` are 10 octets."""
    return parse(reconstruction + subject.to_bytes(8, "big") + issuer.to_bytes(8, "big") + attributes)


def build_suite_2(
    reconstruction: bytes,
    subject: int,
    issuer: int,
    *,
    serial: int,
    key_usage: KeyUsage = BOTH,
    valid_from: int = 0,
    valid_for: int | None = None,
) -> Certificate:
    """Return a certificate of suite 2; times as in `Certificate`."""
    period = NO_END if valid_for is None else valid_for
    octets = bytes((_TYPE,)) + serial.to_bytes(8, "big") + bytes((_CURVE, _HASH))
    octets += issuer.to_bytes(8, "big") + valid_from.to_bytes(5, "big") + period.to_bytes(4, "big")
    return parse(octets + subject.to_bytes(8, "big") + bytes((key_usage,)) + reconstruction)
