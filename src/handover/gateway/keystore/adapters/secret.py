"""The file with the passphrase, or with the machine's own key: what the key store's key is derived from."""

import os
import secrets
from pathlib import Path
from typing import Final

from handover.errors import ConfigError

SHORTEST: Final = 16
"""Octets that a passphrase must have."""


def read(path: Path) -> bytes:
    """Return the passphrase in a file, without the end of its line. Raises ConfigError.

    Others must not be able to read the file.
    """
    try:
        mode, text = path.stat().st_mode, path.read_bytes().rstrip(b"\r\n")
    except OSError as error:
        raise ConfigError(f"[security] key_file {path} cannot be read: {error.strerror or error}") from None
    if mode & 0o077:
        raise ConfigError(f"[security] key_file {path}: others may read it; run: chmod 600 {path}")
    if len(text) < SHORTEST:
        raise ConfigError(
            f"[security] key_file {path}: {len(text)} octets are too few for a passphrase; write at least "
            f"{SHORTEST}, or remove the file to have one made"
        )
    return text


def make(path: Path) -> bytes:
    """Write a machine key of 32 random octets, as text, for the owner only. Raises ConfigError."""
    text = secrets.token_urlsafe(32).encode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise ConfigError(f"[security] key_file {path} cannot be made: {error.strerror or error}") from None
    return text
