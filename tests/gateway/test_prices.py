"""Playbooks of prices: what the ESI publishes, what is served, what is acknowledged."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.home import NOW, STRANGER, THERMOSTAT, Home
from handover.sep1.clusters.price import PriceAcknowledgement, PublishPrice
from handover.sep1.general import ReadAttributes
from handover.sep1.types import ZIGBEE_EPOCH
from handover.sep2 import xml
from handover.sep2.resources.response import PriceResponse

pytestmark = pytest.mark.req("REQ.GW.1")

GOLDEN = next(
    row
    for row in json.loads((Path(__file__).parents[1] / "data" / "golden.json").read_text())
    if row["n"].startswith("G09")
)
TTI = "/tp/99/rc/0/tti"


def price(number: int = 1, start: float = NOW, minutes: int = 60, **changes: Any) -> PublishPrice:
    base = PublishPrice(
        provider_id=0x99,
        rate_label=b"TOU",
        issuer_event_id=number,
        current_time=NOW - ZIGBEE_EPOCH,
        unit_of_measure=0,
        currency=840,
        price_trailing_digit_and_price_tier=0x41,
        number_of_price_tiers_and_register_tier=0x31,
        start_time=int(start) - ZIGBEE_EPOCH if start else 0,
        duration_in_minutes=minutes,
        price=1134,
        price_ratio=0xFF,
        generation_price=0xFFFFFFFF,
        generation_price_ratio=0xFF,
    )
    return replace(base, **changes)


def served(home: Home, path: str = TTI) -> dict[int, Any]:
    """Return the intervals by issuerEventID."""
    return {int.from_bytes(t.mRID[8:12], "big"): t for t in home.gets(f"{path}?l=255").TimeTariffInterval}


def test_the_golden_price_is_served_as_the_golden_documents(home: Home) -> None:
    home.carries(bytes.fromhex(GOLDEN["zcl"]), 0x0700)
    ours = {
        (type(r).__name__, r.mRID if hasattr(r, "mRID") else xml.encode(replace(r, href=None)))
        for path in home.gateway.store.subtree("/tp")
        if (r := home.gateway.store.get(path)) is not None
    }
    for document in GOLDEN["xml"]:
        resource = xml.decode(document.encode())
        name = resource.mRID if hasattr(resource, "mRID") else xml.encode(replace(resource, href=None))
        assert (type(resource).__name__, name) in ours
    (interval,) = served(home).values()
    assert (interval.touTier, interval.EventStatus.currentStatus) == (2, 0)


def test_a_price_becomes_active_and_leaves_at_its_end(home: Home) -> None:
    home.says(price(start=NOW + 60, minutes=10))
    assert served(home)[1].EventStatus.currentStatus == 0
    home.passes(60)
    assert served(home)[1].EventStatus.currentStatus == 1
    assert home.gets("/tp/99/rc/0/acttti?l=9").all if "/tp/99/rc/0/acttti" in home.gateway.store else True
    assert home.gateway.prices.current(home.now) is not None
    home.passes(600)
    assert served(home) == {}


def test_a_running_price_is_cut_by_a_newer_one(home: Home) -> None:
    home.says(price(1, minutes=0xFFFF))
    home.passes(100)
    home.says(price(2, start=NOW + 600, minutes=0xFFFF))
    home.passes(500)
    status = served(home)[1].EventStatus
    assert (status.currentStatus, status.dateTime) == (4, NOW + 600)
    assert served(home)[2].EventStatus.currentStatus == 1
    assert served(home)[2].creationTime > served(home)[1].creationTime
    home.passes(86400)
    assert list(served(home)) == [2]


def test_a_price_that_has_not_started_is_cancelled_by_a_newer_one(home: Home) -> None:
    home.says(price(1, start=NOW + 3600))
    home.says(price(2, start=NOW + 5400))
    assert {k: v.EventStatus.currentStatus for k, v in served(home).items()} == {1: 2, 2: 0}


@pytest.mark.parametrize(
    ("command", "verdict"),
    [
        (price(5), 0x8A),
        (price(4, start=NOW + 600), 0x85),
        (price(6, price=0xFFFFFFFF), 0x85),
        (price(7, minutes=0), 0x85),
        (price(8, start=NOW - 7200, minutes=60), 0x00),
    ],
    ids=["duplicate", "older", "no price", "no duration", "late"],
)
def test_a_price_that_is_not_taken_is_answered(home: Home, command: PublishPrice, verdict: int) -> None:
    home.says(price(5))
    home.told()
    home.says(command)
    assert home.verdict() == verdict
    assert list(served(home)) == [5]


def test_a_price_is_acknowledged_when_that_is_asked(home: Home) -> None:
    home.says(price(1))
    assert home.told(PriceAcknowledgement) == []
    home.says(price(2, start=NOW + 3600, number_of_block_thresholds=0xFF, price_control=1))
    (word,) = home.told(PriceAcknowledgement)
    assert (word.provider_id, word.issuer_event_id, word.price_ack_time) == (0x99, 2, NOW - ZIGBEE_EPOCH)
    home.restart()
    assert home.told(PriceAcknowledgement) == []


def test_a_finer_price_refines_the_whole_profile(home: Home) -> None:
    home.says(price(1, price_trailing_digit_and_price_tier=0x21, price=11))
    home.says(price(2, start=NOW + 3600, price_trailing_digit_and_price_tier=0x51, price=11_340))
    profile = home.gets("/tp/99")
    assert (profile.pricePowerOfTenMultiplier, profile.version) == (-5, 1)
    prices = {k: home.gets(f"{TTI}/{k:08x}/cti/0").price for k in (1, 2)}
    assert prices == {1: 11_000, 2: 11_340}


def test_prices_too_far_apart_share_the_finest_multiplier_that_fits(home: Home) -> None:
    home.says(price(1, price_trailing_digit_and_price_tier=0x01, price=2_000_000_000))
    home.says(price(2, start=NOW + 3600, price_trailing_digit_and_price_tier=0x41, price=12_345))
    assert home.gets("/tp/99").pricePowerOfTenMultiplier == 0
    assert home.gets(f"{TTI}/00000001/cti/0").price == 2_000_000_000
    assert home.gets(f"{TTI}/00000002/cti/0").price == 1, "1.2345, as well as it can be said"


def test_another_currency_is_another_profile(home: Home) -> None:
    home.says(price(1, minutes=30))
    home.says(price(2, start=NOW + 3600, currency=978))
    profiles = home.gets("/tp?l=9").TariffProfile
    assert sorted(p.currency for p in profiles) == [840, 978]
    assert len({p.mRID for p in profiles}) == 2


def test_two_providers_with_one_number_get_two_names(home: Home) -> None:
    home.says(price(7))
    home.says(price(7, provider_id=0x98))
    first, second = (home.gets(f"/tp/{p}/rc/0/tti?l=9").TimeTariffInterval[0].mRID for p in ("99", "98"))
    assert first != second
    home.told()
    home.says(price(7))
    assert home.verdict() == 0x8A


def test_a_public_price_is_seen_by_those_who_are_not_registered(home: Home) -> None:
    home.says(price(1))
    assert home.asks(TTI, STRANGER).status == 200


def test_a_price_response_is_counted_and_goes_nowhere(home: Home) -> None:
    home.says(price(1))
    home.told()
    subject = served(home)[1].mRID
    word = PriceResponse(createdDateTime=NOW, endDeviceLFDI=THERMOSTAT.lfdi, status=1, subject=subject)
    assert home.asks("/rsps/0/rsp", THERMOSTAT, "POST", word).status == 201
    assert home.gateway.responses.counts == {1: 1}
    assert home.told(PriceAcknowledgement) == []
    word.status = 6
    assert home.asks("/rsps/0/rsp", THERMOSTAT, "POST", word).status == 400


def test_prices_are_the_same_after_a_kill(home: Home) -> None:
    home.says(price(1, start=0))
    home.says(price(2, start=NOW + 3600, generation_price=500))
    home.passes(30)
    before = {
        p: xml.encode(home.gateway.store.get(p))
        for p in home.gateway.store.subtree("/tp")
        if home.gateway.store.get(p)
    }
    home.restart()
    after = {
        p: xml.encode(home.gateway.store.get(p))
        for p in home.gateway.store.subtree("/tp")
        if home.gateway.store.get(p)
    }
    assert after == before
    home.says(price(1, start=0, minutes=59))
    assert served(home)[1].interval.start == NOW


def test_a_price_that_shows_another_clock_makes_us_read_it(home: Home) -> None:
    home.says(price(1, current_time=NOW - ZIGBEE_EPOCH + 600))
    reads = [body for cluster, body in home.heard if cluster == 0x000A and isinstance(body, ReadAttributes)]
    assert len(reads) == 1
    home.says(price(2, start=NOW + 3600, current_time=NOW - ZIGBEE_EPOCH + 600))
    reads = [body for cluster, body in home.heard if cluster == 0x000A and isinstance(body, ReadAttributes)]
    assert len(reads) == 1, "not more often than once an hour"


def test_the_price_history_has_every_price_that_came_into_force(home: Home) -> None:
    home.says(price(1, minutes=10))
    home.says(price(2, start=NOW + 600, price=2000))
    home.passes(700)
    expected = [(NOW, "0.1134"), (NOW + 600, "0.2000")]
    assert home.gateway.history.points("price", 0.0) == expected
    home.restart()
    assert home.gateway.history.points("price", 0.0) == expected
