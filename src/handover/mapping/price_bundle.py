"""A price as SEP 2.0 resources: one tariff profile, and a rate for each direction that is priced.

What SEP 1.x says of a price is in `price`, which offers these functions too.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from handover.mapping.context import Context
from handover.mapping.event import event_status, interval, state_from_sep2
from handover.mapping.losses import Loss, Lost, Orientation, note
from handover.mapping.mrid import MridKind
from handover.mapping.scalars import (
    INT32_MAX,
    octets,
    rescale,
    untranslatable,
)
from handover.mapping.units import (
    COMMODITY,
    COMMODITY_OF_CODE,
    FLOW,
    UNIT_OF_UOM,
    UOM,
    kind_of,
    service_of,
)
from handover.model.event import EventKey
from handover.model.price import Price, Step
from handover.model.units import Commodity, Flow
from handover.sep2.resources.common import Link, ListLink, Resource
from handover.sep2.resources.metering import ReadingType
from handover.sep2.resources.pricing import (
    ConsumptionTariffInterval,
    EnvironmentalCost,
    RateComponent,
    TariffProfile,
    TimeTariffInterval,
)

_RATE_CODE = 20
TIERS = 15

NO_RANDOMIZING = Loss("randomizeStart", Orientation.B, "SEP 1.x clients randomise prices themselves")
OTHER_COSTS = Loss("EnvironmentalCost", Orientation.B, "only CO2 (costKind 0) has an equal")


@dataclass(slots=True)
class Rate:
    """One direction of a price: its component, unit, interval, and one consumption interval a block."""

    component: RateComponent
    reading_type: ReadingType
    interval: TimeTariffInterval
    consumption: list[ConsumptionTariffInterval]


@dataclass(slots=True)
class PriceBundle:
    """One price as SEP 2.0 resources; every one carries its href. `delivered` first, `received` if
    priced.
    """

    profile: TariffProfile
    delivered: Rate
    received: Rate | None = None

    def rates(self) -> list[Rate]:
        """Return the directions that are priced."""
        return [self.delivered] if self.received is None else [self.delivered, self.received]

    def resources(self) -> Iterator[Resource]:
        """Yield every resource, containers before contents."""
        yield self.profile
        for rate in self.rates():
            yield rate.component
            yield rate.reading_type
            yield rate.interval
            yield from rate.consumption


def to_sep2(
    price: Price,
    context: Context,
    *,
    power: int | None = None,
    rate_code: str | None = None,
    version: int | None = None,
) -> PriceBundle:
    """Return the resources of one price.

    `power` is the multiplier of the whole profile (default the price's own),
    `version` that of the profile (it grows when the multiplier changes), `rate_code` the first label seen
    for it. Raises Untranslatable when the price does not fit Int32 at that power.
    """
    power = price.power if power is None else power
    hrefs = context.hrefs
    path = hrefs.tariff(price.key.provider, context.generation)
    both = price.generation_price is not None
    profile = TariffProfile(
        href=path,
        mRID=context.structure(MridKind.TARIFF_PROFILE, price.key.provider),
        description=f"SE1 provider {price.key.provider:08X}",
        version=version,
        currency=price.currency,
        pricePowerOfTenMultiplier=power,
        primacy=context.primacy,
        rateCode=(price.label if rate_code is None else rate_code)[:_RATE_CODE] or None,
        RateComponentListLink=ListLink(href=f"{path}/rc", all=2 if both else 1),
        serviceCategoryKind=service_of(price.commodity),
    )
    delivered = _rate(price, context, Flow.DELIVERED, path, _steps(price, power))
    if price.generation_price is None:
        return PriceBundle(profile, delivered)
    value = _fitting(rescale(price.generation_price, price.power, power))
    return PriceBundle(
        profile, delivered, _rate(price, context, Flow.RECEIVED, path, [Step(0, value)], plain=True)
    )


def _steps(price: Price, power: int) -> list[Step]:
    if not price.steps:
        return [Step(0, _fitting(rescale(price.price, price.power, power)))]
    return [Step(s.start, _fitting(rescale(s.price, price.power, power))) for s in price.steps]


def _fitting(value: int) -> int:
    if value > INT32_MAX:
        raise untranslatable(f"price {value} does not fit 32 bits at the multiplier of its tariff profile")
    return value


def _rate(
    price: Price, context: Context, flow: Flow, tariff: str, steps: list[Step], *, plain: bool = False
) -> Rate:
    """Return one direction; `plain` leaves out tiers and blocks, which SEP 1.1 has for consumption only."""
    code = FLOW[flow]
    path = context.hrefs.rate(tariff, flow)
    interval_path = context.hrefs.tariff_interval(path, price.key)
    reading_type = ReadingType(
        href=f"{path}/rt",
        accumulationBehaviour=9,
        commodity=COMMODITY[price.commodity],
        flowDirection=code,
        kind=kind_of(price.unit),
        numberOfConsumptionBlocks=1 if plain else price.blocks,
        numberOfTouTiers=0 if plain else price.tiers,
        powerOfTenMultiplier=price.unit_power,
        uom=UOM[price.unit],
    )
    component = RateComponent(
        href=path,
        mRID=context.structure(MridKind.RATE_COMPONENT, price.key.provider, sub=code),
        description=flow.value,
        ReadingTypeLink=Link(href=f"{path}/rt"),
        roleFlags=octets(context.role_flags, 2),
        TimeTariffIntervalListLink=ListLink(href=f"{path}/tti", all=1),
    )
    received = flow is Flow.RECEIVED
    tariff_interval = TimeTariffInterval(
        href=interval_path,
        replyTo=context.hrefs.responses,
        responseRequired=b"\x01" if price.acknowledge else b"\x00",
        mRID=context.event(
            MridKind.TIME_TARIFF_INTERVAL_RECEIVED if received else MridKind.TIME_TARIFF_INTERVAL, price.key
        ),
        description=price.label or None,
        version=price.version,
        creationTime=price.created,
        EventStatus=event_status(price, context),
        interval=interval(price),
        ConsumptionTariffIntervalListLink=ListLink(href=f"{interval_path}/cti", all=len(steps)),
        touTier=0 if plain else price.tier,
    )
    return Rate(component, reading_type, tariff_interval, _consumption(price, interval_path, steps, plain))


def _consumption(price: Price, path: str, steps: list[Step], plain: bool) -> list[ConsumptionTariffInterval]:
    found = []
    for number, step in enumerate(steps):
        item = ConsumptionTariffInterval(
            href=f"{path}/cti/{number}",
            consumptionBlock=number + 1,
            price=step.price,
            startValue=step.start,
        )
        if price.carbon is not None and not plain:
            item.EnvironmentalCost.append(
                EnvironmentalCost(amount=price.carbon, costKind=0, costLevel=0, numCostLevels=1)
            )
        found.append(item)
    return found


def from_sep2(bundle: PriceBundle, key: EventKey, *, lost: Lost = None) -> Price:
    """Return the price that resources state, under the SEP 1.x identity `key`.

    Raises Untranslatable (HTTP 400) without a price or with an unknown event status.
    """
    rate, profile = bundle.delivered, bundle.profile
    event, kind = rate.interval, rate.reading_type
    first = rate.consumption[0] if rate.consumption else None
    if first is None or first.price is None:
        raise untranslatable("the tariff interval has no price: add a ConsumptionTariffInterval with one")
    unit = UNIT_OF_UOM.get(kind.uom or 0)
    if unit is None or event.touTier > TIERS:
        raise untranslatable(
            f"a price per uom {kind.uom} in tier {event.touTier} has no equal: tiers end at {TIERS}"
        )
    if event.randomizeStart or event.randomizeDuration:
        note(lost, NO_RANDOMIZING)
    carbon = None
    for cost in first.EnvironmentalCost:
        if cost.costKind == 0:
            carbon = cost.amount
        else:
            note(lost, OTHER_COSTS)
    received = bundle.received.consumption[0].price if bundle.received else None
    tiers, blocks = kind.numberOfTouTiers or 0, kind.numberOfConsumptionBlocks or 1
    return Price(
        key=key,
        start=event.interval.start,
        duration=event.interval.duration,
        created=event.creationTime,
        state=state_from_sep2(event.EventStatus),
        changed=event.EventStatus.dateTime,
        version=event.version or 0,
        label=event.description or profile.rateCode or "",
        commodity=COMMODITY_OF_CODE.get(kind.commodity or 0, Commodity.UNKNOWN),
        unit=unit,
        unit_power=kind.powerOfTenMultiplier or 0,
        currency=profile.currency or 0,
        price=first.price,
        power=profile.pricePowerOfTenMultiplier or 0,
        tier=event.touTier,
        tiers=tiers,
        register_tier=event.touTier,
        blocks=blocks,
        steps=[Step(c.startValue, c.price or 0) for c in rate.consumption] if blocks > 1 else [],
        generation_price=received,
        carbon=carbon,
        acknowledge=bool((event.responseRequired or b"\0")[0] & 1),
    )
