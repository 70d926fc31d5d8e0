"""The signature of a ReportEventStatus: proof to the utility of what a device did with an event.

ECDSA of suite 1 over the AES-MMO hash of the ten fields before the signature (18 octets, signature type
included); the signature is r and s, 42 octets. Here: signing, and judging with the device's certificate. Not
here: when a report is sent (`LoadController`), and what follows from a false one (`Esi`).

Unconfirmed: the manual of EmberZNet reads as if its devices left the signature type out. Such signatures are
taken too: they cover all that a report tells, and the type has one value only.
"""

from collections.abc import Callable
from enum import Enum
from typing import Final

from handover.sep1.clusters.drlc import NO_SIGNATURE, ReportEventStatus, SignatureType
from handover.sep1.codec import encode
from handover.sep1.security import ecdsa
from handover.sep1.security.ecqv import Credentials
from handover.sep1.security.mmo import mmo
from handover.sep1.security.trust import Signatory, Trust, check_signing

SUITE: Final = 1
"""Suite of these signatures; longer ones have no room in a report."""

COVERED: Final = 18
"""Octets of a report before its signature."""


class Verdict(Enum):
    """What a report's signature is worth. UNKNOWN: nothing is known of the sender to check it with."""

    GENUINE = "genuine"
    UNSIGNED = "unsigned"
    FALSE = "false"
    UNKNOWN = "unknown"


def signer(credentials: Credentials) -> Callable[[bytes], bytes]:
    """Return what signs the octets of a report before its signature. Raises Refused if it may not."""
    check_signing(credentials, suites=(SUITE,))
    curve, private_key = credentials.curve, credentials.private_key
    return lambda octets: ecdsa.sign(curve, private_key, mmo(octets))


class ReportVerifier:
    """Judges the reports that an ESI is sent, by the certificates of the devices.

    With `demand` only genuine reports count; else all do, and the verdict stands beside them. Certificates
    need not come by a safe way: a forged one has no key.
    """

    def __init__(self, trust: Trust, *, demand: bool = False) -> None:
        self._trust = trust
        self._signatories: dict[int, Signatory] = {}
        self.demand = demand

    def learn(self, certificate: bytes) -> int:
        """Keep the certificate of a device, in place of an older one; return the EUI-64 that it names.

        Raises DecodeError when it is malformed, Refused when it is not trusted for reports.
        """
        signatory = self._trust.signatory(certificate, suite=SUITE)
        self._signatories[signatory.certificate.subject] = signatory
        return signatory.certificate.subject

    def forget(self, eui64: int) -> None:
        """Forget a device that has left."""
        self._signatories.pop(eui64, None)

    def judge(self, source: int, report: ReportEventStatus) -> Verdict:
        """Return what the signature of a report from `source` is worth."""
        if report.signature_type == SignatureType.NONE or NO_SIGNATURE.startswith(report.signature):
            return Verdict.UNSIGNED
        signatory = self._signatories.get(source)
        if signatory is None:
            return Verdict.UNKNOWN
        if report.signature_type != SignatureType.ECDSA:
            return Verdict.FALSE
        fields = encode(report)[:COVERED]
        genuine = any(signatory.signed(mmo(part), report.signature) for part in (fields, fields[:-1]))
        return Verdict.GENUINE if genuine else Verdict.FALSE
