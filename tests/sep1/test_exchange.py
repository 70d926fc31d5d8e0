import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handover.errors import NotNow
from handover.sep1.aps import ApsFrame
from handover.sep1.exchange import IN_FLIGHT_LIMIT, LINGER, Exchange, Retry

PEER, OTHER = 0xE, 0xF


def frame(source: int = 1, destination: int = PEER, cluster_id: int = 0x0700) -> ApsFrame:
    return ApsFrame(
        source=source,
        destination=destination,
        source_endpoint=1,
        destination_endpoint=1,
        cluster_id=cluster_id,
        secured=True,
        payload=b"",
    )


def opened(exchange: Exchange, *, expects: frozenset[int] = frozenset(), now: float = 0.0) -> int:
    sequence = exchange.next_sequence()
    exchange.open(
        frame(),
        sequence=sequence,
        command_id=0,
        cluster_command=True,
        now=now,
        retry=Retry(10, 3, 2),
        expects=expects,
    )
    return sequence


def test_an_answer_matches_by_sequence_node_and_cluster() -> None:
    exchange = Exchange()
    sequence = opened(exchange)
    assert exchange.by_sequence(frame(PEER), sequence) is not None
    assert exchange.by_sequence(frame(PEER), sequence + 1) is None
    assert exchange.by_sequence(frame(OTHER), sequence) is None
    assert exchange.by_sequence(frame(PEER, cluster_id=0x0701), sequence) is None


def test_an_answered_query_lingers_for_further_answers() -> None:
    exchange = Exchange()
    sequence = opened(exchange, expects=frozenset({0}))
    request = exchange.by_sequence(frame(PEER), sequence)
    assert request is not None
    assert exchange.answered(request, 1.0)
    assert not exchange.answered(request, 2.0)
    assert exchange.by_command(frame(PEER), 0) is request
    assert exchange.by_command(frame(PEER), 1) is None
    assert exchange.tick(2.0 + LINGER) == ([], [])
    assert len(exchange) == 0


def test_tries_are_bounded() -> None:
    exchange = Exchange()
    opened(exchange)
    ends = []
    now = 0.0
    while (due := exchange.deadline()) is not None:
        again, given_up = exchange.tick(due)
        ends.append((due - now, len(again), len(given_up)))
        now = due
    assert ends == [(10, 1, 0), (20, 1, 0), (40, 0, 1)]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.booleans(), max_size=600))
def test_a_living_sequence_is_never_given_again(ending: list[bool]) -> None:
    exchange = Exchange()
    living: list[int] = []
    for end in ending:
        if end and living:
            request = exchange.by_sequence(frame(PEER), living.pop(0))
            assert request is not None
            exchange.end(request)
        elif len(living) < IN_FLIGHT_LIMIT:
            sequence = opened(exchange)
            assert sequence not in living
            living.append(sequence)
        else:
            with pytest.raises(NotNow, match="in flight"):
                opened(exchange)


def test_answered_queries_make_room_for_new_ones() -> None:
    exchange = Exchange()
    for _ in range(3 * IN_FLIGHT_LIMIT):
        sequence = opened(exchange, expects=frozenset({0}))
        request = exchange.by_sequence(frame(PEER), sequence)
        assert request is not None
        exchange.answered(request, 0.0)
    assert len(exchange) <= IN_FLIGHT_LIMIT
    exchange.forget(PEER)
    assert len(exchange) == 0
