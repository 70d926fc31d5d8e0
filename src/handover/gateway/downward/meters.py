"""Readings on their way down: the server's usage points become meters, one endpoint each.

The premises' electricity meter stands on the main endpoint, where devices look for it; what is reported and
subscribed to is its alone. Others can be read at endpoints of their own.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from handover.errors import DecodeError, Untranslatable
from handover.gateway.outputs import Keep
from handover.gateway.step import Step
from handover.mapping import metering as mapping
from handover.mapping.scalars import to_utc
from handover.model.metering import Reading, ReadingKind
from handover.sep1.attributes import AttributeTable
from handover.sep1.clusters.metering import METERING
from handover.sep1.server import Esi, Output
from handover.sep1.types import Value
from handover.sep2.resources.metering import Reading as Measured
from handover.sep2.resources.metering import ReadingType, UsagePoint

RECORD = "down.meter"
FIRST, MOST = 0x10, 8
SNAPSHOT, STATUS, DEVICE_TYPE = 0x0007, 0x0200, 0x0306
DISCONNECTED = 0x40
PREMISES = 0x02
DIGITS = 3
"""Digits behind the point that are always there: devices read the divisor once, so it should not change."""

UNKNOWN: dict[int, Value] = {
    0x0000: 0xFFFF_FFFF_FFFF,
    STATUS: 0,
    0x0300: 0,
    0x0301: 1,
    0x0302: 10**DIGITS,
    0x0303: 0x78 | DIGITS,
    DEVICE_TYPE: 0,
    0x0400: -0x80_0000,
}
"""What the main meter says until the server has told its readings: invalid values, in their scale."""
ELECTRICITY = 0
_DEVICE_TYPES = {0: 0, 1: 1, 2: 2, 4: 4, 5: 5, 6: 6}
"""MeteringDeviceType by serviceCategoryKind: electricity, gas, water, pressure, heat, cold."""


@dataclass(slots=True)
class Place:
    """At which endpoint of ours a usage point, named by its mRID, is served."""

    usage_point: str
    endpoint: int


@dataclass(slots=True)
class Point:
    """A usage point with the values that the server has for it."""

    usage_point: UsagePoint
    values: list[tuple[ReadingType, Measured]]


class Meters:
    """The meters of our HAN."""

    def __init__(self, esi: Esi) -> None:
        self._esi = esi
        self._places: dict[str, Place] = {}
        self.readings: dict[str, list[Reading]] = {}
        """The neutral readings of each usage point, by mRID."""

    def restore(self, records: dict[str, Place]) -> None:
        """Take over what the journal holds: a usage point keeps its endpoint."""
        self._places = {place.usage_point: place for place in records.values()}

    def observe(self, step: Step, points: Iterable[Point]) -> list[Output]:
        """Serve what the server has, and report what has changed."""
        outputs: list[Output] = []
        for point in sorted(points, key=_order):
            name = point.usage_point.mRID.hex().upper().zfill(32)
            readings = self._readings(step, point)
            if not readings:
                continue
            self.readings[name] = readings
            place = self._place(step, name)
            if place is None:
                continue
            try:
                values: dict[int, Value] = {
                    **mapping.to_sep1(readings, digits=DIGITS),
                    **_about(point, readings),
                }
            except Untranslatable as error:
                step.log("debug", f"a meter cannot be served: {error}", usage_point=name)
                continue
            if place.endpoint == self._esi.node.endpoint:
                outputs += self._esi.set_metering(values, step.wall)
            else:
                table = AttributeTable(METERING.server_attributes, values)
                self._esi.node.more[place.endpoint] = {(METERING.id, False): table}
        return outputs

    def _readings(self, step: Step, point: Point) -> list[Reading]:
        found = []
        for kind, measured in point.values:
            try:
                found.append(mapping.from_sep2(kind, measured, received=step.now))
            except (Untranslatable, DecodeError):
                continue  # declared: phases, volts, amperes and the like have no register
        return found

    def _place(self, step: Step, name: str) -> Place | None:
        known = self._places.get(name)
        if known is not None:
            return known
        taken = {place.endpoint for place in self._places.values()}
        free = [self._esi.node.endpoint, *range(FIRST, FIRST + MOST)]
        endpoint = next((number for number in free if number not in taken), None)
        if endpoint is None:
            step.log("warning", f"there is no endpoint left for usage point {name}")
            return None
        made = self._places[name] = Place(name, endpoint)
        step.changes.append(Keep(RECORD, name, made))
        return made


def _order(point: Point) -> tuple[bool, bool, bytes]:
    """Put the premises' electricity meter first."""
    usage_point = point.usage_point
    premises = bool(usage_point.roleFlags and usage_point.roleFlags[-1] & PREMISES)
    return (usage_point.serviceCategoryKind != ELECTRICITY, not premises, usage_point.mRID)


def _about(point: Point, readings: list[Reading]) -> dict[int, Value]:
    """Return the attributes beside the readings: what kind of meter it is, its state, its snapshot time."""
    usage_point = point.usage_point
    values: dict[int, Value] = {
        STATUS: 0 if usage_point.status else DISCONNECTED,
        DEVICE_TYPE: _DEVICE_TYPES.get(usage_point.serviceCategoryKind, 0),
    }
    moments = [r.at for r in readings if r.kind is ReadingKind.SUMMATION and r.at is not None]
    if moments:
        values[SNAPSHOT] = to_utc(max(moments))
    return values
