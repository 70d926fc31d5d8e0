"""Where a device keeps an image while it comes: a slot beside the running firmware."""

from typing import Protocol

from handover.errors import NotNow


class Slot(Protocol):
    """Octets of an image, appended in order; what was appended survives a restart."""

    def size(self) -> int:
        """Return how many octets there are."""

    def append(self, octets: bytes) -> None:
        """Add octets at the end. Raises NotNow when there is no room."""

    def read(self) -> bytes:
        """Return all octets."""

    def erase(self) -> None:
        """Throw everything away."""


class MemorySlot:
    """A slot in memory, of at most `room` octets."""

    def __init__(self, room: int = 1 << 22) -> None:
        self._octets = bytearray()
        self._room = room

    def size(self) -> int:
        """Return how many octets there are."""
        return len(self._octets)

    def append(self, octets: bytes) -> None:
        """Add octets at the end. Raises NotNow when there is no room."""
        if len(self._octets) + len(octets) > self._room:
            raise NotNow(f"the slot has room for {self._room} octets only; the image is longer")
        self._octets += octets

    def read(self) -> bytes:
        """Return all octets."""
        return bytes(self._octets)

    def erase(self) -> None:
        """Throw everything away."""
        self._octets.clear()
