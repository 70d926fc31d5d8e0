"""The link keys of a node: one per partner, with its origin, its derived keys and its counters.

The origin decides what a frame under the key proves: under an install code's key a device may join and
establish, nothing more (SE 5.4.6). Records are plain data for the adapter that keeps them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any, Final

from handover.errors import DecodeError
from handover.sep1.network.security import FrameKey
from handover.sep1.security.counters import Incoming, Outgoing
from handover.sep1.security.mmo import hmac_mmo, mmo

_TRANSPORT: Final = b"\x00"
_LOAD: Final = b"\x02"


class Origin(Enum):
    """Where a link key comes from."""

    INSTALL_CODE = "install code"
    ESTABLISHED = "established"
    PARTNER = "partner"
    INHERITED = "inherited"
    """The hash of an established key, in the hands of a trust centre that replaces the one it was with."""

    @property
    def authorises(self) -> bool:
        """Tell whether frames under the key count as secured for the application."""
        return self in (Origin.ESTABLISHED, Origin.PARTNER)


@dataclass
class LinkKey:
    """A key of 16 octets shared with one partner."""

    key: bytes = field(repr=False)
    origin: Origin
    outgoing: Outgoing = field(default_factory=Outgoing, repr=False)
    incoming: Incoming = field(default_factory=Incoming, repr=False)

    @cached_property
    def data(self) -> FrameKey:
        """The key itself, for data and acknowledgements."""
        return FrameKey(self.key)

    @cached_property
    def transport(self) -> FrameKey:
        """The key-transport key, under which network keys travel."""
        return FrameKey(hmac_mmo(self.key, _TRANSPORT))

    @cached_property
    def load(self) -> FrameKey:
        """The key-load key, under which link keys travel."""
        return FrameKey(hmac_mmo(self.key, _LOAD))

    @cached_property
    def hashed(self) -> bytes:
        """What a backup of the trust centre holds in place of the key."""
        return mmo(self.key)


class LinkKeys:
    """The link keys of a node by partner (EUI-64)."""

    def __init__(self) -> None:
        self._keys: dict[int, LinkKey] = {}

    def __iter__(self) -> Iterator[int]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def of(self, partner: int) -> LinkKey | None:
        """Return the key shared with a partner."""
        return self._keys.get(partner)

    def authorised(self, partner: int) -> LinkKey | None:
        """Return the key shared with a partner, when frames under it count as secured."""
        found = self._keys.get(partner)
        return found if found is not None and found.origin.authorises else None

    def install(self, partner: int, key: bytes, origin: Origin) -> LinkKey:
        """Share a key with a partner; it replaces the one before. The same key goes on with its counters."""
        found = self._keys.get(partner)
        if found is not None and found.key == key:
            found.origin = origin
            return found
        made = self._keys[partner] = LinkKey(key, origin)
        return made

    def forget(self, partner: int) -> None:
        """Share no key with a partner any more; harmless for a stranger."""
        self._keys.pop(partner, None)

    def rename(self, old: int, new: int) -> None:
        """Let the key shared with `old` be the one shared with `new`."""
        self._keys[new] = self._keys.pop(old)

    def backup(self) -> dict[int, bytes]:
        """Return the hashes of the established keys by partner: what a new trust centre needs (SE 1.1)."""
        return {
            partner: link.hashed for partner, link in self._keys.items() if link.origin is Origin.ESTABLISHED
        }

    def export(self) -> list[dict[str, Any]]:
        """Return all keys with the records of their counters."""
        return [
            {
                "partner": f"{partner:016X}",
                "key": link.key.hex(),
                "origin": link.origin.value,
                "outgoing": link.outgoing.record,
                "incoming": link.incoming.record,
            }
            for partner, link in self._keys.items()
        ]

    @classmethod
    def restore(cls, rows: list[Mapping[str, Any]]) -> "LinkKeys":
        """Return the keys of an export; counters go on from their records. Raises DecodeError."""
        keys = cls()
        try:
            for row in rows:
                keys._keys[int(row["partner"], 16)] = LinkKey(
                    _key(row["key"]),
                    Origin(row["origin"]),
                    Outgoing(int(row["outgoing"])),
                    Incoming(int(row["incoming"])),
                )
        except (KeyError, TypeError, ValueError) as error:
            raise DecodeError(f"link keys: the record cannot be read: {error!r}") from None
        return keys


def _key(text: str) -> bytes:
    key = bytes.fromhex(text)
    if len(key) != 16:
        raise ValueError("a key has 16 octets")
    return key
