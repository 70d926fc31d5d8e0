"""The ESI's clock, which rules all events, kept as an offset to our own; and the Time resource made from it.

The offset is refreshed by every Time value the ESI sends; between two of them our own clock counts on. The
Time resource is computed when it is read. Nothing of this follows any other source.
"""

from dataclasses import dataclass, replace

from handover.gateway.outputs import Keep
from handover.gateway.step import Step
from handover.model.timekeeping import TimeState

RECORD = "time"
STEP_SECONDS = 60
"""A change of the offset beyond this is a clock step, which is logged and re-evaluates every schedule."""


@dataclass(slots=True)
class Upstream:
    """What the ESI last said about the time: its state, and how far its clock is ahead of ours (seconds)."""

    state: TimeState
    offset: float
    heard: float


class Timekeeping:
    """The ESI's clock. Without a word from it, our own clock serves, marked as not coordinated."""

    def __init__(self) -> None:
        self._upstream: Upstream | None = None

    def restore(self, records: dict[str, Upstream]) -> None:
        """Take over what the journal holds."""
        self._upstream = records.get(RECORD)

    @property
    def synchronized(self) -> bool:
        """Whether the ESI has told a time that it vouches for."""
        return self._upstream is not None and self._upstream.state.trusted

    @property
    def offset(self) -> float:
        """Seconds to add to our clock to get the ESI's."""
        return self._upstream.offset if self._upstream else 0.0

    @property
    def heard(self) -> float | None:
        """When the ESI last told the time, by our clock."""
        return self._upstream.heard if self._upstream else None

    def now(self, wall: float) -> float:
        """Return the ESI's time at `wall` of our clock."""
        return wall + self.offset

    def wall(self, now: float) -> float:
        """Return our time at `now` of the ESI's clock."""
        return now - self.offset

    def state(self, wall: float) -> TimeState:
        """Return the time as the ESI would tell it at `wall`."""
        if self._upstream is None:
            return TimeState(now=int(wall), trusted=False)
        return replace(self._upstream.state, now=int(self.now(wall)), local=None)

    def update(self, step: Step, state: TimeState) -> None:
        """Take what the ESI said, just now, and move the step onto its clock."""
        offset = state.now - step.wall
        # Whole seconds on the wire: a difference below one second is no new knowledge and would only jitter.
        if self._upstream is not None and abs(offset - self._upstream.offset) < 1.0:
            offset = self._upstream.offset
        jump = offset - self.offset
        first = self._upstream is None
        self._upstream = Upstream(state, offset, step.wall)
        step.changes.append(Keep(RECORD, RECORD, self._upstream))
        step.now = self.now(step.wall)
        if not first and abs(jump) > STEP_SECONDS:
            step.log(
                "warning",
                "the ESI's clock made a step; every schedule is looked at again",
                seconds=round(jump),
            )
