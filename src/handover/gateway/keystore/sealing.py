"""Named secrets as one encrypted record: scrypt makes the key, AES-256-GCM keeps it secret and whole.

Layout: magic (4 octets), version (1), log2 N (1), r (1), p (1), salt (16), nonce (12), then the encrypted
JSON object of hexadecimal texts with its tag. What stands before the encrypted part is authenticated too.
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from handover.errors import DecodeError

SALT: Final = 16
NONCE: Final = 12
VERSION: Final = 1
LONGEST: Final = 1 << 20
"""Octets of the largest record that is looked at."""

_MAGIC: Final = b"HOKS"
_HEAD: Final = struct.Struct(f"<4sBBBB{SALT}s{NONCE}s")
_TAG: Final = 16


@dataclass(frozen=True, slots=True)
class Cost:
    """What deriving a key costs: 128 * r * 2^log_n octets of memory, p times."""

    log_n: int = 15
    r: int = 8
    p: int = 1


COST: Final = Cost()
MOST: Final = Cost(log_n=20, r=16, p=4)
"""What is refused in a record: whoever can write the file must not choose how much memory we take."""


@dataclass(frozen=True, slots=True)
class Sealer:
    """A derived key with the salt and the cost that it came from."""

    salt: bytes
    cost: Cost
    cipher: AESGCM

    def seal(self, secrets: Mapping[str, bytes], nonce: bytes) -> bytes:
        """Return the record; `nonce` is random, never used before."""
        head = _HEAD.pack(_MAGIC, VERSION, self.cost.log_n, self.cost.r, self.cost.p, self.salt, nonce)
        plain = json.dumps({name: octets.hex() for name, octets in secrets.items()}, sort_keys=True)
        return head + self.cipher.encrypt(nonce, plain.encode(), head)


def derive(passphrase: bytes, salt: bytes, cost: Cost = COST) -> Sealer:
    """Return what seals under a passphrase."""
    kdf = Scrypt(salt=salt, length=32, n=1 << cost.log_n, r=cost.r, p=cost.p)
    return Sealer(salt, cost, AESGCM(kdf.derive(passphrase)))


def opened(record: bytes, passphrase: bytes) -> tuple[dict[str, bytes], Sealer]:
    """Return the secrets in a record, and what seals the next one.

    Raises DecodeError when it is damaged, was changed, is of another version or under another passphrase.
    """
    if len(record) > LONGEST:
        raise DecodeError(f"key store: it has {len(record)} octets; {LONGEST} is the most")
    if len(record) < _HEAD.size + _TAG:
        raise DecodeError(f"key store: it is cut short, {len(record)} octets are left")
    magic, version, log_n, r, p, salt, nonce = _HEAD.unpack_from(record)
    if magic != _MAGIC:
        raise DecodeError("key store: this is no key store")
    if version != VERSION:
        raise DecodeError(f"key store: version {version} is unknown; a newer release wrote it, install that")
    cost = Cost(log_n, r, p)
    if not (1 <= log_n <= MOST.log_n and 1 <= r <= MOST.r and 1 <= p <= MOST.p):
        raise DecodeError(f"key store: {cost} is beyond what is accepted; the file was changed")
    sealer = derive(passphrase, salt, cost)
    try:
        plain = sealer.cipher.decrypt(nonce, record[_HEAD.size :], record[: _HEAD.size])
    except InvalidTag:
        raise DecodeError(
            "key store: it was sealed under another passphrase or key file, or was changed; "
            "use that one, or restore both from a backup"
        ) from None
    try:
        return {str(name): bytes.fromhex(text) for name, text in json.loads(plain).items()}, sealer
    except (AttributeError, TypeError, ValueError) as error:
        raise DecodeError(f"key store: its content cannot be read: {error!r}") from None
