import json

from hypothesis import given
from hypothesis import strategies as st

from handover.sep1.transports.raven.prices import UNTIL_CHANGED, Content, PriceMemory

CHEAP: Content = (870, 840, 4, 1, "Off peak")
DEAR: Content = (1980, 840, 4, 3, "On peak")


def ids(*documents: tuple[Content, int | None, int, int | None]) -> list[tuple[int, int] | None]:
    memory, found = PriceMemory(), []
    for document in documents:
        placed = memory.place(*document)
        found.append(None if placed is None else (placed.event_id, placed.start))
    return found


def test_a_stated_start_is_the_id() -> None:
    assert ids((CHEAP, 100, 60, 130), (CHEAP, 100, 60, 140)) == [(100, 100), (100, 100)]


def test_without_a_start_the_first_stamp_is_frozen() -> None:
    assert ids((CHEAP, None, UNTIL_CHANGED, 130), (CHEAP, None, UNTIL_CHANGED, 900)) == [
        (130, 130),
        (130, 130),
    ]


def test_another_price_is_another_event_and_the_first_one_again_a_third() -> None:
    rows = [
        (CHEAP, None, UNTIL_CHANGED, 100),
        (DEAR, None, UNTIL_CHANGED, 200),
        (CHEAP, None, UNTIL_CHANGED, 300),
    ]
    assert ids(*rows) == [(100, 100), (200, 200), (300, 300)]


def test_a_limited_price_without_a_start_begins_anew_once_it_has_run_out() -> None:
    assert ids((CHEAP, None, 60, 100), (CHEAP, None, 60, 3699), (CHEAP, None, 60, 3700)) == [
        (100, 100),
        (100, 100),
        (3700, 3700),
    ]


def test_a_start_that_is_always_now_is_one_event_until_changed() -> None:
    assert ids((CHEAP, 100, UNTIL_CHANGED, 100), (CHEAP, 200, UNTIL_CHANGED, 200)) == [(100, 100), (100, 100)]
    assert ids((CHEAP, 100, 60, 100), (CHEAP, 3700, 60, 3700)) == [(100, 100), (3700, 3700)]


def test_a_new_price_under_the_old_start_holds_from_its_own_stamp() -> None:
    assert ids((CHEAP, 100, UNTIL_CHANGED, 150), (DEAR, 100, UNTIL_CHANGED, 500)) == [(100, 100), (500, 500)]
    assert ids((CHEAP, 100, 60, None), (DEAR, 100, 60, None)) == [(100, 100), (101, 100)]


def test_without_any_time_there_is_no_event() -> None:
    assert ids((CHEAP, None, 60, None)) == [None]


def test_a_restart_keeps_the_id() -> None:
    memory = PriceMemory()
    memory.place(CHEAP, None, UNTIL_CHANGED, 100)
    again = PriceMemory.load(json.loads(json.dumps(memory.dump())))
    assert again == memory
    placed = again.place(CHEAP, None, UNTIL_CHANGED, 5000)
    assert placed is not None
    assert placed.event_id == 100


def test_a_spoilt_memory_is_a_fresh_one() -> None:
    assert PriceMemory.load({"content": "x"}) == PriceMemory()


TIMES = st.none() | st.integers(1, 0xFFFFFFFE)


@given(
    st.lists(st.tuples(st.sampled_from([CHEAP, DEAR]), TIMES, st.sampled_from([60, UNTIL_CHANGED]), TIMES))
)
def test_ids_never_fall_and_fit(documents: list[tuple[Content, int | None, int, int | None]]) -> None:
    found = [placed[0] for placed in ids(*documents) if placed is not None]
    assert found == sorted(found)
    assert all(0 < event_id < 0xFFFFFFFF for event_id in found)
