"""Keys and certificates for tests, the same in every run."""

from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from handover.sep2.security import pki

NOW = 1_342_548_000.0
SERIAL = 1 << 150
_SHA256 = hashes.SHA256()


def key(number: int) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(number + 10**9, ec.SECP256R1())


def authority(number: int = 1) -> pki.Authority:
    return pki.issue_authority(f"Test authority {number}", key=key(number), serial=SERIAL + number, now=NOW)


def device(number: int = 2, serial: str = "display", by: pki.Authority | None = None) -> x509.Certificate:
    return pki.issue_device(
        by or authority(), pki.Hardware(serial), key=key(number), serial=SERIAL + number, now=NOW
    )


def odd(
    secret: Any,
    *extensions: x509.ExtensionType,
    algorithm: Any = _SHA256,
    start: float = NOW,
    end: float = NOW + 1e9,
) -> bytes:
    """Return a self-signed certificate (DER) that need not be good for anything."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "odd")])
    builder = (
        x509.CertificateBuilder(subject_name=name, issuer_name=name, public_key=secret.public_key())
        .serial_number(7)
        .not_valid_before(datetime.fromtimestamp(start, UTC))
        .not_valid_after(datetime.fromtimestamp(end, UTC))
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=True)
    return pki.certificate_der(builder.sign(secret, algorithm))
