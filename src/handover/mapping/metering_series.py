"""Readings as resources: UsagePoint, MeterReading, ReadingType, ReadingSet, Reading, and back.

Reading raw attributes is in `metering`; interval profiles are in `metering_profile`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from handover.mapping.context import Context
from handover.mapping.mrid import MridKind, being_created
from handover.mapping.scalars import ZIGBEE_EPOCH, octets, rescale, untranslatable
from handover.mapping.units import (
    COMMODITY,
    COMMODITY_OF_CODE,
    FLOW,
    FLOW_OF_CODE,
    KIND_DEMAND,
    KIND_ENERGY,
    POWER_UNITS,
    UNIT_OF_UOM,
    UOM,
    kind_of,
    service_of,
)
from handover.model.metering import Meter, Quality, Reading, ReadingKind
from handover.model.units import Commodity, Flow
from handover.sep2.declaration import Edition
from handover.sep2.resources import metering as sep2
from handover.sep2.resources.common import DateTimeInterval, Link, ListLink, Resource

REGISTERS, DELTA, INDICATING, INSTANTANEOUS = 9, 4, 6, 12
_BULK = 1
_MAXIMUM, _AVERAGE = 8, 2
_MIRROR, _PREMISES, _VEHICLE, _DER, _REVENUE, _SUBMETER = 0x01, 0x02, 0x04, 0x08, 0x10, 0x40
_OPPOSITE = {Flow.NONE: Flow.NONE, Flow.DELIVERED: Flow.RECEIVED, Flow.RECEIVED: Flow.DELIVERED}
_CHANNEL = {Flow.NONE: 0, Flow.DELIVERED: 0, Flow.RECEIVED: 1}
_NAME = 32

SET_PROFILE, SET_DAILY, SET_BLOCK_PERIOD, SET_REGISTERS, SET_MAXIMA, SET_OTHER = range(6)

_ACCUMULATION = {
    ReadingKind.SUMMATION: REGISTERS,
    ReadingKind.DEMAND: INSTANTANEOUS,
    ReadingKind.AVERAGE_DEMAND: INDICATING,
    ReadingKind.MAX_DEMAND: INDICATING,
    ReadingKind.INTERVAL: DELTA,
    ReadingKind.DAY: DELTA,
    ReadingKind.BLOCK_PERIOD: DELTA,
    ReadingKind.PARTIAL_INTERVAL: DELTA,
    ReadingKind.POWER_FACTOR: INSTANTANEOUS,
}
_QUALIFIER = {ReadingKind.MAX_DEMAND: _MAXIMUM, ReadingKind.AVERAGE_DEMAND: _AVERAGE}
_SET = {
    ReadingKind.DAY: SET_DAILY,
    ReadingKind.BLOCK_PERIOD: SET_BLOCK_PERIOD,
    ReadingKind.SUMMATION: SET_REGISTERS,
}
_DAY = 86400


@dataclass(slots=True)
class SetBundle:
    """A ReadingSet and its readings."""

    reading_set: sep2.ReadingSet
    readings: list[sep2.Reading]


@dataclass(slots=True)
class Series:
    """One MeterReading with its ReadingType, and either one Reading or ReadingSets; all carry their hrefs."""

    meter_reading: sep2.MeterReading
    reading_type: sep2.ReadingType
    reading: sep2.Reading | None = None
    sets: list[SetBundle] = field(default_factory=list)

    def resources(self) -> Iterator[Resource]:
        """Yield every resource, containers before contents."""
        yield self.meter_reading
        yield self.reading_type
        if self.reading is not None:
            yield self.reading
        for bundle in self.sets:
            yield bundle.reading_set
            yield from bundle.readings


@dataclass(slots=True)
class MeteringBundle:
    """A UsagePoint and its series."""

    usage_point: sep2.UsagePoint
    series: list[Series]

    def resources(self) -> Iterator[Resource]:
        """Yield every resource, containers before contents."""
        yield self.usage_point
        for series in self.series:
            yield from series.resources()


def role_flags(meter: Meter) -> int:
    """Return roleFlags: the gateway is never the measuring device, so that isMirror is always set."""
    flags = _MIRROR | (_SUBMETER if meter.submeter else _PREMISES)
    if meter.vehicle:
        flags |= _VEHICLE
    if meter.generator:
        flags |= _DER
    return flags | _REVENUE if meter.revenue_quality else flags


def usage_point(meter: Meter, context: Context, *, count: int, lfdi: bytes | None = None) -> sep2.UsagePoint:
    """Return the UsagePoint of a meter with `count` series; `lfdi` is its LFDI (default: the virtual one)."""
    path = context.hrefs.usage_point
    return sep2.UsagePoint(
        href=path,
        mRID=context.structure(MridKind.USAGE_POINT, context.endpoint),
        description=(meter.site or "SE1 meter")[:_NAME],
        roleFlags=octets(role_flags(meter), 2),
        serviceCategoryKind=service_of(meter.commodity, pressure=meter.pressure),
        status=1 if meter.connected else 0,
        deviceLFDI=context.virtual_lfdi(context.node) if lfdi is None else lfdi,
        MeterReadingListLink=ListLink(href=f"{path}/mr", all=count),
    )


def to_sep2(
    readings: Iterable[Reading], meter: Meter, context: Context, *, lfdi: bytes | None = None
) -> MeteringBundle:
    """Return the resources of a meter's latest readings: one series a register and direction.

    Readings that need a period and have none are left out.
    """
    series = series_to_sep2(readings, meter, context)
    return MeteringBundle(usage_point(meter, context, count=len(series), lfdi=lfdi), series)


def series_to_sep2(readings: Iterable[Reading], meter: Meter, context: Context) -> list[Series]:
    """Return the series of readings, in the order in which their registers first appear."""
    groups: dict[tuple[int, Flow], list[Reading]] = {}
    for reading in readings:
        groups.setdefault((reading.register, reading.flow), []).append(reading)
    return [_series(_one_scale(group), meter, context) for group in groups.values()]


def _one_scale(group: list[Reading]) -> list[Reading]:
    """Return readings that share a ReadingType at one power of ten: the coarsest, which all of them fit."""
    power = max(r.power for r in group)
    if all(r.power == power for r in group):
        return group
    return [
        r if r.value is None else replace(r, value=rescale(r.value, r.power, power), power=power)
        for r in group
    ]


def _series(group: list[Reading], meter: Meter, context: Context) -> Series:
    first = group[0]
    path = context.hrefs.meter_reading(first.register, first.flow)
    kind = reading_type(first, meter)
    kind.href = f"{path}/rt"
    kind.flowDirection = flow_code(first.flow, context, generator=meter.generator)
    head = meter_reading(first.register, first.flow, first.kind.value, context, generator=meter.generator)
    made = Series(head, kind)
    if _in_sets(first):
        periods: dict[tuple[int, int], list[Reading]] = {}
        for reading in group:
            start = reading.received if reading.at is None else reading.at
            if reading.kind is ReadingKind.SUMMATION:
                # Registers of one row are one set, as of the newest of them.
                start, reading_end = max(r.at or r.received for r in group), 0
            else:
                reading_end = reading.duration
            periods.setdefault((start, reading_end), []).append(reading)
        made.sets = [_set(rows, start, length, path, context) for (start, length), rows in periods.items()]
        made.meter_reading.ReadingSetListLink = ListLink(href=f"{path}/rs", all=len(made.sets))
    else:
        made.reading = reading_to_sep2(first)
        made.reading.href = f"{path}/r"
        made.meter_reading.ReadingLink = Link(href=f"{path}/r")
    return made


def _in_sets(reading: Reading) -> bool:
    if reading.kind is ReadingKind.BLOCK_PERIOD:
        return bool(reading.at is not None and reading.duration)
    return reading.kind in (ReadingKind.DAY, ReadingKind.PARTIAL_INTERVAL) or bool(
        reading.tier or reading.block
    )


def flow_code(flow: Flow, context: Context, *, generator: bool = False) -> int:
    """Return flowDirection: the 2023 edition sees a generator's forward from the generator."""
    if generator and context.edition >= Edition.E2023:
        flow = _OPPOSITE[flow]
    return FLOW[flow]


def meter_reading(
    register: int, flow: Flow, name: str, context: Context, *, generator: bool = False
) -> sep2.MeterReading:
    """Return the MeterReading of a register and direction, without links to its readings."""
    path = context.hrefs.meter_reading(register, flow)
    code = flow_code(flow, context, generator=generator)
    name = name if flow is Flow.NONE else f"{name} {flow.value}"
    return sep2.MeterReading(
        href=path,
        mRID=context.structure(MridKind.METER_READING, register, sub=code),
        description=name[:_NAME],
        ReadingTypeLink=Link(href=f"{path}/rt"),
    )


def reading_type(reading: Reading, meter: Meter) -> sep2.ReadingType:
    """Return what a reading measures."""
    kind = kind_of(reading.unit)
    demand = reading.kind in _QUALIFIER
    if demand and reading.unit in POWER_UNITS:
        kind = KIND_DEMAND
    made = sep2.ReadingType(
        accumulationBehaviour=_ACCUMULATION[reading.kind],
        commodity=COMMODITY[reading.commodity],
        dataQualifier=_QUALIFIER.get(reading.kind),
        flowDirection=FLOW[reading.flow],
        kind=kind,
        powerOfTenMultiplier=reading.power,
        uom=UOM[reading.unit],
    )
    if reading.kind is ReadingKind.SUMMATION and (kind == KIND_ENERGY or reading.tier or reading.block):
        made.numberOfConsumptionBlocks = max(meter.blocks, 1) if reading.block else 0
        made.numberOfTouTiers = max(meter.tiers, reading.tier) if reading.tier else 0
    elif reading.kind is ReadingKind.AVERAGE_DEMAND:
        made.intervalLength = meter.demand_period
        made.subIntervalLength = meter.demand_subperiod
        made.supplyLimit = meter.demand_limit
    elif reading.kind is ReadingKind.DAY:
        made.intervalLength = _DAY
    elif reading.kind is ReadingKind.PARTIAL_INTERVAL:
        made.intervalLength = reading.duration or None
    return made


def reading_to_sep2(reading: Reading) -> sep2.Reading:
    """Return the Reading of a value; its own time where it has one, and flags where there is something to
    say.
    """
    period = None
    if reading.at is not None:
        period = DateTimeInterval(duration=reading.duration, start=reading.at)
    return sep2.Reading(
        consumptionBlock=reading.block or None,
        qualityFlags=octets(reading.quality, 2) if reading.quality else None,
        timePeriod=period,
        touTier=reading.tier or None,
        value=reading.value,
    )


def _set(group: list[Reading], start: int, duration: int, path: str, context: Context) -> SetBundle:
    first = group[0]
    end = start + duration
    running = first.kind is ReadingKind.PARTIAL_INTERVAL
    index = _SET.get(first.kind, SET_OTHER)
    place = f"{path}/rs/{'running' if running else f'{end:x}'}"
    readings = []
    for reading in group:
        made = reading_to_sep2(reading)
        made.href = f"{place}/r/{reading.tier * 17 + reading.block}"
        readings.append(made)
    mrid = (
        being_created(context.pen, context.identity) if running else set_mrid(end, index, first.flow, context)
    )
    reading_set = sep2.ReadingSet(
        href=place,
        mRID=mrid,
        timePeriod=DateTimeInterval(duration=duration, start=start),
        ReadingListLink=ListLink(href=f"{place}/r", all=len(readings)),
    )
    return SetBundle(reading_set, readings)


def set_mrid(end: int, index: int, flow: Flow, context: Context) -> bytes:
    """Return the mRID of a ReadingSet: named by the ZigBee time of its end, its index and channel."""
    return context.structure(
        MridKind.READING_SET, max(0, end - ZIGBEE_EPOCH), sub=16 * index + _CHANNEL[flow]
    )


def from_sep2(
    kind: sep2.ReadingType, reading: sep2.Reading, *, register: int | None = None, received: float = 0
) -> Reading:
    """Return the neutral reading of a Reading and its type.

    `register` is what the MeterReading names (default: the SEP 1.x register such a value belongs to). Raises
    Untranslatable (HTTP 404) for units and quantities that SEP 1.x meters do not have.
    """
    unit, flow = UNIT_OF_UOM.get(kind.uom or 0), FLOW_OF_CODE.get(kind.flowDirection or 0)
    what = _kind_of_type(kind)
    if unit is None or flow is None or what is None or kind.phase:
        raise untranslatable(
            f"a reading of uom {kind.uom}, flow {kind.flowDirection}, phase {kind.phase or 0} has no equal",
            http=404,
        )
    period = reading.timePeriod
    flags = int.from_bytes(reading.qualityFlags or b"", "big")
    row = 0x0700 if reading.consumptionBlock else 0x0100 if reading.touTier else None
    if register is None:
        register = row if row is not None else _FIRST[what] + _CHANNEL[flow] * _STEP.get(what, 0)
    return Reading(
        register=register,
        kind=what,
        flow=flow,
        value=reading.value,
        power=kind.powerOfTenMultiplier or 0,
        unit=unit,
        commodity=COMMODITY_OF_CODE.get(kind.commodity or 0, Commodity.UNKNOWN),
        at=None if period is None else period.start,
        duration=0 if period is None else period.duration,
        tier=reading.touTier or 0,
        block=reading.consumptionBlock or 0,
        quality=Quality(flags & int(Quality.VALID | Quality.QUESTIONABLE | Quality.DERIVED)),
        received=int(received),
    )


_FIRST = {
    ReadingKind.SUMMATION: 0x0000,
    ReadingKind.MAX_DEMAND: 0x0002,
    ReadingKind.DEMAND: 0x0400,
    ReadingKind.AVERAGE_DEMAND: 0x0600,
    ReadingKind.POWER_FACTOR: 0x0006,
    ReadingKind.DAY: 0x0401,
    ReadingKind.INTERVAL: 0x10000,
    ReadingKind.BLOCK_PERIOD: 0x000C,
}
_STEP = {ReadingKind.SUMMATION: 1, ReadingKind.MAX_DEMAND: 1}


def _kind_of_type(kind: sep2.ReadingType) -> ReadingKind | None:
    """Return what a ReadingType measures, or None for what no SEP 1.x register holds."""
    behaviour = kind.accumulationBehaviour
    if behaviour in (REGISTERS, _BULK):
        return ReadingKind.SUMMATION
    if behaviour == INSTANTANEOUS:
        return ReadingKind.POWER_FACTOR if kind.uom == 65 else ReadingKind.DEMAND
    if behaviour == INDICATING:
        return ReadingKind.MAX_DEMAND if kind.dataQualifier == _MAXIMUM else ReadingKind.AVERAGE_DEMAND
    if behaviour == DELTA:
        if kind.intervalLength is None:
            return ReadingKind.BLOCK_PERIOD
        return ReadingKind.DAY if kind.intervalLength == _DAY else ReadingKind.INTERVAL
    return None
