"""Consumption blocks and the cost in carbon of a SEP 1.x price, from the attributes and fields that hold
them.
"""

from collections.abc import Mapping

from handover.mapping.losses import Loss, Lost, note
from handover.mapping.scalars import INT32_MAX, divide, rescale
from handover.mapping.units import SeUnit
from handover.model.price import Step
from handover.sep1.clusters.price import PublishPrice
from handover.sep1.types import Value

_THRESHOLD = 0x0100
_MULTIPLIER, _DIVISOR = 0x0202, 0x0203
_BLOCK_PRICE = 0x0400
_U48_INVALID = _UINT48_MAX = (1 << 48) - 1
_U32_INVALID = 0xFFFFFFFF
_KILOGRAMS = (1, 2)
"""The text of the standard and its data model give different codes to the only cost unit."""


def block_steps(
    attributes: Mapping[int, Value],
    thresholds: int,
    tier: int,
    unit: SeUnit,
    price: int,
    digits: int,
    power: int,
) -> list[Step]:
    """Return where each block begins (in the price's unit) and what it costs (at 10^`power`).

    Empty when there is one block, or when a threshold is not known: then the price given counts throughout.
    """
    if not 0 < thresholds < 16:
        return []
    multiplier = _number(attributes, _MULTIPLIER, 0xFFFFFF) or 1
    divisor = _number(attributes, _DIVISOR, 0xFFFFFF) or 1
    starts = [0]
    for number in range(thresholds):
        raw = _number(attributes, _THRESHOLD + number, _U48_INVALID)
        if raw is None:
            return []
        starts.append(divide(raw * multiplier, divisor))
    steps = []
    for block, start in enumerate(starts):
        raw = _number(attributes, _BLOCK_PRICE + 16 * tier + block, _U32_INVALID)
        value = price if raw is None else rescale(raw, -digits, power)
        steps.append(Step(start, value))
    # What does not fit is not served with a wrong value: the price given then counts throughout.
    fits = all(step.price <= INT32_MAX and step.start <= _UINT48_MAX for step in steps)
    return steps if fits else []


def _number(attributes: Mapping[int, Value], attribute: int, invalid: int) -> int | None:
    value = attributes.get(attribute)
    return value if isinstance(value, int) and value != invalid else None


def carbon_from_sep1(command: PublishPrice, lost: Lost, loss: Loss) -> int | None:
    """Return grams of CO2 per unit, or None where the price says nothing that can be carried over."""
    cost = command.alternate_cost_delivered
    if cost == _U32_INVALID:
        return None
    digits = command.alternate_cost_trailing_digit >> 4
    grams = rescale(cost, 3 - digits, 0)
    if command.alternate_cost_unit not in _KILOGRAMS or grams > _U32_INVALID:
        note(lost, loss)
        return None
    return grams
