import pytest
from hypothesis import given
from hypothesis import strategies as st

from handover.errors import NotNow, Untranslatable
from handover.mapping import time
from handover.mapping.context import Context
from handover.mapping.losses import Loss
from handover.model.timekeeping import TimeState

from .conftest import ESI, NOW, PEN

ZNOW = NOW - 946684800
CONTEXT = Context(node=ESI, pen=PEN)


@pytest.mark.parametrize("attributes", [{}, {0: 0xFFFFFFFF}, {0: None}])
def test_a_server_without_time_has_nothing_to_say(attributes: dict[int, None]) -> None:
    with pytest.raises(NotNow):
        time.from_sep1(attributes)


@pytest.mark.parametrize("invalid", [-1, -(2**31), 0xFFFFFFFF, 0x80000000])
def test_both_markers_of_an_offset_are_served_as_zero(invalid: int) -> None:
    lost: list[Loss] = []
    state = time.from_sep1({0: ZNOW, 1: 1, 2: invalid, 5: invalid}, lost=lost)
    served = time.to_sep2(state, CONTEXT)
    assert (served.tzOffset, served.dstOffset, served.localTime) == (0, 0, NOW)
    assert lost == [time.ZONE_INVALID]


@pytest.mark.parametrize(("status", "quality"), [(0, 7), (1, 4), (2, 4), (0x0C, 7), (0x0D, 4)])
def test_quality(status: int, quality: int) -> None:
    assert time.to_sep2(time.from_sep1({0: ZNOW, 1: status}), CONTEXT).quality == quality


def test_daylight_saving_needs_all_its_parts() -> None:
    served = time.to_sep2(time.from_sep1({0: ZNOW, 1: 1, 2: 3600, 5: 3600, 3: ZNOW - 5}), CONTEXT)
    assert (served.dstOffset, served.dstStartTime, served.dstEndTime) == (0, NOW, NOW)
    assert served.localTime == NOW + 3600


def test_an_untrusted_clock_serves_its_status() -> None:
    assert time.to_sep1(TimeState(now=NOW, trusted=False))[time.STATUS] == 0x0C


def test_times_after_2136_cannot_be_said() -> None:
    with pytest.raises(Untranslatable):
        time.to_sep1(TimeState(now=946684800 + 2**32, trusted=True))


@given(
    now=st.integers(1, 0xFFFFFF00 - 200000),
    zone=st.integers(-50000, 50000).filter(lambda z: z != -1),
    start=st.integers(0, 0xFFFFFFFE),
    end=st.integers(0, 0xFFFFFFFE),
    shift=st.integers(1, 7200),
)
def test_there_and_back(now: int, zone: int, start: int, end: int, shift: int) -> None:
    raw = {0: now, 1: 0x0D, 2: zone, 3: start, 4: end, 5: shift}
    back = time.to_sep1(time.from_sep2(time.to_sep2(time.from_sep1(raw), CONTEXT)))
    assert {a: back[a] for a in raw} == raw


def test_a_southern_summer_ends_next_year() -> None:
    state = TimeState(now=NOW, trusted=True, zone=36000, dst_start=100, dst_end=200, dst_shift=3600)
    assert [state.offset(t) for t in (99, 100, 199, 200)] == [36000, 39600, 39600, 36000]


def test_the_local_day() -> None:
    state = TimeState(now=NOW, trusted=True, zone=-18000)
    start = state.day_start(NOW)
    assert (start - 5 * 3600) % 86400 == 0
    assert start <= NOW < start + 86400
    assert state.day_start(NOW, freeze=14 * 3600) == start - 10 * 3600
