"""Signatures of OTA images: signing of files, and the verifier that `verify.check_genuine` asks for.

The signer's certificate and signature are the last two sub-elements. The signature covers the AES-MMO hash of
all octets before r and s: header, sub-elements, tag, length and signer's EUI-64 of the signature itself.
"""

from collections.abc import Collection
from typing import Final

from handover.errors import DecodeError, Refused
from handover.sep1.ota.image import FIXED_LENGTHS, Header, Tag, build
from handover.sep1.ota.verify import Verifier
from handover.sep1.security import ecdsa
from handover.sep1.security.ecqv import Credentials
from handover.sep1.security.mmo import mmo
from handover.sep1.security.trust import Trust, check_signing

_TAGS: Final = {1: (Tag.CERTIFICATE_1, Tag.SIGNATURE_1), 2: (Tag.CERTIFICATE_2, Tag.SIGNATURE_2)}


def signed(header: Header, elements: list[tuple[int, bytes]], signer: Credentials) -> bytes:
    """Return the file of `elements` (tag, data) with the signer's certificate and signature behind them.

    The suite is that of the credentials. Raises EncodeError as `image.build` does, Refused when the
    certificate is not for signatures or the image is signed already.
    """
    check_signing(signer, suites=(1, 2))
    if {tag for tag, _ in elements} & {tag for pair in _TAGS.values() for tag in pair}:
        raise Refused("the OTA image is signed already; devices take one signature only, sign the bare image")
    certificate, signature = _TAGS[signer.suite]
    owner = signer.certificate.subject.to_bytes(8, "little")
    size = FIXED_LENGTHS[signature] - len(owner)
    last = [(int(certificate), signer.certificate.octets), (int(signature), owner + bytes(size))]
    covered = build(header, [*elements, *last])[:-size]
    return covered + ecdsa.sign(signer.curve, signer.private_key, mmo(covered))


def verifier(trust: Trust, signers: Collection[int] | None, *, at: float | None = None) -> Verifier:
    """Return what judges signatures whose certificates `trust` takes.

    `signers` are the EUI-64s whose images are taken. None takes those of everybody: do not where images come
    from outside, every device of a HAN has a certificate of the same authority. `at` is the time of the check
    in Unix seconds; None looks at no period of validity.

    The verifier raises Refused where it can tell more than that a signature is not genuine.
    """
    allowed = None if signers is None else frozenset(signers)

    def verify(suite: int, certificate: bytes, owner: int, signature: bytes, digest: bytes) -> bool:
        if allowed is not None and owner not in allowed:
            raise Refused(
                f"the OTA image is signed by {owner:016X}, which is none of the signers named; "
                f"name it, or take an image of one of them"
            )
        try:
            signatory = trust.signatory(certificate, suite=suite, at=at)
        except DecodeError as error:
            raise Refused(f"the certificate in the OTA image is not usable: {error}") from error
        if signatory.certificate.subject != owner:
            raise Refused(
                f"the OTA image is signed by {owner:016X} with the certificate of "
                f"{signatory.certificate.subject:016X}; it is put together from parts of others"
            )
        return signatory.signed(digest, signature)

    return verify
