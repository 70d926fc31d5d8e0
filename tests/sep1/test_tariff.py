"""Tariffs as attributes, block periods, conversion factors over time."""

import itertools
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handover.errors import EncodeError, NotNow, Refused
from handover.sep1.block_periods import UNTIL_CHANGED, BlockPeriods
from handover.sep1.clusters.price import BlockPeriodControl, PublishBlockPeriod, PublishConversionFactor
from handover.sep1.conversions import ANY_EVENT, Timeline
from handover.sep1.tariff import Tariff, tariff_of, tariff_values
from handover.sep1.timing import FOREVER

NOW = 400_000_000
DAY = 86400


def period(event: int, start: int = 0, minutes: int = 1440, control: int = 0) -> PublishBlockPeriod:
    return PublishBlockPeriod(1, event, start, minutes, 0x32, control)


def factor(event: int, start: int) -> PublishConversionFactor:
    return PublishConversionFactor(event, start, 102_264, 0x50)


TARIFF = Tariff(
    labels=(b"off-peak", b"peak"),
    thresholds=(100, 250),
    multiplier=1,
    divisor=10,
    commodity=0,
    standing_charge=1200,
    prices={(1, 1): 10, (1, 2): 12, (1, 3): 15, (2, 1): 20, (2, 2): 24, (2, 3): 30},
    billing_start=NOW,
    billing_minutes=43200,
)


class TestTariff:
    def test_its_attributes_say_all_of_it(self) -> None:
        assert tariff_of(tariff_values(TARIFF)) == TARIFF

    @pytest.mark.parametrize(
        ("consumption", "block"), [(0, 1), (10, 1), (Fraction(101, 10), 2), (25, 2), (26, 3), (1000, 3)]
    )
    def test_a_consumption_lies_in_a_block(self, consumption: Fraction, block: int) -> None:
        assert TARIFF.block(consumption) == block

    def test_a_block_has_a_price_in_a_tier(self) -> None:
        assert TARIFF.price(2, 3) == 30
        assert TARIFF.price(0, 1) is None

    def test_prices_lie_at_the_ids_of_the_standard(self) -> None:
        values = tariff_values(Tariff(prices={(0, 1): 1, (0, 16): 2, (1, 1): 3, (15, 16): 4}))
        assert values == {0x0400: 1, 0x040F: 2, 0x0410: 3, 0x04FF: 4}

    def test_an_absent_or_invalid_value_is_no_price(self) -> None:
        assert tariff_of({0x0400: 0xFFFFFFFF, 0x0401: 7, 0x0101: 9}) == Tariff(prices={(0, 2): 7})

    @pytest.mark.parametrize(
        "tariff",
        [
            Tariff(labels=(b"x" * 12,)),
            Tariff(labels=(b"x",) * 16),
            Tariff(thresholds=(5, 4)),
            Tariff(thresholds=tuple(range(16))),
            Tariff(prices={(16, 1): 1}),
            Tariff(prices={(0, 17): 1}),
            Tariff(prices={(0, 1): 1 << 32}),
            Tariff(standing_charge=-1),
        ],
    )
    def test_what_has_no_attribute_is_refused(self, tariff: Tariff) -> None:
        with pytest.raises(EncodeError):
            tariff_values(tariff)


class TestBlockPeriods:
    def test_the_present_one_and_the_next_are_held(self) -> None:
        periods = BlockPeriods()
        first = periods.add(period(1), NOW)
        second = periods.add(period(2, NOW + DAY), NOW)
        assert periods.scheduled(0, 0, NOW) == [first, second]
        assert periods.scheduled(0, 1, NOW) == [first]
        assert periods.scheduled(NOW + DAY, 0, NOW) == [second]
        assert (periods.current(NOW), periods.coming(NOW)) == (first, second)
        assert periods.current(NOW + DAY) is second

    def test_a_newer_one_cuts_the_present_one(self) -> None:
        periods = BlockPeriods()
        first = periods.add(period(1), NOW)
        second = periods.add(period(2, NOW + 3600), NOW)
        assert first.end == NOW + 3600
        assert periods.current(NOW + 3600) is second

    def test_a_newer_one_drops_one_that_has_not_begun(self) -> None:
        periods = BlockPeriods()
        later = periods.add(period(1, NOW + 3600), NOW)
        newer = periods.add(period(2), NOW)
        assert not periods.holds(later, NOW)
        assert periods.scheduled(0, 0, NOW) == [newer]

    def test_an_older_one_gives_way(self) -> None:
        periods = BlockPeriods()
        periods.add(period(2), NOW)
        with pytest.raises(Refused, match="newer or the same"):
            periods.add(period(1, NOW + 60), NOW)
        assert not periods.knows(1)

    def test_a_repeating_one_begins_anew_until_it_is_replaced(self) -> None:
        periods = BlockPeriods()
        held = periods.add(period(1, NOW, control=BlockPeriodControl.REPEATING), NOW)
        at = NOW + 3 * DAY + 5
        assert periods.current(at) is held
        assert held.served(at).block_period_start_time == NOW + 3 * DAY
        assert held.finish(at) == NOW + 4 * DAY
        periods.add(period(2, NOW + 4 * DAY), at)
        assert held.finish(at) == held.end == NOW + 4 * DAY

    def test_one_until_changed_has_no_end(self) -> None:
        held = BlockPeriods().add(period(1, minutes=UNTIL_CHANGED), NOW)
        assert held.finish(NOW + 999 * DAY) == FOREVER
        assert held.served(NOW + 5).block_period_start_time == NOW

    @pytest.mark.parametrize("bad", [period(1, minutes=0), period(1, NOW - 2 * DAY)])
    def test_one_without_a_future_is_refused(self, bad: PublishBlockPeriod) -> None:
        with pytest.raises(Refused):
            BlockPeriods().add(bad, NOW)

    def test_room_is_limited(self) -> None:
        periods = BlockPeriods()
        for i in range(4):
            periods.add(period(i, NOW + i * DAY), NOW)
        with pytest.raises(NotNow):
            periods.add(period(9, NOW + 9 * DAY), NOW)
        periods.add(period(9, NOW + 9 * DAY), NOW + 2 * DAY)

    @given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 50), st.integers(1, 30)), max_size=12))
    def test_held_periods_never_overlap(self, issued: list[tuple[int, int, int]]) -> None:
        periods = BlockPeriods()
        for event, start, minutes in issued:
            try:
                periods.add(period(event, NOW + 60 * start, minutes), NOW)
            except (Refused, NotNow):
                continue
        held = periods.scheduled(0, 0, NOW)
        assert all(a.end <= b.start for a, b in itertools.pairwise(held))


class TestTimeline:
    def test_a_value_holds_until_the_next_begins(self) -> None:
        timeline: Timeline[PublishConversionFactor] = Timeline()
        timeline.add(factor(1, 0), NOW)
        timeline.add(factor(2, NOW + 60), NOW)
        assert timeline.current(NOW) == factor(1, 0)
        assert timeline.current(NOW + 60) == factor(2, NOW + 60)
        assert timeline.since(0, ANY_EVENT, 0, NOW) == [factor(1, 0), factor(2, NOW + 60)]
        assert timeline.since(0, ANY_EVENT, 1, NOW) == [factor(1, 0)]
        assert timeline.since(0, 2, 0, NOW) == [factor(2, NOW + 60)]
        assert timeline.since(NOW + 60, ANY_EVENT, 0, NOW) == [factor(2, NOW + 60)]

    def test_a_newer_value_takes_the_place_of_later_ones(self) -> None:
        timeline: Timeline[PublishConversionFactor] = Timeline()
        first = timeline.add(factor(1, NOW + 60), NOW)
        timeline.add(factor(2, NOW + 30), NOW)
        assert not timeline.holds(first)
        with pytest.raises(Refused):
            timeline.add(factor(1, NOW + 10), NOW)

    def test_none_holds_before_the_first_begins(self) -> None:
        timeline: Timeline[PublishConversionFactor] = Timeline()
        assert timeline.current(NOW) is None
        timeline.add(factor(1, NOW + 60), NOW)
        assert timeline.current(NOW) is None

    def test_room_is_limited(self) -> None:
        timeline: Timeline[PublishConversionFactor] = Timeline()
        for i in range(4):
            timeline.add(factor(i, NOW + 60 * i), NOW)
        with pytest.raises(NotNow):
            timeline.add(factor(9, NOW + 900), NOW)
