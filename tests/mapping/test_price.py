"""Prices: exactness, markers, scaling, tiers, blocks, and what is said to be lost."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handover.errors import Untranslatable
from handover.mapping import price
from handover.mapping.context import Context
from handover.mapping.losses import Loss
from handover.model.event import OPEN_ENDED, EventState
from handover.model.price import Step
from handover.model.units import Commodity, Unit
from handover.sep1.clusters.price import PublishPrice
from handover.sep2.declaration import Edition

from .conftest import ESI, LFDI, NOW, PEN

UNUSED = 0xFFFFFFFF
ZNOW = NOW - 946684800
CONTEXT = Context(node=ESI, pen=PEN, lfdi=LFDI)


def publish(**changes: object) -> PublishPrice:
    fields: dict[str, object] = {
        "provider_id": 0x99,
        "rate_label": b"TOU-1",
        "issuer_event_id": 0x17985001,
        "current_time": ZNOW,
        "unit_of_measure": 0,
        "currency": 840,
        "price_trailing_digit_and_price_tier": 0x42,
        "number_of_price_tiers_and_register_tier": 0x32,
        "start_time": ZNOW + 3600,
        "duration_in_minutes": 60,
        "price": 1134,
        "price_ratio": 0xFF,
        "generation_price": UNUSED,
        "generation_price_ratio": 0xFF,
    }
    return PublishPrice(**(fields | changes))  # type: ignore[arg-type]


def only(bundle: price.PriceBundle) -> int | None:
    (item,) = bundle.delivered.consumption
    return item.price


@pytest.mark.req("REQ.GW.1")
def test_the_price_of_the_recording_is_exact() -> None:
    stated = price.from_sep1(
        publish(price=0x25B, price_trailing_digit_and_price_tier=0x40), CONTEXT, received=NOW
    )
    bundle = price.to_sep2(stated, CONTEXT)
    assert (only(bundle), bundle.profile.pricePowerOfTenMultiplier) == (603, -4)
    kind = bundle.delivered.reading_type
    assert (kind.uom, kind.powerOfTenMultiplier, kind.commodity) == (72, 3, 1)


def test_high_nibbles_are_digits_and_counts_low_nibbles_tiers() -> None:
    stated = price.from_sep1(publish(), CONTEXT, received=NOW)
    assert (stated.power, stated.tier, stated.tiers, stated.register_tier) == (-4, 2, 3, 2)


def test_start_now_is_frozen_once() -> None:
    first = price.from_sep1(publish(start_time=0, duration_in_minutes=90), CONTEXT, received=NOW)
    again = price.from_sep1(
        publish(start_time=0, duration_in_minutes=60), CONTEXT, received=NOW + 1800, known=first
    )
    assert (first.start, first.end, first.state) == (NOW, NOW + 5400, EventState.ACTIVE)
    assert again == first


def test_a_start_that_meters_leave_invalid_means_now() -> None:
    stated = price.from_sep1(publish(start_time=UNUSED, duration_in_minutes=0xFFFF), CONTEXT, received=NOW)
    assert (stated.start, stated.duration, stated.open_ended) == (NOW, OPEN_ENDED, True)
    assert price.to_sep1(stated, now=NOW).duration_in_minutes == 0xFFFF


@pytest.mark.parametrize("wrong", [{"price": UNUSED}, {"duration_in_minutes": 0}])
def test_a_price_without_a_value_is_an_invalid_field(wrong: dict[str, int]) -> None:
    with pytest.raises(Untranslatable) as caught:
        price.from_sep1(publish(**wrong), CONTEXT, received=NOW)
    assert caught.value.zcl_status == 0x85


@pytest.mark.parametrize(
    ("digits", "raw", "value", "power"),
    [
        (0, 7, 7, 0),
        (9, 1134, 1134, -9),
        (10, 1134, 113, -9),
        (10, 1135, 114, -9),
        (10, 1125, 112, -9),
        (15, 123456789, 123, -9),
        (2, 2147483647, 2147483647, -2),
        (2, 2147483648, 214748365, -1),
        (2, 4294967294, 429496729, -1),
    ],
)
def test_digits_and_large_prices(digits: int, raw: int, value: int, power: int) -> None:
    lost: list[Loss] = []
    stated = price.from_sep1(
        publish(price=raw, price_trailing_digit_and_price_tier=digits << 4), CONTEXT, received=NOW, lost=lost
    )
    assert (stated.price, stated.power) == (value, power)
    assert bool(lost) == (digits > 9 or raw > 2**31 - 1)


def test_one_multiplier_for_the_profile_is_the_finest() -> None:
    coarse = price.from_sep1(
        publish(price=11, price_trailing_digit_and_price_tier=0x20), CONTEXT, received=NOW
    )
    fine = price.from_sep1(publish(issuer_event_id=0x17985002), CONTEXT, received=NOW)
    bundle = price.to_sep2(coarse, CONTEXT, power=min(coarse.power, fine.power), version=1)
    assert (only(bundle), bundle.profile.pricePowerOfTenMultiplier, bundle.profile.version) == (1100, -4, 1)


def test_a_price_that_the_shared_multiplier_cannot_hold_is_refused() -> None:
    stated = price.from_sep1(
        publish(price=2**31 - 1, price_trailing_digit_and_price_tier=0), CONTEXT, received=NOW
    )
    with pytest.raises(Untranslatable):
        price.to_sep2(stated, CONTEXT, power=-4)


def test_unused_fields_are_left_out() -> None:
    stated = price.from_sep1(
        publish(rate_label=None, currency=0xFFFF, price_trailing_digit_and_price_tier=0x40),
        CONTEXT,
        received=NOW,
    )
    bundle = price.to_sep2(stated, CONTEXT)
    assert bundle.received is None
    assert bundle.profile.rateCode is None
    assert bundle.delivered.interval.description is None
    assert bundle.profile.currency == 0
    assert bundle.delivered.consumption[0].EnvironmentalCost == []
    assert bundle.delivered.interval.randomizeStart is None


def test_ratios_are_lost_and_said_so() -> None:
    lost: list[Loss] = []
    price.from_sep1(publish(price_ratio=12), CONTEXT, received=NOW, lost=lost)
    assert lost == [price.RATIO]


@pytest.mark.parametrize(
    ("cost", "unit", "trailing", "grams"),
    [
        (345, 1, 0x30, 345),
        (345, 2, 0x10, 34500),
        (12345, 2, 0x50, 123),
        (5, 3, 0x00, None),
        (5, 1, 0x00, 5000),
    ],
)
def test_carbon(cost: int, unit: int, trailing: int, grams: int | None) -> None:
    stated = price.from_sep1(
        publish(
            alternate_cost_delivered=cost, alternate_cost_unit=unit, alternate_cost_trailing_digit=trailing
        ),
        CONTEXT,
        received=NOW,
    )
    assert stated.carbon == grams
    costs = price.to_sep2(stated, CONTEXT).delivered.consumption[0].EnvironmentalCost
    assert [(c.amount, c.costKind, c.numCostLevels) for c in costs] == ([(grams, 0, 1)] if grams else [])


def test_acknowledgement_bit() -> None:
    stated = price.from_sep1(publish(price_control=1), CONTEXT, received=NOW)
    assert price.to_sep2(stated, CONTEXT).delivered.interval.responseRequired == b"\x01"
    assert price.acknowledgement_to_sep1(stated, now=NOW).issuer_event_id == 0x17985001


@pytest.mark.parametrize(("raw", "blocks"), [(0xFF, 1), (0, 1), (1, 2), (15, 16), (200, 16)])
def test_n_thresholds_are_n_plus_one_blocks(raw: int, blocks: int) -> None:
    stated = price.from_sep1(publish(number_of_block_thresholds=raw), CONTEXT, received=NOW)
    assert price.to_sep2(stated, CONTEXT).delivered.reading_type.numberOfConsumptionBlocks == blocks


def test_block_attributes_become_consumption_intervals() -> None:
    attributes = {0x0100: 1500, 0x0202: 1, 0x0203: 3, 0x0420: 1134, 0x0421: 2000}
    stated = price.from_sep1(
        publish(number_of_block_thresholds=1), CONTEXT, received=NOW, attributes=attributes
    )
    assert stated.steps == [Step(0, 1134), Step(500, 2000)]
    bundle = price.to_sep2(stated, CONTEXT)
    assert [(c.consumptionBlock, c.startValue, c.price) for c in bundle.delivered.consumption] == [
        (1, 0, 1134),
        (2, 500, 2000),
    ]
    assert bundle.delivered.interval.ConsumptionTariffIntervalListLink is not None
    assert bundle.delivered.interval.ConsumptionTariffIntervalListLink.all == 2


def test_without_its_thresholds_a_block_price_counts_throughout() -> None:
    stated = price.from_sep1(
        publish(number_of_block_thresholds=2), CONTEXT, received=NOW, attributes={0x0100: 5}
    )
    assert stated.steps == []
    assert only(price.to_sep2(stated, CONTEXT)) == 1134


def test_labels_come_from_the_tier_when_the_price_has_none() -> None:
    stated = price.from_sep1(publish(rate_label=b""), CONTEXT, received=NOW, attributes={0x0001: b"Shoulder"})
    assert stated.label == "Shoulder"


def test_tiers_beyond_15_exist_as_a_label_only() -> None:
    lost: list[Loss] = []
    command = publish(rate_label=b"", price_trailing_digit_and_price_tier=0x4F)
    command.extended_price_tier = 3
    stated = price.from_sep1(command, CONTEXT, received=NOW, lost=lost)
    assert (stated.tier, stated.label, lost) == (0, "tier 18", [price.EXTENDED_TIER])


def test_a_latin_label_is_read_and_noted() -> None:
    lost: list[Loss] = []
    assert price.from_sep1(publish(rate_label=b"\xc9t\xe9"), CONTEXT, received=NOW, lost=lost).label == "Été"
    assert lost == [price.LABEL_BYTES]


@pytest.mark.parametrize(
    ("unit", "device", "commodity", "base", "power", "service"),
    [
        (0x00, None, Commodity.ELECTRICITY, Unit.WATT_HOUR, 3, 0),
        (0x01, 1, Commodity.GAS, Unit.CUBIC_METRE, 0, 1),
        (0x01, 2, Commodity.WATER, Unit.CUBIC_METRE, 0, 2),
        (0x82, 0x81, Commodity.WATER, Unit.CUBIC_FOOT, 0, 2),
        (0x0C, 6, Commodity.COOLING, Unit.JOULE, 6, 6),
        (0xFF, None, Commodity.UNKNOWN, Unit.NONE, 0, 0),
    ],
)
def test_units(
    unit: int, device: int | None, commodity: Commodity, base: Unit, power: int, service: int
) -> None:
    stated = price.from_sep1(publish(unit_of_measure=unit), CONTEXT, received=NOW, device_type=device)
    assert (stated.commodity, stated.unit, stated.unit_power) == (commodity, base, power)
    assert price.to_sep2(stated, CONTEXT).profile.serviceCategoryKind == service


def test_the_2023_edition_never_says_superseded() -> None:
    context = Context(node=ESI, pen=PEN, edition=Edition.E2023)
    stated = price.from_sep1(publish(), context, received=NOW)
    stated.state = EventState.SUPERSEDED
    status = price.to_sep2(stated, context).delivered.interval.EventStatus
    assert (status.currentStatus, status.potentiallySuperseded) == (1, True)


def test_ids_stay_apart_by_provider_generation_and_direction() -> None:
    one = price.from_sep1(publish(generation_price=5), CONTEXT, received=NOW)
    other = price.from_sep1(publish(generation_price=5), CONTEXT, received=NOW, generation=1)
    both = [price.to_sep2(p, CONTEXT) for p in (one, other)]
    mrids = {rate.interval.mRID for bundle in both for rate in bundle.rates()}
    paths = {rate.interval.href for bundle in both for rate in bundle.rates()}
    assert len(mrids) == len(paths) == 4


labels = st.text(st.characters(codec="ascii", categories=["L", "N"]), max_size=11)
commands = st.builds(
    publish,
    provider_id=st.integers(0, UNUSED),
    rate_label=labels.map(str.encode),
    issuer_event_id=st.integers(0, UNUSED),
    unit_of_measure=st.sampled_from([0x00, 0x0D]),
    currency=st.integers(0, 999),
    price_trailing_digit_and_price_tier=st.integers(0, 0x9F),
    number_of_price_tiers_and_register_tier=st.integers(0, 0xFF),
    start_time=st.integers(1, UNUSED - 1),
    duration_in_minutes=st.integers(1, 0xFFFF),
    price=st.integers(0, UNUSED - 1),
    generation_price=st.integers(0, UNUSED),
    alternate_cost_delivered=st.integers(0, 10**6) | st.just(UNUSED),
    alternate_cost_unit=st.just(1),
    alternate_cost_trailing_digit=st.just(0x30),
    number_of_block_thresholds=st.sampled_from([0xFF, *range(16)]),
    price_control=st.integers(0, 1),
)


def amount(command: PublishPrice, value: int) -> Fraction:
    return Fraction(value) / 10 ** (command.price_trailing_digit_and_price_tier >> 4)


@given(commands)
def test_there_and_back_loses_only_what_is_declared(command: PublishPrice) -> None:
    lost: list[Loss] = []
    stated = price.from_sep1(command, CONTEXT, received=NOW, lost=lost)
    back = price.to_sep1(price.from_sep2(price.to_sep2(stated, CONTEXT), stated.key), now=NOW)
    exact = price.LARGE_PRICE not in lost
    for name in (
        "provider_id",
        "rate_label",
        "issuer_event_id",
        "unit_of_measure",
        "currency",
        "start_time",
        "duration_in_minutes",
        "price_control",
    ):
        assert getattr(back, name) == getattr(command, name), name
    assert back.price_trailing_digit_and_price_tier & 15 == command.price_trailing_digit_and_price_tier & 15
    for sent, returned in ((command.price, back.price), (command.generation_price, back.generation_price)):
        assert (sent == UNUSED) == (returned == UNUSED)
        if sent != UNUSED:
            difference = abs(amount(command, sent) - amount(back, returned))
            assert difference == 0 if exact else difference <= amount(command, 10)
    assert (command.alternate_cost_delivered, max(1, command.number_of_block_thresholds % 0xFF)) == (
        back.alternate_cost_delivered,
        max(1, back.number_of_block_thresholds % 0xFF),
    )
    assert set(lost) <= set(price.LOSSES)


def test_labels_are_cut_to_what_every_client_takes() -> None:
    lost: list[Loss] = []
    stated = price.from_sep1(publish(rate_label="Zwölf Uhr ü".encode()), CONTEXT, received=NOW)
    sent = price.to_sep1(stated, now=NOW, lost=lost)
    assert sent.rate_label == "Zwölf Uhr ".encode()
    assert lost == [price.LABEL_LENGTH]


@pytest.mark.parametrize(
    "changes", [{"unit": Unit.WATT}, {"price": -1}, {"generation_price": -1}, {"price": 9, "power": 9}]
)
def test_what_the_cluster_cannot_say_is_refused(changes: dict[str, Any]) -> None:
    stated = replace(price.from_sep1(publish(), CONTEXT, received=NOW), **changes)
    with pytest.raises(Untranslatable):
        price.to_sep1(stated, now=NOW)


@pytest.mark.parametrize("wrong", ["uom", "tier", "price"])
def test_what_resources_cannot_mean_is_refused(wrong: str) -> None:
    stated = price.from_sep1(publish(), CONTEXT, received=NOW)
    bundle = price.to_sep2(stated, CONTEXT)
    if wrong == "uom":
        bundle.delivered.reading_type.uom = 29
    elif wrong == "tier":
        bundle.delivered.interval.touTier = 16
    else:
        bundle.delivered.consumption[0].price = None
    with pytest.raises(Untranslatable):
        price.from_sep2(bundle, stated.key)


@pytest.mark.parametrize("attributes", [{0x0100: 2**47, 0x0202: 4}, {0x0100: 5, 0x0421: 2**32 - 2}])
def test_blocks_that_do_not_fit_are_not_served_with_wrong_values(attributes: dict[int, int]) -> None:
    stated = price.from_sep1(
        publish(number_of_block_thresholds=1), CONTEXT, received=NOW, attributes=attributes
    )
    assert stated.steps == []


def test_overlong_labels_are_cut_to_what_the_schema_holds() -> None:
    stated = price.from_sep1(publish(rate_label=b"x" * 200), CONTEXT, received=NOW)
    bundle = price.to_sep2(stated, CONTEXT)
    assert (bundle.delivered.interval.description, bundle.profile.rateCode) == ("x" * 32, "x" * 20)


def test_trailing_digits_of_a_carbon_cost_reach_15() -> None:
    stated = price.from_sep1(
        publish(
            alternate_cost_delivered=4 * 10**9, alternate_cost_unit=1, alternate_cost_trailing_digit=0xF0
        ),
        CONTEXT,
        received=NOW,
    )
    assert stated.carbon == 0
