"""ECMQV and what CBKE makes of it: ephemeral keys, the shared secret, the link key, the confirmations.

Pure computation; the exchange itself is `key_establishment`. Not constant time, see `multiples`; every
secret scalar used here is mixed with an ephemeral key that serves one exchange.
"""

from dataclasses import dataclass, field
from typing import Final

from handover.errors import DecodeError
from handover.sep1.security.authority import Draw, draw_scalar
from handover.sep1.security.curve import Affine, Curve
from handover.sep1.security.ecqv import Credentials
from handover.sep1.security.mmo import hmac_mmo, mmo
from handover.sep1.security.multiples import base, combination, multiple, table

INITIATOR: Final = b"\x02"
RESPONDER: Final = b"\x03"
"""First octet of what a confirmation covers: whose it is."""


@dataclass(frozen=True)
class Ephemeral:
    """A key pair for one exchange; `octets` is the public key as it is sent."""

    private_key: int = field(repr=False)
    point: Affine
    octets: bytes


@dataclass(frozen=True)
class Keys:
    """What both sides compute: the key of the confirmations and the new link key, 16 octets each."""

    mac_key: bytes = field(repr=False)
    link_key: bytes = field(repr=False)


def ephemeral(curve: Curve, draw: Draw) -> Ephemeral:
    """Return a fresh ephemeral key pair."""
    return ephemeral_of(curve, draw_scalar(curve, draw))


def ephemeral_of(curve: Curve, private_key: int) -> Ephemeral:
    """Return the ephemeral key pair of a private key, 1 to the order - 1."""
    point = multiple(private_key, base(curve))
    assert point is not None
    return Ephemeral(private_key, point, curve.encode(point))


def shared_secret(own: Credentials, mine: Ephemeral, peer: Affine, theirs: Affine) -> bytes:
    """Return Z, the x of the ECMQV point (SEC 1, 3.4): 21 or 36 octets.

    `peer` and `theirs` are the static and the ephemeral public key of the peer, both of prime order. Raises
    DecodeError when they cancel out.
    """
    curve = own.curve
    signature = (mine.private_key + _half(curve, mine.point) * own.private_key) % curve.order
    factor = signature * curve.cofactor % curve.order
    point = combination(
        [
            (factor, table(curve, theirs)),
            (factor * _half(curve, theirs) % curve.order, table(curve, peer)),
        ]
    )
    if point is None:
        raise DecodeError("the peer's keys cancel out: they would make a key that anybody knows")
    return point[0].to_bytes(curve.octets, "big")


def derive(secret: bytes) -> Keys:
    """Return the keys that the shared secret Z stands for (ANSI X9.63 without shared info, two blocks)."""
    return Keys(mmo(secret + b"\x00\x00\x00\x01"), mmo(secret + b"\x00\x00\x00\x02"))


def confirmation(
    mac_key: bytes, side: bytes, sender: int, receiver: int, sent: bytes, received: bytes
) -> bytes:
    """Return the 16 octets by which `sender` shows that it has the key.

    `side` is INITIATOR or RESPONDER, that of the sender; `sent` and `received` are the ephemeral public keys
    as octets, seen from the sender.
    """
    ids = sender.to_bytes(8, "big") + receiver.to_bytes(8, "big")
    return hmac_mmo(mac_key, side + ids + sent + received)


def _half(curve: Curve, point: Affine) -> int:
    """Return the associate value function: half of the bits of x, and a bit above them."""
    bits = (curve.order.bit_length() + 1) // 2
    return point[0] & (1 << bits) - 1 | 1 << bits
