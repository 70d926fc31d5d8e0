"""A simulated premise: a utility's ESI with a meter in it, on a virtual HAN, in whatever time it is given.

`Premise.step(now)` brings everything up to `now`: the home draws and gives power, the registers turn,
prices follow the tariff, planned and scripted actions go out, and what HAN devices said is answered and
noted. The same seed and the same steps give the same frames. Nothing here reads a clock; `sim.live` runs a
premise in real time.
"""

from collections.abc import Sequence

from handover.sep1.aps import ApsFrame
from handover.sep1.clusters.drlc import CancelLoadControlEvent, DeviceClass
from handover.sep1.exchange import Retry
from handover.sep1.identity import BasicIdentity
from handover.sep1.server import Esi, Output, Send
from handover.sep1.transports.radio_han import RadioHan
from handover.sep1.transports.tap import CaptureTap
from handover.sep1.transports.virtual import Han, VirtualHan
from handover.sim import issue
from handover.sim.meter import VirtualMeter
from handover.sim.observations import Observations
from handover.sim.plan import Announcement, LoadShed, Planned, PriceChange
from handover.sim.pricing import Pricing
from handover.sim.tariff import HOUSEHOLD, EventIds, Tariff
from handover.sim.zone import Zone, us_eastern

ESI_EUI64 = 0x000D6F0000123456
READING_PERIOD = 2.0
"""Seconds between two readings of the meter."""

HOUR = 3600.0
"""Seconds after its end for which an event still counts as obeyed when no device reports otherwise."""

HELD_BACK = 0.35
"""Part of its usual running time that air conditioning keeps under an offset or a set point."""


class Premise:
    """One home with its utility. `start` and every `now` are Unix seconds.

    `han` is where it takes place (a new one by default, with the ESI as coordinator). On a `RadioHan` devices
    are admitted when they have established their link key; `capture`, for other ones, keeps every frame for
    `pcap()`. `observed` holds what devices reported, confirmed and acknowledged.
    """

    def __init__(
        self,
        seed: int,
        start: float,
        *,
        han: Han | None = None,
        eui64: int = ESI_EUI64,
        zone: Zone | None = None,
        tariff: Tariff = HOUSEHOLD,
        plan: Sequence[Planned] = (),
        retry: Retry | None = None,
        clock_offset: float = 0.0,
        capture: bool = False,
    ) -> None:
        self.zone = zone or us_eastern(start)
        self.meter = VirtualMeter(seed, start, self.zone)
        self.observed = Observations()
        self.now = start
        self.esi = Esi(
            eui64,
            zone=self.zone.rules(),
            basic=BasicIdentity(manufacturer="Handover", model="Virtual premise", power_source=1),
            metering=self.meter.fixed() | self.meter.readings(start),
            retry=retry,
            clock_offset=clock_offset,
        )
        self.han: Han = han or VirtualHan(coordinator=eui64)
        if self.han.coordinator is None:
            self.han.coordinator = eui64
        self.tap = CaptureTap(eui64, lambda: self.now) if capture else None
        if self.tap is not None and isinstance(self.han, VirtualHan):
            self.han.tap = self.tap
        if isinstance(self.han, RadioHan):
            self.han.admitted = self.admit
        self.inbox = self.han.attach(eui64)
        self._ids = EventIds()
        self._events: dict[int, tuple[float, float]] = {}
        self._pricing = Pricing(tariff, self.zone, self._ids)
        self._plan = sorted(plan, key=lambda planned: planned.at)
        self._next_reading = start

    @property
    def eui64(self) -> int:
        """The ESI's IEEE address, which is the meter's too."""
        return self.esi.eui64

    def admit(self, eui64: int, *, endpoint: int = 1) -> None:
        """Let a HAN device take part, as if it had joined and established its link key."""
        self.esi.admit(eui64, endpoint=endpoint)

    def step(self, now: float) -> None:
        """Bring the premise up to `now`."""
        self.now = now
        self.han.advance(now)
        for frame in self.inbox.take():
            self._do(self.esi.handle(frame, now))
        self._carry_out_plan(now)
        for command in self._pricing.missing(self.esi.prices, self.esi.utc(now)):
            self._do(self.esi.publish_price(command, now))
        if now >= self._next_reading or now < self._next_reading - READING_PERIOD:
            self._next_reading = now + READING_PERIOD
            self.meter.advance(now)
            readings = self.meter.readings(now)
            self.observed.readings.append(readings)
            self._do(self.esi.set_metering(readings, now))
        self._do(self.esi.tick(now))

    def receive(self, frame: ApsFrame, now: float) -> None:
        """Take one frame that was fetched from `inbox`, and bring the premise up to `now`."""
        self.now = now
        self._do(self.esi.handle(frame, now))
        self.step(now)

    def deadline(self) -> float:
        """Return when `step` is next worth calling (Unix seconds), unless a frame comes first."""
        times = [self._next_reading]
        if self._plan:
            times.append(self._plan[0].at)
        times += [due for due in (self.esi.deadline(), self.han.due()) if due is not None]
        return min(times)

    def change_price(
        self,
        now: float,
        *,
        price: int,
        label: str = "CRITICAL",
        tier: int = 3,
        minutes: int = 60,
        generation_price: int | None = None,
        acknowledge: bool = True,
    ) -> int:
        """Put another price (in 10^-digits of the currency per kWh) in force now, and return its event id.

        The tariff goes on when it ends. Raises Refused, NotNow as `Esi.publish_price` does.
        """
        utc = self.esi.utc(now)
        command = self._pricing.special(
            utc,
            minutes=minutes,
            label=label,
            tier=tier,
            price=price,
            generation_price=generation_price,
            acknowledge=acknowledge,
        )
        self._do(self.esi.publish_price(command, now))
        return command.issuer_event_id

    def send_message(
        self, now: float, text: str, *, minutes: int = 90, importance: int = 1, confirm: bool = True
    ) -> int:
        """Show a text from now on (importance 0 low to 3 critical) and return the message id."""
        message_id = self._ids.next(self.esi.utc(now))
        command = issue.message(
            message_id=message_id,
            text=text,
            start=0,
            minutes=minutes,
            importance=importance,
            confirm=confirm,
        )
        self._do(self.esi.display(command, now))
        return message_id

    def cancel_message(self, now: float, message_id: int) -> None:
        """Take a message back. Raises Refused when it is not on display."""
        self._do(self.esi.cancel_message(message_id, now))

    def send_load_control(
        self,
        now: float,
        *,
        start_in: float = 0.0,
        minutes: int = 30,
        device_class: int = DeviceClass.HVAC,
        group: int = 0,
        criticality: int = 4,
        cooling_offset: int | None = None,
        heating_offset: int | None = None,
        cooling_set_point: int | None = None,
        heating_set_point: int | None = None,
        duty_cycle: int | None = None,
        randomize_start: bool = False,
        randomize_end: bool = False,
    ) -> int:
        """Send a load control event that begins in `start_in` seconds (0: "now"), and return its event id.

        Offsets are 0.1 K, set points 0.01 C, the duty cycle percent. While a device reports that it obeys,
        the air conditioning of this home draws less. Raises Refused, NotNow as `Esi.publish_event` does.
        """
        utc = self.esi.utc(now)
        event_id = self._ids.next(utc)
        command = issue.load_control(
            event_id=event_id,
            device_class=device_class,
            group=group,
            start=utc + round(start_in) if start_in > 0 else 0,
            minutes=minutes,
            criticality=criticality,
            cooling_offset=cooling_offset,
            heating_offset=heating_offset,
            cooling_set_point=cooling_set_point,
            heating_set_point=heating_set_point,
            duty_cycle=duty_cycle,
            randomize_start=randomize_start,
            randomize_end=randomize_end,
        )
        self._do(self.esi.publish_event(command, now))
        if device_class & DeviceClass.HVAC:
            duty = HELD_BACK if duty_cycle is None else duty_cycle / 100
            self._events[event_id] = duty, now + max(start_in, 0.0) + 60 * minutes
        return event_id

    def cancel_load_control(self, now: float, event_id: int, *, randomize: bool = False) -> None:
        """Cancel an event at once. Raises Refused when it is neither scheduled nor running."""
        held = self.esi.events.find(event_id)
        classes, group = (
            (held.command.device_class, held.command.utility_enrollment_group) if held else (0xFFFF, 0)
        )
        command = CancelLoadControlEvent(event_id, classes, group, int(randomize), 0)
        self._do(self.esi.cancel_event(command, now))

    def pcap(self) -> bytes:
        """Return what was carried as a capture file; empty unless made with `capture`."""
        return self.tap.pcap() if self.tap is not None else b""

    def _carry_out_plan(self, now: float) -> None:
        while self._plan and self._plan[0].at <= now:
            planned = self._plan.pop(0)
            if isinstance(planned, PriceChange):
                self.change_price(
                    now, price=planned.price, label=planned.label, tier=planned.tier, minutes=planned.minutes
                )
            elif isinstance(planned, Announcement):
                self.send_message(
                    now,
                    planned.text,
                    minutes=planned.minutes,
                    importance=planned.importance,
                    confirm=planned.confirm,
                )
            elif isinstance(planned, LoadShed):
                self.send_load_control(
                    now,
                    start_in=planned.start_in,
                    minutes=planned.minutes,
                    cooling_offset=planned.cooling_offset,
                    cooling_set_point=planned.cooling_set_point,
                    duty_cycle=planned.duty_cycle,
                    randomize_start=planned.randomize,
                    randomize_end=planned.randomize,
                )

    def _do(self, outputs: list[Output]) -> None:
        for output in outputs:
            if isinstance(output, Send):
                self.observed.counters["frames_sent"] += 1
                self.han.carry(output.frame)
            else:
                self.observed.note(output)
        obeyed = self.observed.obeyed
        held_back = [
            duty for key, (duty, end) in self._events.items() if key in obeyed and self.now < end + HOUR
        ]
        self.meter.hvac_duty = min(held_back, default=1.0)
