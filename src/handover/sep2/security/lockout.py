"""A brake on guessing: after some wrong tries, none is taken for a while."""

from collections import deque
from typing import Final

from handover.errors import NotNow

MOST: Final = 5
WITHIN: Final = 600.0
"""Seconds."""


class Lockout:
    """Counts wrong tries: `most` of them `within` so many seconds, and the next one has to wait."""

    def __init__(self, most: int = MOST, within: float = WITHIN) -> None:
        self._most = most
        self._within = within
        self._wrong: deque[float] = deque(maxlen=most)

    def check(self, now: float) -> None:
        """Raise NotNow when no try is taken at `now`, right or wrong."""
        if len(self._wrong) == self._most and self._wrong[0] <= now < self._wrong[0] + self._within:
            wait = int(self._wrong[0] + self._within - now) + 1
            raise NotNow(f"{self._most} tries were wrong; the next one is taken in {wait} s")

    def failed(self, now: float) -> None:
        """Take note of a wrong try."""
        self._wrong.append(now)
