"""Which way the journal's PINs are kept, by the configuration: the key store is opened, or made."""

import secrets
from pathlib import Path

from handover.errors import ConfigError, DecodeError
from handover.gateway.config import Config
from handover.gateway.keystore.adapters import secret
from handover.gateway.keystore.adapters.sealed_file import SealedFile
from handover.gateway.keystore.pins import NAME, Pins, PlainPins, SealedPins


def key_store(config: Config) -> SealedFile | None:
    """Return the key store, None when none is configured; a missing key file is made with the first store.

    Raises ConfigError when the key file cannot be used.
    """
    if not config.security.key_file:
        return None
    path, key_file = config.key_store_path, config.path(config.security.key_file)
    passphrase = secret.read(key_file) if key_file.exists() or path.exists() else secret.make(key_file)
    return SealedFile(path, passphrase)


def pins(config: Config) -> Pins:
    """Return how PINs are kept. Raises ConfigError when the key store cannot be opened."""
    store = key_store(config)
    if store is None:
        return PlainPins()
    try:
        kept = store.load()
        if NAME not in kept:
            kept[NAME] = secrets.token_bytes(32)
            store.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            store.save(kept)
    except DecodeError as error:
        raise ConfigError(str(error)) from error
    except OSError as error:
        raise ConfigError(f"key store {store.path} cannot be written: {error.strerror or error}") from error
    return SealedPins(kept[NAME], secrets.token_bytes)


def rotate(store: SealedFile, key_file: Path) -> None:
    """Put the key store under another passphrase file, made if missing. Raises ConfigError."""
    passphrase = secret.read(key_file) if key_file.exists() else secret.make(key_file)
    try:
        store.rotate(passphrase)
    except DecodeError as error:
        raise ConfigError(str(error)) from error
    except OSError as error:
        raise ConfigError(f"key store {store.path} cannot be written: {error.strerror or error}") from error
