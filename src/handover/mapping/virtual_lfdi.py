"""LFDIs for SEP 1.x devices, which have no certificate to take one from.

An extension of the standard in two profiles: the receiving server must know that the gateway vouches for the
device. SFDI and check digits are those of any LFDI (`sep2.security.identity`).
"""

from hashlib import sha256

from handover.errors import EncodeError
from handover.mapping.mrid import IdentityProfile, pen_word

_TAG = b"SEP1-ALG"


def virtual_lfdi(
    gateway: bytes, eui64: int, *, pen: int = 0, profile: IdentityProfile = IdentityProfile.HASH
) -> bytes:
    """Return the 20-octet LFDI of the device `eui64` behind the gateway whose LFDI is `gateway`.

    Raises EncodeError unless `gateway` has 20 octets, `eui64` fits 64 bits and the PEN fits the profile.
    """
    if len(gateway) != 20 or not 0 <= eui64 < 1 << 64:
        raise EncodeError("a virtual LFDI needs the gateway's LFDI (20 octets) and an EUI-64")
    digest = sha256(_TAG + gateway + eui64.to_bytes(8, "big")).digest()
    if profile is IdentityProfile.HASH:
        return digest[:20]
    return digest[:16] + pen_word(pen, profile).to_bytes(4, "big")
