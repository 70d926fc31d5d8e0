"""How a SEP 1.x meter scales its numbers: unit, multiplier, divisor, BCD, and (rarely) formatting.

One multiplier and divisor serve registers and demands alike. Formatting is for displays and scales nothing,
except for a BCD unit that has neither of them, and for meters that the operator lists.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import gcd
from typing import NamedTuple

from handover.mapping.losses import Loss, Lost, Orientation, note
from handover.mapping.scalars import INT48_MAX, bcd, divide, fit
from handover.mapping.units import BCD, SeUnit, commodity_of, se_unit
from handover.model.metering import Quality
from handover.model.units import Commodity
from handover.sep1.types import Value

UNIT, MULTIPLIER, DIVISOR, FORMAT_SUM, FORMAT_DEMAND, FORMAT_HISTORY, DEVICE_TYPE = range(0x0300, 0x0307)
_MOST_DECIMALS = 6
_U24_INVALID = 0xFFFFFF

ODD_DIVISOR = Loss(
    "multiplier, divisor", Orientation.A, "not a power of ten: rounded at 6 decimals, marked as derived"
)
LARGE_REGISTER = Loss("u48 value >= 2^47", Orientation.A, "its last digit is rounded away")
BY_FORMATTING = Loss(
    "summationFormatting", Orientation.A, "places the point, as no divisor does", "logged once"
)
BAD_BCD = Loss(
    "BCD digit above 9", Orientation.A, "no number: the value is left out, the quality questionable"
)


class Scaled(NamedTuple):
    """A value with its power of ten."""

    value: int | None
    power: int
    quality: Quality


@dataclass(frozen=True, slots=True)
class Scale:
    """How raw numbers of one sort become values: raw x `factor` / `divisor`, times 10^`power`."""

    factor: int
    divisor: int
    power: int
    derived: bool
    decimal_digits: bool

    def apply(self, raw: int, lost: Lost = None) -> Scaled:
        """Return the value of a raw number (not a marker) that Int48 holds."""
        quality = Quality.DERIVED if self.derived else Quality.NONE
        if self.decimal_digits:
            digits = bcd(abs(raw))
            if digits is None:
                note(lost, BAD_BCD)
                return Scaled(None, self.power, Quality.QUESTIONABLE)
            raw = digits if raw >= 0 else -digits
        if self.derived:
            note(lost, ODD_DIVISOR)
        value = raw * self.factor
        if self.divisor != 1:
            value = divide(value, self.divisor)
        if -INT48_MAX <= value <= INT48_MAX:
            return Scaled(value, self.power, quality)
        note(lost, LARGE_REGISTER)
        value, power = fit(value, self.power, INT48_MAX)
        return Scaled(value, power, quality)


@dataclass(frozen=True, slots=True)
class Settings:
    """The formatting set of a meter, ready for use: `energy`, `demand`, `history` (days and intervals)."""

    unit: SeUnit
    unit_code: int
    commodity: Commodity
    energy: Scale
    demand: Scale
    history: Scale


def settings(attributes: Mapping[int, Value], *, by_formatting: bool = False, lost: Lost = None) -> Settings:
    """Return how a meter scales, from its raw attributes (all that are known, absent ones at their default).

    `by_formatting` is the operator's word that this meter's formatting places the point.
    """
    code = _number(attributes, UNIT, 0xFF) or 0
    multiplier = _number(attributes, MULTIPLIER, _U24_INVALID) or 0
    divisor = _number(attributes, DIVISOR, _U24_INVALID) or 0
    unit = se_unit(code)
    digits = bool(code & BCD)
    summation = _right_digits(attributes, FORMAT_SUM, 0)
    formatted = by_formatting or (digits and not multiplier and not divisor)
    if formatted:
        note(lost, BY_FORMATTING)
    shifts = (
        (
            summation,
            _right_digits(attributes, FORMAT_DEMAND, summation),
            _right_digits(attributes, FORMAT_HISTORY, summation),
        )
        if formatted
        else (None, None, None)
    )

    def scale(power: int, factor: int, right: int | None) -> Scale:
        if right is not None:
            return Scale(factor, 1, power - right, derived=False, decimal_digits=digits)
        return _scale(multiplier or 1, divisor or 1, power, factor, digits)

    device = _number(attributes, DEVICE_TYPE, 0xFF)
    return Settings(
        unit,
        code,
        commodity_of(code if UNIT in attributes else None, device),
        scale(unit.energy_power, 1, shifts[0]),
        scale(unit.demand_power, unit.demand_factor, shifts[1]),
        scale(unit.energy_power, 1, shifts[2]),
    )


def _scale(multiplier: int, divisor: int, power: int, factor: int, digits: bool) -> Scale:
    common = gcd(multiplier, divisor)
    multiplier, divisor = multiplier // common, divisor // common
    if multiplier == 1 or divisor == 1:
        exponent = _power_of_ten(multiplier if divisor == 1 else divisor)
        if exponent is not None:
            shift = exponent if divisor == 1 else -exponent
            return Scale(factor, 1, power + shift, derived=False, decimal_digits=digits)
    decimals = next((s for s in range(_MOST_DECIMALS) if 10**s % divisor == 0), _MOST_DECIMALS)
    return Scale(factor * multiplier * 10**decimals, divisor, power - decimals, True, digits)


def _power_of_ten(number: int) -> int | None:
    text = str(number)
    return len(text) - 1 if text == "1" + "0" * (len(text) - 1) else None


def _right_digits(attributes: Mapping[int, Value], attribute: int, default: int) -> int:
    value = attributes.get(attribute)
    return value & 0x07 if isinstance(value, int) else default


def _number(attributes: Mapping[int, Value], attribute: int, invalid: int) -> int | None:
    value = attributes.get(attribute)
    return value if isinstance(value, int) and value != invalid else None
