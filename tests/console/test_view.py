from typing import Any

import pytest

from handover.console import view

DOCUMENT: dict[str, Any] = {
    "now": 1342551600,
    "readings": [
        {"name": "Demand", "value": "1.532", "unit": "kW", "at": 1342551598, "stale": False},
        {"name": "Energy delivered", "value": "102546.839", "unit": "kWh", "at": 1342551598},
    ],
    "history": {"demand": [[1342548060, 700], [1342548000, 1500]], "price": [[1342548000, "0.0603"]]},
    "prices": [
        {
            "label": "TOU-2",
            "price": "0.1134",
            "currency": 840,
            "start": 1342551000,
            "end": 1342554600,
            "status": 1,
        },
        {"label": "OFF", "price": "0.0603", "currency": 978, "start": 1342554600, "end": None, "status": 0},
        {
            "label": "OLD",
            "price": "0.5",
            "currency": 840,
            "start": 1342540000,
            "end": 1342541000,
            "status": 2,
        },
    ],
    "messages": [
        {"text": "<script>", "priority": 2, "status": 1, "confirm_required": True, "confirmed_by": None},
        {"text": "done", "priority": 0, "status": 1, "confirm_required": True, "confirmed_by": "display"},
    ],
    "events": [
        {
            "id": "e1",
            "start": 1342548000,
            "end": 1342551600,
            "status": 1,
            "controls": "duty cycle 50 %",
            "responses": [{"device": "thermostat", "status": 2, "at": 1342548001}],
        },
        {"id": "e2", "start": 1342558000, "end": 1342559000, "status": 0},
    ],
    "devices": [{"name": "display", "sfdi": 167261211391, "registered_at": 1342548000, "requests": 3}],
    "log": [{"at": 1342548000, "text": "first"}, {"at": 1342548001, "text": "second"}],
}


def test_the_price_in_force_and_the_next_one_are_told_apart() -> None:
    assert view.price_text(view.current_price(DOCUMENT)) == "0.1134 USD/kWh"
    assert view.price_text(view.next_price(DOCUMENT)) == "0.0603 EUR/kWh"


def test_an_empty_document_shows_dashes_and_no_rows() -> None:
    assert view.price_text(view.current_price({})) == "–"
    assert view.reading_text(view.reading({}, "Demand")) == "–"
    assert view.event_rows({}) == view.message_rows({}) == view.price_rows({}) == view.device_rows({}) == []
    assert view.series({}, "demand") == view.price_steps({}, 5) == []
    assert view.moment(None) == view.clock(None) == "–"


def test_readings_keep_every_digit() -> None:
    assert view.reading_text(view.reading(DOCUMENT, "Energy delivered")) == "102546.839 kWh"


def test_histories_are_in_time_order_in_milliseconds() -> None:
    assert view.series(DOCUMENT, "demand") == [[1342548000000, 1500], [1342548060000, 700]]


def test_the_last_price_step_is_drawn_out_to_now() -> None:
    assert view.price_steps(DOCUMENT, 1342551600)[-1] == [1342551600000, 0.0603]


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        (1342548000, 1342551600, "18:00:00 to 19:00:00"),
        (1342548000, 1342548000 + 4294967295, "18:00:00 until changed"),
        (None, None, "–"),
    ],
)
def test_spans(start: float | None, end: float | None, text: str) -> None:
    assert view.span(start, end) == text


def test_events_come_newest_first_with_their_answers() -> None:
    rows = view.event_rows(DOCUMENT)
    assert [row["id"] for row in rows] == ["e2", "e1"]
    assert rows[1]["answers"] == "thermostat: started"
    assert rows[0]["answers"] == "no answer yet"
    assert rows[1]["status"] == "active"


def test_messages_say_whether_they_wait_for_a_person() -> None:
    waiting, done = view.message_rows(DOCUMENT)
    assert waiting["confirmation"] == "waits for a confirmation"
    assert waiting["text"] == "<script>", "texts stay texts; the page never takes them for markup"
    assert done["confirmation"] == "confirmed by display"


def test_the_log_shows_the_newest_line_first() -> None:
    assert view.log_lines(DOCUMENT) == ["18:00:01  second", "18:00:00  first"]
