"""The head-end's journal: whole transactions, a chain of notes, words for failures."""

import sqlite3
from pathlib import Path

import pytest

from handover.errors import DecodeError, NotNow
from handover.headend.adapters.journal import Journal
from handover.headend.migration.rows import PART, Keep, Note, PartRow
from headend.homes import World, kept, plan


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    made = Journal(tmp_path / "journal.db")
    made.open()
    return made


def test_what_a_migration_keeps_is_read_back(journal: Journal) -> None:
    world = World(plan())
    step = world.migration.start(world.now)
    journal.commit(step.changes)
    world.do(step)
    world.migration.consent(True, world.now)
    journal.close()
    journal.open()
    journal.commit([Keep(PART, "P10/00", PartRow(1, "x"))])
    found = journal.load("P1")
    assert len(found.parts) == 4
    assert found.premise is not None
    assert set(found.parts) == set(kept(world).parts)
    assert journal.load("P2").premise is None
    journal.close()


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM note WHERE id = 2",
        "DELETE FROM note WHERE id = 1",
        "UPDATE note SET body = replace(body, 'b', 'c') WHERE id = 2",
        "UPDATE note SET id = 9 WHERE id = 3",
    ],
)
def test_a_changed_audit_log_is_noticed(journal: Journal, statement: str) -> None:
    journal.commit([Note(1.0, "a"), Note(2.0, "b"), Note(3.0, "c")])
    assert [note.what for note in journal.notes()] == ["a", "b", "c"]
    with sqlite3.connect(journal.path) as other:
        other.execute(statement)
    other.close()
    with pytest.raises(DecodeError, match="audit entry"):
        journal.notes()
    journal.close()


def test_a_newer_file_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "journal.db") as other:
        other.execute("PRAGMA user_version=99")
    other.close()
    journal = Journal(tmp_path / "journal.db")
    with pytest.raises(NotNow, match="newer release"):
        journal.open()
    journal.close()


def test_a_closed_journal_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotNow, match="not open"):
        Journal(tmp_path / "journal.db").commit([Note(1.0, "a")])
