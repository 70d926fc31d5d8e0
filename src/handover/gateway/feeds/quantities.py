"""What a unit of the status document is to Home Assistant.

A device class is given only where Home Assistant knows the unit of it; any other quantity is a number with
its unit, which is right in every version.
"""

from decimal import Decimal
from typing import NamedTuple


class Quantity(NamedTuple):
    """How a value is shown: its class (or none), its unit, and the power of ten to shift it by."""

    device_class: str | None
    unit: str | None
    shift: int = 0


_BY_UNIT = {
    "kWh": Quantity("energy", "kWh"),
    "kW": Quantity("power", "kW"),
    "J": Quantity("energy", "MJ", -6),
    "m³/h": Quantity("volume_flow_rate", "m³/h"),
    "US gal/h": Quantity(None, "gal/h"),
    "Pa gauge": Quantity("pressure", "Pa"),
    "Pa absolute": Quantity("pressure", "Pa"),
    "cos φ": Quantity("power_factor", None),
    "": Quantity(None, None),
}
_VOLUMES = {"m³": "m³", "ft³": "ft³", "L": "L", "US gal": "gal"}
_VOLUMES_OF = {"gas": ("m³", "ft³", "L"), "water": ("m³", "ft³", "L", "gal")}


def quantity(unit: str, commodity: str) -> Quantity:
    """Return what a unit of the status document is, for a meter of `commodity`."""
    volume = _VOLUMES.get(unit)
    if volume is not None:
        return Quantity(commodity if volume in _VOLUMES_OF.get(commodity, ()) else None, volume)
    return _BY_UNIT.get(unit, Quantity(None, unit))


def shifted(value: str, shift: int) -> str:
    """Return a decimal text times 10^`shift`, exact to the last digit."""
    return f"{Decimal(value).scaleb(shift):f}" if shift else value
