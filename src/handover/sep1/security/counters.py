"""Frame counters that no restart brings back: none is used twice, and no frame that was heard counts again.

Both kinds write ahead: a counter is recorded further on than it stands, before it is used so far, and after
a restart it goes on from the record. `save` is called whenever a record must be written before going on.
Source: ZigBee PRO, 4.3.1.1 and 4.3.1.2; the distances are ours.
"""

from collections.abc import Callable
from typing import Final

from handover.errors import NotNow

AHEAD: Final = 1024
"""Outgoing counters recorded ahead of use."""

HEARD_AHEAD: Final = 32
"""Incoming counters recorded ahead: as many frames of a peer may be lost to a crash."""

END: Final = 0xFFFF_FFFF
"""A counter stops before this value, and the key with it."""

Save = Callable[[], None]


def unsaved() -> None:
    """Keep no record, for nodes that live as long as their process."""


class Outgoing:
    """The counter of the frames that we protect with one key."""

    __slots__ = ("_next", "record")

    def __init__(self, record: int = 0) -> None:
        self._next = record
        self.record = record

    def take(self, save: Save) -> int:
        """Return the counter of the next frame. Raises NotNow when the key has none left."""
        value = self._next
        if value >= END:
            raise NotNow("the frame counter of this key has come to its end; the key must be replaced")
        if value >= self.record:
            self.record = min(value + AHEAD, END)
            save()
        self._next = value + 1
        return value


class Incoming:
    """The counter of the frames that one peer protects with one key."""

    __slots__ = ("least", "record")

    def __init__(self, record: int = 0) -> None:
        self.least = record
        self.record = record

    def is_new(self, counter: int) -> bool:
        """Tell whether a frame with this counter has not been heard before."""
        return self.least <= counter < END

    def heard(self, counter: int, save: Save) -> None:
        """Take note of a genuine frame; this one and all before it count no more."""
        self.least = counter + 1
        if self.least > self.record:
            self.record = min(self.least + HEARD_AHEAD, END)
            save()
