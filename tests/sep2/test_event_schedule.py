"""The server's events in the course of time: active, superseded, cancelled, gone."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handover.errors import NotNow, Refused
from handover.sep2.resources.billing import BillingPeriod, CustomerAgreement
from handover.sep2.resources.common import DateTimeInterval, EventStatus, ListLink
from handover.sep2.resources.der import DERControl, DERControlBase
from handover.sep2.resources.drlc import DemandResponseProgram, EndDeviceControl
from handover.sep2.resources.messaging import TextMessage
from handover.sep2.server.event_schedule import EventSchedule, Status, earliest_start, latest_end
from handover.sep2.store import Store

T = 1_700_000_000
CONTROLS, ACTIVE, DER, MESSAGES = "/dr/0/edc", "/dr/0/actedc", "/derp/0/derc", "/msg/0/txt"
NONE = EventStatus(currentStatus=0, dateTime=0, potentiallySuperseded=False)
SCHEDULED, RUNNING, CANCELLED, RANDOMLY, SUPERSEDED = (int(status) for status in Status)


def control(
    number: int, start: int, duration: int = 100, *, created: int = 0, categories: int = 1, **more: Any
) -> EndDeviceControl:
    return EndDeviceControl(
        mRID=number.to_bytes(16),
        creationTime=T + (created or number),
        EventStatus=NONE,
        interval=DateTimeInterval(start=T + start, duration=duration),
        deviceCategory=categories.to_bytes(4),
        drProgramMandatory=False,
        loadShiftForward=False,
        **more,
    )


class Programme:
    """A programme with its schedule."""

    def __init__(self, retention: int = 0) -> None:
        self.store = Store()
        self.store.put(
            "/dr/0",
            DemandResponseProgram(
                mRID=b"\1",
                primacy=1,
                ActiveEndDeviceControlListLink=ListLink(href=ACTIVE),
                EndDeviceControlListLink=ListLink(href=CONTROLS),
            ),
        )
        self.schedule = EventSchedule(self.store, retention=retention)

    def issue(self, event: Any, at: int = -1000, path: str = CONTROLS) -> str:
        return self.schedule.issue(path, event, T + at)

    def status(self, path: str, at: float | None = None) -> int | None:
        if at is not None:
            self.schedule.tick(T + at)
        event = self.store.get(path)
        return None if event is None else event.EventStatus.currentStatus

    def active(self) -> list[int]:
        return [int.from_bytes(event.mRID) for event in self.store.items(ACTIVE)]


@pytest.fixture
def programme() -> Programme:
    return Programme()


def test_a_life(programme: Programme) -> None:
    path = programme.issue(control(1, 0))
    assert programme.status(path) == SCHEDULED
    assert programme.schedule.deadline() == T
    assert programme.status(path, -1) == SCHEDULED
    assert programme.active() == []
    assert programme.status(path, 0) == RUNNING
    assert programme.store.get(path).EventStatus.dateTime == T
    assert programme.active() == [1]
    assert programme.schedule.deadline() == T + 100
    assert programme.status(path, 99) == RUNNING
    assert programme.status(path, 100) is None
    assert programme.active() == []
    assert programme.schedule.deadline() is None


def test_an_event_is_active_from_its_earliest_start_and_listed_until_its_latest_end() -> None:
    programme = Programme()
    event = control(1, 0, randomizeStart=-60, randomizeDuration=30)
    assert (earliest_start(event), latest_end(event)) == (T - 60, T + 130)
    path = programme.issue(event)
    assert programme.status(path, -61) == SCHEDULED
    assert programme.status(path, -60) == RUNNING
    assert programme.status(path, 129) == RUNNING
    assert programme.status(path, 130) is None


def test_an_event_whose_start_has_passed_is_never_scheduled(programme: Programme) -> None:
    assert programme.status(programme.issue(control(1, 0), at=50)) == RUNNING


def test_events_can_stay_listed(programme: Programme) -> None:
    kept = Programme(retention=3600)
    path = kept.issue(control(1, 0))
    assert kept.status(path, 100 + 3599) == RUNNING
    assert kept.status(path, 100 + 3600) is None


class TestSuperseding:
    def test_a_newer_event_that_covers_the_start_wins_at_once(self, programme: Programme) -> None:
        old, new = programme.issue(control(1, 50)), programme.issue(control(2, 0))
        assert (programme.status(old), programme.status(new)) == (SUPERSEDED, SCHEDULED)
        assert programme.status(old, 60) == SUPERSEDED
        assert programme.status(new) == RUNNING
        assert programme.active() == [2]

    def test_an_event_keeps_its_part_before_the_newer_one_and_is_not_resumed(
        self, programme: Programme
    ) -> None:
        old, new = programme.issue(control(1, 0, 200)), programme.issue(control(2, 50, 50))
        assert programme.status(old, 49) == RUNNING
        assert (programme.status(old, 50), programme.status(new)) == (SUPERSEDED, RUNNING)
        assert programme.status(old, 120) == SUPERSEDED
        assert programme.status(new) is None
        assert programme.status(old, 200) is None

    def test_it_does_not_begin_when_the_newer_one_is_over(self, programme: Programme) -> None:
        old, new = programme.issue(control(1, 50, 200)), programme.issue(control(2, 0, 100))
        assert programme.status(old, 150) == SUPERSEDED
        assert programme.status(new) is None

    def test_it_is_taken_up_again_when_the_newer_one_is_cancelled_before_its_start(
        self, programme: Programme
    ) -> None:
        old, new = programme.issue(control(1, 50)), programme.issue(control(2, 0))
        programme.schedule.cancel(new, T - 1)
        assert (programme.status(old), programme.status(new)) == (SCHEDULED, CANCELLED)
        assert programme.status(old, 50) == RUNNING

    def test_it_is_not_when_the_newer_one_had_begun(self, programme: Programme) -> None:
        old, new = programme.issue(control(1, 50)), programme.issue(control(2, 0))
        programme.schedule.tick(T)
        programme.schedule.cancel(new, T + 10)
        assert programme.status(old) == SUPERSEDED
        assert programme.status(old, 60) == SUPERSEDED
        assert programme.status(old, 120) == SUPERSEDED

    def test_intervals_are_half_open(self, programme: Programme) -> None:
        old, new = programme.issue(control(1, 0)), programme.issue(control(2, 100))
        assert (programme.status(old, 99), programme.status(new)) == (RUNNING, SCHEDULED)
        assert (programme.status(old, 100), programme.status(new)) == (None, RUNNING)

    def test_randomisation_alone_supersedes_nobody(self, programme: Programme) -> None:
        old = programme.issue(control(1, 0, randomizeDuration=60))
        programme.issue(control(2, 100, randomizeStart=-60))
        assert programme.status(old, 99) == RUNNING

    def test_other_device_categories_stand_beside(self, programme: Programme) -> None:
        old = programme.issue(control(1, 0, categories=0b01))
        programme.issue(control(2, 0, categories=0b10))
        assert programme.status(old, 1) == RUNNING
        assert not programme.store.get(old).EventStatus.potentiallySuperseded
        assert programme.active() == [2, 1]

    def test_a_part_of_the_categories_is_a_potential_superseding(self, programme: Programme) -> None:
        old = programme.issue(control(1, 0, categories=0b11))
        new = programme.issue(control(2, 0, categories=0b10), at=-500)
        status = programme.store.get(old).EventStatus
        assert (status.currentStatus, status.potentiallySuperseded) == (SCHEDULED, True)
        assert status.potentiallySupersededTime == T - 500
        programme.schedule.cancel(new, T - 400)
        assert not programme.store.get(old).EventStatus.potentiallySuperseded

    def test_der_controls_supersede_by_their_modes(self, programme: Programme) -> None:
        def der(number: int, **modes: Any) -> DERControl:
            return DERControl(
                mRID=number.to_bytes(16),
                creationTime=T + number,
                EventStatus=NONE,
                interval=DateTimeInterval(start=T, duration=100),
                DERControlBase=DERControlBase(**modes),
            )

        limit = programme.issue(der(1, opModMaxLimW=5000), path=DER)
        both = programme.issue(der(2, opModConnect=True, opModFixedW=100), path=DER)
        programme.issue(der(3, opModConnect=False), path=DER)
        programme.schedule.tick(T)
        assert programme.status(limit) == RUNNING
        assert not programme.store.get(limit).EventStatus.potentiallySuperseded
        assert programme.status(both) == RUNNING
        assert programme.store.get(both).EventStatus.potentiallySuperseded
        programme.issue(der(4, opModConnect=False, opModFixedW=0), at=1, path=DER)
        assert programme.status(both) == SUPERSEDED

    def test_messages_stand_beside_each_other(self, programme: Programme) -> None:
        def message(number: int) -> TextMessage:
            interval = DateTimeInterval(start=T, duration=100)
            return TextMessage(
                mRID=number.to_bytes(16),
                creationTime=T + number,
                EventStatus=NONE,
                interval=interval,
                priority=0,
                textMessage="x",
            )

        paths = [programme.issue(message(number), path=MESSAGES) for number in (1, 2)]
        assert [programme.status(path, 1) for path in paths] == [RUNNING, RUNNING]


class TestCancelling:
    def test_a_cancelled_event_stays_listed_until_its_original_end(self, programme: Programme) -> None:
        path = programme.issue(control(1, 0, randomizeDuration=50))
        programme.schedule.cancel(path, T + 10, reason="storm over")
        status = programme.store.get(path).EventStatus
        assert (status.currentStatus, status.dateTime, status.reason) == (CANCELLED, T + 10, "storm over")
        assert programme.active() == []
        assert programme.status(path, 99) == CANCELLED
        assert programme.status(path, 100) is None

    def test_with_randomisation(self, programme: Programme) -> None:
        path = programme.issue(control(1, 0))
        programme.schedule.cancel(path, T, randomised=True)
        assert programme.status(path) == RANDOMLY

    def test_what_cannot_be_cancelled(self, programme: Programme) -> None:
        path = programme.issue(control(1, 0))
        programme.schedule.cancel(path, T)
        with pytest.raises(NotNow, match="cancelled or over already"):
            programme.schedule.cancel(path, T + 1)
        with pytest.raises(NotNow, match="there is no event at /dr/0/edc/9"):
            programme.schedule.cancel("/dr/0/edc/9", T)
        with pytest.raises(NotNow, match="there is no event at /dr/0"):
            programme.schedule.cancel("/dr/0", T)


def test_what_cannot_be_issued(programme: Programme) -> None:
    programme.issue(control(1, 0))
    with pytest.raises(Refused, match=r"holds an event 0{31}1 already"):
        programme.issue(control(1, 500))
    with pytest.raises(Refused, match="is over"):
        programme.issue(control(2, 0), at=100)


def test_a_new_schedule_takes_over_what_the_tree_holds(programme: Programme) -> None:
    old, new = programme.issue(control(1, 0, 200)), programme.issue(control(2, 50, 50))
    programme.schedule.tick(T + 60)
    again = EventSchedule(programme.store)
    again.tick(T + 120)
    assert programme.store.get(old).EventStatus.currentStatus == SUPERSEDED
    assert programme.store.get(new) is None


def test_events_that_others_put_into_the_tree_are_kept_too(programme: Programme) -> None:
    programme.store.put(f"{CONTROLS}/7", control(7, 0))
    assert programme.status(f"{CONTROLS}/7", 5) == RUNNING


def test_billing_periods_are_active_by_the_clock(programme: Programme) -> None:
    agreement = CustomerAgreement(
        mRID=b"\1",
        ActiveBillingPeriodListLink=ListLink(href="/bill/0/ca/0/actbp"),
        BillingPeriodListLink=ListLink(href="/bill/0/ca/0/bp"),
    )
    store = programme.store
    store.put("/bill/0/ca/0", agreement)
    for start in (0, 100):
        store.add("/bill/0/ca/0/bp", BillingPeriod(interval=DateTimeInterval(start=T + start, duration=100)))
    seen = []
    for at in (-1, 0, 99, 100, 200):
        programme.schedule.tick(T + at)
        seen.append([item.interval.start - T for item in store.items("/bill/0/ca/0/actbp")])
    assert seen == [[], [0], [0], [100], []]
    programme.schedule.tick(T)
    assert programme.schedule.deadline() == T + 100


EVENTS = st.lists(
    st.tuples(st.integers(0, 50), st.integers(1, 30), st.integers(1, 3), st.integers(-40, 60)), max_size=6
)


@settings(max_examples=150, deadline=None)
@given(EVENTS, st.lists(st.tuples(st.integers(0, 5), st.integers(-30, 90)), max_size=3))
def test_invariants(events: list[Any], cancels: list[Any]) -> None:
    """No two active events share a category; a status never goes back once an event has begun."""
    programme, paths, seen = Programme(), [], {}
    for at in range(-40, 100):
        for number, (start, duration, categories, issued) in enumerate(events):
            if issued == at and start + duration > at:
                event = control(number + 1, start, duration, created=at + 1000, categories=categories)
                paths.append(programme.issue(event, at))
        for index, when in cancels:
            if when == at and index < len(paths) and programme.status(paths[index], at) in (0, 1, 4):
                programme.schedule.cancel(paths[index], T + at)
        programme.schedule.tick(T + at)
        active = programme.store.items(ACTIVE)
        for path in paths:
            event, previous = programme.store.get(path), seen.get(path)
            status = None if event is None else event.EventStatus.currentStatus
            if previous in (None, 2, 4) and path in seen and (previous != 4 or seen[path, "begun"]):
                assert status in (previous, None, 2)
            if previous == 1:
                assert status != 0
            seen[path] = status
            seen[path, "begun"] = event is not None and at >= event.interval.start - T
        for one in active:
            covered = [
                other
                for other in active
                if other is not one
                and (other.creationTime, other.mRID) > (one.creationTime, one.mRID)
                and int.from_bytes(one.deviceCategory) & ~int.from_bytes(other.deviceCategory) == 0
            ]
            assert not covered
    deadline = programme.schedule.deadline()
    assert deadline is None or deadline > T + 99
