"""Responses on their way: at least once to the server, at most one for each status of an event.

The port is what a device with a disk implements on it; the implementation here lasts as long as the
process. When an entry is due and what its fate is, the engine decides.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol


@dataclass(slots=True)
class Pending:
    """A Response that the server has not taken yet.

    `key` says it once and for all (event and status); entries of one `subject` leave in the order of their
    making. `made`, `due` and `deadline` are Unix seconds; after `deadline` it is given up.
    """

    key: str
    subject: str
    status: int
    path: str
    body: bytes
    made: float
    deadline: float
    due: float = 0.0
    attempts: int = 0


class Outbox(Protocol):
    """Where Responses wait. Every method has taken effect durably, where that is offered, when it returns."""

    def add(self, entry: Pending) -> bool:
        """Keep a new entry. Returns False, and keeps nothing, when its key was ever added before."""

    def waiting(self) -> list[Pending]:
        """Return all entries in the order of their making."""

    def update(self, entry: Pending) -> None:
        """Keep the changed `due` and `attempts` of an entry."""

    def remove(self, key: str) -> None:
        """Take an entry out, delivered or given up; its key stays known."""


class MemoryOutbox:
    """An outbox in memory. It remembers the latest `keys` keys."""

    def __init__(self, keys: int = 10_000) -> None:
        self._keys = keys
        self._known: OrderedDict[str, None] = OrderedDict()
        self._waiting: dict[str, Pending] = {}

    def add(self, entry: Pending) -> bool:
        """Keep a new entry; False when its key is known."""
        if entry.key in self._known:
            return False
        self._known[entry.key] = None
        if len(self._known) > self._keys:
            self._known.popitem(last=False)
        self._waiting[entry.key] = entry
        return True

    def waiting(self) -> list[Pending]:
        """Return all entries in the order of their making."""
        return list(self._waiting.values())

    def update(self, entry: Pending) -> None:
        """Nothing to do: entries are kept as they are."""

    def remove(self, key: str) -> None:
        """Take an entry out."""
        self._waiting.pop(key, None)
