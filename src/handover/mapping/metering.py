"""Simple Metering 0x0702: raw attributes <-> neutral readings and meters.

Resources of readings are made in `metering_series`, interval profiles in `metering_profile`, scales in
`metering_scale`; `from_sep2` and `to_sep2` stand there and are offered here too.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from handover.mapping.losses import Loss, Lost, Orientation, note
from handover.mapping.metering_scale import (
    BAD_BCD,
    BY_FORMATTING,
    DEVICE_TYPE,
    LARGE_REGISTER,
    ODD_DIVISOR,
    Scale,
    Settings,
    settings,
)
from handover.mapping.metering_series import (
    MeteringBundle,
    Series,
    from_sep2,
    role_flags,
    series_to_sep2,
    to_sep2,
)
from handover.mapping.scalars import from_utc, rescale, text, untranslatable
from handover.mapping.units import (
    DEVICE_GENERATORS,
    DEVICE_PRESSURE,
    DEVICE_VEHICLE,
    PRESSURE_UNITS,
    SE_UNITS,
    SeUnit,
    device_kind,
)
from handover.model.metering import Meter, Reading, ReadingKind
from handover.model.timekeeping import TimeState
from handover.model.units import Flow, Unit
from handover.sep1.clusters.metering import PERIOD_SECONDS
from handover.sep1.types import Value

__all__ = [
    "LOSSES",
    "MeteringBundle",
    "Series",
    "Settings",
    "from_sep1",
    "from_sep2",
    "meter_from_sep1",
    "role_flags",
    "series_to_sep2",
    "settings",
    "to_sep1",
    "to_sep2",
]

FORMATTING = Loss("summationFormatting, demandFormatting", Orientation.A, "for displays only")
NO_DAY = Loss("day consumption", Orientation.A, "without the time zone nobody knows when the day began")
SATURATED = Loss("InstantaneousDemand", Orientation.B, "24 bits: the largest value there is")
NO_REGISTER = Loss("Reading", Orientation.B, "phases, reactive quadrants, currents, voltages: no register")
LOSSES = (
    FORMATTING,
    NO_DAY,
    ODD_DIVISOR,
    LARGE_REGISTER,
    BY_FORMATTING,
    BAD_BCD,
    SATURATED,
    NO_REGISTER,
    Loss("multiplier, divisor", Orientation.A, "the value is kept, how it was split into both is not"),
    Loss("dftSummation", Orientation.A, "the moment of the freeze is not known: left out"),
    Loss("temperature, energy carrier, pressure extremes", Orientation.A, "left out"),
    Loss("qualityFlags", Orientation.B, "no field"),
    Loss("flowDirection net", Orientation.B, "2023 only"),
    Loss("interval < 1 min", Orientation.B, "shorter than any period", "GetProfile: no intervals"),
)

SNAPSHOT_TIME, POWER_FACTOR, SUPPLY_STATUS, PROFILE_PERIOD, FREEZE_TIME = (
    0x0007,
    0x0006,
    0x0014,
    0x000F,
    0x0005,
)
TIERS, STATUS, SITE, SERIAL, DEMAND = 0x0100, 0x0200, 0x0307, 0x0308, 0x0400
DAYS, PARTIAL, AVERAGE_DEMAND, DEMAND_LIMIT, BLOCKS = 0x0401, 0x0407, 0x0600, 0x0601, 0x0700
BLOCK_PERIOD, PREVIOUS_BLOCK_PERIOD = 0x000C, 0x001C
_U24, _U48, _S24, _S8 = 0xFFFFFF, 0xFFFFFFFFFFFF, -0x800000, -0x80
_DISCONNECTED = 0x40
_SNAPSHOT = -1
_NO_TIME = -1
_INT24_MAX = 0x7FFFFF
_TIERS, _BLOCKS = 15, 16


class _Plain(NamedTuple):
    """A register that has one attribute a direction, and an attribute for its time where there is one."""

    kind: ReadingKind
    flow: Flow
    invalid: int
    demand: bool = False
    time: int = SNAPSHOT_TIME


_PLAIN: dict[int, _Plain] = {
    0x0000: _Plain(ReadingKind.SUMMATION, Flow.DELIVERED, _U48),
    0x0001: _Plain(ReadingKind.SUMMATION, Flow.RECEIVED, _U48),
    0x0002: _Plain(ReadingKind.MAX_DEMAND, Flow.DELIVERED, _U48, demand=True, time=0x0008),
    0x0003: _Plain(ReadingKind.MAX_DEMAND, Flow.RECEIVED, _U48, demand=True, time=0x0009),
    AVERAGE_DEMAND: _Plain(ReadingKind.AVERAGE_DEMAND, Flow.DELIVERED, _U24, demand=True),
    PREVIOUS_BLOCK_PERIOD: _Plain(ReadingKind.BLOCK_PERIOD, Flow.DELIVERED, _U48, time=_NO_TIME),
}


class _Maker:
    """Makes the readings of one set of attributes."""

    __slots__ = ("_attributes", "_lost", "_moment", "_received", "_settings", "found")

    def __init__(self, attributes: Mapping[int, Value], scale: Settings, received: float, lost: Lost) -> None:
        self._attributes = attributes
        self._settings = scale
        self._received = int(received)
        self._lost = lost
        self._moment = self.instant(SNAPSHOT_TIME)
        self.found: list[Reading] = []

    def number(self, attribute: int, invalid: int) -> int | None:
        value = self._attributes.get(attribute)
        return value if isinstance(value, int) and value != invalid else None

    def instant(self, attribute: int) -> int | None:
        """Return a time; the epoch itself is what clocks say that were never set."""
        return from_utc(self.number(attribute, 0))

    def add(
        self,
        register: int,
        kind: ReadingKind,
        flow: Flow,
        raw: int,
        scale: Scale,
        *,
        at: int | None = _SNAPSHOT,
        duration: int = 0,
        tier: int = 0,
        block: int = 0,
    ) -> None:
        value, power, quality = scale.apply(raw, self._lost)
        demand = scale is self._settings.demand
        self.found.append(
            Reading(
                register=register,
                kind=kind,
                flow=flow,
                value=value,
                power=power,
                unit=self._settings.unit.demand if demand else self._settings.unit.energy,
                commodity=self._settings.commodity,
                at=self._moment if at == _SNAPSHOT else at,
                duration=duration,
                tier=tier,
                block=block,
                quality=quality,
                received=self._received,
            )
        )

    def plain(self, attribute: int, row: _Plain) -> None:
        raw = self.number(attribute, row.invalid)
        if raw is not None:
            scale = self._settings.demand if row.demand else self._settings.energy
            at = _SNAPSHOT if row.time == SNAPSHOT_TIME else self.instant(row.time)
            self.add(attribute, row.kind, row.flow, raw, scale, at=at)

    def demand(self) -> None:
        """Both directions of a signed demand, neither ever negative."""
        raw = self.number(DEMAND, _S24)
        if raw is None:
            return
        scale = self._settings.demand
        self.add(DEMAND, ReadingKind.DEMAND, Flow.DELIVERED, max(raw, 0), scale)
        self.add(DEMAND, ReadingKind.DEMAND, Flow.RECEIVED, max(-raw, 0), scale)

    def power_factor(self) -> None:
        raw = self.number(POWER_FACTOR, _S8)
        if raw is not None:
            self.found.append(
                Reading(
                    register=POWER_FACTOR,
                    kind=ReadingKind.POWER_FACTOR,
                    flow=Flow.NONE,
                    value=raw,
                    power=-2,
                    unit=Unit.POWER_FACTOR,
                    commodity=self._settings.commodity,
                    at=self._moment,
                    received=self._received,
                )
            )

    def tier(self, attribute: int, register_tiers: Mapping[int, int]) -> None:
        raw = self.number(attribute, _U48)
        if raw is not None:
            number, received = divmod(attribute - TIERS, 2)
            flow = Flow.RECEIVED if received else Flow.DELIVERED
            tier = register_tiers.get(number + 1, number + 1)
            self.add(TIERS, ReadingKind.SUMMATION, flow, raw, self._settings.energy, tier=tier)

    def block(self, attribute: int, register_tiers: Mapping[int, int]) -> None:
        raw = self.number(attribute, _U48)
        if raw is not None:
            tier, block = divmod(attribute - BLOCKS, 16)
            self.add(
                BLOCKS,
                ReadingKind.SUMMATION,
                Flow.DELIVERED,
                raw,
                self._settings.energy,
                tier=register_tiers.get(tier, tier) if tier else 0,
                block=block + 1,
            )

    def block_period(self, period: tuple[int, int] | None) -> None:
        raw = self.number(BLOCK_PERIOD, _U48)
        if raw is not None:
            start, duration = period or (_SNAPSHOT, 0)
            self.add(
                BLOCK_PERIOD,
                ReadingKind.BLOCK_PERIOD,
                Flow.DELIVERED,
                raw,
                self._settings.energy,
                at=start,
                duration=duration,
            )

    def days(self, clock: TimeState | None) -> None:
        freeze = _freeze(self.number(FREEZE_TIME, 0xFFFF))
        for offset in range(4):
            raw = self.number(DAYS + offset, _U24)
            if raw is None:
                continue
            if clock is None:
                note(self._lost, NO_DAY)
                continue
            flow = Flow.RECEIVED if offset & 1 else Flow.DELIVERED
            start = clock.day_start(self._moment or self._received, freeze)
            end = clock.day_start(start + 36 * 3600, freeze)
            if offset >= 2:
                start, end = clock.day_start(start - 12 * 3600, freeze), start
            self.add(DAYS, ReadingKind.DAY, flow, raw, self._settings.history, at=start, duration=end - start)

    def partial(self, period: int | None) -> None:
        length = PERIOD_SECONDS.get(period, 0) if period is not None else 0
        for offset, flow in ((0, Flow.DELIVERED), (1, Flow.RECEIVED)):
            raw, start = self.number(PARTIAL + offset, _U24), self.instant(PARTIAL - 2 + offset)
            if raw is not None and start is not None:
                self.add(
                    PARTIAL,
                    ReadingKind.PARTIAL_INTERVAL,
                    flow,
                    raw,
                    self._settings.history,
                    at=start,
                    duration=length,
                )


def _freeze(raw: int | None) -> int:
    """Return a freeze time (minutes in the low octet, hours in the high one) in seconds after midnight."""
    return 0 if raw is None else (raw >> 8) * 3600 + (raw & 0xFF) * 60


def from_sep1(
    attributes: Mapping[int, Value],
    scale: Settings,
    *,
    received: float,
    register_tiers: Mapping[int, int] | None = None,
    clock: TimeState | None = None,
    block_period: tuple[int, int] | None = None,
    lost: Lost = None,
) -> list[Reading]:
    """Return the readings in raw metering attributes that arrived together at `received` (Unix s).

    Invalid markers give no reading. ReadingSnapshotTime among them is the time of all that have none of their
    own. `register_tiers` says which price tier a TOU register counts (default: its own number), `clock`
    where a local day begins, `block_period` is (start, seconds) of the running one.
    """
    made = _Maker(attributes, scale, received, lost)
    tiers = register_tiers or {}
    for attribute in attributes:
        row = _PLAIN.get(attribute)
        if row is not None:
            made.plain(attribute, row)
        elif attribute == DEMAND:
            made.demand()
        elif TIERS <= attribute < TIERS + 30:
            made.tier(attribute, tiers)
        elif BLOCKS <= attribute < BLOCKS + 256:
            made.block(attribute, tiers)
        elif attribute == POWER_FACTOR:
            made.power_factor()
        elif attribute == BLOCK_PERIOD:
            made.block_period(block_period)
    if any(DAYS + offset in attributes for offset in range(4)):
        made.days(clock)
    if PARTIAL in attributes or PARTIAL + 1 in attributes:
        made.partial(made.number(PROFILE_PERIOD, 0xFF))
    return made.found


def meter_from_sep1(
    attributes: Mapping[int, Value], *, submeter: bool = False, revenue_quality: bool = False
) -> Meter:
    """Return what a meter is, from all its raw attributes that are known."""
    scale = settings(attributes)
    device, mirrored = device_kind(_int(attributes, DEVICE_TYPE))
    status, supply = _int(attributes, STATUS) or 0, _int(attributes, SUPPLY_STATUS)
    limit, period = _int(attributes, DEMAND_LIMIT), _int(attributes, DEMAND_LIMIT + 1)
    parts = _int(attributes, DEMAND_LIMIT + 2)
    seconds = None if period in (None, 0, 0xFF) else (period or 0) * 60
    site, serial = attributes.get(SITE), attributes.get(SERIAL)
    return Meter(
        commodity=scale.commodity,
        vehicle=device == DEVICE_VEHICLE,
        generator=device in DEVICE_GENERATORS,
        mirror=mirrored,
        submeter=submeter,
        revenue_quality=revenue_quality,
        pressure=device == DEVICE_PRESSURE or scale.unit_code & 0x7F in PRESSURE_UNITS,
        connected=not status & _DISCONNECTED and supply not in (0, 1),
        site=text(site)[0] or None if isinstance(site, bytes) else None,
        serial=text(serial)[0] or None if isinstance(serial, bytes) else None,
        tiers=_highest(attributes, TIERS, 30, 2),
        blocks=_highest(attributes, BLOCKS, 16, 1),
        demand_limit=None if limit in (None, _U24) else scale.demand.apply(limit or 0).value,
        demand_period=seconds,
        demand_subperiod=seconds // parts if seconds and parts and parts != 0xFF else None,
        alarms=status,
    )


def _int(attributes: Mapping[int, Value], attribute: int) -> int | None:
    value = attributes.get(attribute)
    return value if isinstance(value, int) else None


def _highest(attributes: Mapping[int, Value], first: int, count: int, step: int) -> int:
    """Return the number of the last register in a row that has a value."""
    present = [a for a in range(first, first + count) if attributes.get(a) not in (None, _U48)]
    return (present[-1] - first) // step + 1 if present else 0


_ONE_UNIT = {code: row for code, row in SE_UNITS.items() if row.energy is not Unit.NONE}
# The first unit of several for the same quantity: ft3 rather than CCF or mcf.
_CODE_OF_ENERGY = {row.energy: (code, row) for code, row in reversed(_ONE_UNIT.items())}
_CODE_OF_DEMAND = {row.demand: (code, row) for code, row in reversed(_ONE_UNIT.items())}
_REGISTER = {
    (ReadingKind.SUMMATION, Flow.DELIVERED): 0x0000,
    (ReadingKind.SUMMATION, Flow.RECEIVED): 0x0001,
    (ReadingKind.MAX_DEMAND, Flow.DELIVERED): 0x0002,
    (ReadingKind.MAX_DEMAND, Flow.RECEIVED): 0x0003,
}


def to_sep1(readings: Iterable[Reading], *, digits: int = 0, lost: Lost = None) -> dict[int, int]:
    """Return the metering attributes that serve `readings`, raw by id, with the formatting set they need.

    One multiplier (1) and divisor (a power of ten, as fine as the finest reading, but at least `digits`)
    serves all of them. Raises Untranslatable when no unit of the cluster fits.
    """
    kept = [r for r in readings if r.value is not None]
    units = [_unit_row(r) for r in kept]
    chosen = next((row for row in units if row is not None), None)
    if chosen is None:
        raise untranslatable("none of the readings has a unit of the Metering cluster", http=404)
    code, unit = chosen
    for reading in kept:
        base = unit.demand_power if reading.unit is unit.demand else unit.energy_power
        if reading.unit in (unit.energy, unit.demand):
            digits = max(digits, min(7, base - reading.power))
    values: dict[int, int] = {0x0300: code, 0x0301: 1, 0x0302: 10**digits, 0x0303: digits | 0x78}
    net: int | None = None
    for reading in kept:
        attribute = _attribute(reading)
        if attribute is None or reading.unit not in (unit.energy, unit.demand):
            note(lost, NO_REGISTER)
            continue
        base = unit.demand_power if reading.unit is unit.demand else unit.energy_power
        value = rescale(reading.value or 0, reading.power, base - digits)
        if attribute != DEMAND and not 0 <= value < _U48:
            note(lost, NO_REGISTER)
        elif attribute == DEMAND:
            net = (net or 0) + (-value if reading.flow is Flow.RECEIVED else value)
        else:
            values[attribute] = value
    if net is not None:
        if abs(net) > _INT24_MAX:
            note(lost, SATURATED)
        values[DEMAND] = max(-_INT24_MAX, min(_INT24_MAX, net))
    return values


def _unit_row(reading: Reading) -> tuple[int, SeUnit] | None:
    """Return the UnitOfMeasure that has the reading's unit, as energy or as demand."""
    return _CODE_OF_ENERGY.get(reading.unit) or _CODE_OF_DEMAND.get(reading.unit)


def _attribute(reading: Reading) -> int | None:
    """Return the attribute that serves a reading, or None."""
    if reading.kind is ReadingKind.DEMAND:
        return DEMAND
    if reading.tier > _TIERS or reading.block > _BLOCKS:
        return None
    if reading.kind is ReadingKind.SUMMATION and reading.block:
        return BLOCKS + 16 * reading.tier + reading.block - 1
    if reading.kind is ReadingKind.SUMMATION and reading.tier:
        return TIERS + 2 * (reading.tier - 1) + (reading.flow is Flow.RECEIVED)
    return _REGISTER.get((reading.kind, reading.flow))
