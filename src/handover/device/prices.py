"""What electricity (or anything else) costs now and next, put together from the Pricing resources."""

from dataclasses import dataclass
from decimal import Decimal

from handover.model.units import CURRENCY_LETTERS
from handover.sep2.client.engine import Client
from handover.sep2.client.events import State, Tracked
from handover.sep2.resources.metering import ReadingType
from handover.sep2.resources.pricing import (
    ConsumptionTariffIntervalList,
    RateComponent,
    TariffProfile,
    TimeTariffInterval,
)

_UNITS = {(72, 3): "kWh", (72, 0): "Wh", (42, 0): "m³", (119, 0): "ft³", (119, 2): "CCF", (134, 0): "L"}
_REVERSE = 19


@dataclass(frozen=True, slots=True)
class Price:
    """One price. `price` is exact, in `currency` per `unit`; start and end are Unix seconds of the server."""

    subject: str
    label: str
    price: str
    currency: str
    unit: str
    received: bool
    """Paid for energy that flows to the grid."""
    tier: int
    start: float
    end: float
    blocks: tuple[tuple[int, str], ...]
    """(first quantity, price) of each block; one entry when there are no blocks."""


def prices(client: Client) -> tuple[list[Price], list[Price]]:
    """Return (prices now, prices next): at most one of each for every rate component; best primacy first."""
    by_component: dict[str, list[Tracked]] = {}
    for event in sorted(client.schedule, key=lambda e: (e.seen.primacy, e.start)):
        if isinstance(event.event, TimeTariffInterval):
            by_component.setdefault(event.seen.list_path, []).append(event)
    now, later = [], []
    for found in by_component.values():
        active = next((e for e in found if e.state is State.ACTIVE), None)
        coming = next((e for e in found if e.state is State.SCHEDULED), None)
        now += [price for e in (active,) if e is not None and (price := describe(client, e)) is not None]
        later += [price for e in (coming,) if e is not None and (price := describe(client, e)) is not None]
    return now, later


def describe(client: Client, event: Tracked) -> Price | None:
    """Return the price that an interval stands for, or None while parts of it have not been read."""
    tree = client.tree
    intervals = tree.get(event.seen.list_path)
    components = tree.get(intervals.parent) if intervals is not None else None
    profile = event.seen.program
    if intervals is None or components is None or not isinstance(profile, TariffProfile):
        return None
    link = event.event.ConsumptionTariffIntervalListLink
    blocks = tree.behind(intervals, link, ConsumptionTariffIntervalList)
    component = intervals.owner
    kind = None
    if isinstance(component, RateComponent):
        kind = tree.behind(components, component.ReadingTypeLink, ReadingType)
    if blocks is None or kind is None:
        return None
    power = profile.pricePowerOfTenMultiplier or 0
    steps = tuple(
        (step.startValue, f"{Decimal(step.price).scaleb(power):f}")
        for step in sorted(blocks.ConsumptionTariffInterval, key=lambda s: s.startValue)
        if step.price is not None
    )
    if not steps:
        return None
    return Price(
        subject=event.subject,
        label=event.event.description or profile.rateCode or profile.description or "",
        price=steps[0][1],
        currency=CURRENCY_LETTERS.get(profile.currency or 0, str(profile.currency or "")),
        unit=_UNITS.get((kind.uom or 0, kind.powerOfTenMultiplier or 0), "unit"),
        received=kind.flowDirection == _REVERSE,
        tier=event.event.touTier,
        start=event.start,
        end=event.end,
        blocks=steps,
    )
