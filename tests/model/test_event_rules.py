"""Which event wins, what becomes of the loser, and for how long anything is kept."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handover.model import load_control, message, price
from handover.model.event import (
    OPEN_ENDED,
    Change,
    EventKey,
    EventState,
    Status,
    Verdict,
    advanced,
    applied,
    due,
    forgetting,
    initial_state,
    next_created,
    withdrawal,
)
from handover.model.load_control import Cancellation, Controls, DeviceCategory, LoadControl
from handover.model.message import Importance, Message
from handover.model.price import Price
from handover.model.units import Commodity, Unit

NOW = 1_000_000
S = EventState


def a_price(
    number: int, start: int, duration: int, *, state: EventState | None = None, provider: int = 9
) -> Price:
    return Price(
        key=EventKey(1, 1, provider, number),
        start=start,
        duration=duration,
        created=NOW + number,
        state=initial_state(start, NOW) if state is None else state,
        changed=NOW,
        label="",
        commodity=Commodity.ELECTRICITY,
        unit=Unit.WATT_HOUR,
        unit_power=3,
        currency=840,
        price=number,
        power=-4,
    )


def a_message(number: int, start: int = NOW, duration: int = 600, importance: int = 1) -> Message:
    return Message(
        key=EventKey(1, 1, 0, number),
        start=start,
        duration=duration,
        created=NOW + number,
        state=initial_state(start, NOW),
        changed=NOW,
        text="x",
        importance=Importance(importance),
    )


def an_order(
    number: int,
    start: int,
    duration: int,
    categories: DeviceCategory = DeviceCategory.THERMOSTAT,
    *,
    group: int = 0,
    random_start: int = 0,
    random_duration: int = 0,
) -> LoadControl:
    return LoadControl(
        key=EventKey(1, 1, 0, number),
        start=start,
        duration=duration,
        created=NOW + number,
        state=initial_state(start, NOW),
        changed=NOW,
        randomize_start=random_start,
        randomize_duration=random_duration,
        categories=categories,
        group=group,
        criticality=2,
        controls=Controls(duty_cycle=50),
    )


class TestLife:
    def test_creation_times_grow_strictly(self) -> None:
        assert next_created(None, 5.9) == 5
        assert next_created(4, 5.9) == 5
        assert next_created(5, 5.9) == 6
        assert next_created(9, 5.9) == 10

    def test_an_event_is_active_from_its_earliest_start_to_its_latest_end(self) -> None:
        event = an_order(1, NOW + 100, 60, random_start=-30, random_duration=20)
        assert (event.earliest_start, event.latest_end) == (NOW + 70, NOW + 180)
        assert advanced(event, NOW + 69) is event
        active = advanced(event, NOW + 75)
        assert (active.state, active.changed, active.version) == (S.ACTIVE, NOW + 70, 0)
        done = advanced(active, NOW + 180)
        assert (done.state, done.changed) == (S.COMPLETED, NOW + 180)
        assert advanced(event, NOW + 500).state is S.COMPLETED

    def test_what_was_cancelled_stays_cancelled(self) -> None:
        event = applied(an_order(1, NOW + 100, 60), Change(an_order(1, NOW, 1), NOW, S.CANCELLED))
        assert advanced(event, NOW + 500) is event
        assert (event.version, event.changed) == (1, NOW)

    def test_a_mark_keeps_the_state_and_its_first_time(self) -> None:
        event = an_order(1, NOW + 100, 60)
        once = applied(event, Change(event, NOW + 1, mark=True))
        twice = applied(once, Change(once, NOW + 2, mark=True))
        assert (once.state, once.potentially_superseded, once.version) == (S.SCHEDULED, True, 1)
        assert (twice.potentially_superseded_at, twice.version) == (NOW + 1, 2)

    def test_held_back_changes_become_due(self) -> None:
        change = Change(an_order(1, NOW, 60), NOW + 5, S.SUPERSEDED)
        assert [due(change, NOW + t) for t in (4, 5, 6)] == [False, True, True]

    def test_a_cancelled_event_stays_listed_until_its_original_end(self) -> None:
        event = replace(an_order(1, NOW + 100, 60, random_start=30), state=S.CANCELLED)
        assert withdrawal(event) == NOW + 190
        assert forgetting(event) == NOW + 190 + 86400

    @pytest.mark.parametrize("state", [S.CANCELLED, S.SUPERSEDED])
    def test_a_replaced_open_ended_one_stays_for_a_day(self, state: EventState) -> None:
        running = a_price(1, NOW, OPEN_ENDED)
        assert withdrawal(running) == NOW + OPEN_ENDED
        assert withdrawal(replace(running, state=state, changed=NOW + 7)) == NOW + 7 + 86400


class TestPrices:
    def test_a_higher_id_cancels_what_has_not_started(self) -> None:
        old = a_price(1, NOW + 100, 100)
        placed = price.place([old], a_price(2, NOW + 199, 100), NOW)
        assert placed.verdict is Verdict.ACCEPTED
        assert placed.changes == [Change(old, NOW, S.CANCELLED)]

    def test_a_running_price_is_superseded_when_the_new_one_starts(self) -> None:
        old = a_price(1, NOW - 100, 1000)
        assert price.place([old], a_price(2, NOW + 50, 100), NOW).changes == [
            Change(old, NOW + 50, S.SUPERSEDED)
        ]
        assert price.place([old], a_price(2, NOW - 50, 100), NOW).changes == [Change(old, NOW, S.SUPERSEDED)]

    def test_editions_that_no_longer_mark_it_leave_it_to_the_creation_time(self) -> None:
        old, new = a_price(1, NOW - 100, 1000), a_price(2, NOW - 1, 100)
        assert price.place([old], new, NOW, superseding=False).changes == []
        assert price.current([old, new], NOW) is new

    def test_adjacent_prices_do_not_overlap(self) -> None:
        assert price.place([a_price(1, NOW, 100)], a_price(2, NOW + 100, 100), NOW).changes == []

    def test_a_lower_id_that_overlaps_is_outdated(self) -> None:
        placed = price.place([a_price(1, NOW, 10), a_price(5, NOW + 50, 100)], a_price(3, NOW, 51), NOW)
        assert (placed.verdict, placed.changes) == (Verdict.OUTDATED, [])
        apart = price.place([a_price(5, NOW + 50, 100)], a_price(3, NOW, 50), NOW)
        assert apart.verdict is Verdict.ACCEPTED

    def test_the_same_id_is_a_duplicate(self) -> None:
        old = a_price(1, NOW, 100)
        assert price.place([a_price(2, NOW, 100), old], a_price(1, NOW, 90), NOW).verdict is Verdict.DUPLICATE

    def test_a_reused_id_of_a_new_generation_is_none(self) -> None:
        old = replace(a_price(1, NOW - 100, 50), state=S.COMPLETED)
        new = a_price(1, NOW, 100)
        new.key = new.key._replace(generation=1)
        assert price.place([old], new, NOW).verdict is Verdict.ACCEPTED

    def test_providers_do_not_touch_each_other(self) -> None:
        assert price.place([a_price(9, NOW, 100)], a_price(1, NOW, 100, provider=8), NOW).changes == []

    def test_a_price_that_is_over_is_expired(self) -> None:
        assert price.place([], a_price(1, NOW - 100, 100), NOW).verdict is Verdict.EXPIRED

    def test_the_current_price(self) -> None:
        known = [a_price(1, NOW, 100), a_price(2, NOW + 100, 100), a_price(3, NOW, 50, state=S.CANCELLED)]
        assert price.current(known, NOW) is known[0]
        assert price.current(known, NOW + 100) is known[1]
        assert price.current(known, NOW + 200) is None

    def test_registers_are_labelled_with_the_lowest_tier_that_they_count(self) -> None:
        rows = [(3, 1), (2, 1), (4, 2), (0, 3), (5, 0)]
        known = [replace(a_price(n, NOW, 1), tier=t, register_tier=r) for n, (t, r) in enumerate(rows)]
        assert price.register_tiers(known) == {1: 2, 2: 4}

    @given(
        st.lists(
            st.tuples(st.integers(1, 50), st.integers(-500, 500), st.integers(1, 400)),
            min_size=1,
            max_size=12,
        )
    )
    def test_live_prices_never_overlap_once_their_changes_are_due(
        self, rows: list[tuple[int, int, int]]
    ) -> None:
        known: list[Price] = []
        pending: list[Change] = []
        for number, start, duration in rows:
            new = a_price(number, NOW + start, duration)
            placed = price.place(known, new, NOW)
            if placed.verdict is Verdict.ACCEPTED:
                pending += [c for c in placed.changes if not due(c, NOW)]
                gone = {c.event.key: c for c in placed.changes if due(c, NOW)}
                known = [applied(p, gone[p.key]) if p.key in gone else p for p in known] + [new]
        for change in pending:
            known = [applied(p, change) if p.key == change.event.key else p for p in known]
        live = [p for p in known if p.state in (S.SCHEDULED, S.ACTIVE)]
        assert not any(a.overlaps(b) for a in live for b in live if a is not b)


class TestMessages:
    def test_a_new_message_cancels_the_one_before(self) -> None:
        old, ended = a_message(1), a_message(2, NOW - 700, 100)
        placed = message.place([ended, old], a_message(3), NOW)
        assert placed.changes == [Change(old, NOW, S.CANCELLED)]
        assert message.place([replace(old, state=S.CANCELLED)], a_message(3), NOW).changes == []

    def test_duplicates_and_late_ones(self) -> None:
        assert message.place([a_message(1)], a_message(1), NOW).verdict is Verdict.DUPLICATE
        assert message.place([], a_message(1, NOW - 600), NOW).verdict is Verdict.EXPIRED

    def test_issuers_do_not_touch_each_other(self) -> None:
        other = a_message(1)
        other.key = other.key._replace(issuer=2)
        assert message.place([other], a_message(1), NOW).changes == []

    def test_cancelling(self) -> None:
        assert message.cancel(a_message(1), NOW) == Change(a_message(1), NOW, S.CANCELLED)
        assert message.cancel(a_message(1), NOW + 600) is None
        assert message.cancel(replace(a_message(1), state=S.CANCELLED), NOW) is None

    def test_the_one_that_is_shown(self) -> None:
        known = [a_message(3), a_message(1, importance=3), a_message(2, importance=3), a_message(9, NOW + 60)]
        assert message.shown(known, NOW) is known[2]
        assert message.shown([], NOW) is None


class TestOrders:
    C = DeviceCategory

    def test_a_newer_order_ends_what_has_not_started(self) -> None:
        old = an_order(1, NOW + 100, 7200)
        placed = load_control.place([old], an_order(2, NOW + 3600, 1800), NOW)
        assert placed.changes == [Change(old, NOW, S.CANCELLED, report=Status.SUPERSEDED)]

    def test_a_running_order_ends_when_the_new_one_starts(self) -> None:
        old = an_order(1, NOW - 100, 7200)
        placed = load_control.place([old], an_order(2, NOW + 3600, 1800), NOW)
        assert placed.changes == [Change(old, NOW + 3600, S.SUPERSEDED, report=Status.SUPERSEDED)]

    def test_an_edition_without_the_mark_still_reports_it(self) -> None:
        old = an_order(1, NOW - 100, 7200)
        (change,) = load_control.place([old], an_order(2, NOW + 3600, 1800), NOW, superseding=False).changes
        assert (change.state, change.mark, change.report) == (None, True, Status.SUPERSEDED)

    def test_an_older_id_wins_if_it_arrives_later(self) -> None:
        assert load_control.place([an_order(9, NOW + 5, 60)], an_order(2, NOW + 5, 60), NOW).changes

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            (an_order(1, NOW + 100, 60, C.THERMOSTAT | C.WATER_HEATER), an_order(2, NOW + 100, 60)),
            (an_order(1, NOW + 100, 60, group=5), an_order(2, NOW + 100, 60)),
        ],
    )
    def test_a_part_of_the_categories_or_another_program_is_only_marked(
        self, old: LoadControl, new: LoadControl
    ) -> None:
        assert load_control.place([old], new, NOW).changes == [Change(old, NOW, mark=True)]

    def test_a_running_order_with_fewer_categories_is_marked_and_reported(self) -> None:
        old = an_order(1, NOW - 1, 60)
        new = an_order(2, NOW, 60, self.C.THERMOSTAT | self.C.WATER_HEATER)
        assert load_control.place([old], new, NOW).changes == [
            Change(old, NOW, mark=True, report=Status.SUPERSEDED)
        ]

    @pytest.mark.parametrize(
        "new",
        [
            an_order(2, NOW + 160, 60),
            an_order(2, NOW + 100, 60, C.WATER_HEATER),
            replace(an_order(2, NOW + 100, 60), key=EventKey(7, 1, 0, 2)),
        ],
    )
    def test_other_times_categories_and_issuers_do_not_matter(self, new: LoadControl) -> None:
        placed = load_control.place([an_order(1, NOW + 100, 60)], new, NOW)
        assert (placed.verdict, placed.changes) == (Verdict.ACCEPTED, [])

    def test_duplicates_and_late_ones(self) -> None:
        assert (
            load_control.place([an_order(1, NOW, 60)], an_order(1, NOW, 30), NOW).verdict is Verdict.DUPLICATE
        )
        assert load_control.place([], an_order(1, NOW - 60, 60), NOW).verdict is Verdict.EXPIRED

    @pytest.mark.parametrize(
        ("group", "own", "devices", "expected"),
        [
            (0, 0, C.THERMOSTAT, True),
            (5, 0, C.THERMOSTAT, True),
            (5, 5, C.THERMOSTAT | C.SAUNA, True),
            (0, 5, C.THERMOSTAT, True),
            (4, 5, C.THERMOSTAT, False),
            (0, 0, C.SAUNA, False),
            (0, 0, C.NONE, False),
        ],
    )
    def test_whom_an_order_concerns(
        self, group: int, own: int, devices: DeviceCategory, expected: bool
    ) -> None:
        assert load_control.concerns(an_order(1, NOW, 60, group=group), own, devices) is expected


class TestCancelling:
    C = DeviceCategory
    both = DeviceCategory.THERMOSTAT | DeviceCategory.WATER_HEATER

    def order(self, **changes: object) -> Cancellation:
        fields: dict[str, object] = {
            "issuer": 1,
            "endpoint": 1,
            "key": EventKey(1, 1, 0, 1),
            "at": NOW,
            "randomly": False,
            "categories": self.both,
        }
        return Cancellation(**(fields | changes))  # type: ignore[arg-type]

    @pytest.mark.parametrize(("randomly", "state"), [(False, S.CANCELLED), (True, S.CANCELLED_RANDOMLY)])
    def test_now(self, randomly: bool, state: EventState) -> None:
        event = an_order(1, NOW + 100, 60)
        (change,) = load_control.cancel([event, an_order(2, NOW, 60)], self.order(randomly=randomly), NOW)
        assert change == Change(event, NOW, state, report=Status.CANCELLED)

    def test_a_future_time_is_held_back(self) -> None:
        (change,) = load_control.cancel([an_order(1, NOW, 600)], self.order(at=NOW + 90), NOW)
        assert change.at == NOW + 90
        assert not due(change, NOW)

    def test_all_of_an_issuer(self) -> None:
        foreign = replace(an_order(3, NOW, 60), key=EventKey(7, 1, 0, 3))
        over = an_order(4, NOW - 90, 60)
        events = [an_order(1, NOW, 60), an_order(2, NOW + 99, 60), foreign, over]
        changes = load_control.cancel(events, self.order(key=None, categories=None), NOW)
        assert [c.event.key.id for c in changes] == [1, 2]

    @pytest.mark.parametrize(
        ("group", "named", "ends"), [(0, 0, True), (5, 0, True), (5, 5, True), (5, 6, False), (0, 5, True)]
    )
    def test_groups(self, group: int, named: int, ends: bool) -> None:
        event = an_order(1, NOW, 60, group=group)
        assert bool(load_control.cancel([event], self.order(group=named), NOW)) is ends

    def test_a_part_leaves_a_remainder_with_the_next_part_number(self) -> None:
        event = an_order(1, NOW - 100, 700, self.both, random_start=30, random_duration=40)
        order = self.order(categories=self.C.WATER_HEATER)
        left = load_control.remainder(event, order, NOW, created=NOW + 9)
        assert left is not None
        assert (left.key, left.part, left.version) == (event.key, 1, 0)
        assert (left.start, left.end, left.categories) == (NOW, event.end, self.C.THERMOSTAT)
        assert (left.state, left.created, left.randomize_start, left.randomize_duration) == (
            S.ACTIVE,
            NOW + 9,
            0,
            40,
        )

    def test_a_future_event_keeps_its_start(self) -> None:
        event = an_order(1, NOW + 100, 700, self.both, random_start=30)
        left = load_control.remainder(event, self.order(categories=self.C.WATER_HEATER), NOW, created=NOW)
        assert left is not None
        assert (left.start, left.state, left.randomize_start) == (NOW + 100, S.SCHEDULED, 30)

    def test_nothing_is_left_of_a_whole_or_an_ended_event(self) -> None:
        event = an_order(1, NOW - 100, 700, self.both)
        assert load_control.remainder(event, self.order(), NOW, created=NOW) is None
        assert load_control.remainder(event, self.order(categories=None), NOW, created=NOW) is None
        part = self.order(categories=self.C.WATER_HEATER, at=NOW + 600)
        assert load_control.remainder(event, part, NOW, created=NOW) is None
