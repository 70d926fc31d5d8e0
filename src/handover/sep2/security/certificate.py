"""Reading certificates: what one says about its holder, and whether a peer's may be used at all.

The chain is OpenSSL's to check. The cipher of SEP 2.0 needs security level 0, which also lowers OpenSSL's
floors for keys and hashes, so curve and signature are checked here.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID, ObjectIdentifier, SignatureAlgorithmOID

from handover.errors import DecodeError, Refused
from handover.sep2.security import asn1
from handover.sep2.security.identity import lfdi, sfdi
from handover.sep2.security.pki import HARDWARE_MODULE_NAME

_POLICY_MAPPINGS = ObjectIdentifier("2.5.29.33")


@dataclass(frozen=True, slots=True)
class Description:
    """What a certificate says. `role` is "authority", "server" or "device"; times are Unix seconds."""

    lfdi: bytes
    sfdi: int
    role: str
    subject: str
    issuer: str
    valid_from: float
    valid_until: float
    hosts: tuple[str, ...]
    serial: str
    """The hardware serial number, empty when the certificate has none."""


def load(data: bytes) -> x509.Certificate:
    """Read a certificate in PEM or DER, whatever surrounds it in a PEM file. Raises DecodeError."""
    try:
        if b"-----BEGIN CERTIFICATE-----" in data:
            return x509.load_pem_x509_certificate(data)
        return x509.load_der_x509_certificate(data)
    except Exception:
        raise DecodeError("this is not a certificate in PEM or DER") from None


def describe(certificate: x509.Certificate) -> Description:
    """Return what `certificate` says about its holder. Raises DecodeError when it contradicts itself."""
    try:
        return _describe(certificate)
    except DecodeError:
        raise
    except Exception as error:
        raise DecodeError(f"the certificate is malformed: {str(error)[:100]}") from None


def check_peer(der: bytes, now: float) -> None:
    """Check a peer's certificate at `now` (Unix seconds), after OpenSSL has checked its chain.

    Raises Refused, saying why, unless the key is on P-256, the signature ECDSA with SHA-256, the certificate
    in its period, meant for signatures, and free of the extensions that clause 6.11 forbids. Raises
    DecodeError when it cannot be read.
    """
    certificate = load(der)
    try:
        reason = _objection(certificate, now)
    except Exception as error:
        raise DecodeError(f"the certificate is malformed: {str(error)[:100]}") from None
    if reason:
        raise Refused(f"the peer's certificate {lfdi(der).hex().upper()} is refused: {reason}")


def _objection(certificate: x509.Certificate, now: float) -> str | None:
    """Return why a certificate may not be used, or None."""
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return "its key is not an elliptic curve key; SEP 2.0 knows P-256 only"
    if not isinstance(key.curve, ec.SECP256R1):
        return f"its key is on the curve {key.curve.name}; SEP 2.0 knows P-256 only"
    if certificate.signature_algorithm_oid != SignatureAlgorithmOID.ECDSA_WITH_SHA256:
        return "it is not signed with ECDSA and SHA-256"
    moment = datetime.fromtimestamp(now, UTC)
    if moment < certificate.not_valid_before_utc:
        return f"it is not valid before {certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC"
    if moment > certificate.not_valid_after_utc:
        return f"it expired on {certificate.not_valid_after_utc:%Y-%m-%d %H:%M} UTC"
    for extension in certificate.extensions:
        if extension.oid in (ExtensionOID.NAME_CONSTRAINTS, _POLICY_MAPPINGS):
            return "it has name constraints or policy mappings, which SEP 2.0 forbids"
        if isinstance(extension.value, x509.KeyUsage) and not extension.value.digital_signature:
            return "its key may not be used for signatures (keyUsage)"
        if isinstance(extension.value, x509.BasicConstraints) and extension.value.ca:
            return "it belongs to a certificate authority, not to a device"
    return None


def _describe(certificate: x509.Certificate) -> Description:
    identity = lfdi(certificate.public_bytes(Encoding.DER))
    names = _names(certificate)
    hosts = [str(name.value) for name in names if isinstance(name, x509.DNSName | x509.IPAddress)]
    return Description(
        lfdi=identity,
        sfdi=sfdi(identity),
        role="authority" if _is_authority(certificate) else "server" if hosts else "device",
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        valid_from=certificate.not_valid_before_utc.timestamp(),
        valid_until=certificate.not_valid_after_utc.timestamp(),
        hosts=tuple(hosts),
        serial=next(filter(None, map(_hardware_serial, names)), ""),
    )


def _names(certificate: x509.Certificate) -> list[x509.GeneralName]:
    try:
        return list(certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except x509.ExtensionNotFound:
        return []


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _hardware_serial(name: x509.GeneralName) -> str:
    if isinstance(name, x509.OtherName) and name.type_id == HARDWARE_MODULE_NAME:
        return (asn1.serial_of(name.value) or b"").decode("ascii", "backslashreplace")
    return ""
