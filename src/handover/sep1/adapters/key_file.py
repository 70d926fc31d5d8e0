"""The record of a node's keys and counters in a file: encrypted, written whole or not at all.

The file is encrypted under a secret of 32 octets that lies elsewhere (a file of its own, a credential of the
service manager): whoever copies the data folder has no keys. AES-256-GCM; the header is authenticated too.
"""

import base64
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from handover.errors import ConfigError, DecodeError
from handover.sep1.security.counters import END

SECRET: Final = 32
"""Octets of a secret."""

JUMP: Final = 1 << 20
"""By how much outgoing counters move on when a record is restored that may be an old copy."""

_FORMAT: Final = "handover-keys-1"
_NONCE: Final = 12


def secret_file(path: Path) -> bytes:
    """Return the secret in a file, made with random octets if there is none; only its owner may read it.

    Raises ConfigError when others may, or when it is no secret.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    except OSError as error:
        raise ConfigError(f"secret file {path}: it cannot be made: {error.strerror}") from None
    else:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(SECRET))
    try:
        mode, secret = path.stat().st_mode, path.read_bytes()
    except OSError as error:
        raise ConfigError(f"secret file {path}: it cannot be read: {error.strerror}") from None
    if mode & 0o077:
        raise ConfigError(f"secret file {path}: others may read it; run: chmod 600 {path}")
    if len(secret) != SECRET:
        raise ConfigError(f"secret file {path}: it has {len(secret)} octets instead of {SECRET}")
    return secret


class KeyFile:
    """The file of one node. `secret` has 32 octets."""

    def __init__(self, path: Path, secret: bytes) -> None:
        self.path = path
        self._cipher = AESGCM(secret)

    def save(self, record: Mapping[str, Any]) -> None:
        """Write a record so that a crash leaves this one or the one before. Raises OSError."""
        nonce = secrets.token_bytes(_NONCE)
        plain = json.dumps(record, separators=(",", ":")).encode()
        sealed = self._cipher.encrypt(nonce, plain, _FORMAT.encode())
        text = json.dumps({"format": _FORMAT, "nonce": _text(nonce), "record": _text(sealed)})
        beside = self.path.with_name(self.path.name + ".new")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def load(self) -> dict[str, Any] | None:
        """Return the record, None when there is none yet.

        Raises DecodeError when the file is damaged or the secret is another one.
        """
        try:
            text = self.path.read_text(encoding="ascii")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise DecodeError(f"key file {self.path}: it cannot be read: {error}") from None
        try:
            outer = json.loads(text)
            if outer["format"] != _FORMAT:
                raise ValueError(f"the format {outer['format']!r} is unknown")
            nonce, sealed = base64.b64decode(outer["nonce"]), base64.b64decode(outer["record"])
            record = json.loads(self._cipher.decrypt(nonce, sealed, _FORMAT.encode()))
        except InvalidTag:
            raise DecodeError(
                f"key file {self.path}: it was written under another secret, or was changed; "
                f"use its secret, or restore both from a backup"
            ) from None
        except (KeyError, TypeError, ValueError) as error:
            raise DecodeError(f"key file {self.path}: it is damaged: {error!r}") from None
        if not isinstance(record, dict):
            raise DecodeError(f"key file {self.path}: it holds no record")
        return record


def moved_on(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record whose outgoing counters stand JUMP further on.

    For a record from a backup: the node may have sent since, and no counter may be used twice. What peers
    sent since the backup would be accepted again: change the network key and establish new link keys soon.
    Raises DecodeError when it is no record.
    """
    try:
        copy: dict[str, Any] = json.loads(json.dumps(record))
        rows = [*copy["network_keys"]["keys"], *copy["link_keys"]]
        copy["network_keys"]["floor"] = min(int(copy["network_keys"]["floor"]) + JUMP, END)
        for row in rows:
            row["outgoing"] = min(int(row["outgoing"]) + JUMP, END)
        for row in copy.get("trust_centre_part", {}).get("registered", {}).values():
            row[1] = min(int(row[1]) + JUMP, END)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise DecodeError(f"record of keys: it cannot be read: {error!r}") from None
    return copy


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")
