"""The Simple Metering service: raw attributes in, usage points and readings out, with their age minded.

Every meter (node and endpoint) has a usage point of its own. Readings wait until the meter has said its unit:
a number without one must not be shown.
"""

from dataclasses import dataclass, field, replace
from decimal import Decimal

from handover.gateway import history
from handover.gateway.history import History
from handover.gateway.outputs import Keep
from handover.gateway.step import Step
from handover.gateway.tree import HREFS
from handover.mapping import metering as mapping
from handover.mapping.context import Context
from handover.mapping.losses import Loss
from handover.model.metering import (
    STALE_AFTER,
    WITHDRAWN_AFTER,
    Quality,
    Reading,
    ReadingKind,
    aged,
)
from handover.model.timekeeping import TimeState
from handover.model.units import Flow, Unit
from handover.sep1.client.outputs import AttributesReceived
from handover.sep1.types import Value
from handover.sep2.store import Store

RECORD = "meter"
UNIT, DEVICE_TYPE, UPDATE_PERIOD = 0x0300, 0x0306, 0x000A
PERIOD = 300.0
"""Seconds between two values of a register until the meter or experience says otherwise."""
LONGEST_PERIOD = 3600.0
MOST_METERS = 16
MOST_PENDING = 64


Plain = int | bytes | None
"""A metering attribute's raw value: there are no structures and no fractions among them."""


@dataclass(slots=True)
class KnownMeter:
    """One meter: `number` names its usage point, `attributes` are its newest raw values, by id."""

    source: int
    endpoint: int
    number: int
    attributes: dict[int, Plain] = field(default_factory=dict)
    readings: list[Reading] = field(default_factory=list)
    unit_known: bool = False


@dataclass(slots=True)
class _Live:
    """What need not survive: periods as observed, published paths, values that wait for the unit."""

    periods: dict[tuple[int, Flow], float] = field(default_factory=dict)
    published: dict[str, object] = field(default_factory=dict)
    waiting: list[tuple[dict[int, Plain], float]] = field(default_factory=list)
    lost: set[Loss] = field(default_factory=set)
    seen: float = 0.0
    """When it was last published, by the upstream clock."""


class Meters:
    """The meters of the HAN, in the order in which they were first heard."""

    def __init__(self, store: Store, past: History) -> None:
        self.context = Context(node=0, pen=0)
        self.scale_by_formatting: frozenset[int] = frozenset()
        self.clock: TimeState | None = None
        self._store = store
        self._past = past
        self._meters: dict[str, KnownMeter] = {}
        self._live: dict[str, _Live] = {}

    def restore(self, step: Step, records: dict[str, KnownMeter]) -> None:
        """Take over what the journal holds, and publish it at its age."""
        self._meters = dict(sorted(records.items(), key=lambda item: item[1].number))
        for key in self._meters:
            self._publish(key, step.now)

    @property
    def device_type(self) -> int | None:
        """What the first meter measures (MeteringDeviceType), if it has said so."""
        for meter in self._meters.values():
            value = meter.attributes.get(DEVICE_TYPE)
            return value if isinstance(value, int) else None
        return None

    @property
    def role_flags(self) -> int:
        """Return the roleFlags of the first meter's usage point: rate components repeat them."""
        for meter in self._meters.values():
            return mapping.role_flags(mapping.meter_from_sep1(meter.attributes))
        return 0x0003

    def receive(self, step: Step, received: AttributesReceived) -> None:
        """Take attribute values of a meter, read or reported."""
        key = f"{received.source:016X}/{received.endpoint}"
        values: dict[int, Plain] = {
            a: v for a, v in received.values.items() if isinstance(v, int | bytes | None)
        }
        meter = self._meters.get(key)
        fresh = meter is None
        if meter is None:
            if len(self._meters) >= MOST_METERS or not values:
                return
            number = max((m.number for m in self._meters.values()), default=-1) + 1
            meter = self._meters[key] = KnownMeter(received.source, received.endpoint, number)
            step.log("info", "a meter was found", meter=key)
        changed = {a for a, v in values.items() if meter.attributes.get(a, ...) != v}
        meter.attributes.update(values)
        live = self._live.setdefault(key, _Live())
        knew, meter.unit_known = meter.unit_known, meter.unit_known or _says_unit(received)
        live.waiting = [*live.waiting, (values, step.now)][-MOST_PENDING:]
        if meter.unit_known:
            for waiting, at in live.waiting:
                self._read(step, meter, live, waiting, at)
            live.waiting = []
        important = fresh or knew != meter.unit_known or any(a >= UNIT and a < 0x0400 for a in changed)
        step.changes.append(Keep(RECORD, key, meter, durable=important))
        self._publish(key, step.now)

    def advance(self, step: Step) -> None:
        """Mark what has become old, and withdraw what is a day old."""
        for key in self._meters:
            due = self._due(key)
            if due is not None and due <= step.now:
                self._publish(key, step.now)

    def deadline(self) -> float | None:
        """Return when `advance` is next worth calling (upstream clock)."""
        return min((due for key in self._meters if (due := self._due(key)) is not None), default=None)

    def shown(self, now: float) -> list[tuple[KnownMeter, Reading]]:
        """Return every reading that may be shown now, as it may be shown, with its meter."""
        return [(meter, reading) for key, meter in self._meters.items() for reading in self._aged(key, now)]

    def _read(self, step: Step, meter: KnownMeter, live: _Live, values: dict[int, Plain], at: float) -> None:
        """Turn raw values that came together into readings, which take the place of older ones."""
        lost: list[Loss] = []
        known: dict[int, Value] = {**meter.attributes, **values}
        scale = mapping.settings(known, by_formatting=meter.source in self.scale_by_formatting, lost=lost)
        readings = mapping.from_sep1(values, scale, received=at, clock=self.clock, lost=lost)
        for loss in lost:
            if loss not in live.lost:
                live.lost.add(loss)
                step.log("info", f"not carried over: {loss.field}: {loss.reason}", meter=meter.number)
        kept = {_place(reading): reading for reading in meter.readings}
        for reading in readings:
            old = kept.get(_place(reading))
            if old is not None:
                gap = min(LONGEST_PERIOD, reading.received - old.received)
                register = (reading.register, reading.flow)
                live.periods[register] = max(gap, 0.75 * live.periods.get(register, 0.0))
            kept[_place(reading)] = reading
        meter.readings = list(kept.values())
        self._remember(step, meter, readings)

    def _remember(self, step: Step, meter: KnownMeter, readings: list[Reading]) -> None:
        """Add the net demand, in watts, and the total registers to the history."""
        for reading in readings:
            if is_total(reading):
                series = history.register_series(meter.source, meter.endpoint, reading)
                self._past.note(step, series, float(reading.at or reading.received), amount(reading))
        parts = [
            r
            for r in readings
            if r.kind is ReadingKind.DEMAND and r.unit is Unit.WATT and r.value is not None
        ]
        if parts:
            net = sum((amount(r) if r.flow is Flow.DELIVERED else -amount(r) for r in parts), Decimal(0))
            self._past.add(step, history.DEMAND, float(parts[0].at or parts[0].received), net)

    def _period(self, key: str, reading: Reading) -> float:
        """Return the seconds after which a new value of this register is expected."""
        declared = self._meters[key].attributes.get(UPDATE_PERIOD)
        live = self._live.get(key)
        observed = live.periods.get((reading.register, reading.flow), 0.0) if live else 0.0
        if isinstance(declared, int) and 0 < declared < 0xFF:
            return max(float(declared), observed)
        return max(PERIOD, observed)

    def _aged(self, key: str, now: float) -> list[Reading]:
        readings = self._meters[key].readings
        found = (aged(reading, now, self._period(key, reading)) for reading in readings)
        return [reading for reading in found if reading is not None]

    def _due(self, key: str) -> float | None:
        """Return when the next reading of a meter becomes old or is withdrawn."""
        live = self._live.get(key)
        if live is None or not live.published:
            return None
        moments = []
        for reading in self._meters[key].readings:
            stale = reading.received + STALE_AFTER * self._period(key, reading)
            moments += [stale, reading.received + WITHDRAWN_AFTER]
        # One second past the limit: it is not old before. What lies behind has been published already.
        return min((m + 1 for m in moments if m + 1 > live.seen), default=None)

    def _publish(self, key: str, now: float) -> None:
        meter = self._meters[key]
        live = self._live.setdefault(key, _Live())
        live.seen = now
        if not meter.unit_known:
            return
        hrefs = replace(HREFS, usage_point=f"/upt/{meter.number}")
        context = replace(self.context, node=meter.source, endpoint=meter.endpoint, hrefs=hrefs)
        described = mapping.meter_from_sep1(meter.attributes)
        bundle = mapping.to_sep2(self._aged(key, now), described, context)
        wanted = {str(resource.href): resource for resource in bundle.resources()}
        for path in sorted(set(live.published) - set(wanted), reverse=True):
            self._store.delete(path)
        for path, resource in wanted.items():
            if live.published.get(path) != resource:
                self._store.put(path, resource)
        live.published = dict(wanted)


def amount(reading: Reading) -> Decimal:
    """Return a reading's value in its base unit, to the last digit."""
    return Decimal(reading.value or 0).scaleb(reading.power)


def is_valid(reading: Reading) -> bool:
    """Tell whether a reading is fresh."""
    return bool(reading.quality & Quality.VALID)


def is_total(reading: Reading) -> bool:
    """Tell whether a reading is a register that counts everything, whatever tier or block was in force."""
    total = reading.kind is ReadingKind.SUMMATION and not reading.tier and not reading.block
    return total and reading.value is not None


def _place(reading: Reading) -> tuple[int, Flow, int, int]:
    return (reading.register, reading.flow, reading.tier, reading.block)


def _says_unit(received: AttributesReceived) -> bool:
    return UNIT in received.values or UNIT in received.unsupported
