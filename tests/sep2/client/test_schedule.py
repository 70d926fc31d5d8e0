"""Events in virtual time: starting, ending, giving way. No server here."""

import re
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handover.sep2.client.events import LIFE, Sighting, State
from handover.sep2.client.schedule import Change, Draw, Schedule
from handover.sep2.resources.common import DateTimeInterval, EventStatus
from handover.sep2.resources.drlc import EndDeviceControl

T = 1_800_000_000


def none(seed: str, bound: int) -> int:
    return 0


def most(seed: str, bound: int) -> int:
    return bound


def event(number: int, start: int, duration: int, status: int = 0, **fields: object) -> EndDeviceControl:
    values = {
        "mRID": number.to_bytes(16),
        "creationTime": T + number,
        "EventStatus": EventStatus(currentStatus=status, dateTime=T, potentiallySuperseded=False),
        "interval": DateTimeInterval(start=T + start, duration=duration),
        "deviceCategory": b"\x00\x00\x00\x01",
        "drProgramMandatory": False,
        "loadShiftForward": False,
    }
    return EndDeviceControl(**{**values, **fields})  # type: ignore[arg-type]


class Stage:
    """A schedule, and what has happened on it: {mRID: [(seconds after T, state), ...]}."""

    def __init__(self, draw: Draw = none) -> None:
        self.offset: float | None = 0.0
        self.schedule = Schedule(draw, lambda clock: self.offset)
        self.happened: dict[int, list[tuple[float, str]]] = {}
        self.now = float(T)

    def show(self, shown: EndDeviceControl, primacy: int = 1, *, history: bool = False) -> None:
        seen = Sighting(shown, "/dr/1/edc", "demand response", primacy)
        self._note(self.schedule.observe(seen, self.now, history=history))
        self._note(self.schedule.tick(self.now))

    def until(self, seconds: float) -> None:
        while (due := self.schedule.deadline()) is not None and due <= T + seconds:
            assert due >= self.now, "a deadline in the past would spin"
            self.now = max(self.now, due)
            before = self.schedule.deadline()
            self._note(self.schedule.tick(self.now))
            assert self.schedule.deadline() != before, "a deadline that does not move would spin"
        self.now = T + seconds
        self._note(self.schedule.tick(self.now))

    def of(self, number: int) -> list[tuple[float, str]]:
        return self.happened.get(number, [])

    def _note(self, changes: list[Change]) -> None:
        for change in changes:
            entry = (self.now - T, change.new.name)
            self.happened.setdefault(change.event.key, []).append(entry)


def test_the_table_has_no_dead_ends() -> None:
    assert LIFE.problems() == []


def test_an_event_starts_and_ends_on_time() -> None:
    stage = Stage()
    stage.show(event(1, 100, 50))
    stage.until(1000)
    assert stage.of(1) == [(0, "SCHEDULED"), (100, "ACTIVE"), (150, "COMPLETED")]


@pytest.mark.parametrize(
    ("start", "duration", "begins", "ends"),
    [(30, 0, 130, 180), (0, 20, 100, 170), (-40, -10, 60, 100), (30, 20, 130, 200)],
)
def test_randomisation_moves_start_and_end_and_is_drawn_once(
    start: int, duration: int, begins: int, ends: int
) -> None:
    draws: list[str] = []

    def draw(seed: str, bound: int) -> int:
        draws.append(seed)
        return bound

    stage = Stage(draw)
    shown = event(1, 100, 50, randomizeStart=start, randomizeDuration=duration)
    stage.show(shown)
    stage.show(shown)
    stage.until(1000)
    assert stage.of(1)[1:] == [(begins, "ACTIVE"), (ends, "COMPLETED")]
    assert len(draws) == len(set(draws)) == (start != 0) + (duration != 0)


def test_the_newer_of_two_equals_takes_over_and_the_older_is_not_resumed() -> None:
    stage = Stage()
    stage.show(event(1, 0, 7200))
    stage.show(event(2, 3600, 1800))
    stage.until(10_000)
    assert stage.of(1) == [(0, "SCHEDULED"), (0, "ACTIVE"), (3600, "SUPERSEDED")]
    assert stage.of(2)[1:] == [(3600, "ACTIVE"), (5400, "COMPLETED")]


def test_lower_primacy_wins_over_newer() -> None:
    stage = Stage()
    stage.show(event(1, 100, 100), primacy=0)
    stage.show(event(2, 120, 100), primacy=1)
    stage.until(1000)
    assert stage.of(1)[1:] == [(100, "ACTIVE"), (200, "COMPLETED")]
    assert stage.of(2)[1:] == [(100, "SUPERSEDED")]


def test_superseded_before_its_start_it_runs_when_the_winner_is_cancelled_in_time() -> None:
    stage = Stage()
    stage.show(event(1, 120, 100))
    stage.show(event(2, 100, 100))
    stage.until(90)
    stage.show(event(2, 100, 100, status=2))
    stage.until(1000)
    assert stage.of(2)[1:] == [(90, "CANCELLED")]
    assert stage.of(1)[1:] == [(120, "ACTIVE"), (220, "COMPLETED")]


def test_a_randomised_winner_keeps_the_loser_waiting() -> None:
    stage = Stage(most)
    stage.show(event(1, 110, 300))
    stage.show(event(2, 100, 100, randomizeStart=60))
    stage.until(1000)
    assert stage.of(1)[1:] == [(160, "SUPERSEDED")]
    assert stage.of(2)[1:] == [(160, "ACTIVE"), (260, "COMPLETED")]


def test_an_adjacent_event_starts_at_the_randomised_end() -> None:
    stage = Stage(most)
    stage.show(event(1, 100, 100, randomizeStart=40))
    stage.show(event(2, 200, 100))
    stage.until(1000)
    assert stage.of(1)[1:] == [(140, "ACTIVE"), (240, "COMPLETED")]
    assert stage.of(2)[1:] == [(240, "ACTIVE"), (300, "COMPLETED")]


@pytest.mark.parametrize("spread", [0, 50])
def test_an_adjacent_event_starts_early_after_one_that_ends_early(spread: int) -> None:
    stage = Stage(most)
    stage.show(event(1, 100, 100, randomizeDuration=-40))
    stage.show(event(2, 200, 100, randomizeStart=spread))
    stage.until(1000)
    assert stage.of(1)[1:] == [(100, "ACTIVE"), (160, "COMPLETED")]
    assert stage.of(2)[1:] == [(160, "ACTIVE"), (300 + spread, "COMPLETED")]


def test_events_that_only_their_draws_bring_together_wait_for_each_other() -> None:
    stage = Stage(most)
    stage.show(event(1, 100, 100, randomizeDuration=60))
    stage.show(event(2, 230, 100))
    stage.until(1000)
    assert stage.of(1)[1:] == [(100, "ACTIVE"), (260, "COMPLETED")]
    assert stage.of(2)[1:] == [(260, "ACTIVE"), (330, "COMPLETED")]


def test_cancelled_while_running_ends_at_once() -> None:
    stage = Stage()
    stage.show(event(1, 0, 1000))
    stage.until(300)
    stage.show(event(1, 0, 1000, status=2))
    assert stage.of(1)[-1] == (300, "CANCELLED")


@pytest.mark.parametrize(
    ("start", "duration", "wait"), [(60, 0, 60), (-60, 30, 60), (0, 0, 0), (10, -90, 90)]
)
def test_cancelled_with_randomisation_ends_within_the_larger_range(
    start: int, duration: int, wait: int
) -> None:
    stage = Stage(lambda seed, bound: bound if "cancel" in seed else 0)
    shown = event(1, 0, 1000, randomizeStart=start, randomizeDuration=duration)
    stage.show(shown)
    stage.until(300)
    status = EventStatus(currentStatus=3, dateTime=T + 300, potentiallySuperseded=False)
    stage.show(event(1, 0, 1000, randomizeStart=start, randomizeDuration=duration, EventStatus=status))
    stage.until(2000)
    assert stage.of(1)[-1] == (300 + wait, "CANCELLED")


def test_cancelled_with_randomisation_before_its_start_does_not_start() -> None:
    stage = Stage(most)
    stage.show(event(1, 100, 100, randomizeStart=50))
    stage.show(event(1, 100, 100, status=3, randomizeStart=50))
    stage.until(1000)
    assert stage.of(1) == [(0, "SCHEDULED"), (0, "CANCELLED")]


def test_a_server_may_mark_an_event_superseded_and_take_that_back_before_it_starts() -> None:
    stage = Stage()
    stage.show(event(1, 100, 100))
    stage.show(event(1, 100, 100, status=4))
    stage.show(event(1, 100, 100, status=0))
    stage.until(1000)
    states = [state for _, state in stage.of(1)]
    assert states == ["SCHEDULED", "SUPERSEDED", "SCHEDULED", "ACTIVE", "COMPLETED"]


def test_a_running_event_that_the_server_supersedes_is_not_resumed() -> None:
    stage = Stage()
    stage.show(event(1, 0, 1000))
    stage.show(event(1, 0, 1000, status=4))
    stage.show(event(1, 0, 1000, status=1))
    stage.until(2000)
    assert [state for _, state in stage.of(1)] == ["SCHEDULED", "ACTIVE", "SUPERSEDED"]


def test_an_event_seen_late_starts_at_once_and_ends_on_time() -> None:
    stage = Stage()
    stage.until(400)
    stage.show(event(1, 0, 1000, status=1), history=True)
    stage.until(2000)
    assert stage.of(1) == [(400, "SCHEDULED"), (400, "ACTIVE"), (1000, "COMPLETED")]


def test_events_wait_while_their_clock_is_unknown() -> None:
    stage = Stage()
    stage.offset = None
    stage.show(event(1, 0, 100))
    stage.until(50)
    assert stage.schedule.deadline() is None
    assert stage.of(1) == [(0, "SCHEDULED")]
    stage.offset = 10.0
    stage.until(50)
    stage.until(200)
    assert stage.of(1)[1:] == [(50, "ACTIVE"), (90, "COMPLETED")]


def test_an_event_slept_through_has_expired() -> None:
    stage = Stage()
    stage.show(event(1, 100, 100))
    changes = stage.schedule.tick(T + 500)
    assert [change.new for change in changes] == [State.EXPIRED]


def test_a_longer_interval_for_a_running_event_is_ignored() -> None:
    stage = Stage()
    stage.show(event(1, 0, 100))
    stage.show(event(1, 0, 1000, status=1))
    stage.until(2000)
    assert stage.of(1)[-1] == (100, "COMPLETED")


def test_finished_events_are_forgotten_when_the_list_drops_them() -> None:
    stage = Stage()
    stage.show(event(1, 0, 100))
    stage.until(200)
    assert stage.schedule.unlisted("/dr/1/edc", {1}, stage.now) == []
    assert stage.schedule.get(1) is not None
    assert stage.schedule.unlisted("/dr/1/edc", set(), stage.now) == []
    assert stage.schedule.get(1) is None


# -- whatever comes ---------------------------------------------------------------------------------------

_SECONDS = st.integers(0, 40).map(lambda n: n * 60)
_RANGE = st.one_of(st.none(), st.integers(-10, 10).map(lambda n: n * 60))
_SHOWN = st.tuples(
    st.integers(1, 6), _SECONDS, _SECONDS, st.integers(0, 4), _RANGE, _RANGE, st.integers(0, 2), _SECONDS
)


class Actor:
    """Watches that the schedule keeps its promises."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def check(self) -> None:
        active = [e for e in self.stage.schedule if e.state is State.ACTIVE]
        assert len(active) <= 1, "two events of one category are active"
        for number, happened in self.stage.happened.items():
            states = [state for _, state in happened]
            assert states.count("ACTIVE") <= 1, f"event {number} started twice"
            ended = re.sub("SUPERSEDED SCHEDULED", "", " ".join(states))
            assert len([s for s in ended.split() if s not in ("SCHEDULED", "ACTIVE")]) <= 1


@settings(max_examples=300, deadline=None)
@given(st.lists(_SHOWN, min_size=1, max_size=14), st.integers(0, 99))
def test_an_event_starts_once_and_never_are_two_active(shown: list[tuple[int, ...]], salt: int) -> None:
    fixed: dict[str, int] = {}

    def draw(seed: str, bound: int) -> int:
        fraction = zlib.crc32(f"{seed}{salt}".encode()) % 1000 / 999
        drawn = round(bound * fraction)
        assert fixed.setdefault(f"{seed} {bound}", drawn) == drawn
        assert min(0, bound) <= drawn <= max(0, bound)
        return drawn

    stage = Stage(draw)
    actor = Actor(stage)
    primacies: dict[int, int] = {}
    for number, start, duration, status, start_range, duration_range, primacy, pause in shown:
        seen = event(
            number, start, duration, status, randomizeStart=start_range, randomizeDuration=duration_range
        )
        stage.show(seen, primacies.setdefault(number, primacy))
        actor.check()
        stage.until(stage.now - T + pause)
        actor.check()
    stage.until(100_000)
    actor.check()
    assert all(e.state not in (State.SCHEDULED, State.ACTIVE) for e in stage.schedule), "an event hangs"


def test_a_duration_of_nothing_starts_and_ends_in_one_moment() -> None:
    stage = Stage()
    stage.show(event(1, 50, 0))
    stage.until(100)
    assert [s for _, s in stage.of(1)] == ["SCHEDULED", "ACTIVE", "COMPLETED"]
