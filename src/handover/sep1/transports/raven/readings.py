"""What a stick made of software remembers of its meters: registers over time, and the accounting period.

For `stick` alone. Times are ZigBee times, values raw register values.
"""

from bisect import bisect_right
from collections.abc import Callable
from typing import Final

from handover.sep1.transports.raven.document import Document
from handover.sep1.transports.raven.intervals import PERIOD_LIMIT

QUARTER: Final = 900
"""Seconds of an interval in the profiles given."""
QUARTER_CODE: Final = 3
"""How the Metering cluster names that length."""
NO_VALUE: Final = 0xFF_FFFF
KEPT: Final = 20_000
"""Readings kept for each meter: some months."""


class Readings:
    """The registers of one meter, oldest first, and the accounting period that was begun over them."""

    def __init__(self) -> None:
        self._times: list[int] = []
        self._values: dict[str, list[int]] = {"Delivered": [], "Received": []}
        self.scale: dict[str, str] = {}
        self.began: tuple[int, int] | None = None
        self.closed: tuple[int, int, int] | None = None

    def note(self, document: Document) -> None:
        """Take a CurrentSummationDelivered document; one without a time or a value is left out."""
        stamp, delivered = document.time("TimeStamp"), document.number("SummationDelivered")
        if stamp is None or delivered is None or (self._times and stamp <= self._times[-1]):
            return
        self._times.append(stamp)
        self._values["Delivered"].append(delivered)
        self._values["Received"].append(document.number("SummationReceived") or 0)
        names = ("Multiplier", "Divisor", "DigitsRight", "DigitsLeft", "SuppressLeadingZero")
        self.scale = {name: document.text(name) for name in names if document.text(name)}
        if self.began is None:
            self.began = stamp, delivered
        if len(self._times) > KEPT:
            for values in (self._times, *self._values.values()):
                del values[: KEPT // 2]

    def usage(self) -> int:
        """Return the consumption since the accounting period began."""
        return self._values["Delivered"][-1] - self.began[1] if self.began is not None else 0

    def close(self, now: int) -> None:
        """End the accounting period at `now` and begin the next."""
        if self.began is not None:
            self.closed = self.usage(), self.began[0], now
            self.began = now, self._values["Delivered"][-1]

    def profile(self, channel: str, end: int, count: int) -> tuple[int, list[int]]:
        """Return the end of the newest interval and up to `count` consumptions, newest first. `end` 0 is the
        newest there is.
        """
        if not self._times:
            return 0, []
        newest = self._times[-1] - self._times[-1] % QUARTER
        end = min(end - end % QUARTER, newest) if end else newest
        value = self._value_at(channel)
        found = []
        for number in range(min(count, PERIOD_LIMIT)):
            later, earlier = value(end - number * QUARTER), value(end - (number + 1) * QUARTER)
            if earlier is None:
                break
            found.append(NO_VALUE if later is None else min(later - earlier, NO_VALUE))
        return end, found

    def _value_at(self, channel: str) -> Callable[[int], int | None]:
        values = self._values[channel]

        def value(at: int) -> int | None:
            index = bisect_right(self._times, at)
            return values[index - 1] if index else None

        return value
