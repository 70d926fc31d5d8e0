"""A small certificate authority: it issues implicit certificates with their private keys, as Certicom does.

For tests, simulation and laboratories; devices of real HANs carry certificates of the ZigBee authority. The
authority knows the private keys of its devices: it makes them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from handover.sep1.security.certificate import BOTH, Certificate, KeyUsage, build_suite_1, build_suite_2
from handover.sep1.security.curve import CURVES, Affine, Curve
from handover.sep1.security.ecqv import Credentials, hashed
from handover.sep1.security.multiples import base, multiple

Draw = Callable[[int], bytes]
"""Returns so many random octets, fit for keys."""

TEST_ISSUER: Final = 0x5445535453454341
"""The issuer that test certificates of suite 1 name: "TESTSECA"."""

_ATTRIBUTES: Final = bytes(10)


def draw_scalar(curve: Curve, draw: Draw) -> int:
    """Return a private key, 1 to the order - 1. 8 octets more than needed even it out (FIPS 186-5, A.2.1)."""
    return int.from_bytes(draw(curve.octets + 8), "big") % (curve.order - 1) + 1


@dataclass(frozen=True)
class Authority:
    """An authority with one private key per suite; `issuer` is its EUI-64 in the certificates."""

    issuer: int
    private_keys: dict[int, int] = field(repr=False)

    @classmethod
    def new(cls, draw: Draw, *, issuer: int = TEST_ISSUER) -> "Authority":
        """Return an authority with fresh keys for both suites."""
        return cls(issuer, {suite: draw_scalar(curve, draw) for suite, curve in CURVES.items()})

    def public_key(self, suite: int) -> Affine:
        """Return the public key that devices of a suite trust."""
        found = multiple(self.private_keys[suite], base(CURVES[suite]))
        assert found is not None
        return found

    def issue(
        self,
        subject: int,
        suite: int,
        draw: Draw,
        *,
        attributes: bytes = _ATTRIBUTES,
        key_usage: KeyUsage = BOTH,
        valid_from: int = 0,
        valid_for: int | None = None,
    ) -> Credentials:
        """Return credentials of a suite (1 or 2) for the device with EUI-64 `subject`.

        `attributes` concern suite 1, usage and validity suite 2; see `certificate.Certificate`.
        """
        curve = CURVES[suite]
        while True:
            k = draw_scalar(curve, draw)
            point = multiple(k, base(curve))
            assert point is not None
            reconstruction = curve.encode(point)
            certificate: Certificate
            if suite == 1:
                certificate = build_suite_1(reconstruction, subject, self.issuer, attributes)
            else:
                certificate = build_suite_2(
                    reconstruction,
                    subject,
                    self.issuer,
                    serial=int.from_bytes(draw(8), "big"),
                    key_usage=key_usage,
                    valid_from=valid_from,
                    valid_for=valid_for,
                )
            private = (hashed(certificate) * k + self.private_keys[suite]) % curve.order
            if private:
                return Credentials(certificate, private, self.public_key(suite))
