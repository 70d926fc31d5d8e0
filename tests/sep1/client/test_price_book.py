"""The prices that a device holds, and when it follows them."""

from typing import Any

import pytest

from handover.sep1.client import HanClient
from handover.sep1.client.price_book import PriceBook, PriceInForce, PriceScheduled
from handover.sep1.clusters.price import PriceAcknowledgement, PublishPrice
from handover.sep1.general import DefaultResponse, WriteAttributes, WriteAttributesResponse
from sep1.dialogue import ESI, NOW, OURS, PRICE, STRANGER, ZIGBEE_NOW, AnsweringEsi, Dialogue, record

HOUR = 3600


def price(event: int, value: int, start: int = 0, minutes: int = 60, control: int = 0) -> PublishPrice:
    return PublishPrice(
        provider_id=0x99,
        rate_label=b"rate",
        issuer_event_id=event,
        current_time=ZIGBEE_NOW,
        unit_of_measure=0,
        currency=826,
        price_trailing_digit_and_price_tier=0x21,
        number_of_price_tiers_and_register_tier=0x31,
        start_time=start,
        duration_in_minutes=minutes,
        price=value,
        price_ratio=0xFF,
        generation_price=0xFFFFFFFF,
        generation_price_ratio=0xFF,
        price_control=control,
    )


@pytest.fixture
def client() -> HanClient:
    return HanClient(OURS)


@pytest.fixture
def book(client: HanClient) -> PriceBook:
    book = PriceBook(client.node, utc=lambda esi, now: ZIGBEE_NOW + int(now - NOW), draw=lambda n: n // 2)
    client.add(book)
    return book


@pytest.fixture
def d(client: HanClient, book: PriceBook) -> Dialogue:
    dialogue = Dialogue(client)
    dialogue.take(client.start(ESI, NOW, meters=[]))
    AnsweringEsi(dialogue).answers()
    dialogue.indications.clear()
    return dialogue


def in_force(indications: list[Any]) -> list[tuple[int | None, float]]:
    return [
        (i.price.price if i.price else None, i.react_at - NOW)
        for i in indications
        if isinstance(i, PriceInForce)
    ]


def test_the_present_price_and_the_next_are_held(book: PriceBook, d: Dialogue) -> None:
    assert in_force(d.receives(price(1, 100))) == [(100, 0)]
    scheduled = d.receives(price(2, 200, ZIGBEE_NOW + HOUR))
    assert scheduled == [
        PriceScheduled(ESI, price(2, 200, ZIGBEE_NOW + HOUR), ZIGBEE_NOW + HOUR, ZIGBEE_NOW + 2 * HOUR)
    ]
    assert book.current(ESI, NOW) == price(1, 100)
    assert [held.command.price for held in book.coming(ESI, NOW)] == [200]
    assert d.bodies() == [DefaultResponse(0, 0), DefaultResponse(0, 0)]


def test_the_reaction_to_a_rise_or_fall_is_spread(book: PriceBook, d: Dialogue) -> None:
    d.receives(price(1, 100))
    d.receives(price(2, 200, ZIGBEE_NOW + HOUR))
    d.receives(price(3, 150, ZIGBEE_NOW + 2 * HOUR))
    d.receives(price(4, 150, ZIGBEE_NOW + 3 * HOUR))
    taken = in_force(d.passes_until(5 * HOUR))
    rise, fall = 5 * 60 // 2, 15 * 60 // 2
    assert taken == [(200, HOUR + rise), (150, 2 * HOUR + fall), (150, 3 * HOUR), (None, 4 * HOUR)]
    assert book.current(ESI, d.now) is None


def test_the_esi_sets_how_far_reactions_are_spread(book: PriceBook, d: Dialogue) -> None:
    d.receives(WriteAttributes([record(PRICE, 0x0000, 0, client_side=True)]), PRICE)
    assert d.bodies() == [WriteAttributesResponse([])]
    d.receives(price(1, 100))
    assert in_force(d.receives(price(2, 200))) == [(200, 0)]
    d.sent()
    d.receives(WriteAttributes([record(PRICE, 0x0001, 61, client_side=True)]), PRICE)
    assert d.bodies()[0].records[0].status == 0x87  # type: ignore[union-attr]


def test_a_newer_price_outdoes_what_it_overlaps(book: PriceBook, d: Dialogue) -> None:
    d.receives(price(1, 100, minutes=0xFFFF))
    d.receives(price(2, 150, ZIGBEE_NOW + HOUR))
    d.receives(price(3, 200, ZIGBEE_NOW + HOUR // 2, 120))
    assert [held.command.price for held in book.coming(ESI, NOW)] == [200]
    assert [p for p, _ in in_force(d.passes_until(4 * HOUR))] == [200, None]


def test_an_older_price_changes_nothing(book: PriceBook, d: Dialogue) -> None:
    d.receives(price(5, 100))
    assert d.receives(price(4, 50)) == []
    assert book.current(ESI, NOW) == price(5, 100)


def test_a_repetition_with_the_rest_of_its_time_is_the_same_price(book: PriceBook, d: Dialogue) -> None:
    d.receives(price(1, 100))
    d.passes(1800)
    assert in_force(d.receives(price(1, 100, minutes=30))) == []
    assert [p for p, _ in in_force(d.passes_until(HOUR))] == [None]


def test_a_price_that_asks_for_it_is_acknowledged_each_time(book: PriceBook, d: Dialogue) -> None:
    for _ in range(2):
        d.receives(price(1, 100, control=1), quiet=True)
        sent = d.only()
        assert sent.body == PriceAcknowledgement(0x99, 1, ZIGBEE_NOW, 1)
        d.receives(DefaultResponse(2, 0), PRICE, sequence=sent.header.sequence)


def test_a_price_of_the_past_is_no_price(book: PriceBook, d: Dialogue) -> None:
    assert in_force(d.receives(price(1, 100, ZIGBEE_NOW - 2 * HOUR))) == []


def test_room_is_limited(book: PriceBook, d: Dialogue) -> None:
    for i in range(9):
        d.receives(price(i, 100, ZIGBEE_NOW + i * HOUR))
    assert d.bodies()[-1] == DefaultResponse(0, 0x89)


def test_prices_of_a_stranger_do_not_count(book: PriceBook, d: Dialogue) -> None:
    d.receives(price(1, 1), source=STRANGER)
    assert d.bodies() == [DefaultResponse(0, 0x7E)]
    assert book.current(STRANGER, NOW) is None


def test_an_esi_that_left_leaves_no_price(book: PriceBook, d: Dialogue) -> None:
    d.receives(price(1, 100))
    book.forget(ESI)
    assert book.current(ESI, NOW) is None
    assert book.coming(ESI, NOW) == []
