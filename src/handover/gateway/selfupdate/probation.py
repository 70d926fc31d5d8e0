"""The trial seen from inside: when new software may say that it is healthy, and when it gives up."""

from dataclasses import dataclass
from enum import Enum, auto

SETTLED = 60.0
"""Seconds without a break that the gateway must be well before a trial is kept."""
LIMIT = 600.0
"""Seconds after its start in which a trial must have got there."""


class Verdict(Enum):
    """What to do with the trial now."""

    WAIT = auto()
    KEEP = auto()
    GIVE_UP = auto()


@dataclass
class Probation:
    """The trial that began at `started`, in seconds of a clock that nobody sets."""

    started: float
    settled: float = SETTLED
    limit: float = LIMIT
    _well_since: float | None = None

    def look(self, well: bool, now: float) -> Verdict:
        """Take in whether the gateway is well at `now`, and say what follows."""
        if not well:
            self._well_since = None
        elif self._well_since is None:
            self._well_since = now
        if self._well_since is not None and now - self._well_since >= self.settled:
            return Verdict.KEEP
        return Verdict.GIVE_UP if now - self.started >= self.limit else Verdict.WAIT
