"""What a store of secrets offers, whatever it lies on."""

from collections.abc import Mapping
from typing import Protocol


class KeyStore(Protocol):
    """Secrets by name: keys of rows in the journal, install codes, exports of link keys and counters."""

    def load(self) -> dict[str, bytes]:
        """Return all secrets; none when nothing was ever saved. Raises DecodeError when damaged."""

    def save(self, secrets: Mapping[str, bytes]) -> None:
        """Replace all secrets; a crash leaves these or those before. Raises OSError."""
