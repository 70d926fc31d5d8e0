"""Unit and commodity codes of both standards, and what a SEP 1.x device type says about a meter."""

from typing import NamedTuple

from handover.model.units import Commodity, Flow, Unit


class SeUnit(NamedTuple):
    """One row of UnitOfMeasure: the energy and the demand unit it gives, each 10^power of a base unit.

    Demand values are multiplied by `demand_factor` first. `commodity` is None where the device type decides.
    """

    energy: Unit
    energy_power: int
    demand: Unit
    demand_power: int
    commodity: Commodity | None = None
    demand_factor: int = 1


SE_UNITS: dict[int, SeUnit] = {
    0x00: SeUnit(Unit.WATT_HOUR, 3, Unit.WATT, 3, Commodity.ELECTRICITY),
    0x01: SeUnit(Unit.CUBIC_METRE, 0, Unit.CUBIC_METRE_PER_HOUR, 0),
    0x02: SeUnit(Unit.CUBIC_FOOT, 0, Unit.CUBIC_FOOT_PER_HOUR, 0),
    0x03: SeUnit(Unit.CUBIC_FOOT, 2, Unit.CUBIC_FOOT_PER_HOUR, 2),
    0x04: SeUnit(Unit.US_GALLON, 0, Unit.US_GALLON_PER_HOUR, 0, Commodity.WATER),
    0x05: SeUnit(Unit.IMPERIAL_GALLON, 0, Unit.IMPERIAL_GALLON_PER_HOUR, 0, Commodity.WATER),
    0x06: SeUnit(Unit.BTU, 0, Unit.BTU_PER_HOUR, 0),
    0x07: SeUnit(Unit.LITRE, 0, Unit.LITRE_PER_HOUR, 0, Commodity.WATER),
    0x08: SeUnit(Unit.PASCAL_GAUGE, 3, Unit.PASCAL_GAUGE, 3),
    0x09: SeUnit(Unit.PASCAL_ABSOLUTE, 3, Unit.PASCAL_ABSOLUTE, 3),
    # Demand is per second here and per hour there: 1000 ft3/s = 36 x 10^5 ft3/h.
    0x0A: SeUnit(Unit.CUBIC_FOOT, 3, Unit.CUBIC_FOOT_PER_HOUR, 5, Commodity.GAS, 36),
    0x0B: SeUnit(Unit.NONE, 0, Unit.NONE, 0, Commodity.UNKNOWN),
    0x0C: SeUnit(Unit.JOULE, 6, Unit.WATT, 6),
    0x0D: SeUnit(Unit.VAR_HOUR, 3, Unit.VAR, 3, Commodity.ELECTRICITY),
}
"""UnitOfMeasure (low 7 bits) of Metering and Price."""

UNKNOWN_UNIT = SeUnit(Unit.NONE, 0, Unit.NONE, 0)
BCD = 0x80
PRESSURE_UNITS = frozenset((0x08, 0x09))

UOM: dict[Unit, int] = {
    Unit.NONE: 0,
    Unit.JOULE: 31,
    Unit.WATT: 38,
    Unit.CUBIC_METRE: 42,
    Unit.VAR: 63,
    Unit.POWER_FACTOR: 65,
    Unit.WATT_HOUR: 72,
    Unit.VAR_HOUR: 73,
    Unit.CUBIC_FOOT: 119,
    Unit.CUBIC_FOOT_PER_HOUR: 122,
    Unit.CUBIC_METRE_PER_HOUR: 125,
    Unit.US_GALLON: 128,
    Unit.US_GALLON_PER_HOUR: 129,
    Unit.IMPERIAL_GALLON: 130,
    Unit.IMPERIAL_GALLON_PER_HOUR: 131,
    Unit.BTU: 132,
    Unit.BTU_PER_HOUR: 133,
    Unit.LITRE: 134,
    Unit.LITRE_PER_HOUR: 137,
    Unit.PASCAL_GAUGE: 140,
    Unit.PASCAL_ABSOLUTE: 155,
}
UNIT_OF_UOM: dict[int, Unit] = {code: unit for unit, code in UOM.items()}

COMMODITY: dict[Commodity, int] = {
    Commodity.UNKNOWN: 0,
    Commodity.ELECTRICITY: 1,
    Commodity.GAS: 7,
    Commodity.WATER: 9,
    Commodity.HEAT: 12,
    Commodity.COOLING: 13,
}
COMMODITY_OF_CODE: dict[int, Commodity] = {code: name for name, code in COMMODITY.items()} | {
    2: Commodity.ELECTRICITY
}

_SERVICE: dict[Commodity, int] = {
    Commodity.UNKNOWN: 0,
    Commodity.ELECTRICITY: 0,
    Commodity.GAS: 1,
    Commodity.WATER: 2,
    Commodity.HEAT: 5,
    Commodity.COOLING: 6,
}
_PRESSURE_SERVICE = 4

FLOW: dict[Flow, int] = {Flow.NONE: 0, Flow.DELIVERED: 1, Flow.RECEIVED: 19}
FLOW_OF_CODE: dict[int, Flow] = {code: flow for flow, code in FLOW.items()}

KIND_ENERGY, KIND_POWER, KIND_DEMAND = 12, 37, 8
ENERGY_UNITS = frozenset((Unit.WATT_HOUR, Unit.VAR_HOUR, Unit.JOULE, Unit.BTU))
POWER_UNITS = frozenset((Unit.WATT, Unit.VAR))

MIRROR_OFFSET = 0x7F
_DEVICE_COMMODITY: dict[int, Commodity] = {
    0: Commodity.ELECTRICITY,
    1: Commodity.GAS,
    2: Commodity.WATER,
    3: Commodity.HEAT,
    5: Commodity.HEAT,
    6: Commodity.COOLING,
    7: Commodity.ELECTRICITY,
    8: Commodity.ELECTRICITY,
    9: Commodity.ELECTRICITY,
    10: Commodity.ELECTRICITY,
    11: Commodity.ELECTRICITY,
}
DEVICE_PRESSURE, DEVICE_VEHICLE = 4, 7
DEVICE_GENERATORS = range(8, 12)


def se_unit(code: int) -> SeUnit:
    """Return the row of a UnitOfMeasure, its BCD bit ignored; units unknown to SE 1.1 count as unitless."""
    return SE_UNITS.get(code & 0x7F, UNKNOWN_UNIT)


def device_kind(code: int | None) -> tuple[int | None, bool]:
    """Return a MeteringDeviceType without its mirror offset, and whether it is a mirror."""
    if code is None or code == 0xFF:
        return None, False
    return (code - MIRROR_OFFSET, True) if code >= MIRROR_OFFSET else (code, False)


def commodity_of(unit_code: int | None, device_type: int | None) -> Commodity:
    """Return what is metered: from the unit where that is clear, else from the MeteringDeviceType.

    Raises nothing: what neither says is UNKNOWN, except that a volume without a device type counts as gas.
    """
    kind, _ = device_kind(device_type)
    row = UNKNOWN_UNIT if unit_code is None else se_unit(unit_code)
    if row.commodity is not None:
        return row.commodity
    from_device = Commodity.UNKNOWN if kind is None else _DEVICE_COMMODITY.get(kind, Commodity.UNKNOWN)
    if from_device is Commodity.UNKNOWN and unit_code is not None and row is not UNKNOWN_UNIT:
        return Commodity.HEAT if row.energy in ENERGY_UNITS else Commodity.GAS
    return from_device


def service_of(commodity: Commodity, *, pressure: bool = False) -> int:
    """Return the serviceCategoryKind of a commodity; pressure has one of its own."""
    return _PRESSURE_SERVICE if pressure else _SERVICE[commodity]


def kind_of(unit: Unit) -> int:
    """Return the ReadingType.kind of a unit: energy or power where it is one, else 0."""
    if unit in ENERGY_UNITS:
        return KIND_ENERGY
    return KIND_POWER if unit in POWER_UNITS else 0
