"""Whose certificates count for signatures, and the keys that certificates stand for.

Not here: what is signed (`report_signature`, `ota.signature`), and key establishment, which trusts only the
authority of its own certificate.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from handover.errors import Refused
from handover.sep1.security import ecdsa
from handover.sep1.security.certificate import Certificate, KeyUsage, parse
from handover.sep1.security.curve import CURVES, Affine
from handover.sep1.security.ecqv import Credentials, public_key


@dataclass(frozen=True, eq=False)
class Signatory:
    """Somebody whose signatures can be checked; `key` is what the certificate stands for."""

    certificate: Certificate
    key: Affine

    def signed(self, digest: bytes, signature: bytes) -> bool:
        """Tell whether r and s over a digest are of the one whom the certificate names.

        They never are where the certificate is forged: its key has no owner.
        """
        return ecdsa.verify(CURVES[self.certificate.suite], self.key, digest, signature)


class Trust:
    """The public keys of the authorities that are trusted, by suite.

    With `issuers` (EUI-64s) certificates must name one of those besides.
    """

    def __init__(self, authorities: Mapping[int, Affine], issuers: Collection[int] | None = None) -> None:
        self._authorities = dict(authorities)
        self._issuers = None if issuers is None else frozenset(issuers)

    @classmethod
    def of(cls, *credentials: Credentials) -> "Trust":
        """Trust the authorities that issued these credentials: our own, usually."""
        issuers = {own.certificate.issuer for own in credentials}
        return cls({own.suite: own.authority for own in credentials}, issuers)

    def signatory(self, certificate: bytes, *, suite: int, at: float | None = None) -> Signatory:
        """Return the one whom a certificate of a suite names, valid `at` a time in Unix seconds (None: any).

        Raises DecodeError for octets that are no certificate, Refused for one that may not sign here.
        """
        parsed = parse(certificate)
        who = f"the certificate of {parsed.subject:016X}"
        if parsed.suite != suite:
            raise Refused(f"{who} is of suite {parsed.suite}, its signature of suite {suite}: no pair")
        authority = self._authorities.get(suite)
        if authority is None:
            raise Refused(f"{who} is of suite {suite}, for which no authority is trusted here; name one")
        if self._issuers is not None and parsed.issuer not in self._issuers:
            raise Refused(f"{who} is issued by {parsed.issuer:016X}, which is not trusted here")
        _check_use(parsed, who, at)
        return Signatory(parsed, public_key(parsed, authority))


def check_signing(own: Credentials, *, suites: tuple[int, ...]) -> None:
    """Return when our credentials may sign, with one of `suites`. Raises Refused."""
    who = f"our certificate {own.certificate.subject:016X}"
    if own.suite not in suites:
        raise Refused(f"{who} is of suite {own.suite}; signatures here are of suite {suites[0]}")
    _check_use(own.certificate, who, None)


def _check_use(certificate: Certificate, who: str, at: float | None) -> None:
    if not certificate.key_usage & KeyUsage.SIGNATURE:
        raise Refused(f"{who} is not for signatures (key usage 0x{certificate.key_usage:02X}); use another")
    if at is not None and not certificate.is_valid_at(at):
        raise Refused(f"{who} is not valid at present; check the clock, or ask for a new one")
