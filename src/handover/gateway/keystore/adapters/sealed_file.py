"""The key store in a file: encrypted, for its owner only, replaced as a whole."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from handover.errors import DecodeError
from handover.gateway.keystore import sealing
from handover.gateway.keystore.sealing import COST, NONCE, SALT, Cost, Sealer


class SealedFile:
    """A `KeyStore`. The key is derived once for a file, as deriving is slow on purpose."""

    def __init__(self, path: Path, passphrase: bytes, cost: Cost = COST) -> None:
        self.path = path
        self._passphrase = passphrase
        self._cost = cost
        self._sealer: Sealer | None = None

    @property
    def exists(self) -> bool:
        """Tell whether anything was ever saved."""
        return self.path.exists()

    def load(self) -> dict[str, bytes]:
        """Return all secrets. Raises DecodeError when the file is damaged or under another passphrase."""
        try:
            with self.path.open("rb") as file:
                record = file.read(sealing.LONGEST + 1)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise DecodeError(f"{self.path}: it cannot be read: {error.strerror or error}") from None
        try:
            found, self._sealer = sealing.opened(record, self._passphrase)
        except DecodeError as error:
            raise DecodeError(f"{self.path}: {error}") from None
        return found

    def save(self, secrets_: Mapping[str, bytes]) -> None:
        """Replace all secrets. Raises OSError; the file is then as it was."""
        if self._sealer is None:
            self._sealer = sealing.derive(self._passphrase, secrets.token_bytes(SALT), self._cost)
        record = self._sealer.seal(secrets_, secrets.token_bytes(NONCE))
        beside = self.path.with_name(self.path.name + ".new")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(record)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def rotate(self, passphrase: bytes) -> None:
        """Seal everything under another passphrase and a new salt. Raises DecodeError, OSError."""
        kept = self.load()
        before = self._passphrase, self._sealer
        self._passphrase, self._sealer = passphrase, None
        try:
            self.save(kept)
        except OSError:
            self._passphrase, self._sealer = before
            raise
