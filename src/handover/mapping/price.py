"""Price 0x0700 <-> Pricing: PublishPrice, its acknowledgement, and the bundle of resources one price
becomes.

Which of two prices counts is a rule of `model.price`; block steps are read in `price_blocks`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from handover.mapping.context import Context
from handover.mapping.event import event_status, frozen_interval, interval, state_from_sep2
from handover.mapping.losses import Loss, Lost, Orientation, note
from handover.mapping.mrid import MridKind
from handover.mapping.price_blocks import block_steps, carbon_from_sep1
from handover.mapping.scalars import (
    INT32_MAX,
    ZIGBEE_EPOCH,
    cut,
    divide,
    fit,
    minutes_down,
    octets,
    rescale,
    text,
    to_utc,
    untranslatable,
)
from handover.mapping.units import (
    COMMODITY,
    COMMODITY_OF_CODE,
    FLOW,
    SE_UNITS,
    UNIT_OF_UOM,
    UOM,
    commodity_of,
    kind_of,
    se_unit,
    service_of,
)
from handover.model.event import EventKey, Status, initial_state
from handover.model.price import Price, Step
from handover.model.units import Commodity, Flow
from handover.sep1.clusters.price import PriceAcknowledgement, PublishPrice
from handover.sep1.types import Value
from handover.sep2.resources.common import Link, ListLink, Resource
from handover.sep2.resources.metering import ReadingType
from handover.sep2.resources.pricing import (
    ConsumptionTariffInterval,
    EnvironmentalCost,
    RateComponent,
    TariffProfile,
    TimeTariffInterval,
)
from handover.sep2.resources.response import PriceResponse

U32_UNUSED = 0xFFFFFFFF
LABEL_SENT = 11
"""Octets of a rate label that every SEP 1.x client takes."""

RATIO = Loss("priceRatio, generationPriceRatio", Orientation.A, "no element for a ratio")
EXTENDED_TIER = Loss("extendedPriceTier", Orientation.A, "tiers end at 15: touTier 0 and a label instead")
MANY_DIGITS = Loss("priceTrailingDigit", Orientation.A, "the multiplier ends at -9: rounded beyond 9 digits")
LARGE_PRICE = Loss("price", Orientation.A, "beyond 2147483647 the last digits are rounded away")
LABEL_BYTES = Loss("rateLabel", Orientation.A, "not UTF-8: read as Latin-1")
CARBON_UNIT = Loss("alternateCostDelivered", Orientation.A, "only kilograms of CO2 per unit have an equal")
LABEL_LENGTH = Loss("rateCode, description", Orientation.B, f"a rate label has {LABEL_SENT} octets")
SHORT_DURATION = Loss("interval.duration", Orientation.B, "whole minutes, rounded down, at least 1")
NO_RANDOMIZING = Loss("randomizeStart", Orientation.B, "SEP 1.x clients randomise prices themselves")
OTHER_COSTS = Loss("EnvironmentalCost", Orientation.B, "only CO2 (costKind 0) has an equal")

LOSSES = (
    RATIO,
    EXTENDED_TIER,
    MANY_DIGITS,
    LARGE_PRICE,
    LABEL_BYTES,
    CARBON_UNIT,
    LABEL_LENGTH,
    SHORT_DURATION,
    NO_RANDOMIZING,
    OTHER_COSTS,
    Loss("registerTier", Orientation.A, "price tiers that share a register are labelled with the lowest"),
    Loss("currentTime", Orientation.A, "used to check the clock only"),
    Loss("priceTrailingDigit", Orientation.A, "one multiplier a profile: the finest seen"),
    Loss("bindingPrices, localPrice", Orientation.B, "2023 elements without an equal"),
    Loss("flowRateStartLimit, flowRateEndLimit", Orientation.B, "no price by flow rate in SEP 1.x"),
    Loss("numberOfBlockThresholds", Orientation.A, "no thresholds means one block, said as 1 there"),
    Loss(
        "cancellation", Orientation.B, "SEP 1.x has no order to have no price", "GetCurrentPrice: NOT_FOUND"
    ),
)

_CODE_OF_UNIT = {(row.energy, row.energy_power): code for code, row in reversed(SE_UNITS.items())}


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


def from_sep1(
    command: PublishPrice,
    context: Context,
    *,
    received: float,
    created: int | None = None,
    known: Price | None = None,
    generation: int = 0,
    device_type: int | None = None,
    attributes: Mapping[int, Value] | None = None,
    lost: Lost = None,
) -> Price:
    """Return the price that a PublishPrice received at `received` (Unix s) states.

    `known` is the same event received before: its frozen interval, creation time and state are kept.
    `created` is the creation time of a new one (`event.next_created`; default `received`). `device_type`
    (MeteringDeviceType) tells gas from water; `attributes` are the Price server's, for tier labels and
    blocks. Raises Untranslatable (0x85) for a price, start or duration without a value.
    """
    if command.price == U32_UNUSED:
        raise untranslatable("PublishPrice without a price (0xFFFFFFFF): send one")
    start, duration = frozen_interval(
        command.start_time, command.duration_in_minutes, received=received, known=known, unknown_is_now=True
    )
    digits_tier, tiers_register = (
        command.price_trailing_digit_and_price_tier,
        command.number_of_price_tiers_and_register_tier,
    )
    digits, tier = digits_tier >> 4, digits_tier & 0x0F
    received_price = command.generation_price if command.generation_price != U32_UNUSED else None
    price, generated, power = _scaled(command.price, received_price, digits, lost)
    if command.price_ratio != 0xFF or command.generation_price_ratio != 0xFF:
        note(lost, RATIO)
    label, tier = _label(command, tier, attributes, lost)
    moment = int(received)
    unit = se_unit(command.unit_of_measure)
    blocks = command.number_of_block_thresholds
    steps = block_steps(attributes, blocks, tier, unit, price, digits, power) if attributes else []
    return Price(
        key=EventKey(context.node, context.endpoint, command.provider_id, command.issuer_event_id, generation)
        if known is None
        else known.key,
        start=start,
        duration=duration,
        created=known.created if known is not None else moment if created is None else created,
        state=known.state if known is not None else initial_state(start, received),
        changed=known.changed if known is not None else moment,
        version=known.version if known is not None else 0,
        label=label,
        commodity=commodity_of(command.unit_of_measure, device_type),
        unit=unit.energy,
        unit_power=unit.energy_power,
        currency=command.currency if command.currency != 0xFFFF else 0,
        price=price,
        power=power,
        tier=tier,
        tiers=tiers_register >> 4,
        register_tier=tiers_register & 0x0F,
        blocks=1 if blocks in (0, 0xFF) else min(16, blocks + 1),
        steps=steps,
        generation_price=generated,
        carbon=carbon_from_sep1(command, lost, CARBON_UNIT),
        acknowledge=bool(command.price_control & 0x01),
    )


def _scaled(price: int, received: int | None, digits: int, lost: Lost) -> tuple[int, int | None, int]:
    """Return both prices and the power of ten they share, within Int32 and a multiplier of -9."""
    power = -digits
    if digits > 9:
        note(lost, MANY_DIGITS)
        price = divide(price, 10 ** (digits - 9))
        received = None if received is None else divide(received, 10 ** (digits - 9))
        power = -9
    largest = price if received is None else max(price, received)
    if largest <= INT32_MAX:
        return price, received, power
    note(lost, LARGE_PRICE)
    _, target = fit(largest, power, INT32_MAX)
    return (
        rescale(price, power, target),
        None if received is None else rescale(received, power, target),
        target,
    )


def _label(
    command: PublishPrice, tier: int, attributes: Mapping[int, Value] | None, lost: Lost
) -> tuple[str, int]:
    """Return the text of a price and its tier; tiers beyond 15 exist in the text only."""
    label, proper = text(command.rate_label)
    if not proper:
        note(lost, LABEL_BYTES)
    extended = command.extended_price_tier
    number = tier + extended if tier == 0x0F and extended not in (0, 0xFF) else tier
    if not label and number:
        raw = (attributes or {}).get(number - 1)
        label, _ = text(raw if isinstance(raw, bytes) else None)
    if number > 15:
        note(lost, EXTENDED_TIER)
        return label or f"tier {number}", 0
    return label, tier


def to_sep2(
    price: Price,
    context: Context,
    *,
    power: int | None = None,
    rate_code: str | None = None,
    version: int | None = None,
) -> PriceBundle:
    """Return the resources of one price.

    `power` is the multiplier of the whole profile (`model.price.finest_power`; default the price's own),
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
        rateCode=((price.label if rate_code is None else rate_code) or None),
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
        unit=UNIT_OF_UOM[kind.uom or 0],
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


def to_sep1(price: Price, *, now: float, lost: Lost = None) -> PublishPrice:
    """Return the PublishPrice of a price, as sent at `now` (Unix s) with its true start.

    Raises Untranslatable when the unit or the amount has no SEP 1.x form.
    """
    code = _CODE_OF_UNIT.get((price.unit, price.unit_power))
    value, generated, digits = price.price, price.generation_price, -price.power
    if digits < 0:
        value, digits = value * 10**-digits, 0
        generated = None if generated is None else generated * 10**price.power
    if code is None or digits > 15 or not 0 <= value < U32_UNUSED or (generated or 0) >= U32_UNUSED:
        raise untranslatable(
            f"price {price.price}e{price.power} per 10^{price.unit_power} {price.unit.value} cannot be "
            "said in SEP 1.x: use a unit of the Price cluster and 32 bits"
        )
    label = cut(price.label, LABEL_SENT)
    if len(label) < len(price.label.encode()):
        note(lost, LABEL_LENGTH)
    if price.duration % 60 and not price.open_ended:
        note(lost, SHORT_DURATION)
    return PublishPrice(
        provider_id=price.key.provider,
        rate_label=label,
        issuer_event_id=price.key.id,
        current_time=to_utc(now),
        unit_of_measure=code,
        currency=price.currency,
        price_trailing_digit_and_price_tier=digits << 4 | price.tier,
        number_of_price_tiers_and_register_tier=min(15, price.tiers) << 4 | price.register_tier,
        start_time=to_utc(price.start),
        duration_in_minutes=minutes_down(price.duration),
        price=value,
        price_ratio=0xFF,
        generation_price=U32_UNUSED if generated is None else generated,
        generation_price_ratio=0xFF,
        alternate_cost_delivered=U32_UNUSED if price.carbon is None else price.carbon,
        alternate_cost_unit=0xFF if price.carbon is None else 1,
        alternate_cost_trailing_digit=0xFF if price.carbon is None else 0x30,
        number_of_block_thresholds=0xFF if price.blocks <= 1 else price.blocks - 1,
        price_control=0x01 if price.acknowledge else 0x00,
    )


def acknowledgement_to_sep1(price: Price, *, now: float) -> PriceAcknowledgement:
    """Return the acknowledgement that the gateway itself sends once `price` is stored."""
    return PriceAcknowledgement(
        provider_id=price.key.provider,
        issuer_event_id=price.key.id,
        price_ack_time=to_utc(now),
        control=0x01,
    )


def acknowledgement_to_sep2(command: PriceAcknowledgement, *, device: bytes, subject: bytes) -> PriceResponse:
    """Return the response "received" that a SEP 1.x device's acknowledgement stands for.

    `device` is its LFDI, `subject` the mRID of the tariff interval exactly as the server sent it.
    """
    return PriceResponse(
        createdDateTime=command.price_ack_time + ZIGBEE_EPOCH,
        endDeviceLFDI=device,
        status=Status.RECEIVED,
        subject=subject,
    )
