"""Issued certificates: their form, their chain as OpenSSL judges it, and a real CCM8 handshake."""

import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtensionOID
from hypothesis import given, settings
from hypothesis import strategies as st

from handover.errors import ConfigError, DecodeError, Refused
from handover.sep2.adapters.pki_folder import PkiFolder
from handover.sep2.security import asn1, certificate, pki
from handover.sep2.security.identity import lfdi, sfdi
from sep2.certificates import NOW, SERIAL, authority, device, key, odd

ED25519 = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
HOSTS = ["gateway.local", "192.168.1.5", "fd00::5", "localhost"]


def server(hosts: list[str]) -> x509.Certificate:
    return pki.issue_server(
        authority(), pki.Hardware("gateway"), hosts, key=key(3), serial=SERIAL + 3, now=NOW
    )


def criticals(made: x509.Certificate) -> dict[str, bool]:
    return {extension.oid._name: extension.critical for extension in made.extensions}


def test_a_device_certificate_has_the_form_of_the_standard() -> None:
    made = device(serial="SN-0001")
    assert made.subject.rdns == []
    assert made.issuer == authority().certificate.subject
    assert made.not_valid_before_utc.timestamp() == NOW
    assert b"99991231235959Z" in pki.certificate_der(made)
    assert criticals(made) == {
        "subjectAltName": True,
        "basicConstraints": True,
        "keyUsage": True,
        "certificatePolicies": True,
        "extendedKeyUsage": False,
        "authorityKeyIdentifier": False,
    }
    (name,) = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert isinstance(name, x509.OtherName)
    assert name.type_id.dotted_string == "1.3.6.1.5.5.7.8.4"
    assert name.value == bytes.fromhex("3014 0609 2B06010401 81FD59 01 0407") + b"SN-0001"
    assert asn1.serial_of(name.value) == b"SN-0001"


def test_an_authority_certificate_has_the_form_of_the_standard() -> None:
    made = authority().certificate
    assert made.issuer == made.subject
    assert criticals(made) == {
        "basicConstraints": True,
        "keyUsage": True,
        "certificatePolicies": True,
        "subjectKeyIdentifier": False,
    }
    with pytest.raises(x509.ExtensionNotFound):
        made.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME)


def test_a_server_certificate_names_its_hosts() -> None:
    found = certificate.describe(server([*HOSTS, "[fd00::5]", "localhost"]))
    assert found.hosts == ("gateway.local", "192.168.1.5", "fd00::5", "localhost")
    assert (found.role, found.serial) == ("server", "gateway")


def test_equal_inputs_give_equal_certificates() -> None:
    assert pki.certificate_der(device()) == pki.certificate_der(device())


@settings(max_examples=120, deadline=None)
@given(st.integers(1, 64), st.integers(1, 2**32 - 1), st.integers(81, 159))
def test_no_certificate_has_a_length_that_crashes_a_known_client(length: int, pen: int, bits: int) -> None:
    serial = "0" * length
    made = pki.issue_device(
        authority(), pki.Hardware(serial, pen), key=key(4), serial=(1 << bits) - 1, now=NOW
    )
    assert len(pki.certificate_der(made)) % 64 < 56
    assert certificate.describe(made).serial == serial


@pytest.mark.parametrize(
    "host", ["", "a b", "gate way", "a..b", "x" * 64, "https://a", "1.2.3.4:80", "\u00fc.de", "*"]
)
def test_what_is_no_host_is_refused(host: str) -> None:
    with pytest.raises(ConfigError, match="neither a DNS name nor an IP address"):
        server([host])


@pytest.mark.parametrize(
    ("serial", "pen"), [("", 1), ("x" * 65, 1), ("\u00fc", 1), ("a\nb", 1), ("a", 0), ("a", 2**32)]
)
def test_hardware_that_cannot_be_named_is_refused(serial: str, pen: int) -> None:
    with pytest.raises(ConfigError):
        pki.Hardware(serial, pen).other_name()


def test_a_short_serial_number_and_a_bad_name_are_refused() -> None:
    with pytest.raises(ConfigError, match="80 bits"):
        pki.issue_device(authority(), pki.Hardware("a"), key=key(5), serial=5, now=NOW)
    with pytest.raises(ConfigError, match="name of the authority"):
        pki.issue_authority("", key=key(5), serial=SERIAL, now=NOW)


@given(st.binary(max_size=40))
def test_any_octets_are_no_hardware_name_or_have_a_serial(data: bytes) -> None:
    assert asn1.serial_of(data) is None or data[0] == 0x30


def test_a_description_says_who_it_is() -> None:
    made = device()
    der = pki.certificate_der(made)
    found = certificate.describe(certificate.load(der))
    assert (found.lfdi, found.sfdi) == (lfdi(der), sfdi(lfdi(der)))
    assert (found.role, found.subject, found.issuer) == ("device", "", "CN=Test authority 1")
    assert (found.valid_from, found.valid_until) == (NOW, 253402300799)
    assert certificate.describe(authority().certificate).role == "authority"
    assert certificate.load(pki.certificate_pem(made) + pki.key_pem(key(2))) == made


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damaged_certificates_are_read_or_refused(data: st.DataObject) -> None:
    der = bytearray(pki.certificate_der(device()))
    for _ in range(data.draw(st.integers(1, 3))):
        der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    try:
        certificate.check_peer(bytes(der), NOW + 1)
        certificate.describe(certificate.load(bytes(der)))
    except (DecodeError, Refused):
        pass


@pytest.mark.parametrize("data", [b"", b"x", b"-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate_is_refused(data: bytes) -> None:
    with pytest.raises(DecodeError):
        certificate.load(data)
    with pytest.raises(DecodeError):
        certificate.check_peer(data, NOW)


def test_good_certificates_are_accepted() -> None:
    for made in (device(), server(HOSTS)):
        certificate.check_peer(pki.certificate_der(made), NOW)
    certificate.check_peer(odd(key(9)), NOW)


@pytest.mark.parametrize(
    ("der", "reason"),
    [
        (odd(ec.derive_private_key(99999, ec.SECP384R1())), "the curve secp384r1"),
        (odd(ec.derive_private_key(99999, ec.SECP256K1())), "the curve secp256k1"),
        (
            odd(ED25519, algorithm=None),
            "not an elliptic curve",
        ),
        (odd(rsa.generate_private_key(65537, 1024)), "not an elliptic curve"),
        (odd(key(9), algorithm=hashes.SHA384()), "ECDSA and SHA-256"),
        (odd(key(9), start=NOW + 10), "not valid before"),
        (odd(key(9), start=NOW - 10, end=NOW - 5), "expired on"),
        (odd(key(9), pki._key_usage(key_cert_sign=True)), "keyUsage"),
        (odd(key(9), x509.BasicConstraints(True, None)), "certificate authority"),
        (odd(key(9), x509.NameConstraints([x509.DNSName("a.b")], None)), "name constraints"),
        (
            odd(key(9), x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.33"), b"0\0")),
            "policy mappings",
        ),
    ],
)
def test_weak_or_unsuitable_certificates_are_refused(der: bytes, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        certificate.check_peer(der, NOW)


def context(folder: PkiFolder, name: str, *, server: bool) -> ssl.SSLContext:
    """Return a context as SEP 2.0 wants it: TLS 1.2, CCM8, both sides with a certificate."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = made.maximum_version = ssl.TLSVersion.TLSv1_2
    made.set_ciphers("ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0")
    made.verify_mode = ssl.CERT_REQUIRED
    files = folder.files(name)
    made.load_cert_chain(files.certificate, files.key)
    made.load_verify_locations(folder.files("ca").certificate)
    return made


def handshake(
    client: ssl.SSLContext, server: ssl.SSLContext, host: str
) -> tuple[ssl.SSLObject, ssl.SSLObject]:
    """Let both sides talk through memory until both are done; raises SSLError."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [client.wrap_bio(down, up, server_hostname=host), server.wrap_bio(up, down, server_side=True)]
    waiting = list(sides)
    for _ in range(10):
        for side in list(waiting):
            try:
                side.do_handshake()
                waiting.remove(side)
            except ssl.SSLWantReadError:
                pass
    assert not waiting
    return sides


@pytest.fixture
def folder(tmp_path: Path) -> PkiFolder:
    made = PkiFolder(tmp_path / "pki")
    made.init("Home", NOW)
    made.gateway(HOSTS, NOW)
    made.device("display", NOW)
    return made


@pytest.mark.parametrize("host", HOSTS)
def test_issued_certificates_make_a_ccm8_handshake(folder: PkiFolder, host: str) -> None:
    client, server = handshake(
        context(folder, "display", server=False), context(folder, "gateway", server=True), host
    )
    assert client.cipher() == ("ECDHE-ECDSA-AES128-CCM8", "TLSv1.2", 128)
    assert server.getpeercert(True) == folder.files("display").der.read_bytes()
    assert client.getpeercert(True) == folder.files("gateway").der.read_bytes()


def test_another_host_is_not_trusted(folder: PkiFolder) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match=r"not valid for 'other\.local'"):
        handshake(
            context(folder, "display", server=False), context(folder, "gateway", server=True), "other.local"
        )


def test_another_authority_is_not_trusted(folder: PkiFolder, tmp_path: Path) -> None:
    other = PkiFolder(tmp_path / "other")
    other.init("Home", NOW)
    other.device("display", NOW)
    client = context(other, "display", server=False)
    client.load_verify_locations(folder.files("ca").certificate)
    with pytest.raises(ssl.SSLError):
        handshake(client, context(folder, "gateway", server=True), "localhost")


def test_openssl_verifies_the_chains(folder: PkiFolder, require_program: Callable[[str], str]) -> None:
    openssl, authority = require_program("openssl"), folder.files("ca").certificate
    for name, purpose in (("gateway", "sslserver"), ("gateway", "sslclient"), ("display", "sslclient")):
        made = folder.files(name).certificate
        done = subprocess.run(
            [openssl, "verify", "-x509_strict", "-purpose", purpose, "-CAfile", authority, made],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout.strip().endswith(": OK"), done.stderr
    shown = subprocess.run(
        [openssl, "x509", "-inform", "DER", "-in", folder.files("display").der, "-noout", "-text"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "Not After : Dec 31 23:59:59 9999 GMT" in shown
    assert "Public Key Algorithm: id-ecPublicKey" in shown
    assert "ecdsa-with-SHA256" in shown
