"""Load profiles: what a meter remembers, and what is read of it whatever gets lost."""

import json
import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handover.errors import DecodeError, NotNow, Refused
from handover.sep1.aps import ApsFrame
from handover.sep1.clusters.metering import GetProfile, GetProfileResponse, IntervalChannel
from handover.sep1.metering.profile_log import UNKNOWN, ProfileLog
from handover.sep1.metering.profiles import Interval, ProfileRead, ProfileReader, ProfileServer
from sep1.dialogue import ESI, OURS, ZIGBEE_NOW, Dialogue
from sep1.wire import Wire

QUARTER, HOUR = 3, 1
START = ZIGBEE_NOW - ZIGBEE_NOW % 3600


def log_of(*used: int, period: int = QUARTER) -> ProfileLog:
    """A log whose intervals counted these amounts, read every minute."""
    log = ProfileLog(period)
    summation, utc = 1000, START
    log.feed(0, summation, utc)
    for amount in used:
        for minute in range(1, log.seconds // 60 + 1):
            log.feed(0, summation + amount * minute * 60 // log.seconds, utc + 60 * minute)
        summation += amount
        utc += log.seconds
    return log


class TestLog:
    def test_intervals_are_told_newest_first(self) -> None:
        log = log_of(10, 20, 30)
        assert log.intervals(0, 0, 10) == (START + 2700, [30, 20, 10])
        assert log.intervals(0, START + 2699, 10) == (START + 1800, [20, 10])
        assert log.intervals(0, START + 1800, 1) == (START + 1800, [20])
        assert log.intervals(0, START + 899, 10) == (0, [])
        assert log.intervals(0, START - 5000, 10) == (0, [])

    def test_an_interval_whose_beginning_was_missed_does_not_count(self) -> None:
        log = ProfileLog(QUARTER)
        log.feed(0, 100, START + 60)
        log.feed(0, 110, START + 900)
        log.feed(0, 125, START + 1800)
        assert log.intervals(0, 0, 5) == (START + 1800, [15, UNKNOWN])

    def test_a_gap_is_unknown_and_counting_goes_on(self) -> None:
        log = log_of(10)
        log.feed(0, 5000, START + 900 * 4 + 30)
        log.feed(0, 5007, START + 900 * 5)
        assert log.intervals(0, 0, 9) == (START + 4500, [7, UNKNOWN, UNKNOWN, UNKNOWN, 10])

    def test_a_summation_that_falls_is_unknown(self) -> None:
        log = log_of(10)
        log.feed(0, 3, START + 1800)
        assert log.intervals(0, 0, 1) == (START + 1800, [UNKNOWN])

    def test_late_readings_and_a_clock_set_back_change_nothing(self) -> None:
        log = log_of(10, 20)
        log.feed(0, 9999, START + 100)
        assert log.intervals(0, 0, 5) == (START + 1800, [20, 10])

    @given(st.lists(st.integers(0, 200_000), min_size=1, max_size=30))
    def test_memory_is_bounded_and_what_is_kept_is_right(self, used: list[int]) -> None:
        log = ProfileLog(HOUR, capacity=5)
        summation = 0
        for n, amount in enumerate([0, *used]):
            summation += amount
            log.feed(0, summation, START + 3600 * n)
        assert log.intervals(0, 0, 99) == (START + 3600 * len(used), used[::-1][:5])

    def test_it_survives_a_restart(self) -> None:
        log = log_of(10, 20)
        again = ProfileLog(QUARTER)
        again.restore(json.loads(json.dumps(log.export())))
        for kept in (log, again):
            kept.feed(0, 1035, START + 2700)
        assert again.intervals(0, 0, 9) == log.intervals(0, 0, 9) == (START + 2700, [5, 20, 10])
        with pytest.raises(DecodeError, match="has period 3, this log 1"):
            ProfileLog(HOUR).restore(log.export())
        with pytest.raises(DecodeError, match="cannot be read"):
            again.restore({"period": QUARTER, "channels": {"x": 1}})
        with pytest.raises(Refused, match="period 9 is unknown"):
            ProfileLog(9)


class Reading(Wire):
    def __init__(self, log: ProfileLog, largest: int = 18) -> None:
        super().__init__()
        self.start()
        self.esi.add(ProfileServer(self.esi.node, log, largest=largest))
        self.reader = ProfileReader(self.client.node)
        self.client.add(self.reader)
        self.passes(30)
        self.client_hears.clear()

    def read(self, since: int, end: int = 0) -> ProfileRead:
        self.client_does(self.reader.backfill(ESI, since, self.now, end=end))
        self.passes(1000)
        return self.client_heard(ProfileRead)[-1]


@pytest.mark.parametrize("largest", [1, 7, 18])
def test_a_backfill_is_the_log(largest: int) -> None:
    used = [random.Random(1).randrange(1000) for _ in range(40)]
    wire = Reading(log_of(*used), largest)
    told = wire.read(START)
    assert told.complete
    assert told.seconds == 900
    assert told.intervals == [Interval(START + 900 * (n + 1), value) for n, value in enumerate(used)]
    recent = wire.read(START + 900 * 38)
    assert [i.value for i in recent.intervals] == used[38:]
    middle = wire.read(START + 900 * 5, end=START + 900 * 9)
    assert [i.value for i in middle.intervals] == used[5:9]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 60), st.integers(1, 9))
def test_a_backfill_over_a_bad_wire_has_neither_holes_nor_doubles(
    seed: int, count: int, largest: int
) -> None:
    draws = random.Random(seed)
    used = [draws.randrange(1000) for _ in range(count)]
    wire = Reading(log_of(*used), largest)

    def fate(frame: ApsFrame) -> Sequence[float]:
        if draws.random() < 0.15:
            return ()
        return [draws.random() * 3 for _ in range(1 + (draws.random() < 0.2))]

    wire.fate = fate
    wire.client_does(wire.reader.backfill(ESI, START, wire.now))
    wire.passes(40_000)
    told = wire.client_heard(ProfileRead)[-1]
    expected = [Interval(START + 900 * (n + 1), value) for n, value in enumerate(used)]
    if told.complete:
        assert told.intervals == expected
    else:
        assert told.intervals == expected[len(expected) - len(told.intervals) :]


def test_unknown_intervals_are_told_as_such() -> None:
    log = log_of(10)
    log.feed(0, 5000, START + 2700)
    told = Reading(log).read(START)
    assert [i.value for i in told.intervals] == [10, None, None]


def test_a_meter_without_profiles_says_so() -> None:
    wire = Reading(ProfileLog(QUARTER))
    told = wire.read(START)
    assert (told.complete, told.intervals, told.status) == (True, [], 5)
    bare = Wire()
    bare.start()
    reader = ProfileReader(bare.client.node)
    bare.client.add(reader)
    bare.passes(30)
    bare.client_does(reader.backfill(ESI, START, bare.now))
    bare.passes(200)
    assert not bare.client_heard(ProfileRead)[-1].complete


def test_one_backfill_of_a_channel_at_a_time() -> None:
    wire = Reading(log_of(1))
    wire.fate = lambda frame: ()
    wire.client_does(wire.reader.backfill(ESI, START, wire.now))
    with pytest.raises(NotNow, match="is being read already"):
        wire.reader.backfill(ESI, START, wire.now)
    wire.reader.forget(ESI)
    assert wire.reader.backfill(ESI, START, wire.now)


@pytest.mark.parametrize(("channel", "status"), [(0, 0), (1, 2), (9, 1)])
def test_channels(channel: int, status: int) -> None:
    wire = Reading(log_of(5))
    d = Dialogue(wire.esi, us=ESI, them=OURS, to_client=False)
    d.receives(GetProfile(channel, 0, 1))
    (answer,) = d.bodies()
    assert isinstance(answer, GetProfileResponse)
    assert answer.status == status
    assert set(IntervalChannel) == {0, 1}
