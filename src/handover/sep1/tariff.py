"""What the Price cluster's attributes say of a tariff: labels, block thresholds, prices, billing period.

Here: their meaning, and the way to and from attribute values. Both sides use it. Not here: the prices of
PublishPrice (`prices`), block periods (`block_periods`).
"""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from handover.errors import EncodeError
from handover.sep1.clusters.price import PRICE
from handover.sep1.types import Value, is_invalid

TIERS, BLOCKS = 15, 16
LABEL_OCTETS: Final = 11
"""Octets of a tier label that are sent; one more is taken."""

LABELS, THRESHOLDS, PRICES = 0x0000, 0x0100, 0x0400
MULTIPLIER, DIVISOR, COMMODITY, STANDING_CHARGE = 0x0202, 0x0203, 0x0300, 0x0301
BILLING_START, BILLING_MINUTES = 0x0700, 0x0701


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """A tariff in raw units.

    `labels` are those of tiers 1 to 15, octets of UTF-8. `thresholds[n]` ends block n + 1, in units of
    consumption x `multiplier` / `divisor`. `prices` are by (tier, block), tier 0 for none, block from 1;
    currency and decimals are those of PublishPrice. `billing_start` is ZigBee UTC, `billing_minutes` the
    length of the billing period.
    """

    labels: tuple[bytes, ...] = ()
    thresholds: tuple[int, ...] = ()
    multiplier: int = 1
    divisor: int = 1
    commodity: int | None = None
    standing_charge: int | None = None
    prices: Mapping[tuple[int, int], int] = field(default_factory=dict)
    billing_start: int | None = None
    billing_minutes: int | None = None

    def limits(self) -> list[Fraction]:
        """Return where each block but the last ends, in units of consumption."""
        scale = Fraction(self.multiplier or 1, self.divisor or 1)
        return [threshold * scale for threshold in self.thresholds]

    def block(self, consumption: Fraction | int) -> int:
        """Return the block, from 1, that a consumption of the block period so far falls into."""
        return bisect_left(self.limits(), consumption) + 1

    def price(self, tier: int, block: int) -> int | None:
        """Return the price of a block in a tier (0: none), where the tariff has one."""
        return self.prices.get((tier, block))


def price_id(tier: int, block: int) -> int:
    """Return the id of the attribute that holds the price of a block (1 to 16) in a tier (0 to 15)."""
    return PRICES + BLOCKS * tier + block - 1


def tariff_values(tariff: Tariff) -> dict[int, Value]:
    """Return the attribute values. Raises EncodeError for what has no attribute or does not fit it."""
    values: dict[int, Value] = {LABELS + i: label for i, label in enumerate(tariff.labels)}
    if len(tariff.labels) > TIERS or any(len(label) > LABEL_OCTETS for label in tariff.labels):
        raise EncodeError(f"a tariff has up to {TIERS} labels of up to {LABEL_OCTETS} octets; shorten them")
    if len(tariff.thresholds) >= BLOCKS or list(tariff.thresholds) != sorted(set(tariff.thresholds)):
        raise EncodeError(f"a tariff has up to {BLOCKS - 1} thresholds, each above the one before")
    values |= {THRESHOLDS + i: threshold for i, threshold in enumerate(tariff.thresholds)}
    if tariff.thresholds:
        values |= {MULTIPLIER: tariff.multiplier, DIVISOR: tariff.divisor}
    for (tier, block), price in tariff.prices.items():
        if not 0 <= tier <= TIERS or not 1 <= block <= BLOCKS:
            raise EncodeError(f"tier {tier}, block {block} has no price; tiers are 0 to 15, blocks 1 to 16")
        values[price_id(tier, block)] = price
    optional = {
        COMMODITY: tariff.commodity,
        STANDING_CHARGE: tariff.standing_charge,
        BILLING_START: tariff.billing_start,
        BILLING_MINUTES: tariff.billing_minutes,
    }
    values |= {attribute_id: value for attribute_id, value in optional.items() if value is not None}
    for attribute_id, value in values.items():
        known = PRICE.server_attributes[attribute_id]
        if isinstance(value, int) and not 0 <= value < 1 << 8 * known.type.size:
            raise EncodeError(f"{known.name} is {value}, which {known.type.name} cannot hold; scale it down")
    return values


def tariff_of(values: Mapping[int, Value]) -> Tariff:
    """Return the tariff that attribute values mean; what is absent or marked invalid is left out."""
    have = {i: value for i, value in values.items() if _counts(i, value)}
    numbers = {i: value for i, value in have.items() if isinstance(value, int)}
    labels = [have.get(LABELS + i) for i in range(TIERS)]
    while labels and labels[-1] is None:
        labels.pop()
    thresholds: list[int] = []
    while len(thresholds) < BLOCKS - 1 and THRESHOLDS + len(thresholds) in numbers:
        thresholds.append(numbers[THRESHOLDS + len(thresholds)])
    return Tariff(
        labels=tuple(label if isinstance(label, bytes) else b"" for label in labels),
        thresholds=tuple(sorted(thresholds)),
        multiplier=numbers.get(MULTIPLIER, 1),
        divisor=numbers.get(DIVISOR, 1),
        commodity=numbers.get(COMMODITY),
        standing_charge=numbers.get(STANDING_CHARGE),
        prices={
            (tier, block): numbers[price_id(tier, block)]
            for tier in range(TIERS + 1)
            for block in range(1, BLOCKS + 1)
            if price_id(tier, block) in numbers
        },
        billing_start=numbers.get(BILLING_START),
        billing_minutes=numbers.get(BILLING_MINUTES),
    )


def _counts(attribute_id: int, value: Value) -> bool:
    known = PRICE.server_attributes.get(attribute_id)
    return known is not None and not is_invalid(known.type.code, value)
