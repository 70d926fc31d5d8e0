from hypothesis import given
from hypothesis import strategies as st

from handover.sim.tariff import HOUSEHOLD, EventIds
from handover.sim.zone import Zone, us_eastern

NOW = 1_342_548_000.0
EASTERN = us_eastern(NOW)


def test_eastern_summer_time_of_2012() -> None:
    assert Zone(-18000, 1331449200, 1352008800, 3600) == EASTERN
    assert EASTERN.local(NOW) == NOW - 14400
    assert EASTERN.local(1352008800) == 1352008800 - 18000


def test_peak_begins_at_four_in_the_afternoon() -> None:
    charge = HOUSEHOLD.at(NOW, EASTERN)
    assert charge.period.label == "SHOULDER"
    assert charge.end == NOW + 2 * 3600, "14:00 local time, so two hours are left"
    peak = HOUSEHOLD.at(charge.end, EASTERN)
    assert (peak.period.label, peak.end - peak.start) == ("PEAK", 5 * 3600)


@given(st.floats(NOW - 86400 * 3, NOW + 86400 * 3))
def test_periods_join_without_gap(now: float) -> None:
    charge = HOUSEHOLD.at(now, EASTERN)
    assert charge.start - 1e-3 <= now < charge.end
    assert HOUSEHOLD.at(charge.end + 0.01, EASTERN).period != charge.period
    assert abs(HOUSEHOLD.at(charge.end + 1, EASTERN).start - charge.end) < 1e-3


def test_ids_rise_even_when_the_clock_does_not() -> None:
    ids = EventIds()
    assert [ids.next(100), ids.next(100), ids.next(50), ids.next(300)] == [100, 101, 102, 300]
