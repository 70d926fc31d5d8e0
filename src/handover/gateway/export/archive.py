"""What an export is made of: the meters, their registers over time, the demand and the price. No I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from handover.gateway.history import register_series
from handover.gateway.metering import KnownMeter, amount, is_total
from handover.mapping.metering import meter_from_sep1
from handover.model.metering import Meter, Reading, ReadingKind
from handover.model.price import Price
from handover.model.timekeeping import TimeState
from handover.model.units import CURRENCY_LETTERS, Commodity, Unit

Rows = Iterable[tuple[float, str]]


class Point(NamedTuple):
    """A value at a moment: Unix seconds, and the exact number in the base unit."""

    at: int
    value: Decimal


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` (included) to `until` (not included), Unix seconds."""

    since: float = 0.0
    until: float = float("inf")

    def __contains__(self, at: float) -> bool:
        return self.since <= at < self.until


@dataclass(frozen=True, slots=True)
class Line:
    """One quantity over time, oldest first; `reading` is its newest reading, and says what it is."""

    reading: Reading
    points: list[Point]


@dataclass(frozen=True, slots=True)
class MeterLines:
    """A meter with its registers. `number` is that of its usage point; `demand` is net, in W."""

    source: int
    endpoint: int
    number: int
    meter: Meter
    registers: list[Line]
    demand: Line | None = None


@dataclass(frozen=True, slots=True)
class Archive:
    """Everything at the time `made` (Unix seconds, the ESI's clock). `time` is what the ESI said of it."""

    name: str
    eui64: int
    made: int
    meters: list[MeterLines]
    prices: list[Point] = field(default_factory=list)
    price_unit: str = ""
    time: TimeState | None = None


def meter_lines(
    known: Iterable[KnownMeter], history: Mapping[str, Rows], demand: Rows, period: Period
) -> list[MeterLines]:
    """Return the meters with what lies in `period`; `history` has the points of registers by series.

    The history of demand does not say whose it is: it is given to a meter only when there is no choice.
    """
    meters = sorted(known, key=lambda meter: meter.number)
    measuring = [meter for meter in meters if _present_demand(meter) is not None]
    made = []
    for meter in meters:
        totals = [reading for reading in meter.readings if is_total(reading)]
        newest = _present_demand(meter) if measuring == [meter] else None
        made.append(
            MeterLines(
                meter.source,
                meter.endpoint,
                meter.number,
                meter_from_sep1(meter.attributes),
                [_register(meter, reading, history, period) for reading in totals],
                None if newest is None else Line(newest, points(demand, period)),
            )
        )
    return made


def points(rows: Rows, period: Period) -> list[Point]:
    """Return the points of a series that lie in `period`."""
    return [Point(int(at), Decimal(value)) for at, value in rows if at in period]


def price_unit(prices: Iterable[Price]) -> str:
    """Return what prices are in, such as USD/kWh; nothing when it is not the same for all of them."""
    units = {
        f"{CURRENCY_LETTERS.get(price.currency or 0, price.currency)}/"
        f"{'k' if price.unit_power == 3 else ''}{price.unit.value}"
        for price in prices
    }
    return units.pop() if len(units) == 1 else ""


def _register(meter: KnownMeter, reading: Reading, history: Mapping[str, Rows], period: Period) -> Line:
    """Return a register's points, its present value last: not every value goes into the history."""
    kept = points(history.get(register_series(meter.source, meter.endpoint, reading), ()), period)
    newest = Point(int(reading.at or reading.received), amount(reading))
    if newest.at in period and (not kept or newest.at > kept[-1].at):
        kept.append(newest)
    return Line(reading, kept)


def _present_demand(meter: KnownMeter) -> Reading | None:
    return next(
        (
            reading
            for reading in meter.readings
            if reading.kind is ReadingKind.DEMAND
            and reading.unit is Unit.WATT
            and reading.commodity is Commodity.ELECTRICITY
        ),
        None,
    )
