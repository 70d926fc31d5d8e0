"""A repository of The Update Framework in a folder, for whoever publishes releases of the gateway's software.

`metadata/` and `targets/` are for everybody, by any web server; `keys/` is for the publisher alone. The root
key belongs on a disk of its own: only `init` and `renew --root` need it.
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, MetaFile, Root, Signed, Snapshot, TargetFile, Targets, Timestamp

from handover.errors import ConfigError
from handover.gateway.selfupdate import bundle as bundles
from handover.gateway.selfupdate.adapters.tuf_source import Channel
from handover.gateway.selfupdate.versions import newer

ROLES: Final = ("root", "targets", "snapshot", "timestamp")
DAYS: Final = {"root": 365, "targets": 90, "snapshot": 90, "timestamp": 14}
"""Days that each role's metadata is good for."""


class TufRepository:
    """The repository in the folder at `path`. Times are Unix seconds."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._metadata = path / "metadata"

    def init(self, now: float) -> Path:
        """Make keys and first metadata; return the root metadata that gateways must be given."""
        if self._metadata.exists():
            raise ConfigError(f"{self.path} is a repository already; choose another folder")
        for folder, mode in (("metadata", 0o755), ("targets", 0o755), ("keys", 0o700)):
            (self.path / folder).mkdir(parents=True, mode=mode)
        signers = {role: CryptoSigner.generate_ed25519() for role in ROLES}
        for role, signer in signers.items():
            descriptor = os.open(self._key(role), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(descriptor, "wb") as file:
                file.write(signer.private_bytes)
        root = Root(expires=_until("root", now), consistent_snapshot=True)
        for role, signer in signers.items():
            root.add_key(signer.public_key, role)
        made = self._sign("root", root)
        self._publish(Targets(expires=_until("targets", now)), 1, now)
        return made

    def add(self, bundle: bytes, now: float, *, channel: str = "stable") -> str:
        """Publish a bundle as what `channel` offers; return its version. Raises DecodeError, ConfigError."""
        version = bundles.read(bundle)[0].version
        targets = self._newest("targets").signed
        assert isinstance(targets, Targets)
        path = f"handover-{version}.zip"
        before = self._offered(targets, channel)
        if before is not None and not newer(version, before):
            raise ConfigError(f"{version} is not newer than {before}, which {channel!r} offers already")
        index = msgspec.json.encode(Channel(version, path))
        for name, data in ((path, bundle), (f"{channel}.json", index)):
            info = TargetFile.from_data(name, data, ["sha256"])
            targets.targets[name] = info
            (self.path / "targets" / f"{info.hashes['sha256']}.{name}").write_bytes(data)
        self._publish(targets, targets.version + 1, now)
        return version

    def renew(self, now: float, *, root: bool = False) -> None:
        """Sign everything anew, so that it does not expire; with `root` the root metadata too."""
        if root:
            signed = self._newest("root").signed
            signed.version += 1
            signed.expires = _until("root", now)
            self._sign("root", signed)
        targets = self._newest("targets").signed
        assert isinstance(targets, Targets)
        self._publish(targets, targets.version + 1, now)

    def _offered(self, targets: Targets, channel: str) -> str | None:
        info = targets.targets.get(f"{channel}.json")
        if info is None:
            return None
        data = (self.path / "targets" / f"{info.hashes['sha256']}.{channel}.json").read_bytes()
        return msgspec.json.decode(data, type=Channel).version

    def _publish(self, targets: Targets, version: int, now: float) -> None:
        targets.version, targets.expires = version, _until("targets", now)
        self._sign("targets", targets)
        snapshot = Snapshot(
            version, expires=_until("snapshot", now), meta={"targets.json": MetaFile(version)}
        )
        self._sign("snapshot", snapshot)
        # The timestamp comes last: it makes the rest known.
        self._sign("timestamp", Timestamp(version, None, _until("timestamp", now), MetaFile(version)))

    def _sign(self, role: str, signed: Signed) -> Path:
        metadata: Metadata[Any] = Metadata(signed)
        metadata.sign(self._signer(role))
        name = "timestamp.json" if role == "timestamp" else f"{signed.version}.{role}.json"
        path = self._metadata / name
        new = path.with_suffix(".new")
        new.write_bytes(metadata.to_bytes())
        os.replace(new, path)
        return path

    def _signer(self, role: str) -> CryptoSigner:
        try:
            key = load_pem_private_key(self._key(role).read_bytes(), None)
        except (OSError, ValueError, TypeError) as error:
            raise ConfigError(f"the key {self._key(role)} cannot be used: {error}; put it back") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise ConfigError(f"the key {self._key(role)} is not an Ed25519 key; put the right one back")
        return CryptoSigner(key)

    def _newest(self, role: str) -> "Metadata[Any]":
        found = sorted(self._metadata.glob(f"*.{role}.json"), key=lambda path: int(path.name.split(".")[0]))
        if not found:
            raise ConfigError(
                f"{self.path} is not a repository; make one with: handover update init-repo DIR"
            )
        return Metadata.from_file(str(found[-1]))

    def _key(self, role: str) -> Path:
        return self.path / "keys" / f"{role}.pem"


def _until(role: str, now: float) -> datetime:
    return datetime.fromtimestamp(now, UTC).replace(microsecond=0) + timedelta(days=DAYS[role])
