"""PINs as they lie in the journal: as numbers, or each encrypted under a key of the key store.

A sealed PIN is bound to the device that it belongs to: put into another row it cannot be opened.
"""

from collections.abc import Callable
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from handover.errors import NotNow

NAME: Final = "pins"
"""The key's name in the key store."""

_NONCE: Final = 12
_DIGITS: Final = 4
"""Octets of a PIN."""

Stored = int | bytes


class Pins(Protocol):
    """How PINs are kept."""

    def seal(self, sfdi: int, pin: int) -> Stored:
        """Return what is stored of a device's PIN."""

    def open(self, sfdi: int, stored: Stored) -> int:
        """Return a device's PIN. Raises NotNow when it cannot be read."""


class PlainPins:
    """PINs as numbers."""

    def seal(self, sfdi: int, pin: int) -> Stored:
        """Return the PIN."""
        return pin

    def open(self, sfdi: int, stored: Stored) -> int:
        """Return the PIN. Raises NotNow for one that is encrypted."""
        if isinstance(stored, bytes):
            raise NotNow(
                "the PINs in the journal are encrypted, and no key is configured; "
                "set key_file in [security] to the file that they were encrypted with"
            )
        return stored


class SealedPins:
    """PINs under a key of 32 octets. Those from before the key was there are still read.

    `draw` gives random octets.
    """

    def __init__(self, key: bytes, draw: Callable[[int], bytes]) -> None:
        self._cipher = AESGCM(key)
        self._draw = draw

    def seal(self, sfdi: int, pin: int) -> Stored:
        """Return the PIN encrypted."""
        nonce = self._draw(_NONCE)
        return nonce + self._cipher.encrypt(nonce, pin.to_bytes(_DIGITS), _about(sfdi))

    def open(self, sfdi: int, stored: Stored) -> int:
        """Return the PIN. Raises NotNow when it was changed, or moved from another device's row."""
        if not isinstance(stored, bytes):
            return stored
        try:
            plain = self._cipher.decrypt(stored[:_NONCE], stored[_NONCE:], _about(sfdi))
        except (InvalidTag, ValueError):
            raise NotNow(
                f"the PIN of SFDI {sfdi} in the journal was changed, or the key store is not the one that it "
                "was encrypted with; put both back from the same backup"
            ) from None
        return int.from_bytes(plain)


def _about(sfdi: int) -> bytes:
    return b"PIN of %d" % sfdi
