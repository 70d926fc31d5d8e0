"""Issuing certificates for one home or one test bench (clause 6.11).

Pure functions: keys, serial numbers and the time come from the caller, and signatures are deterministic, so
equal inputs give equal certificates. Files are `adapters.pki_folder`'s; reading and checking certificates is
`certificate`'s.

All keys are on P-256 and all signatures ECDSA with SHA-256. Certificates do not expire: the LFDI is a hash
of the certificate, so a new certificate would be a new device. Subject alternative name, key usage, basic
constraints and policies are critical, because a widespread client refuses them otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from handover.errors import ConfigError
from handover.sep2.security import asn1

PEN = 32473
"""The private enterprise number for documentation; hardware types without one of their own are under it."""

FOREVER = datetime(9999, 12, 31, 23, 59, 59)

HARDWARE_MODULE_NAME = ObjectIdentifier("1.3.6.1.5.5.7.8.4")
ANY_POLICY = ObjectIdentifier("2.5.29.32.0")
GENERIC_DEVICE = ObjectIdentifier("1.3.6.1.4.1.40732.1.1")
ISSUED_AFTER_MANUFACTURE = ObjectIdentifier("1.3.6.1.4.1.40732.1.3")


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority: its certificate and the key that signs for it."""

    certificate: x509.Certificate
    key: EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Hardware:
    """What a device is, for its hardwareModuleName: the vendor's enterprise number and a serial number."""

    serial: str
    pen: int = PEN

    def other_name(self) -> x509.OtherName:
        """Return the name as it stands in a certificate. Raises ConfigError when it does not fit."""
        try:
            octets = self.serial.encode("ascii")
        except UnicodeEncodeError:
            octets = b""
        if not 1 <= len(octets) <= 64 or not self.serial.isprintable():
            raise ConfigError(f"the serial number {self.serial!r} must be 1 to 64 printable ASCII characters")
        if not 0 < self.pen < 1 << 32:
            raise ConfigError(f"the enterprise number {self.pen} must be between 1 and {(1 << 32) - 1}")
        return x509.OtherName(HARDWARE_MODULE_NAME, asn1.hardware_module_name(self.pen, octets))


def issue_authority(name: str, *, key: EllipticCurvePrivateKey, serial: int, now: float) -> Authority:
    """Return a self-signed root named `name`, valid from `now` (Unix seconds) on."""
    try:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    except ValueError as error:
        raise ConfigError(f"the name of the authority cannot be used: {error}") from None
    builder = (
        x509.CertificateBuilder(subject_name=subject, issuer_name=subject, public_key=key.public_key())
        .serial_number(serial)
        .not_valid_before(_moment(now))
        .not_valid_after(FOREVER)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(key_cert_sign=True), critical=True)
        .add_extension(_policies(ANY_POLICY), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return Authority(builder.sign(key, hashes.SHA256(), ecdsa_deterministic=True), key)


def issue_device(
    authority: Authority, hardware: Hardware, *, key: EllipticCurvePrivateKey, serial: int, now: float
) -> x509.Certificate:
    """Return a device certificate: no subject, the hardware module name, policies of a generic device."""
    names = [hardware.other_name()]
    usages = [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
    return _issue(authority, names, usages, key=key, serial=serial, now=now)


def issue_server(
    authority: Authority,
    hardware: Hardware,
    hosts: Sequence[str],
    *,
    key: EllipticCurvePrivateKey,
    serial: int,
    now: float,
) -> x509.Certificate:
    """Return a device certificate that is also good for `hosts`, DNS names and IP addresses.

    Ordinary HTTPS clients compare the address they call with these names. Raises ConfigError for a host
    that is neither.
    """
    names: list[x509.GeneralName] = [*dict.fromkeys(map(_host, hosts)), hardware.other_name()]
    usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    return _issue(authority, names, usages, key=key, serial=serial, now=now)


def key_pem(key: EllipticCurvePrivateKey) -> bytes:
    """Return a key as unencrypted PEM (PKCS 8)."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def certificate_pem(certificate: x509.Certificate) -> bytes:
    """Return a certificate as PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def certificate_der(certificate: x509.Certificate) -> bytes:
    """Return a certificate as DER, the form whose hash is the LFDI."""
    return certificate.public_bytes(serialization.Encoding.DER)


def _issue(
    authority: Authority,
    names: Sequence[x509.GeneralName],
    usages: list[ObjectIdentifier],
    *,
    key: EllipticCurvePrivateKey,
    serial: int,
    now: float,
) -> x509.Certificate:
    """Sign a leaf certificate whose length the EPRI client can stand."""
    identifier = authority.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = (
        x509.CertificateBuilder(
            subject_name=x509.Name([]),
            issuer_name=authority.certificate.subject,
            public_key=key.public_key(),
        )
        .not_valid_before(_moment(now))
        .not_valid_after(FOREVER)
        .add_extension(x509.SubjectAlternativeName(names), critical=True)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(key_cert_sign=False), critical=True)
        .add_extension(_policies(GENERIC_DEVICE, ISSUED_AFTER_MANUFACTURE), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False
        )
    )
    if serial.bit_length() <= 80:
        raise ConfigError("the serial number of a certificate needs more than 80 bits")
    while True:
        certificate = builder.serial_number(serial).sign(
            authority.key, hashes.SHA256(), ecdsa_deterministic=True
        )
        if len(certificate_der(certificate)) % 64 < 56:
            return certificate
        # That client pads in place and writes past its buffer when the padding takes a block of its own.
        # A shorter serial number makes the certificate shorter; ten octets are more than it can take.
        serial >>= 8


def _key_usage(*, key_cert_sign: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not key_cert_sign,
        key_agreement=not key_cert_sign,
        key_cert_sign=key_cert_sign,
        crl_sign=key_cert_sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        encipher_only=False,
        decipher_only=False,
    )


def _policies(*identifiers: ObjectIdentifier) -> x509.CertificatePolicies:
    return x509.CertificatePolicies([x509.PolicyInformation(identifier, None) for identifier in identifiers])


def _moment(now: float) -> datetime:
    return datetime.fromtimestamp(int(now), UTC)


def _host(text: str) -> x509.GeneralName:
    """Return a host as the name that clients compare."""
    text = text.strip().strip("[]").partition("%")[0]
    try:
        return x509.IPAddress(ip_address(text))
    except ValueError:
        pass
    labels = text.removesuffix(".").split(".")
    fit = all(0 < len(label) < 64 and label.replace("-", "").replace("_", "").isalnum() for label in labels)
    if not text.isascii() or len(text) > 253 or not fit:
        raise ConfigError(f"{text!r} is neither a DNS name nor an IP address, such as gateway.local")
    return x509.DNSName(text.removesuffix("."))
