"""How often a client asks: poll rates, back-off after errors, and restraint while the server is gone."""

from collections.abc import Callable, Mapping

from handover.sep2.client.tree import Node
from handover.sep2.resources.metering import ReadingType

FIRST_WAIT = 5.0
LONGEST_WAIT = 300.0
_SLOWEST_STATIC = 900.0


class Pace:
    """The rhythm of one client.

    `floor` is the shortest time between two readings of a document in seconds, whatever the server's
    pollRate says. `jitter` gives a number from 0 to 1 and spreads the retries of many clients.
    """

    def __init__(self, floor: float, jitter: Callable[[], float]) -> None:
        self._floor = floor
        self._jitter = jitter
        self._attempts = 0
        self.resume = 0.0
        """Nothing is asked before this moment (Unix seconds)."""

    @property
    def lost(self) -> bool:
        """Whether the server did not answer the last time."""
        return self._attempts > 0

    def wait(self, attempts: int) -> float:
        """Return how long to wait after `attempts` failures in a row, in seconds."""
        longest = min(FIRST_WAIT * 2.0 ** (max(attempts, 1) - 1), LONGEST_WAIT)
        return longest * (0.5 + self._jitter() / 2)

    def answered(self) -> None:
        """The server is there."""
        self._attempts = 0
        self.resume = 0.0

    def failed(self, now: float) -> None:
        """The server did not answer; one outage counts once, however many requests it hit."""
        if now >= self.resume:
            self._attempts += 1
            self.resume = now + self.wait(self._attempts)

    def read(self, node: Node, now: float) -> None:
        """`node` has been read completely: it is due again after its pollRate, or the inherited one."""
        own = getattr(node.resource, "pollRate", None)
        node.poll = max(float(own) if own is not None else node.inherited, self._floor)
        if node.kind is ReadingType:
            node.poll = max(node.poll, _SLOWEST_STATIC)
        node.attempts = 0
        node.due = now + node.poll

    def refused(self, node: Node, now: float, headers: Mapping[str, str], *, soon: bool) -> None:
        """`node` could not be read: `soon` (with growing pauses), or at its next turn."""
        node.attempts += 1
        asked = retry_after(headers)
        if asked is not None:
            node.due = now + asked
        else:
            node.due = now + (
                min(self.wait(node.attempts), node.poll) if soon else max(node.poll, self._floor)
            )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of a Retry-After header (the date form is not used between devices)."""
    for name, value in headers.items():
        if name.lower() == "retry-after":
            text = value.strip()
            return min(float(text), 86_400.0) if text.isascii() and text.isdigit() else None
    return None
