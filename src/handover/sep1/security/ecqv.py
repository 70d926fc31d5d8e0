"""ECQV (SEC 4): the public key that an implicit certificate stands for, and credentials that fit together.

Q = Q_CA + H(certificate) * reconstruction point, H being the MMO hash. A forged certificate also gives some
public key, but one whose private key nobody has; that shows in the key confirmation or the signature.
"""

from dataclasses import dataclass, field
from functools import cached_property

from handover.errors import DecodeError
from handover.sep1.security.certificate import Certificate, parse
from handover.sep1.security.curve import CURVES, Affine, Curve
from handover.sep1.security.mmo import mmo
from handover.sep1.security.multiples import base, multiple, table


def public_key(certificate: Certificate, authority: Affine) -> Affine:
    """Return the subject's public key, `authority` being the public key of the issuer. Raises DecodeError."""
    curve = CURVES[certificate.suite]
    reconstruction = curve.decode(certificate.reconstruction)
    found = curve.add(multiple(hashed(certificate), table(curve, reconstruction)), authority)
    if found is None:
        raise DecodeError(
            "the public key of the implicit certificate is at infinity; the certificate is forged"
        )
    return found


def hashed(certificate: Certificate) -> int:
    """Return the hash of a certificate as the integer that ECQV multiplies with."""
    return int.from_bytes(mmo(certificate.octets), "big")


@dataclass(frozen=True, eq=False)
class Credentials:
    """What a device holds for one suite: its certificate, its private key, and the key of the authority."""

    certificate: Certificate
    private_key: int = field(repr=False)
    authority: Affine = field(repr=False)

    @property
    def suite(self) -> int:
        """The key establishment suite: 1 or 2."""
        return self.certificate.suite

    @property
    def curve(self) -> Curve:
        """The curve of that suite."""
        return CURVES[self.certificate.suite]

    @cached_property
    def public_key(self) -> Affine:
        """Our own public key."""
        found = multiple(self.private_key, base(self.curve))
        assert found is not None  # a private key is neither 0 nor a multiple of the order
        return found


def credentials(certificate: bytes, private_key: bytes, authority: bytes) -> Credentials:
    """Return credentials from octets: certificate, private key, compressed public key of the authority.

    Raises DecodeError when one is malformed, or when the private key is not that of the certificate.
    """
    parsed = parse(certificate)
    curve = CURVES[parsed.suite]
    made = Credentials(parsed, curve.scalar(private_key), curve.decode(authority))
    if public_key(parsed, made.authority) != made.public_key:
        raise DecodeError(
            f"the private key of {parsed.subject:016X} does not belong to its certificate under this "
            f"authority; take all three from one set"
        )
    return made
