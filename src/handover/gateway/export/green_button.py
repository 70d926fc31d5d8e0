"""The history as Green Button data: an Atom feed of ESPI resources (NAESB REQ.21).

Each meter is a UsagePoint. Each of its registers gives two MeterReadings: the register as it was read, with
the ReadingType that SEP 2.0 clients are served, and what was consumed from reading to reading. Net demand
is one more. Identifiers are derived from the gateway's EUI-64: the same thing has the same one in every
export.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid5

from lxml import etree

from handover.gateway.export.archive import Archive, Line, MeterLines
from handover.gateway.export.intervals import LENGTH, Interval, intervals
from handover.gateway.export.local_time import Rule, local_time
from handover.gateway.texts import plain
from handover.mapping.metering_series import reading_type, role_flags
from handover.model.metering import Meter, Quality, Reading, ReadingKind
from handover.model.timekeeping import TimeState
from handover.model.units import Commodity
from handover.sep2.resources.metering import ReadingType

ATOM, ESPI = "http://www.w3.org/2005/Atom", "http://naesb.org/espi"

_NAMESPACE = UUID("6f0c1d3e-6c0e-5b0a-9b52-7a2f8a1e4c55")
_SERVICE = {
    Commodity.UNKNOWN: 0,
    Commodity.ELECTRICITY: 0,
    Commodity.GAS: 1,
    Commodity.WATER: 2,
    Commodity.HEAT: 4,
    Commodity.COOLING: 4,
}
"""ServiceCategory.kind; cooling has none of its own and is heat that goes the other way."""
_NET = 4
_DERIVED, _QUESTIONABLE = 11, 10
_CUSTOMER = "RetailCustomer/1"
_CLOCK = "LocalTimeParameters/1"


@dataclass(frozen=True, slots=True)
class _Series:
    """One MeterReading: what it measures, and its values with their times. `key` tells it from others of
    its meter, in every export.
    """

    key: str
    name: str
    kind: ReadingType
    values: Sequence[Interval]
    quality: int | None


class _Entries:
    """Makes entries with the identity, titles and times of one export."""

    def __init__(self, archive: Archive) -> None:
        self._own = f"{archive.eui64:016X}"
        self._made = _instant(archive.made)

    def identify(self, path: str) -> str:
        return uuid5(_NAMESPACE, f"{self._own}/{path}").urn

    def entry(
        self, path: str, title: str, content: etree._Element, related: Iterable[str] = ()
    ) -> etree._Element:
        made = etree.Element(f"{{{ATOM}}}entry")
        _text(made, ATOM, "id", self.identify(path))
        _link(made, "self", path)
        _link(made, "up", path.rpartition("/")[0])
        for other in related:
            _link(made, "related", other)
        _text(made, ATOM, "title", plain(title, 100))
        etree.SubElement(made, f"{{{ATOM}}}content").append(content)
        _text(made, ATOM, "published", self._made)
        _text(made, ATOM, "updated", self._made)
        return made


def feed(archive: Archive) -> bytes:
    """Return the feed as a document. Meters whose commodity ESPI does not know are left out (pressure)."""
    entries = _Entries(archive)
    root = etree.Element(f"{{{ATOM}}}feed", nsmap={None: ATOM, "espi": ESPI})
    _text(root, ATOM, "id", entries.identify(""))
    _text(root, ATOM, "title", f"Green Button data of {plain(archive.name, 100)}")
    _text(root, ATOM, "updated", _instant(archive.made))
    _link(root, "self", f"{_CUSTOMER}/UsagePoint")
    clock = local_time(archive.time)
    if clock is not None:
        root.append(entries.entry(_CLOCK, "Local time", _clock(clock)))
    for lines in archive.meters:
        if lines.meter.pressure:
            continue
        path = f"{_CUSTOMER}/UsagePoint/{lines.number + 1}"
        related = [f"{path}/MeterReading", *([_CLOCK] if clock is not None else [])]
        site = lines.meter.site or f"{lines.meter.commodity.value.capitalize()} meter"
        root.append(entries.entry(path, site, _usage_point(lines.meter), related))
        for series in _series(lines):
            place = f"{path}/MeterReading/{series.key}"
            kind = f"ReadingType/{lines.number + 1}-{series.key}"
            root.extend(_meter_reading(entries, place, kind, series, archive.time))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _series(lines: MeterLines) -> Iterator[_Series]:
    for line in lines.registers:
        reading, meter = line.reading, lines.meter
        name = f"{reading.commodity.value} {reading.flow.value}".capitalize()
        key = f"{reading.register:04X}-{reading.flow.value}"
        held = [Interval(at, 0, value) for at, value in line.points]
        if held:
            kind = reading_type(reading, meter)
            yield _Series(f"{key}-register", f"{name}, register", kind, held, _quality(reading))
        consumed = intervals(line.points)
        if consumed:
            kind = reading_type(replace(reading, kind=ReadingKind.INTERVAL, duration=LENGTH), meter)
            kind.intervalLength = LENGTH
            yield _Series(f"{key}-consumption", f"{name}, consumption", kind, consumed, _DERIVED)
    if lines.demand is not None and lines.demand.points:
        yield _Series("demand", "Net demand", *_net_demand(lines.demand, lines.meter))


def _net_demand(line: Line, meter: Meter) -> tuple[ReadingType, list[Interval], int | None]:
    kind = reading_type(line.reading, meter)
    kind.flowDirection = _NET
    return kind, [Interval(at, 0, value) for at, value in line.points], _quality(line.reading)


def _quality(reading: Reading) -> int | None:
    if reading.quality & Quality.QUESTIONABLE:
        return _QUESTIONABLE
    return _DERIVED if reading.quality & Quality.DERIVED else None


def _meter_reading(
    entries: _Entries, path: str, type_path: str, series: _Series, time: TimeState | None
) -> Iterator[etree._Element]:
    """Yield a MeterReading, its ReadingType, and an IntervalBlock for each local day."""
    yield entries.entry(path, series.name, _espi("MeterReading"), [f"{path}/IntervalBlock", type_path])
    power = _power(series)
    yield entries.entry(type_path, series.name, _reading_type(series.kind, power))
    days: dict[int, list[Interval]] = {}
    clock = time or TimeState(now=0, trusted=False)
    for value in series.values:
        days.setdefault(clock.day_start(value.start), []).append(value)
    for day, values in sorted(days.items()):
        block = _block(values, power, series.quality)
        yield entries.entry(f"{path}/IntervalBlock/{day}", series.name, block)


def _power(series: _Series) -> int:
    """Return the power of ten at which every value is an integer: the one served, if that will do."""
    served = series.kind.powerOfTenMultiplier or 0
    finest = min((_exponent(value.value) for value in series.values if value.value), default=served)
    return min(served, finest)


def _exponent(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def _usage_point(meter: Meter) -> etree._Element:
    made = _espi("UsagePoint")
    _text(made, ESPI, "roleFlags", f"{role_flags(meter):04X}")
    _text(etree.SubElement(made, f"{{{ESPI}}}ServiceCategory"), ESPI, "kind", _SERVICE[meter.commodity])
    _text(made, ESPI, "status", 1 if meter.connected else 0)
    return made


def _reading_type(kind: ReadingType, power: int) -> etree._Element:
    made = _espi("ReadingType")
    for name, value in (
        ("accumulationBehaviour", kind.accumulationBehaviour),
        ("commodity", kind.commodity),
        ("dataQualifier", kind.dataQualifier),
        ("flowDirection", kind.flowDirection),
        ("intervalLength", kind.intervalLength),
        ("kind", kind.kind),
        ("powerOfTenMultiplier", power),
        ("uom", kind.uom),
    ):
        if value is not None:
            _text(made, ESPI, name, int(value))
    return made


def _block(values: Sequence[Interval], power: int, quality: int | None) -> etree._Element:
    made = _espi("IntervalBlock")
    start = values[0].start
    end = max(value.start + value.duration for value in values)
    _interval(made, "interval", start, end - start)
    for value in values:
        reading = etree.SubElement(made, f"{{{ESPI}}}IntervalReading")
        if quality is not None:
            _text(etree.SubElement(reading, f"{{{ESPI}}}ReadingQuality"), ESPI, "quality", quality)
        _interval(reading, "timePeriod", value.start, value.duration)
        _text(reading, ESPI, "value", int(value.value.scaleb(-power)))
    return made


def _clock(rule: Rule) -> etree._Element:
    made = _espi("LocalTimeParameters")
    _text(made, ESPI, "dstEndRule", rule.end)
    _text(made, ESPI, "dstOffset", rule.shift)
    _text(made, ESPI, "dstStartRule", rule.start)
    _text(made, ESPI, "tzOffset", rule.zone)
    return made


def _interval(parent: etree._Element, name: str, start: int, duration: int) -> None:
    made = etree.SubElement(parent, f"{{{ESPI}}}{name}")
    _text(made, ESPI, "duration", duration)
    _text(made, ESPI, "start", start)


def _espi(name: str) -> etree._Element:
    return etree.Element(f"{{{ESPI}}}{name}", nsmap={"espi": ESPI})


def _text(parent: etree._Element, namespace: str, name: str, text: str | int) -> None:
    etree.SubElement(parent, f"{{{namespace}}}{name}").text = str(text)


def _link(parent: etree._Element, relation: str, target: str) -> None:
    etree.SubElement(parent, f"{{{ATOM}}}link", rel=relation, href=target)


def _instant(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
