"""ECDSA over the curves of Smart Energy (SEC 1, 4.1): signatures are r and s, each as long as a scalar.

Here: signing and verifying of a digest. Not here: what is hashed (`report_signature`, `ota.signature`).
Signing is not constant time (see `multiples`); its nonce is drawn once per key and digest.
"""

import hashlib
import hmac

from handover.sep1.security.curve import Affine, Curve
from handover.sep1.security.multiples import base, combination, multiple, table


def nonce(curve: Curve, private_key: int, digest: bytes) -> int:
    """Return the deterministic nonce of a key and a digest, by RFC 6979 with HMAC-SHA-256 inside.

    No random draw can then give a key away. The same digest gives the same signature.
    """
    n, bits = curve.order, curve.order.bit_length()
    size = (bits + 7) // 8
    reduced = _integer(curve, digest) % n
    seed = private_key.to_bytes(size, "big") + reduced.to_bytes(size, "big")
    v, k = b"\x01" * 32, bytes(32)
    for mark in (b"\x00", b"\x01"):
        k = hmac.digest(k, v + mark + seed, hashlib.sha256)
        v = hmac.digest(k, v, hashlib.sha256)
    while True:
        drawn = b""
        while len(drawn) < size:
            v = hmac.digest(k, v, hashlib.sha256)
            drawn += v
        candidate = int.from_bytes(drawn[:size], "big") >> 8 * size - bits
        if 0 < candidate < n:
            return candidate
        k = hmac.digest(k, v + b"\x00", hashlib.sha256)
        v = hmac.digest(k, v, hashlib.sha256)


def sign(curve: Curve, private_key: int, digest: bytes) -> bytes:
    """Return r and s over a digest: 42 octets of suite 1, 72 of suite 2."""
    n = curve.order
    k = nonce(curve, private_key, digest)
    point = multiple(k, base(curve))
    assert point is not None  # 0 < k < n
    r = point[0] % n
    s = pow(k, -1, n) * (_integer(curve, digest) + r * private_key) % n
    assert r * s  # either is 0 once in 2^160 signatures
    return r.to_bytes(curve.octets, "big") + s.to_bytes(curve.octets, "big")


def verify(curve: Curve, public_key: Affine, digest: bytes, signature: bytes) -> bool:
    """Tell whether `signature` (r and s) over a digest is of the holder of a valid public key."""
    n, size = curve.order, curve.octets
    if len(signature) != 2 * size:
        return False
    r, s = int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
    if not (0 < r < n and 0 < s < n):
        return False
    inverse = pow(s, -1, n)
    point = combination(
        [
            (_integer(curve, digest) * inverse % n, base(curve)),
            (r * inverse % n, table(curve, public_key)),
        ]
    )
    return point is not None and point[0] % n == r


def _integer(curve: Curve, digest: bytes) -> int:
    """Return the leftmost bits of a digest, as many as the order has."""
    surplus = 8 * len(digest) - curve.order.bit_length()
    value = int.from_bytes(digest, "big")
    return value >> surplus if surplus > 0 else value
