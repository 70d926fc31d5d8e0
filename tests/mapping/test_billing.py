"""Block periods against billing periods."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handover.errors import Untranslatable
from handover.mapping import billing, price
from handover.mapping.context import Context
from handover.mapping.losses import Loss
from handover.model.billing import BillingPeriod
from handover.model.event import OPEN_ENDED, EventKey
from handover.sep1 import codec
from handover.sep1.clusters.price import PublishBlockPeriod
from handover.sep2 import xml

from .conftest import ESI, LFDI, NOW, PEN, Golden, placeless

pytestmark = pytest.mark.req("REQ.GW.1")

CONTEXT = Context(node=ESI, pen=PEN, lfdi=LFDI)
ZNOW = NOW - 946684800
KEY = EventKey(ESI, 1, 0x99, 0x17985010)


def period(**changes: int) -> PublishBlockPeriod:
    fields = {
        "provider_id": 0x99,
        "issuer_event_id": 0x17985010,
        "block_period_start_time": ZNOW,
        "block_period_duration": 43200,
        "number_of_price_tiers_and_number_of_block_thresholds": 0,
        "block_period_control": 0,
    }
    return PublishBlockPeriod(**(fields | changes))


def test_g25_block_period_both_ways(golden: Callable[[str], Golden]) -> None:
    case = golden("G25")
    lost: list[Loss] = []
    found = billing.from_sep1(case.command, CONTEXT, received=NOW, lost=lost)
    made = billing.to_sep2(found, CONTEXT)
    assert [placeless(made)] == case.resources
    assert (found.tiers, found.thresholds, lost) == (3, 2, [billing.TIERS])
    # What is lost in the BillingPeriod stands in the ReadingType of the tariff.
    back = billing.from_sep2(made, found.key, tiers=3, blocks=3)
    assert back == found
    assert codec.encode(billing.to_sep1(back), revision="1.1") == case.raw[3:]


def test_a_period_that_begins_now() -> None:
    found = billing.from_sep1(period(block_period_start_time=0), CONTEXT, received=NOW + 5.5)
    assert (found.start, found.stated) == (NOW + 5, NOW + 5)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"block_period_start_time": 0xFFFFFFFF}, "no time"),
        ({"block_period_duration": 0}, "0 minutes"),
        ({"block_period_duration_type": 0x03}, "months"),
    ],
)
def test_a_period_without_a_value_is_refused(changes: dict[str, int], word: str) -> None:
    with pytest.raises(Untranslatable, match=word) as caught:
        billing.from_sep1(period(**changes), CONTEXT, received=NOW)
    assert caught.value.zcl_status == 0x85


def test_a_period_that_repeats_is_told_once() -> None:
    lost: list[Loss] = []
    billing.from_sep1(period(block_period_control=2), CONTEXT, received=NOW, lost=lost)
    assert lost == [billing.REPEATS]


def test_a_period_until_changed() -> None:
    found = billing.from_sep1(period(block_period_duration=0xFFFFFF), CONTEXT, received=NOW)
    assert found.open_ended
    assert billing.to_sep1(found).block_period_duration == 0xFFFFFF


@pytest.mark.parametrize(
    ("attributes", "start", "duration"),
    [
        ({0x0700: ZNOW, 0x0701: 1440, 0x0200: 5, 0x0201: 60}, NOW, 86400),
        ({0x0700: 0xFFFFFFFF, 0x0701: 1440, 0x0200: ZNOW, 0x0201: 60}, NOW, 3600),
        ({0x0200: ZNOW, 0x0201: 0xFFFFFF}, NOW, OPEN_ENDED),
    ],
)
def test_the_running_period_of_the_attributes(attributes: dict[int, int], start: int, duration: int) -> None:
    found = billing.from_attributes(attributes, CONTEXT, received=NOW)
    assert found is not None
    assert (found.start, found.duration) == (start, duration)


@pytest.mark.parametrize("attributes", [{}, {0x0200: ZNOW}, {0x0200: ZNOW, 0x0201: 0}, {0x0201: 60}])
def test_attributes_that_tell_no_period(attributes: dict[int, int]) -> None:
    assert billing.from_attributes(attributes, CONTEXT, received=NOW) is None


periods = st.builds(
    BillingPeriod,
    key=st.integers(1, 2**32 - 2).map(lambda number: KEY._replace(id=number)),
    start=st.integers(946684801, 2**32),
    duration=st.integers(60, 2**32 - 1),
    stated=st.just(NOW),
    tiers=st.integers(0, 15),
    thresholds=st.integers(0, 15),
    bill_to_date=st.none() | st.integers(-(2**40), 2**40),
)


@given(periods)
def test_periods_come_back_from_sep2(found: BillingPeriod) -> None:
    made = billing.to_sep2(found, CONTEXT)
    assert xml.decode(xml.encode(made)) == made
    assert billing.from_sep2(made, found.key, tiers=found.tiers, blocks=found.thresholds + 1) == found


@given(periods)
def test_periods_come_back_from_sep1_but_for_what_is_declared(found: BillingPeriod) -> None:
    lost: list[Loss] = []
    back = billing.from_sep1(billing.to_sep1(found, lost=lost), CONTEXT, received=NOW)
    assert set(lost) <= set(billing.LOSSES)
    assert (billing.AMOUNTS in lost) == (found.bill_to_date is not None)
    if billing.MINUTES in lost:
        assert back.duration <= found.duration - found.duration % 60 or back.open_ended
        back = replace(back, duration=found.duration)
    assert back == replace(found, bill_to_date=None)


def test_the_account_says_the_currency_and_nothing_of_the_customer(
    golden: Callable[[str], Golden],
) -> None:
    profile = price.to_sep2(price.from_sep1(golden("G09").command, CONTEXT, received=NOW), CONTEXT).profile
    account = billing.account(profile, 0x99, CONTEXT)
    agreement = billing.agreement(profile, 0x99, CONTEXT, periods=1)
    assert (account.currency, account.pricePowerOfTenMultiplier) == (840, -4)
    assert (account.customerName, agreement.serviceLocation) == (None, None)
    assert account.mRID.hex().upper() == "11000100001234560000009900007ED9"
    assert agreement.TariffProfileLink is not None
    assert agreement.TariffProfileLink.href == profile.href
    for resource in (account, agreement):
        assert xml.decode(xml.encode(resource)) == resource
