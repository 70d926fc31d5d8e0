"""The AES-128 Matyas-Meyer-Oseas hash, fed piece by piece, and the HMAC over it (ZigBee B.1, B.6)."""

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 16
SHORT_LIMIT = 0x2000
"""Octets from which the length no longer fits 16 bits and the long padding is used (ZigBee B.6)."""

# ECB of one block is the bare cipher that the hash is made of; nothing is kept secret by it.
_BARE = modes.ECB()


class MmoHash:
    """A running hash: `update` with any pieces, then `digest` once."""

    __slots__ = ("_length", "_rest", "_state")

    def __init__(self) -> None:
        self._state = bytes(BLOCK)
        self._rest = b""
        self._length = 0

    def update(self, piece: bytes) -> None:
        """Add octets."""
        self._length += len(piece)
        data = self._rest + piece
        whole = len(data) - len(data) % BLOCK
        self._state = _absorb(self._state, data[:whole])
        self._rest = data[whole:]

    def digest(self) -> bytes:
        """Return the 16 octets of the hash over what was added; more may be added afterwards."""
        bits = self._length * 8
        if self._length < SHORT_LIMIT:
            room, tail = 14, bits.to_bytes(2, "big")
        else:
            room, tail = 10, bits.to_bytes(4, "big") + bytes(2)
        zeros = (room - len(self._rest) - 1) % BLOCK
        return _absorb(self._state, self._rest + b"\x80" + bytes(zeros) + tail)


def _absorb(state: bytes, blocks: bytes) -> bytes:
    """Return the state after whole blocks: each is encrypted under the state, and the two are added.

    The key changes with every block, so that a cipher object serves one block only; the rest is kept small.
    """
    cipher, aes, from_bytes = Cipher, algorithms.AES, int.from_bytes
    for start in range(0, len(blocks), BLOCK):
        block = blocks[start : start + BLOCK]
        encrypted = cipher(aes(state), _BARE).encryptor().update(block)
        state = (from_bytes(encrypted, "big") ^ from_bytes(block, "big")).to_bytes(BLOCK, "big")
    return state


def mmo(data: bytes) -> bytes:
    """Return the 16 octets of the hash over `data`."""
    running = MmoHash()
    running.update(data)
    return running.digest()


def hmac_mmo(key: bytes, data: bytes) -> bytes:
    """Return the 16 octets of HMAC (FIPS 198) over this hash; `key` has 16 octets."""
    if len(key) != BLOCK:
        raise ValueError(f"an HMAC key has {BLOCK} octets, not {len(key)}")
    inner = mmo(bytes(k ^ 0x36 for k in key) + data)
    return mmo(bytes(k ^ 0x5C for k in key) + inner)
