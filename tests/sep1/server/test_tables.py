"""Which prices, events and message an ESI holds at which time."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handover.errors import NotNow, Refused
from handover.sep1.clusters.drlc import CancelLoadControlEvent, LoadControlEvent
from handover.sep1.clusters.messaging import DisplayMessage
from handover.sep1.clusters.price import PublishPrice
from handover.sep1.prices import CAPACITY, PriceTable
from handover.sep1.server.events import EventTable
from handover.sep1.server.messages import MessageSlot
from handover.sep1.timing import FOREVER
from sep1.dialogue import ZIGBEE_NOW as NOW

HOUR = 3600


def price(event_id: int, start: int, minutes: int) -> PublishPrice:
    return PublishPrice(0x99, b"TOU", event_id, 0, 0, 840, 0x41, 0x31, start, minutes, 1134, 0xFF, 500, 0xFF)


def event(event_id: int, start: int, minutes: int, device_class: int = 1, group: int = 0) -> LoadControlEvent:
    return LoadControlEvent(
        event_id, device_class, group, start, minutes, 4, 20, 0xFF, -0x8000, -0x8000, -0x80, 0xFF, 3
    )


def held_ids(table: PriceTable, utc: int) -> list[int]:
    return [held.command.issuer_event_id for held in table.scheduled(0, 0, utc)]


class TestPrices:
    def test_five_prices_at_least_are_held(self) -> None:
        table = PriceTable()
        for hour in range(5):
            table.add(price(hour + 1, NOW + hour * HOUR, 60), NOW)
        assert held_ids(table, NOW) == [1, 2, 3, 4, 5]
        assert held_ids(table, NOW + 2 * HOUR) == [3, 4, 5]
        assert [h.command.issuer_event_id for h in table.scheduled(NOW + HOUR, 2, NOW)] == [2, 3]

    def test_a_full_table_takes_no_more(self) -> None:
        table = PriceTable()
        for hour in range(CAPACITY):
            table.add(price(hour + 1, NOW + hour * HOUR, 60), NOW)
        with pytest.raises(NotNow, match="holds 8 prices"):
            table.add(price(99, NOW + 99 * HOUR, 60), NOW)
        table.add(price(99, NOW + 99 * HOUR, 60), NOW + HOUR)

    def test_a_newer_price_cuts_the_running_one(self) -> None:
        table = PriceTable()
        table.add(price(1, NOW, 0xFFFF), NOW)
        table.add(price(2, NOW + HOUR, 60), NOW)
        assert (table.current(NOW).end, held_ids(table, NOW)) == (NOW + HOUR, [1, 2])  # type: ignore[union-attr]
        assert table.current(NOW + 2 * HOUR) is None, "what was cut is not resumed"

    def test_a_newer_price_drops_a_coming_one_that_it_overlaps_even_partly(self) -> None:
        table = PriceTable()
        table.add(price(1, NOW + HOUR, 120), NOW)
        table.add(price(2, NOW + 2 * HOUR, 120), NOW)
        assert held_ids(table, NOW) == [2]
        assert table.knows(1)

    def test_an_older_id_does_not_overlap(self) -> None:
        table = PriceTable()
        table.add(price(5, NOW, 120), NOW)
        for event_id in (4, 5):
            with pytest.raises(Refused, match="higher id"):
                table.add(price(event_id, NOW + HOUR, 120), NOW)
        table.add(price(4, NOW + 2 * HOUR, 60), NOW)

    def test_what_has_ended_is_not_published(self) -> None:
        with pytest.raises(Refused, match="ended"):
            PriceTable().add(price(1, NOW - HOUR, 60), NOW)

    def test_start_now_counts_down(self) -> None:
        table = PriceTable()
        held = table.add(price(1, 0, 60), NOW)
        assert held.served(NOW).duration_in_minutes == 60
        later = held.served(NOW + 601)
        assert (later.start_time, later.duration_in_minutes, later.current_time) == (0, 50, NOW + 601)
        forever = table.add(price(2, 0, 0xFFFF), NOW + 700)
        assert forever.end == FOREVER
        assert forever.served(NOW + 10**6).duration_in_minutes == 0xFFFF

    def test_ids_are_forgotten_after_a_day(self) -> None:
        table = PriceTable()
        for event_id in range(1, 400):
            table.add(price(event_id, NOW + event_id * HOUR, 0xFFFF), NOW + event_id * HOUR)
        assert not table.knows(370)
        assert table.knows(398)

    @given(st.lists(st.tuples(st.integers(-5, 50), st.integers(1, 20)), max_size=12))
    def test_held_prices_never_overlap(self, issued: list[tuple[int, int]]) -> None:
        table = PriceTable(capacity=100)
        for event_id, (start, length) in enumerate(issued, 1):
            if start + length > 0:
                table.add(price(event_id, NOW + start * 600, length * 10), NOW)
        held = table.scheduled(0, 0, NOW)
        assert all(one.end <= other.start for one, other in pairwise(held))


class TestEvents:
    def test_scheduled_by_end_not_by_start(self) -> None:
        table = EventTable()
        table.add(event(1, NOW, 60), NOW)
        table.add(event(2, NOW + 2 * HOUR, 60), NOW)

        def ids(start: int, count: int = 0, utc: int = NOW) -> list[int]:
            return [held.command.issuer_event_id for held in table.scheduled(start, count, utc)]

        assert ids(0) == [1, 2]
        assert ids(0, 1) == [1]
        assert ids(NOW + HOUR) == [1, 2], "a running event is found by its end"
        assert ids(NOW + HOUR + 1) == [2]
        assert ids(0, utc=NOW + HOUR) == [2]

    def test_an_overlapping_event_supersedes(self) -> None:
        table = EventTable()
        table.add(event(1, NOW, 120), NOW)
        table.add(event(2, NOW + 4 * HOUR, 60), NOW)
        table.add(event(3, NOW + HOUR, 240), NOW)
        held = table.scheduled(0, 0, NOW)
        assert [(h.command.issuer_event_id, h.end - NOW) for h in held] == [(1, HOUR), (3, 5 * HOUR)]

    @pytest.mark.parametrize(
        ("device_class", "group", "both"),
        [(2, 0, True), (1, 4, True), (1, 3, False), (1, 0, False), (3, 3, False)],
    )
    def test_other_loads_are_not_superseded(self, device_class: int, group: int, both: bool) -> None:
        table = EventTable()
        table.add(event(1, NOW + HOUR, 60, 1, 3), NOW)
        table.add(event(2, NOW + HOUR, 60, device_class, group), NOW)
        assert (len(table.scheduled(0, 0, NOW)) == 2) is both

    @pytest.mark.parametrize("minutes", [0, 1441, 0xFFFF])
    def test_durations_have_a_limit(self, minutes: int) -> None:
        with pytest.raises(Refused, match="1440"):
            EventTable().add(event(1, 0, minutes), NOW)

    def test_an_id_is_used_once(self) -> None:
        table = EventTable()
        table.add(event(1, NOW, 10), NOW)
        with pytest.raises(Refused, match="new id"):
            table.add(event(1, NOW + HOUR, 10), NOW)
        table.add(event(1, NOW + 2 * 86400, 10), NOW + 90000)

    def test_cancelling_for_some_classes_leaves_the_others(self) -> None:
        table = EventTable()
        table.add(event(1, NOW, 60, device_class=5), NOW)
        table.cancel(CancelLoadControlEvent(1, 1, 0, 0, 0), NOW)
        assert [h.command.device_class for h in table.scheduled(0, 0, NOW)] == [4]
        table.cancel(CancelLoadControlEvent(1, 4, 0, 0, 0), NOW)
        assert table.scheduled(0, 0, NOW) == []
        with pytest.raises(Refused, match="nothing to cancel"):
            table.cancel(CancelLoadControlEvent(1, 4, 0, 0, 0), NOW)
        assert table.find(1) is not None, "reports about it are still welcome"

    def test_a_full_table_takes_no_more(self) -> None:
        table = EventTable(capacity=2)
        table.add(event(1, NOW, 60), NOW)
        table.add(event(2, NOW + HOUR, 60), NOW)
        with pytest.raises(NotNow):
            table.add(event(3, NOW + 2 * HOUR, 60), NOW)
        assert len(table.cancel_all(NOW)) == 2
        table.add(event(3, NOW + 2 * HOUR, 60), NOW)


class TestMessage:
    MESSAGE = DisplayMessage(7, 0x80, 0, 90, b"hello")

    def test_a_new_message_replaces_the_old(self) -> None:
        slot = MessageSlot()
        slot.put(self.MESSAGE, NOW)
        slot.put(replace(self.MESSAGE, message_id=8), NOW + 60)
        held = slot.current(NOW + 60)
        assert held is not None
        assert held.command.message_id == 8
        assert slot.knows(7), "its confirmation may still come"

    def test_it_ends(self) -> None:
        slot = MessageSlot()
        slot.put(self.MESSAGE, NOW)
        assert slot.current(NOW + 90 * 60 - 1) is not None
        assert slot.current(NOW + 90 * 60) is None

    def test_the_rest_of_start_now(self) -> None:
        slot = MessageSlot()
        held = slot.put(self.MESSAGE, NOW)
        assert held.served(NOW + 1).duration_in_minutes == 90
        assert held.served(NOW + 89 * 60 + 30).duration_in_minutes == 1

    def test_only_what_is_on_display_is_cancelled(self) -> None:
        slot = MessageSlot()
        with pytest.raises(Refused):
            slot.cancel(7, NOW)
        slot.put(self.MESSAGE, NOW)
        with pytest.raises(Refused):
            slot.cancel(8, NOW)
        slot.cancel(7, NOW)
        assert slot.current(NOW) is None

    @pytest.mark.parametrize("text", [None, b"x" * 255])
    def test_texts_have_a_limit(self, text: bytes | None) -> None:
        with pytest.raises(Refused):
            MessageSlot().put(replace(self.MESSAGE, message=text), NOW)
