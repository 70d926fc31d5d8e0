"""A thermostat that takes part in demand response: obeys controls, reports, lets its user opt out. Sans-IO.

What a control means is in `control`, how the room behaves in `room`.
"""

from typing import Any

from handover.device import base, control
from handover.device.control import Aim
from handover.device.room import Room
from handover.errors import NotNow
from handover.sep2.client.engine import Client, Settings
from handover.sep2.client.events import LIVE, State, Tracked
from handover.sep2.client.outbox import Outbox
from handover.sep2.client.outputs import Input, Output
from handover.sep2.client.responses import Status
from handover.sep2.client.schedule import Draw
from handover.sep2.resources.drlc import EndDeviceControl

STEP = 30.0
"""Seconds between two looks at the room."""
CYCLE = 600.0
"""Seconds in which a duty cycle is kept."""
_SLACK = 0.3
_TELLING = frozenset({Status.STARTED, Status.COMPLETED, Status.PARTLY_OUT, Status.PARTLY_IN})


class Thermostat:
    """The engine of one thermostat. `settings` need `category` and `follow` of `base`."""

    def __init__(
        self,
        settings: Settings,
        draw: Draw,
        *,
        name: str = "thermostat",
        room: Room | None = None,
        normal: Aim | None = None,
        outbox: Outbox | None = None,
    ) -> None:
        self.name = name
        self.room = room or Room()
        self.normal = normal or Aim(cooling=24.0, heating=20.0)
        self.client = Client(settings, draw, outbox=outbox, judge=control.judge, applied=self._applied)
        self._counts: dict[str, int] = {}
        self._looked: float | None = None

    def start(self, now: float) -> list[Output]:
        """Begin. Raises NotNow when called twice."""
        self._looked = now
        return self._after(self.client.start(now), now)

    def handle(self, event: Input, now: float) -> list[Output]:
        """Take in the outcome of a request."""
        self._live(now)
        return self._after(self.client.handle(event, now), now)

    def tick(self, now: float) -> list[Output]:
        """Do what has become due."""
        self._live(now)
        return self._after(self.client.tick(now), now)

    def deadline(self) -> float | None:
        """Return when `tick` is next worth calling (Unix seconds)."""
        own = None if self._looked is None else self._looked + STEP
        times = [time for time in (own, self.client.deadline()) if time is not None]
        return min(times, default=None)

    @property
    def event(self) -> Tracked | None:
        """The control that is running, opted out or not."""
        running = (e for e in self._controls() if e.state is State.ACTIVE)
        return next(running, None)

    @property
    def aim(self) -> Aim:
        """What the thermostat aims for at present."""
        event = self.event
        if event is None or event.opted_out:
            return self.normal
        return control.obey(event.event, self.normal)

    def opt_out(self, now: float) -> list[Output]:
        """The user wants comfort: leave the running control, or the next one.

        Raises NotNow when there is none, Refused when it is mandatory.
        """
        self._live(now)
        return self._after(self.client.opt_out(self._concerned(), now), now)

    def opt_in(self, now: float) -> list[Output]:
        """The user takes part again in the running control, or the next one. NotNow if there is none."""
        self._live(now)
        return self._after(self.client.opt_in(self._concerned(), now), now)

    def snapshot(self, now: float) -> dict[str, Any]:
        """Return the state: temperatures (degrees Celsius), set points, the running and the next control."""
        aim, event = self.aim, self.event
        coming = [e for e in self._controls() if e.state is State.SCHEDULED]
        return {
            "name": self.name,
            "kind": "thermostat",
            **base.common(self.client, self._counts),
            "temperature": round(self.room.temperature, 2),
            "outside": self.room.outside,
            "running": {1: "heating", 0: "off", -1: "cooling"}[self.room.running],
            "normal": {"cooling": self.normal.cooling, "heating": self.normal.heating},
            "aim": {"cooling": aim.cooling, "heating": aim.heating, "duty": aim.duty},
            "event": None if event is None else self._shown(event),
            "next": [self._shown(e) for e in coming[:3]],
        }

    def _controls(self) -> list[Tracked]:
        found = [e for e in self.client.schedule if isinstance(e.event, EndDeviceControl) and e.state in LIVE]
        return sorted(found, key=lambda e: (e.start, e.key))

    def _concerned(self) -> Tracked:
        event = self.event or next(iter(self._controls()), None)
        if event is None:
            raise NotNow("there is no load control event, running or coming, to opt out of or into")
        return event

    def _shown(self, event: Tracked) -> dict[str, Any]:
        return {
            "subject": event.subject,
            "start": event.start,
            "end": event.end,
            "mandatory": event.event.drProgramMandatory,
            "opted_out": event.opted_out,
        }

    def _applied(self, event: Tracked, status: int) -> dict[str, Any]:
        if not isinstance(event.event, EndDeviceControl) or status not in _TELLING:
            return {}
        return control.applied(event.event, self.normal)

    def _after(self, outputs: list[Output], now: float) -> list[Output]:
        base.posted(outputs, self._counts)
        self._switch(now)
        return outputs

    def _live(self, now: float) -> None:
        """Let the room's time pass up to `now`, switching on the way."""
        last = self._looked if self._looked is not None else now
        while last < now:
            step = min(STEP, now - last)
            self.room.pass_time(step)
            last += step
            self._switch(last)
        self._looked = now

    def _switch(self, now: float) -> None:
        """Turn the heat pump on or off, with some slack so that it does not flutter."""
        aim, room = self.aim, self.room
        if now % CYCLE >= CYCLE * aim.duty / 100:
            room.running = 0
        elif room.temperature > aim.cooling + _SLACK:
            room.running = -1
        elif room.temperature < aim.heating - _SLACK:
            room.running = 1
        elif (room.running < 0 and room.temperature <= aim.cooling) or (
            room.running > 0 and room.temperature >= aim.heating
        ):
            room.running = 0
