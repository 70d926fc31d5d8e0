"""Keeps a flood of refusals from becoming a flood of log lines. No clock and no logger is known here."""

from collections import OrderedDict


class Throttle:
    """Lets `burst` lines a `period` (seconds) pass for each key, and counts the rest.

    At most `keys` keys are remembered; the one unseen for the longest time is forgotten first.
    """

    def __init__(self, burst: int = 20, period: float = 60.0, keys: int = 1024) -> None:
        self._burst = burst
        self._period = period
        self._keys = keys
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def admit(self, key: str, now: float) -> int | None:
        """Return how many lines of `key` were held back before this one, or None to hold this one back."""
        begun, count = self._windows.pop(key, (now, 0))
        suppressed = 0
        if now - begun >= self._period:
            suppressed = max(count - self._burst, 0)
            begun, count = now, 0
        self._windows[key] = (begun, count + 1)
        if len(self._windows) > self._keys:
            self._windows.popitem(last=False)
        return suppressed if count < self._burst else None
