"""A client device: follows its server, lives through the events on its lists, and responds to them.

How documents are kept fresh is in `follower`. The parts decide and are only put together here: `agenda` and
`schedule` (events), `letters` (Responses).
"""

from typing import Any, Protocol

from handover.sep2.client.agenda import Agenda, Applied, Judge
from handover.sep2.client.events import Tracked
from handover.sep2.client.follower import Follower, Parts, Settings
from handover.sep2.client.outbox import Outbox
from handover.sep2.client.outputs import Input, Output
from handover.sep2.client.schedule import Draw, Schedule
from handover.sep2.resources.drlc import EndDeviceControl

__all__ = ["Client", "ClientEngine", "Settings", "accept_all", "no_fields"]


def accept_all(event: EndDeviceControl) -> int | None:
    """Find every EndDeviceControl within the device's power."""
    return None


def no_fields(event: Tracked, status: int) -> dict[str, Any]:
    """Add nothing to a DrResponse."""
    return {}


class ClientEngine(Protocol):
    """A client, or a device around one: requests come out, their outcome goes in."""

    def start(self, now: float) -> list[Output]:
        """Begin. Raises NotNow when called twice."""

    def handle(self, event: Input, now: float) -> list[Output]:
        """Take in the outcome of a request."""

    def tick(self, now: float) -> list[Output]:
        """Do what has become due."""

    def deadline(self) -> float | None:
        """Return when `tick` is next worth calling (Unix seconds)."""


class Client(Follower):
    """One SEP 2.0 client. `draw` randomises events (see `schedule.Draw`)."""

    def __init__(
        self,
        settings: Settings,
        draw: Draw,
        *,
        outbox: Outbox | None = None,
        judge: Judge = accept_all,
        applied: Applied = no_fields,
    ) -> None:
        def agenda(parts: Parts) -> Agenda:
            self.schedule = Schedule(draw, parts.clocks.offset)
            self._agenda = Agenda(
                parts.tree, self.schedule, parts.clocks, parts.letters, settings.category, judge, applied
            )
            return self._agenda

        super().__init__(settings, draw, agenda, outbox=outbox)

    def server_time(self, event: Tracked, now: float) -> float:
        """Return the time on the clock that `event` runs on."""
        return now + (self.clocks.offset(event.seen.clock) or 0.0)

    def respond(self, event: Tracked, status: int, now: float) -> list[Output]:
        """Respond of the device's own accord (acknowledged, cannot be displayed), if it is asked for."""
        return self._advance(now, self._agenda.write(event, status, now))

    def opt_out(self, event: Tracked, now: float) -> list[Output]:
        """Let the user out of an event. Raises NotNow when it is over, Refused when it is mandatory."""
        return self._advance(now, self._agenda.opt_out(event, now))

    def opt_in(self, event: Tracked, now: float) -> list[Output]:
        """Take the user back into an event. Raises NotNow when it is over."""
        return self._advance(now, self._agenda.opt_in(event, now))
