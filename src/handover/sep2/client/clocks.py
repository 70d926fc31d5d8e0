"""The clocks of a server: one offset for each Time resource (clause 9.2.3: an event runs on its own one)."""

from handover.sep2.resources.time import Time


class Clocks:
    """How far each Time resource is ahead of our own clock."""

    def __init__(self) -> None:
        self._offsets: dict[str, float] = {}
        self._latest: float | None = None

    def set(self, path: str, time: Time, asked: float, answered: float) -> float:
        """Learn from a Time that was asked for and answered at these moments of our clock; return the offset.

        The server stamped the answer somewhere in between, and cut the fraction of the second off.
        """
        offset = time.currentTime - (asked + answered) / 2
        # Half of the cut and half of the way: a smaller difference says nothing about the clocks.
        known = self._offsets.get(path)
        if known is None or abs(known - offset) > 1.0 + (answered - asked) / 2:
            self._offsets[path] = offset if abs(offset) > 1.0 + (answered - asked) / 2 else 0.0
        return self._offsets[path]

    def assume(self, path: str) -> None:
        """Take a Time that cannot be read for equal to our clock, unless it was read before."""
        self._offsets.setdefault(path, 0.0)

    def offset(self, path: str | None) -> float | None:
        """Return the offset of the Time at `path`; 0 where there is none, None while it is not known yet."""
        return 0.0 if path is None else self._offsets.get(path)

    def stepped_back(self, now: float) -> bool:
        """Tell whether our own clock went back by more than a second since the last call."""
        latest, self._latest = self._latest, now
        return latest is not None and now < latest - 1.0
