"""Kinds of load: SEP 1.x device classes, and deviceCategory as each edition of SEP 2.0 numbers it."""

from handover.model.load_control import DeviceCategory
from handover.sep2.declaration import Edition

_C = DeviceCategory

CLASS_BITS: tuple[tuple[int, DeviceCategory], ...] = (
    (0x0001, _C.THERMOSTAT),
    (0x0002, _C.STRIP_HEATER | _C.BASEBOARD_HEATER),
    (0x0004, _C.WATER_HEATER),
    (0x0008, _C.POOL_PUMP | _C.HOT_TUB),
    (0x0010, _C.SMART_APPLIANCE),
    (0x0020, _C.IRRIGATION_PUMP),
    (0x0040, _C.MANAGED_LOAD),
    (0x0080, _C.SIMPLE_LOAD),
    (0x0100, _C.EXTERIOR_LIGHTING),
    (0x0200, _C.INTERIOR_LIGHTING),
    (0x0400, _C.ELECTRIC_VEHICLE | _C.CHARGING_POINT),
    (
        0x0800,
        _C.ENGINE
        | _C.FUEL_CELL
        | _C.PHOTOVOLTAIC
        | _C.HEAT_AND_POWER
        | _C.PHOTOVOLTAIC_STORAGE
        | _C.OTHER_GENERATION,
    ),
)
"""A device class and the categories it becomes."""

_ONLY_BACK: tuple[tuple[int, DeviceCategory], ...] = (
    (0x0008, _C.SAUNA),
    (0x0080, _C.LOAD_SWITCH),
    (0x0800, _C.MIXED_GENERATION | _C.STORAGE),
)
"""Categories that no device class becomes, and the class that serves for them."""

_COMMON = tuple((1 << bit, _C(1 << bit)) for bit in range(13))
_GENERATION = (
    _C.ENGINE
    | _C.FUEL_CELL
    | _C.PHOTOVOLTAIC
    | _C.HEAT_AND_POWER
    | _C.PHOTOVOLTAIC_STORAGE
    | _C.OTHER_GENERATION
)
_BITS_2013: tuple[tuple[int, DeviceCategory], ...] = (
    *_COMMON,
    (1 << 13, _C.ELECTRIC_VEHICLE),
    (1 << 14, _GENERATION),
    (1 << 15, _C.LOAD_SWITCH),
    (1 << 16, _C.MIXED_GENERATION),
    (1 << 17, _C.CHARGING_POINT),
    (1 << 18, _C.STORAGE),
    (1 << 19, _C.ENERGY_MANAGEMENT),
    (1 << 20, _C.ENERGY_MODULE),
)
_KNOWN_2018 = (1 << 26) - 1
_KNOWN_2023 = (1 << 27) - 1


def categories_of_class(device_class: int, *, energy_management: bool = False) -> DeviceCategory:
    """Return the categories of a SEP 1.x device class; reserved bits mean nothing.

    `energy_management` adds the energy management system, so that it too acts on every event.
    """
    found = _C.NONE
    for bit, categories in CLASS_BITS:
        if device_class & bit:
            found |= categories
    return found | _C.ENERGY_MANAGEMENT if energy_management and found else found


def class_of_categories(categories: DeviceCategory) -> int:
    """Return the device class with every bit that one of the categories belongs to."""
    found = 0
    for table in (CLASS_BITS, _ONLY_BACK):
        for bit, members in table:
            if categories & members:
                found |= bit
    return found


def category_bits(categories: DeviceCategory, edition: Edition) -> int:
    """Return deviceCategory as `edition` numbers it; categories it does not know are left out."""
    if edition >= Edition.E2018:
        return int(categories) & (_KNOWN_2023 if edition >= Edition.E2023 else _KNOWN_2018)
    found = 0
    for bit, members in _BITS_2013:
        if categories & members:
            found |= bit
    return found


def categories_of_bits(bits: int, edition: Edition) -> DeviceCategory:
    """Return the categories of a deviceCategory that `edition` numbered."""
    if edition >= Edition.E2018:
        return _C(bits & (_KNOWN_2023 if edition >= Edition.E2023 else _KNOWN_2018))
    found = _C.NONE
    for bit, members in _BITS_2013:
        if bits & bit:
            found |= members
    return found
