"""Token buckets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handover.gateway.allowance import Allowance

pytestmark = pytest.mark.req("REQ.GW.8")


def test_a_burst_and_then_so_many_a_second() -> None:
    allowance: Allowance[str] = Allowance(3, 0.5)
    assert [allowance.take("a", 0.0) for _ in range(5)] == [True, True, True, False, False]
    assert allowance.take("b", 0.0), "each has its own"
    assert [allowance.take("a", at) for at in (1.0, 2.0, 3.0, 4.0)] == [False, True, False, True]
    assert allowance.refused("a") == 4
    assert allowance.refused("a") == allowance.refused("c") == 0
    assert [allowance.take("a", 1000.0) for _ in range(4)] == [True, True, True, False]


def test_a_clock_that_is_set_back_gives_nothing_and_takes_nothing() -> None:
    allowance: Allowance[str] = Allowance(1, 1.0)
    assert allowance.take("a", 1000.0)
    assert not allowance.take("a", 0.0)
    assert allowance.take("a", 1.0)


def test_the_memory_for_keys_is_bounded() -> None:
    allowance: Allowance[int] = Allowance(1, 0.0, keys=16)
    for key in range(10_000):
        assert allowance.take(key, 0.0)
    assert len(allowance) == 16
    assert not allowance.take(9_999, 0.0)


@given(st.lists(st.floats(0, 100), max_size=300), st.integers(1, 20), st.floats(0.01, 5))
def test_never_more_than_burst_and_rate(gaps: list[float], burst: int, rate: float) -> None:
    allowance: Allowance[int] = Allowance(burst, rate)
    now, taken = 0.0, 0
    for gap in gaps:
        now += gap
        taken += allowance.take(1, now)
        assert taken <= burst + rate * now + 1e-6
