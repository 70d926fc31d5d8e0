"""Segments that one load obeys: the four cases that the map names, and rules that hold for all orders."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from handover.model.timeline import Claim, Segment, pieces, segments, superseders

T = 1_700_000_000
HOUR = 3600


def test_adjacent_orders_stay_adjacent_after_a_draw() -> None:
    first = Claim("a", T, 2730, shift=417)
    second = Claim("b", T + 2730, 2730)
    assert segments([second, first]) == [
        Segment("a", T + 417, T + 2730 + 417),
        Segment("b", T + 2730 + 417, T + 5460),
    ]


def test_a_day_and_an_hour_shifted_is_shifted_as_a_whole() -> None:
    (segment,) = segments([Claim("a", T, 25 * HOUR, shift=417)])
    assert pieces(segment.start, segment.end) == [
        (T + 417, T + 417 + 86400),
        (T + 417 + 86400, T + 417 + 25 * HOUR),
    ]


def test_the_loser_keeps_its_part_before_the_winner_and_is_not_resumed() -> None:
    x = Claim("x", T, 2 * HOUR, created=1)
    y = Claim("y", T + HOUR, HOUR // 2, created=2)
    assert segments([x, y]) == [
        Segment("x", T, T + HOUR, cut_by="y"),
        Segment("y", T + HOUR, T + HOUR + HOUR // 2),
    ]
    assert superseders([x, y]) == {"x": "y"}


def test_a_loser_that_would_begin_inside_the_winner_has_nothing() -> None:
    x = Claim("x", T, 2 * HOUR, primacy=1)
    y = Claim("y", T + HOUR, 2 * HOUR, primacy=2, created=9)
    assert segments([x, y]) == [Segment("x", T, T + 2 * HOUR)]
    assert superseders([x, y]) == {"y": "x"}


def test_it_comes_back_when_the_winner_is_cancelled_before_its_start_only() -> None:
    x = Claim("x", T, 2 * HOUR, created=1)
    before = Claim("y", T + HOUR, HOUR, created=2, ended=T)
    after = Claim("y", T + HOUR, HOUR, created=2, ended=T + HOUR + 60)
    assert segments([x, before]) == [Segment("x", T, T + 2 * HOUR)]
    assert [s.name for s in segments([x, after])] == ["x", "y"]
    assert segments([x, after])[0].end == T + HOUR


def test_orders_that_meet_by_their_draws_only_wait() -> None:
    first = Claim("a", T, HOUR, shift=600)
    second = Claim("b", T + HOUR + 60, HOUR, created=9)
    assert segments([first, second])[1] == Segment("b", T + HOUR + 600, T + 2 * HOUR + 60)


claims = st.lists(
    st.builds(
        Claim,
        name=st.text("abcdefgh", min_size=3, max_size=3),
        start=st.integers(T, T + 8 * HOUR),
        duration=st.integers(1, 6 * HOUR),
        shift=st.integers(-1800, 1800),
        stretch=st.integers(0, 900),
        primacy=st.integers(0, 2),
        created=st.integers(0, 5),
        ended=st.none() | st.integers(T, T + 12 * HOUR),
    ),
    max_size=7,
    unique_by=lambda claim: claim.name,
)


@given(claims)
def test_segments_never_overlap_and_belong_to_their_orders(given_claims: list[Claim]) -> None:
    found = segments(given_claims)
    for one, next_one in itertools.pairwise(found):
        assert one.end <= next_one.start
    for segment in found:
        (claim,) = (c for c in given_claims if c.name == segment.name)
        assert segment.start < segment.end
        assert claim.ended is None or segment.end <= claim.ended
    assert len({segment.name for segment in found}) == len(found)


@given(claims)
def test_the_strongest_order_that_was_not_cancelled_is_obeyed_in_full(given_claims: list[Claim]) -> None:
    plain = [Claim(c.name, c.start, c.duration, primacy=c.primacy, created=c.created) for c in given_claims]
    found = {segment.name: segment for segment in segments(plain)}
    for claim in plain:
        if all(claim.beats(other) for other in plain if other is not claim):
            assert (found[claim.name].start, found[claim.name].end) == (claim.start, claim.end)
