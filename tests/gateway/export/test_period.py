"""Times as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.home import NOW
from handover.errors import ConfigError
from handover.gateway.export.period import moment, period


@pytest.mark.parametrize(
    "text",
    ["2012-07-17T18:00", "2012-07-17 18:00:00", "2012-07-17T20:00+02:00", "2012-07-17T18:00:00Z", str(NOW)],
)
def test_a_time_is_utc_unless_it_says_otherwise(text: str) -> None:
    assert moment(text, "since") == NOW


def test_a_day_begins_at_midnight() -> None:
    assert moment("2012-07-17", "since") == NOW - 18 * 3600


def test_the_end_does_not_belong_to_the_period() -> None:
    found = period(str(NOW), str(NOW + 5))
    assert (NOW in found, NOW + 5 in found) == (True, False)
    assert 0 in period(None, None)


@pytest.mark.parametrize(
    ("since", "until", "words"),
    [("yesterday", None, "2026-01-31"), (None, "2026-13-01", "until"), ("20", "10", "nothing between")],
)
def test_a_mistake_is_explained(since: str | None, until: str | None, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        period(since, until)


@given(st.text())
def test_any_text_is_a_time_or_a_mistake(text: str) -> None:
    try:
        assert isinstance(moment(text, "since"), float)
    except ConfigError as error:
        assert "since" in str(error)  # noqa: PT017 - both outcomes are right
