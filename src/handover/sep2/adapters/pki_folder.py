"""A folder of keys and certificates: one authority, and the identities that it has issued.

The files of an identity `name`: `name.key` is the private key, `name.pem` the certificate followed by the
key (one file is all that most clients want, and the EPRI client looks for the key there), `name.x509` the
certificate in DER. The authority is `ca.pem` (certificate) and `ca.key`. Only `ca.pem` and `*.x509` may be
given away; everything else is readable by its owner alone.
"""

import os
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from handover.errors import ConfigError, DecodeError
from handover.sep2.peer import Peer
from handover.sep2.security import certificate, pki
from handover.sep2.transports.tls import Credentials

AUTHORITY = "ca"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

_BACKDATED = 3600
"""Seconds that certificates are valid before they are made, for devices whose clock is behind."""


@dataclass(frozen=True, slots=True)
class Files:
    """The files of one identity. An authority has no `der`."""

    certificate: Path
    key: Path
    der: Path


class PkiFolder:
    """The folder at `path`. Everything raises ConfigError with the next step when it cannot be done."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def files(self, name: str) -> Files:
        """Return where the files of `name` are or will be."""
        if not _NAME.fullmatch(name) or name.endswith((".pem", ".key", ".x509")):
            raise ConfigError(
                f"{name!r} cannot be part of a file name here; use letters, digits, dot, dash and underscore"
            )
        return Files(*(self.path / f"{name}.{suffix}" for suffix in ("pem", "key", "x509")))

    def credentials(self, name: str) -> Credentials:
        """Return what `name` needs for TLS: its certificate and key, and the authority that it trusts."""
        files = self.files(name)
        return Credentials(files.certificate, files.key, (self.files(AUTHORITY).certificate,))

    def peer(self, name: str) -> Peer:
        """Return who `name` is to others: LFDI and SFDI of its certificate."""
        try:
            octets = self.files(name).certificate.read_bytes()
        except OSError:
            raise ConfigError(f"{self.path} holds no identity {name!r}; make it first") from None
        found = certificate.describe(certificate.load(octets))
        return Peer(found.lfdi, found.sfdi)

    def init(self, name: str, now: float, *, force: bool = False) -> Files:
        """Make the authority, called `name` in its certificate."""
        files = self.files(AUTHORITY)
        _refuse_overwriting(
            (files.certificate, files.key), force, "a new authority would orphan every device"
        )
        authority = pki.issue_authority(name, key=_new_key(), serial=_new_serial(), now=now - _BACKDATED)
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"the folder {self.path} cannot be made: {error.strerror}") from None
        _write(files.key, pki.key_pem(authority.key), secret=True)
        _write(files.certificate, pki.certificate_pem(authority.certificate), secret=False)
        return files

    def device(
        self, name: str, now: float, *, serial: str = "", pen: int = pki.PEN, force: bool = False
    ) -> Files:
        """Make the identity of a device. `serial` is its hardware serial number, `name` by default."""
        files, authority, key = self._room(name, force), self._authority(), _new_key()
        hardware = pki.Hardware(serial or name, pen)
        made = pki.issue_device(authority, hardware, key=key, serial=_new_serial(), now=now - _BACKDATED)
        return _save(files, made, key)

    def gateway(
        self,
        hosts: Sequence[str],
        now: float,
        *,
        name: str = "gateway",
        serial: str = "",
        pen: int = pki.PEN,
        force: bool = False,
    ) -> Files:
        """Make the identity of a gateway that clients call by any of `hosts`."""
        if not hosts:
            raise ConfigError(
                "a gateway needs at least one host; give --host with the name or address it is called by"
            )
        files, authority, key = self._room(name, force), self._authority(), _new_key()
        hardware = pki.Hardware(serial or name, pen)
        made = pki.issue_server(
            authority, hardware, hosts, key=key, serial=_new_serial(), now=now - _BACKDATED
        )
        return _save(files, made, key)

    def _authority(self) -> pki.Authority:
        files = self.files(AUTHORITY)
        try:
            found = certificate.load(files.certificate.read_bytes())
            key = load_pem_private_key(files.key.read_bytes(), None)
        except OSError:
            raise ConfigError(
                f"{self.path} has no readable authority (ca.pem and ca.key); "
                f"make one with `handover pki init {self.path}`"
            ) from None
        except DecodeError as error:
            raise ConfigError(
                f"{files.certificate} cannot be used: {error}; restore it from a backup"
            ) from None
        except (ValueError, TypeError):
            raise ConfigError(f"{files.key} is not an unencrypted private key in PEM") from None
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != found.public_key():
            raise ConfigError(
                f"{files.key} is not the key of {files.certificate}; restore both from one backup"
            )
        return pki.Authority(found, key)

    def _room(self, name: str, force: bool) -> Files:
        """Return the files of a new identity once it is clear that they may be written."""
        if name == AUTHORITY:
            raise ConfigError(f"the name {AUTHORITY!r} belongs to the authority; choose another one")
        files = self.files(name)
        paths = (files.certificate, files.key, files.der)
        _refuse_overwriting(paths, force, "the device would have a new LFDI")
        return files


def _save(files: Files, made: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Files:
    """Write the files of an identity, the key first."""
    _write(files.key, pki.key_pem(key), secret=True)
    _write(files.certificate, pki.certificate_pem(made) + pki.key_pem(key), secret=True)
    _write(files.der, pki.certificate_der(made), secret=False)
    return files


def _new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _new_serial() -> int:
    return x509.random_serial_number() | 1 << 150


def _refuse_overwriting(paths: Sequence[Path], force: bool, consequence: str) -> None:
    existing = [path for path in paths if path.exists()]
    if existing and not force:
        raise ConfigError(
            f"{existing[0]} exists already, and {consequence}; choose another name, or overwrite with --force"
        )


def _write(path: Path, data: bytes, *, secret: bool) -> None:
    """Put a file in its place at once, never readable by others on the way when it is secret."""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(temporary, 0o600 if secret else 0o644)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from None
