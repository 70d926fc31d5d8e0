"""A price of energy over an interval, and which of two prices counts. Tariff structure is left to each
standard.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from handover.model.event import LIVE, Change, Event, EventState, Placement, Verdict
from handover.model.units import Commodity, Unit


class Step(NamedTuple):
    """One block of consumption: what a unit costs from `start` units on (since the block period began)."""

    start: int
    price: int


@dataclass(slots=True, kw_only=True)
class Price(Event):
    """What one unit costs: `price` x 10^`power` of `currency` per 10^`unit_power` x `unit`.

    `currency` is the ISO 4217 number (0: none). `tier` 0 means no time-of-use tier; `tiers` is how many
    there are, `register_tier` which register of the meter counts it. `blocks` is the number of
    consumption blocks (>= 1). `generation_price` is paid for energy received from the premises, in the
    same scale. `carbon` is grams of CO2 per unit. `label_tier` holds a tier number beyond 15 that only a
    label can express.
    """

    label: str
    commodity: Commodity
    unit: Unit
    unit_power: int
    currency: int
    price: int
    power: int
    tier: int = 0
    tiers: int = 0
    register_tier: int = 0
    blocks: int = 1
    steps: list[Step] = field(default_factory=list)
    generation_price: int | None = None
    carbon: int | None = None
    acknowledge: bool = False


def place(known: Iterable[Price], new: Price, now: float, *, superseding: bool = True) -> Placement:
    """Judge a new price against the known ones of the same issuer, endpoint and provider.

    The higher id wins over everything it overlaps, even partly. A loser that has not started is cancelled
    at once; a running one is superseded when the winner starts, unless `superseding` is False (editions
    that no longer mark it and leave the choice to the creation time).
    """
    changes: list[Change] = []
    moment = int(now)
    if new.end <= now:
        return Placement(Verdict.EXPIRED, changes)
    rivals = [old for old in known if old.key[:3] == new.key[:3]]
    if any(old.key == new.key for old in rivals):
        return Placement(Verdict.DUPLICATE, changes)
    for old in rivals:
        if old.state not in LIVE or old.end <= now or not old.overlaps(new):
            continue
        if old.key.id > new.key.id:
            return Placement(Verdict.OUTDATED, [])
        if old.start > now:
            changes.append(Change(old, moment, EventState.CANCELLED))
        elif superseding:
            changes.append(Change(old, max(moment, new.start), EventState.SUPERSEDED))
    return Placement(Verdict.ACCEPTED, changes)


def current(known: Iterable[Price], now: float) -> Price | None:
    """Return the price that counts at `now`, the highest id among those running, or None."""
    running = [p for p in known if p.state in LIVE and p.start <= now < p.end]
    return max(running, key=lambda p: (p.created, p.key.id), default=None)


def register_tiers(prices: Iterable[Price]) -> dict[int, int]:
    """Return which price tier each register of the meter counts: the lowest, where several share one."""
    found: dict[int, int] = {}
    for price in prices:
        if price.tier and price.register_tier:
            found[price.register_tier] = min(price.tier, found.get(price.register_tier, price.tier))
    return found
