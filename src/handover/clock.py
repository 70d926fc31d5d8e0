"""What a clock is, and the clocks that do not read the machine's.

Times are seconds since 1970-01-01T00:00:00Z without leap seconds, as floats. The system clock is made in
the outer layers (services, command line, console) so that everything below runs in virtual time too.
"""

from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> float:
        """Return seconds since 1970-01-01T00:00:00Z."""


class VirtualClock:
    """A clock that stands still until it is told to move."""

    def __init__(self, start: float = 0.0) -> None:
        self._now = start

    def now(self) -> float:
        """Return the time it was last set to."""
        return self._now

    def advance(self, seconds: float) -> float:
        """Move forward by `seconds` (>= 0) and return the new time. Raises ValueError when negative."""
        if seconds < 0:
            raise ValueError(f"a clock advances by 0 seconds or more, not {seconds}")
        self._now += seconds
        return self._now

    def set(self, now: float) -> None:
        """Jump to `now`, backwards too: tests of clock steps need both directions."""
        self._now = now


class ScaledClock:
    """A clock that starts at `epoch` and runs `speed` times as fast as `monotonic`.

    Replays a recording on the recording's own time, or a day in a minute.
    """

    def __init__(self, epoch: float, speed: float, monotonic: Callable[[], float]) -> None:
        if speed <= 0:
            raise ValueError(f"speed must be positive, not {speed}")
        self._epoch = epoch
        self._speed = speed
        self._monotonic = monotonic
        self._origin = monotonic()

    @property
    def speed(self) -> float:
        """Seconds of this clock per second of the underlying one."""
        return self._speed

    def skip(self, seconds: float) -> None:
        """Jump forward by `seconds` (>= 0): over a gap in a recording. Raises ValueError when negative."""
        if seconds < 0:
            raise ValueError(f"a clock skips 0 seconds or more, not {seconds}")
        self._epoch += seconds

    def now(self) -> float:
        """Return the scaled time."""
        return self._epoch + (self._monotonic() - self._origin) * self._speed
