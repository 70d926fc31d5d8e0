"""The journal: what is committed is there after reopening, all or nothing, and failures say why."""

import os
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from handover.errors import NotNow
from handover.gateway.adapters import event_log, outbox, readings, records, registrations
from handover.gateway.adapters.journal import SCHEMA_VERSION, Journal
from handover.gateway.events import Cause, State, Transition
from handover.gateway.outputs import Admit, Answer, Delivered, Forget, Keep, Registered, Sample

ANSWER = Answer("k", "s", 0xFFFFFFFFFFFFFFFE, 1, 0x0701, 0, b"\x01\x02", 5.0)
DEVICE = Registered(167261211391, bytes(range(20)), 111115, "tstat", 3.0, 1)


@dataclass(slots=True)
class Thing:
    number: int
    octets: bytes


def reopened(path: Path) -> Journal:
    journal = Journal(path)
    journal.open()
    return journal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "journal.db"


def test_everything_is_there_after_reopening(path: Path) -> None:
    step = Transition("e", State.NEW, State.ACCEPTED, Cause.STORED, 1.0, 2.0)
    journal = reopened(path)
    journal.commit(
        [Keep("t", "a", Thing(1, b"\x00\xff")), Keep("t", "b", Thing(2, b"")), ANSWER, Admit(DEVICE)]
    )
    journal.commit([step, Sample("demand", 1.0, "0.333"), Forget("t", "b")])
    journal.close()
    journal = reopened(path)
    with journal.reading() as connection:
        assert records.load(connection, "t", Thing) == {"a": Thing(1, b"\x00\xff")}
        assert outbox.load(connection) == [ANSWER]
        assert registrations.load(connection) == [DEVICE]
        assert event_log.load(connection, "e") == [step]
        assert event_log.load(connection, "other") == []
        assert readings.load(connection, "demand", 0.0) == [(1.0, "0.333")]
    journal.close()


def test_only_the_owner_may_read_it(path: Path) -> None:
    reopened(path).close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_event_log_is_bounded_by_age(path: Path) -> None:
    journal = reopened(path)
    for wall in (1.0, 2.0 + event_log.KEEP_SECONDS):
        journal.commit([Transition("e", State.NEW, State.EXPIRED, Cause.LATE, wall, wall)])
    with journal.transaction() as connection:
        assert event_log.prune(connection, 2.0 + event_log.KEEP_SECONDS) == 1
    assert len(event_log.load(journal.connection)) == 1
    journal.close()


def test_an_answer_is_queued_once_and_leaves_when_delivered(path: Path) -> None:
    journal = reopened(path)
    journal.commit([ANSWER, ANSWER])
    assert len(outbox.load(journal.connection)) == 1
    journal.commit([Delivered("k")])
    assert outbox.load(journal.connection) == []
    journal.close()


def test_a_batch_is_written_as_a_whole_or_not_at_all(path: Path) -> None:
    journal = reopened(path)
    unwritable = Keep("t", "b", object())
    with pytest.raises(TypeError):
        journal.commit([Keep("t", "a", Thing(1, b"")), unwritable])
    assert records.load(journal.connection, "t", Thing) == {}
    journal.commit([Keep("t", "a", Thing(1, b""))])
    assert len(records.load(journal.connection, "t", Thing)) == 1
    journal.close()


def test_readings_alone_are_not_synced_but_ids_are(path: Path) -> None:
    journal = reopened(path)
    journal.commit([Sample("demand", 1.0, "1")])
    assert journal.connection.execute("PRAGMA synchronous").fetchone()[0] == 1
    journal.commit([Sample("demand", 2.0, "1"), Keep("t", "a", Thing(1, b""))])
    assert journal.connection.execute("PRAGMA synchronous").fetchone()[0] == 2
    journal.close()


def test_history_is_bounded_by_age_and_by_number(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readings, "KEEP_POINTS", 3)
    journal = reopened(path)
    journal.commit([Sample("demand", float(at), str(at)) for at in (1, 10, 20, 30, 40)])
    with journal.transaction() as connection:
        assert readings.prune(connection, 2.0 + readings.KEEP_SECONDS) == 2
    assert [at for at, _ in readings.load(journal.connection, "demand", 0.0)] == [20.0, 30.0, 40.0]
    journal.close()


def test_the_number_of_a_removed_device_is_not_given_again(path: Path) -> None:
    journal = reopened(path)
    journal.commit([Admit(DEVICE)])
    with journal.transaction() as connection:
        assert registrations.remove(connection, DEVICE.sfdi)
        assert not registrations.remove(connection, DEVICE.sfdi)
        assert registrations.next_number(connection) == 2
    journal.close()


def test_a_commit_of_another_process_is_noticed_and_our_own_is_not(path: Path) -> None:
    journal, other = reopened(path), reopened(path)
    journal.commit([Keep("t", "a", Thing(1, b""))])
    assert not journal.changed_elsewhere()
    other.commit([Admit(DEVICE)])
    assert journal.changed_elsewhere()
    assert not journal.changed_elsewhere()
    journal.close()
    other.close()


def test_two_journals_of_one_process_do_not_take_each_others_locks_away(path: Path) -> None:
    """Another process that closes the file as if it were the last would delete the log of both."""
    first, second = reopened(path), reopened(path)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    for key in ("one", "two"):
        writes = (
            "from pathlib import Path; from handover.gateway.adapters.journal import Journal;"
            "from handover.gateway.outputs import Keep;"
            f"j = Journal(Path({str(path)!r})); j.open(); j.commit([Keep('t', {key!r}, 1)]); j.close()"
        )
        subprocess.run([sys.executable, "-c", writes], check=True, env=environment)
        assert path.with_name("journal.db-wal").exists()
        for journal in (first, second):
            assert journal.changed_elsewhere(), key
    for journal in (first, second):
        with journal.reading() as connection:
            assert records.load(connection, "t", int) == {"one": 1, "two": 1}
        journal.close()


def test_a_locked_journal_says_so(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handover.gateway.adapters.journal.BUSY_MILLISECONDS", 10)
    journal, other = reopened(path), reopened(path)
    with (
        other.transaction(),
        pytest.raises(NotNow, match=r"cannot be written: database is locked.*Another process"),
    ):
        journal.commit([Keep("t", "a", Thing(1, b""))])
    journal.commit([Keep("t", "a", Thing(1, b""))])
    journal.close()
    other.close()


def test_a_full_disk_says_so_keeps_what_was_there_and_recovers(path: Path) -> None:
    journal = reopened(path)
    journal.commit([Keep("t", "a", Thing(1, b""))])
    pages = journal.connection.execute("PRAGMA page_count").fetchone()[0]
    journal.connection.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(NotNow, match=r"full.*Free some space"):
        journal.commit([Keep("t", "big", Thing(2, bytes(100_000)))])
    assert list(records.load(journal.connection, "t", Thing)) == ["a"]
    journal.connection.execute(f"PRAGMA max_page_count={pages + 1000}")
    journal.commit([Keep("t", "big", Thing(2, bytes(100_000)))])
    journal.close()


def test_a_read_only_journal_says_so_and_stays_readable(path: Path) -> None:
    journal = reopened(path)
    journal.commit([Keep("t", "a", Thing(1, b""))])
    journal.connection.execute("PRAGMA query_only=ON")
    with pytest.raises(NotNow, match=r"readonly.*writable"):
        journal.commit([Keep("t", "b", Thing(1, b""))])
    assert list(records.load(journal.connection, "t", Thing)) == ["a"]
    journal.close()


@pytest.mark.parametrize("damage", [b"this is not a database" * 100, None])
def test_a_damaged_file_is_refused_with_a_way_out(path: Path, damage: bytes | None) -> None:
    journal = reopened(path)
    journal.commit([Keep("t", str(n), Thing(n, bytes(500))) for n in range(200)])
    journal.close()
    data = bytearray(path.read_bytes())
    if damage is None:
        data[8192:40960] = os.urandom(32768)
    path.write_bytes(damage if damage is not None else data)
    with pytest.raises(NotNow, match=r"cannot be opened.*backup"):
        Journal(path).open()


def test_a_journal_of_a_newer_release_is_left_alone(path: Path) -> None:
    reopened(path).close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    connection.close()
    with pytest.raises(NotNow, match="newer release"):
        Journal(path).open()


def test_a_closed_journal_refuses_work(path: Path) -> None:
    with pytest.raises(NotNow, match="not open"):
        Journal(path).commit([Forget("t", "a")])
