"""What every sans-IO part offers: inputs and the time go in, outputs come out.

An engine never opens a socket, reads a clock, sleeps or draws a random number. The same engine runs under
asyncio in production and under a heap of deadlines in simulation.
"""

from typing import Protocol, TypeVar, runtime_checkable

In_contra = TypeVar("In_contra", contravariant=True)
Out = TypeVar("Out")


@runtime_checkable
class Engine(Protocol[In_contra, Out]):
    """A part that decides, without doing."""

    def handle(self, event: In_contra, now: float) -> list[Out]:
        """Take one input at time `now` (Unix seconds) and return what is to be done, in order."""

    def tick(self, now: float) -> list[Out]:
        """Do what has become due by `now`; harmless when nothing has."""

    def deadline(self) -> float | None:
        """Return when `tick` is next worth calling (Unix seconds), or None."""
