"""What several devices' answers amount to when one node has to give one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handover.model.event import Status
from handover.model.participation import FINAL, GRACE, Answer, outcome, silent, summary

START, END = 1000, 2000
CLOSED = END + GRACE
S = Status


def history(device: bytes, *rows: tuple[int, Status]) -> list[Answer]:
    return [Answer(device=device, status=status, at=at) for at, status in rows]


def told(
    devices: list[list[tuple[int, Status]]],
    now: float,
    reported: set[Status] = frozenset(),  # type: ignore[assignment]
) -> list[Status]:
    histories = {bytes([n]): history(bytes([n]), *rows) for n, rows in enumerate(devices)}
    return [a.status for a in summary(histories, reported, start=START, end=END, now=now)]


FULL = [(1005, S.STARTED), (2000, S.COMPLETED)]
STARTED = [(1005, S.STARTED)]
NONE = [(900, S.OPT_OUT), (2000, S.NO_PARTICIPATION)]
PART = [(1005, S.STARTED), (1500, S.OPT_OUT), (2000, S.PARTIAL_OPT_OUT)]
BACK = [(1005, S.STARTED), (1500, S.OPT_OUT), (1600, S.OPT_IN), (2000, S.PARTIAL_OPT_IN)]
LEFT = [(1005, S.STARTED), (1500, S.OPT_OUT)]
GONE = [(900, S.OPT_OUT)]
TAKEN = [(1005, S.STARTED), (1300, S.ABORTED_PROGRAM)]
REFUSED = [(500, S.NOT_APPLICABLE)]
SILENT: list[tuple[int, Status]] = []


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (FULL, S.COMPLETED),
        (STARTED, None),
        (NONE, S.NO_PARTICIPATION),
        (PART, S.PARTIAL_OPT_OUT),
        (BACK, S.PARTIAL_OPT_IN),
        (LEFT, S.PARTIAL_OPT_OUT),
        (GONE, S.NO_PARTICIPATION),
        ([*LEFT, (1600, S.OPT_IN)], None),
        (TAKEN, S.ABORTED_PROGRAM),
        (SILENT, None),
    ],
)
def test_how_it_ended_at_one_device(rows: list[tuple[int, Status]], expected: Status | None) -> None:
    assert outcome(history(b"x", *rows)) is expected


def test_the_first_start_is_reported_once() -> None:
    assert told([STARTED, SILENT], 1010) == [S.STARTED]
    assert told([STARTED, STARTED], 1010, {S.STARTED}) == []


@pytest.mark.parametrize(
    ("devices", "expected"),
    [
        ([FULL], S.COMPLETED),
        ([FULL, FULL], S.COMPLETED),
        ([PART], S.PARTIAL_OPT_OUT),
        ([BACK], S.PARTIAL_OPT_IN),
        ([NONE], S.NO_PARTICIPATION),
        ([NONE, NONE], S.NO_PARTICIPATION),
        ([FULL, PART], S.PARTIAL_OPT_OUT),
        ([FULL, NONE], S.PARTIAL_OPT_OUT),
        ([FULL, BACK], S.PARTIAL_OPT_IN),
        ([FULL, TAKEN], S.COMPLETED),
        ([TAKEN, TAKEN], S.SUPERSEDED),
        ([REFUSED, REFUSED], S.INVALID),
        ([REFUSED, FULL], S.COMPLETED),
    ],
)
def test_the_final_status_when_all_have_answered(
    devices: list[list[tuple[int, Status]]], expected: Status
) -> None:
    assert told(devices, 2000, {S.STARTED, S.OPT_OUT, S.OPT_IN})[-1] is expected


def test_completed_waits_for_the_last_device() -> None:
    assert told([FULL, STARTED], 2000, {S.STARTED}) == []
    assert told([FULL, SILENT], CLOSED - 1, {S.STARTED}) == []


@pytest.mark.parametrize(
    ("devices", "expected"),
    [
        ([FULL, SILENT], [S.COMPLETED]),
        ([FULL, STARTED], [S.COMPLETED]),
        ([FULL, LEFT], [S.PARTIAL_OPT_OUT]),
        ([FULL, GONE], [S.PARTIAL_OPT_OUT]),
        ([SILENT, SILENT], []),
        ([STARTED], []),
    ],
)
def test_silent_devices_are_left_out_at_the_end(
    devices: list[list[tuple[int, Status]]], expected: list[Status]
) -> None:
    assert told(devices, CLOSED, {S.STARTED}) == expected


def test_silent_devices_are_named() -> None:
    histories = {b"a": history(b"a", *FULL), b"b": [], b"c": history(b"c", *STARTED)}
    assert silent(histories) == [b"b", b"c"]


def test_an_opt_out_of_all_is_held_until_the_start() -> None:
    assert told([GONE, GONE], 950) == []
    assert told([GONE, GONE], START) == [S.OPT_OUT]
    assert told([GONE, GONE], START, {S.OPT_OUT}) == []
    assert told([GONE, SILENT], START) == []
    assert told([[(900, S.OPT_OUT), (950, S.OPT_IN)], GONE], START) == []
    assert told([LEFT], 1501, {S.STARTED}) == []


def test_an_opt_in_undoes_a_reported_opt_out_once() -> None:
    devices = [[*GONE, (1200, S.OPT_IN)], GONE]
    assert told(devices, 1200, {S.OPT_OUT}) == [S.OPT_IN]
    assert told(devices, 1200, {S.OPT_OUT, S.OPT_IN}) == []


def test_opted_out_before_the_start_ends_without_participation() -> None:
    assert told([GONE, GONE], CLOSED, {S.OPT_OUT}) == [S.NO_PARTICIPATION]


@pytest.mark.parametrize("last", [*FINAL, S.CANCELLED, S.SUPERSEDED])
def test_nothing_follows_a_final_report(last: Status) -> None:
    assert told([FULL, NONE], CLOSED, {last}) == []


@given(
    st.lists(
        st.lists(
            st.tuples(st.integers(500, 2400), st.sampled_from([S.STARTED, S.OPT_OUT, S.OPT_IN, *FINAL])),
            max_size=5,
        ),
        max_size=4,
    )
)
def test_at_most_one_final_status_ever_leaves(devices: list[list[tuple[int, Status]]]) -> None:
    reported: set[Status] = set()
    sent: list[Status] = []
    for now in range(500, CLOSED + 200, 100):
        seen = [sorted(row for row in rows if row[0] <= now) for rows in devices]
        new = told(seen, now, reported)
        sent += new
        reported |= set(new)
    assert sum(status in FINAL for status in sent) <= 1
    assert len(sent) == len(set(sent))
    if sent and any(status in FINAL for status in sent):
        assert sent[-1] in FINAL
