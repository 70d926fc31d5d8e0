"""Notifications on their way: one at a time for a subscription, repeated until taken or too old.

What a notification says is made when it is sent, so that a subscriber who was away gets the present state
once instead of every change. What is worth a notification is decided in `subscriptions`.
"""

from collections.abc import Callable
from dataclasses import dataclass

FIRST_PAUSE, LONGEST_PAUSE = 30.0, 3600.0
"""Seconds between attempts; doubled each time."""

PATIENCE = 86_400.0
"""Seconds for which a subscriber that does not answer is tried."""


@dataclass(slots=True)
class Notify:
    """POST `body` to `uri`, where only the holder of the certificate `lfdi` may take it.

    The outcome is told under `key`.
    """

    key: str
    uri: str
    lfdi: bytes
    content_type: str
    body: bytes


Make = Callable[[], Notify | None]
"""Makes what is sent; None when there is nothing to say any more."""


@dataclass(slots=True)
class _Letter:
    make: Make
    due: float
    given_up: float
    pause: float = FIRST_PAUSE
    under_way: bool = False
    again: bool = False


class PostBox:
    """Letters by key: at most one waits for each, and `spacing` seconds lie between two."""

    def __init__(self, spacing: float) -> None:
        self._spacing = spacing
        self._letters: dict[str, _Letter] = {}
        self._last: dict[str, float] = {}

    def put(self, key: str, make: Make, now: float) -> None:
        """Send what `make` makes, or let a letter that is on its way be followed by another one."""
        letter = self._letters.get(key)
        if letter is None:
            due = max(now, self._last.get(key, float("-inf")) + self._spacing)
            self._letters[key] = _Letter(make, due, now + PATIENCE)
        else:
            letter.make = make
            letter.again = letter.under_way

    def forget(self, key: str) -> None:
        """Throw away what waits under a key."""
        self._letters.pop(key, None)
        self._last.pop(key, None)

    def due(self, now: float) -> list[Notify]:
        """Return what is to be sent now."""
        found = []
        for key, letter in list(self._letters.items()):
            if letter.under_way or letter.due > now:
                continue
            notify = letter.make()
            if notify is None:
                self.forget(key)
                continue
            letter.under_way, letter.again = True, False
            self._last[key] = now
            found.append(notify)
        return found

    def taken(self, key: str, now: float) -> None:
        """Take note that a letter was accepted."""
        letter = self._letters.pop(key, None)
        if letter is not None and letter.again:
            self.put(key, letter.make, now)

    def failed(self, key: str, now: float) -> bool:
        """Take note that a letter did not arrive; False when that was the last attempt."""
        letter = self._letters.get(key)
        if letter is None:
            return True
        letter.under_way = False
        if now >= letter.given_up:
            self.forget(key)
            return False
        letter.due = now + letter.pause
        letter.pause = min(2 * letter.pause, LONGEST_PAUSE)
        return True

    def deadline(self) -> float | None:
        """Return when `due` next has something (Unix seconds)."""
        return min((x.due for x in self._letters.values() if not x.under_way), default=None)
