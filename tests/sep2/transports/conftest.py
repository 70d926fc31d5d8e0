"""Certificates, good and bad, and event loops to try them under."""

import asyncio
import sys
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from handover.sep2.adapters.pki_folder import PkiFolder
from handover.sep2.security.certificate import check_peer, load
from handover.sep2.transports.https import Credentials

Runner = Callable[[Coroutine[Any, Any, Any]], Any]


def check(der: bytes) -> None:
    """Check a peer as the gateway does."""
    check_peer(der, time.time())


@dataclass(frozen=True)
class Certificates:
    """A folder of certificates: the good ones as Handover issues them, and one for each fault."""

    folder: Path

    def of(self, name: str, trust: str = "ca") -> Credentials:
        """Return the credentials called `name`."""
        folder = self.folder
        return Credentials(folder / f"{name}.pem", folder / f"{name}.key", (folder / f"{trust}.pem",))

    def der(self, name: str) -> bytes:
        """Return a certificate as DER."""
        data = (self.folder / f"{name}.pem").read_bytes()
        return load(data).public_bytes(serialization.Encoding.DER)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    root = tmp_path_factory.mktemp("certificates")
    folder, other = PkiFolder(root / "pki"), PkiFolder(root / "other")
    now = time.time()
    for pki in (folder, other):
        pki.init("home", now)
        pki.device("device", now)
    folder.gateway(["localhost", "127.0.0.1", "::1"], now)
    folder.gateway(["elsewhere.example"], now, name="elsewhere")
    folder.device("second", now)
    made = Certificates(root / "pki")
    for name, source in (("foreign", "device"), ("foreign-ca", "ca")):
        for suffix in ("pem", "key"):
            (root / "pki" / f"{name}.{suffix}").write_bytes(
                (root / "other" / f"{source}.{suffix}").read_bytes()
            )
    _faults(root / "pki")
    return made


def _faults(folder: Path) -> None:
    issuer = load((folder / "ca.pem").read_bytes())
    signer = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    today, day = datetime.now(UTC), timedelta(days=1)
    p256 = ec.generate_private_key(ec.SECP256R1())
    rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    p384 = ec.generate_private_key(ec.SECP384R1())
    own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "self")])
    faults: list[tuple[str, Any, Any, x509.Name, datetime, datetime, hashes.HashAlgorithm]] = [
        ("selfsigned", p256, p256, own, today - day, today + day, hashes.SHA256()),
        ("expired", p256, signer, issuer.subject, today - 9 * day, today - day, hashes.SHA256()),
        ("early", p256, signer, issuer.subject, today + day, today + 9 * day, hashes.SHA256()),
        ("rsa", rsa_key, signer, issuer.subject, today - day, today + day, hashes.SHA256()),
        ("p384", p384, signer, issuer.subject, today - day, today + day, hashes.SHA256()),
        ("sha384", p256, signer, issuer.subject, today - day, today + day, hashes.SHA384()),
    ]
    for name, key, signing, issued_by, since, until, algorithm in faults:
        subject = own if name == "selfsigned" else x509.Name([])
        builder = x509.CertificateBuilder(issued_by, subject, key.public_key(), x509.random_serial_number())
        certificate = builder.not_valid_before(since).not_valid_after(until).sign(signing, algorithm)
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        (folder / f"{name}.pem").write_bytes(pem)
        (folder / f"{name}.key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )


@pytest.fixture(params=["asyncio", "uvloop"])
def runner(request: pytest.FixtureRequest) -> Runner:
    """Return what runs a coroutine: servers must work under both event loops."""
    if request.param == "asyncio":
        return asyncio.run
    if sys.platform == "win32":
        pytest.skip("uvloop is not there for Windows")
    import uvloop

    return uvloop.run
