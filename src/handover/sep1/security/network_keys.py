"""The network keys of a node: the active one, and the ones that are still or already heard, by sequence."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from handover.errors import DecodeError, NotNow
from handover.sep1.network.security import FrameKey
from handover.sep1.security.counters import Incoming, Outgoing

KEPT: Final = 2
"""Keys held at once: the one in use, and the one before or after it."""

PEERS: Final = 4096
"""Neighbours whose counters are kept per key, more than a network has; the longest silent makes room."""


@dataclass
class NetworkKey:
    """A network key with its own counter, and those of the neighbours by EUI-64."""

    key: bytes = field(repr=False)
    sequence: int
    outgoing: Outgoing = field(default_factory=Outgoing, repr=False)
    incoming: dict[int, Incoming] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.frames = FrameKey(self.key)

    def peer(self, eui64: int) -> Incoming:
        """Return the counter of a neighbour."""
        found = self.incoming.get(eui64)
        return Incoming() if found is None else found

    def keep(self, eui64: int, counter: Incoming) -> None:
        """Keep the counter of a neighbour that has just shown itself genuine."""
        self.incoming.pop(eui64, None)
        while len(self.incoming) >= PEERS:
            del self.incoming[next(iter(self.incoming))]
        self.incoming[eui64] = counter


class NetworkKeys:
    """The keys by sequence number; `active` is the one under which we send."""

    def __init__(self) -> None:
        self._keys: dict[int, NetworkKey] = {}
        self._active: int | None = None
        self._floor = 0

    @property
    def active(self) -> NetworkKey:
        """The key in use. Raises NotNow while there is none."""
        if self._active is None:
            raise NotNow("there is no network key yet: the node has not joined")
        return self._keys[self._active]

    @property
    def ready(self) -> bool:
        """Tell whether there is a key to send under."""
        return self._active is not None

    def of(self, sequence: int) -> NetworkKey | None:
        """Return the key of a sequence number."""
        return self._keys.get(sequence)

    def install(self, key: bytes, sequence: int, *, active: bool) -> None:
        """Hold a key. The same key again goes on with its counters; beyond KEPT the oldest other one goes."""
        found = self._keys.get(sequence)
        if found is None or found.key != key:
            self._keys.pop(sequence, None)
            others = [number for number in self._keys if number != self._active or active]
            while len(self._keys) >= KEPT and others:
                del self._keys[others.pop(0)]
            self._keys[sequence] = NetworkKey(key, sequence, Outgoing(self._floor))
        if active:
            self._active = sequence

    def switch(self, sequence: int) -> bool:
        """Use the key of this sequence number from now on; False when it is not here."""
        if sequence not in self._keys:
            return False
        self._active = sequence
        return True

    def clear(self) -> None:
        """Forget every key, but not the counters: the same key may come back, to peers who remember us."""
        self._floor = max([self._floor, *(key.outgoing.record for key in self._keys.values())])
        self._keys.clear()
        self._active = None

    def export(self) -> dict[str, Any]:
        """Return the keys with the records of their counters."""
        return {
            "active": self._active,
            "floor": self._floor,
            "keys": [
                {
                    "key": key.key.hex(),
                    "sequence": key.sequence,
                    "outgoing": key.outgoing.record,
                    "incoming": {f"{eui64:016X}": peer.record for eui64, peer in key.incoming.items()},
                }
                for key in self._keys.values()
            ],
        }

    @classmethod
    def restore(cls, record: Mapping[str, Any]) -> "NetworkKeys":
        """Return the keys of an export; counters go on from their records. Raises DecodeError."""
        keys = cls()
        try:
            for row in record["keys"]:
                made = NetworkKey(
                    bytes.fromhex(row["key"]), int(row["sequence"]), Outgoing(int(row["outgoing"]))
                )
                made.incoming = {int(e, 16): Incoming(int(n)) for e, n in row["incoming"].items()}
                keys._keys[made.sequence] = made
            keys._active = record["active"]
            keys._floor = int(record["floor"])
            if keys._active is not None and keys._active not in keys._keys:
                raise ValueError(f"key {keys._active} is missing")
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DecodeError(f"network keys: the record cannot be read: {error!r}") from None
        return keys
