"""What the metering resources of a server say, as exact decimals with a unit. For people, not for sums."""

from dataclasses import dataclass
from decimal import Decimal

from handover.sep2.client.tree import Tree
from handover.sep2.resources.metering import MeterReading, Reading, ReadingType, UsagePoint, UsagePointList

_UNITS = {
    29: "V", 33: "Hz", 38: "W", 42: "m³", 61: "VA", 63: "var", 71: "VAh", 72: "Wh", 73: "varh", 5: "A",
    119: "ft³", 122: "ft³/h", 125: "m³/h", 128: "US gal", 129: "US gal/h", 130: "imp gal",
    131: "imp gal/h", 132: "BTU", 133: "BTU/h", 134: "L", 137: "L/h", 140: "Pa", 155: "Pa", 31: "J",
    169: "therm", 23: "°C",
}  # fmt: skip
_IN_THOUSANDS = frozenset({38, 61, 63, 71, 72, 73})
_REVERSE = 19
_VALID = 1


@dataclass(frozen=True, slots=True)
class Shown:
    """One reading for a display. `value` is exact; `at` is when it held (Unix seconds), None if unsaid."""

    path: str
    usage_point: str
    description: str
    value: str
    unit: str
    received: bool
    """From the premises to the grid, not the other way round."""
    register: bool
    """A register that counts up, not a momentary value."""
    at: int | None
    valid: bool


def exact(value: int, power: int, uom: int) -> tuple[str, str]:
    """Return (value, unit): electricity in thousands, as bills have it, everything else as it comes."""
    unit = _UNITS.get(uom, "")
    if uom in _IN_THOUSANDS:
        power, unit = power - 3, "k" + unit
    return f"{Decimal(value).scaleb(power):f}", unit


def readings(tree: Tree) -> list[Shown]:
    """Return the present reading of every MeterReading that has one, in the server's order."""
    found = []
    for points in tree.of_kind(UsagePointList):
        for point in points.resource.UsagePoint:
            meters = tree.node_behind(points, point.MeterReadingListLink)
            if meters is None or meters.resource is None:
                continue
            for meter in meters.resource.MeterReading:
                kind = tree.behind(meters, meter.ReadingTypeLink, ReadingType)
                reading = tree.behind(meters, meter.ReadingLink, Reading)
                if kind is not None and reading is not None and reading.value is not None:
                    found.append(_shown(point, meter, kind, reading))
    return found


def _shown(point: UsagePoint, meter: MeterReading, kind: ReadingType, reading: Reading) -> Shown:
    value, unit = exact(reading.value or 0, kind.powerOfTenMultiplier or 0, kind.uom or 0)
    received = kind.flowDirection == _REVERSE
    register = kind.accumulationBehaviour not in (12, 6)
    name = meter.description or f"{'received' if received else 'delivered'} {'total' if register else 'now'}"
    flags = int.from_bytes(reading.qualityFlags or b"\x00", "big")
    return Shown(
        path=meter.href or "",
        usage_point=point.description or "",
        description=name,
        value=value,
        unit=unit,
        received=received,
        register=register,
        at=reading.timePeriod.start if reading.timePeriod is not None else None,
        valid=bool(flags & _VALID),
    )
