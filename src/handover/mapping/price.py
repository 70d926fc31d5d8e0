"""Price 0x0700 <-> Pricing: PublishPrice and its acknowledgement.

The resources of a price are made in `price_bundle` (`to_sep2`, `from_sep2`, offered here too); block steps
are read in `price_blocks`. Which of two prices counts is a rule of `model.price`.
"""

from collections.abc import Mapping

from handover.mapping.context import Context
from handover.mapping.event import arrival
from handover.mapping.losses import Loss, Lost, Orientation, note
from handover.mapping.price_blocks import block_steps, carbon_from_sep1
from handover.mapping.price_bundle import (
    NO_RANDOMIZING,
    OTHER_COSTS,
    PriceBundle,
    Rate,
    from_sep2,
    to_sep2,
)
from handover.mapping.scalars import (
    INT32_MAX,
    ZIGBEE_EPOCH,
    cut,
    divide,
    fit,
    minutes_down,
    rescale,
    text,
    to_utc,
    untranslatable,
)
from handover.mapping.units import (
    SE_UNITS,
    commodity_of,
    se_unit,
)
from handover.model.event import EventKey, Status
from handover.model.price import Price
from handover.sep1.clusters.price import PriceAcknowledgement, PublishPrice
from handover.sep1.types import Value
from handover.sep2.resources.response import PriceResponse

__all__ = [
    "LOSSES",
    "PriceBundle",
    "Rate",
    "acknowledgement_to_sep1",
    "acknowledgement_to_sep2",
    "from_sep1",
    "from_sep2",
    "to_sep1",
    "to_sep2",
]

U32_UNUSED = 0xFFFFFFFF
_DESCRIPTION = 32
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
    common = arrival(
        EventKey(context.node, context.endpoint, command.provider_id, command.issuer_event_id, generation),
        command.start_time,
        command.duration_in_minutes,
        received=received,
        created=created,
        known=known,
        unknown_is_now=True,
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
    unit = se_unit(command.unit_of_measure)
    blocks = command.number_of_block_thresholds
    steps = block_steps(attributes, blocks, tier, unit, price, digits, power) if attributes else []
    return Price(
        **common,
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
        label, tier = label or f"tier {number}", 0
    return label[:_DESCRIPTION], tier


def to_sep1(price: Price, *, now: float, lost: Lost = None) -> PublishPrice:
    """Return the PublishPrice of a price, as sent at `now` (Unix s) with its true start.

    Raises Untranslatable when the unit or the amount has no SEP 1.x form.
    """
    code = _CODE_OF_UNIT.get((price.unit, price.unit_power))
    value, generated, digits = price.price, price.generation_price, -price.power
    if digits < 0:
        value, digits = value * 10**-digits, 0
        generated = None if generated is None else generated * 10**price.power
    amounts = (value, generated or 0)
    if code is None or digits > 15 or not all(0 <= amount < U32_UNUSED for amount in amounts):
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
