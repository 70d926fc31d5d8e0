from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handover.errors import Untranslatable
from handover.mapping.scalars import (
    bcd,
    cut,
    divide,
    fit,
    from_utc,
    minutes_down,
    minutes_up,
    rescale,
    seconds,
    text,
    to_utc,
)
from handover.model.event import OPEN_ENDED

big = st.integers(-(10**20), 10**20)


@given(st.integers(1, 0xFFFFFFFE))
def test_times_survive(raw: int) -> None:
    assert to_utc(from_utc(raw) or 0) == raw


@pytest.mark.parametrize("moment", [0, 946684800, 946684800 + 0xFFFFFFFF, -5])
def test_markers_and_times_outside_the_range_are_never_sent(moment: int) -> None:
    with pytest.raises(Untranslatable) as caught:
        to_utc(moment)
    assert caught.value.response_status == 253


def test_the_marker_is_no_time() -> None:
    assert from_utc(0xFFFFFFFF) is None
    assert from_utc(0) == 946684800


def test_until_changed_both_ways() -> None:
    assert seconds(0xFFFF) == OPEN_ENDED
    assert minutes_up(OPEN_ENDED) == minutes_down(OPEN_ENDED) == 0xFFFF
    assert seconds(60) == 3600


@pytest.mark.parametrize(("duration", "up", "down"), [(1, 1, 1), (60, 1, 1), (2730, 46, 45), (59, 1, 1)])
def test_minutes(duration: int, up: int, down: int) -> None:
    assert (minutes_up(duration), minutes_down(duration)) == (up, down)


@given(big, st.integers(1, 10**9))
def test_division_rounds_half_to_even(value: int, divisor: int) -> None:
    assert divide(value, divisor) == round(Fraction(value, divisor))


@given(big, st.integers(-9, 9))
def test_a_large_number_loses_digits_only_at_its_end(value: int, power: int) -> None:
    small, raised = fit(value, power, 2**31 - 1)
    assert abs(small) <= 2**31 - 1
    assert abs(Fraction(small) * 10 ** (raised - power) - value) <= Fraction(10 ** (raised - power), 2)


@given(big, st.integers(-9, 9), st.integers(0, 9))
def test_rescaling_to_a_finer_power_is_exact(value: int, power: int, finer: int) -> None:
    assert Fraction(rescale(value, power, power - finer)) / 10**finer == value


@pytest.mark.parametrize(("raw", "number"), [(0x12345678, 12345678), (0, 0), (0x1A, None), (0x99, 99)])
def test_bcd(raw: int, number: int | None) -> None:
    assert bcd(raw) == number


@pytest.mark.parametrize(
    ("raw", "expected", "proper"),
    [
        (None, "", True),
        (b"", "", True),
        ("Prix élevé €".encode(), "Prix élevé €", True),
        (b"caf\xe9", "café", False),
        (b"a\x00b\x07c\nd", "a b c\nd", True),
        ("￾x".encode(), " x", True),
    ],
)
def test_texts(raw: bytes | None, expected: str, proper: bool) -> None:
    assert text(raw) == (expected, proper)


@given(st.text(), st.integers(0, 20))
def test_a_cut_never_splits_a_character(words: str, octets: int) -> None:
    try:
        raw = words.encode()
    except UnicodeEncodeError:
        return
    made = cut(words, octets)
    assert len(made) <= octets
    assert raw.startswith(made)
    assert words.startswith(made.decode())
