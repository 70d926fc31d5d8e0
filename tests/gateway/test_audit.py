"""The audit log: nothing lost or doubled between journal and file, and every tampering found."""

import json
from pathlib import Path

import pytest

from handover.errors import NotNow
from handover.gateway.adapters import audit
from handover.gateway.adapters.journal import Journal
from handover.gateway.outputs import Audit


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


@pytest.fixture
def journal(tmp_path: Path):
    journal = Journal(tmp_path / "journal.db")
    journal.open()
    yield journal
    journal.close()


def entries(count: int) -> list[Audit]:
    return [
        Audit(float(n), "translated", {"command": "LoadControlEvent", "sep1": f"{n:08X}"})
        for n in range(count)
    ]


def test_entries_reach_the_file_in_order_and_the_chain_holds(journal: Journal, path: Path) -> None:
    journal.commit(entries(3))
    assert audit.flush(journal, path) == 3
    journal.commit(entries(2))
    assert audit.flush(journal, path) == 2
    assert audit.flush(journal, path) == 0
    assert [entry["sep1"] for entry in audit.read(path)] == [f"{n:08X}" for n in (0, 1, 2, 0, 1)]
    assert audit.problems(path) == []
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_entry_already_in_the_file_is_not_written_twice(journal: Journal, path: Path) -> None:
    journal.commit(entries(2))
    rows = journal.connection.execute("SELECT * FROM audit").fetchall()
    audit.flush(journal, path)
    journal.connection.executemany(
        "INSERT INTO audit VALUES (?, ?)", rows
    )  # killed before the queue was cleared
    assert audit.flush(journal, path) == 0
    assert len(audit.read(path)) == 2


def test_a_torn_line_is_closed_and_reported(journal: Journal, path: Path) -> None:
    journal.commit(entries(1))
    audit.flush(journal, path)
    with path.open("ab") as file:
        file.write(b'{"journal": "x", "n"')
    journal.commit(entries(1))
    audit.flush(journal, path)
    assert len(audit.read(path)) == 2
    assert audit.problems(path) == ["line 2 is not an entry (a torn write, or somebody edited it)"]


def test_a_new_journal_beside_an_old_log_loses_nothing(journal: Journal, path: Path, tmp_path: Path) -> None:
    journal.commit(entries(3))
    audit.flush(journal, path)
    fresh = Journal(tmp_path / "fresh.db")
    fresh.open()
    fresh.commit(entries(1))
    assert audit.flush(fresh, path) == 1
    fresh.close()
    assert audit.problems(path) == []


def test_a_long_line_is_found_again(journal: Journal, path: Path) -> None:
    for _ in range(2):
        journal.commit([Audit(1.0, "refused", {"text": "x" * 10_000})])
        assert audit.flush(journal, path) == 1
    assert audit.problems(path) == []


def test_what_cannot_be_written_waits_in_the_journal(journal: Journal, tmp_path: Path) -> None:
    journal.commit(entries(1))
    with pytest.raises(NotNow, match="wait in the journal"):
        audit.flush(journal, tmp_path / "missing" / "audit.jsonl")
    assert audit.flush(journal, tmp_path / "audit.jsonl") == 1


@pytest.mark.parametrize("tampering", ["edit", "delete", "reorder", "insert"])
@pytest.mark.req("REQ.GW.8")
def test_tampering_is_found(journal: Journal, path: Path, tampering: str) -> None:
    journal.commit(entries(4))
    audit.flush(journal, path)
    lines = path.read_text().splitlines()
    if tampering == "edit":
        lines[1] = lines[1].replace("00000001", "00000009")
    elif tampering == "delete":
        del lines[1]
    elif tampering == "reorder":
        lines[1], lines[2] = lines[2], lines[1]
    else:
        lines.insert(2, json.dumps({**json.loads(lines[1]), "n": 9}))
    path.write_text("\n".join(lines) + "\n")
    assert audit.problems(path)


@pytest.mark.parametrize("left", [0, 1, 3, None])
@pytest.mark.req("REQ.GW.8")
def test_an_end_that_was_cut_off_is_found(journal: Journal, path: Path, left: int | None) -> None:
    """Any number of lines at the end, or the whole file: the chain holds, and the journal knows better."""
    assert audit.problems(path, journal.path) == []
    journal.commit(entries(4))
    assert audit.problems(path, journal.path) == [], "what waits in the journal is not missing"
    audit.flush(journal, path)
    assert audit.problems(path, journal.path) == []
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:left]))
    if left is None:
        path.unlink()
    assert audit.problems(path) == []
    (problem,) = audit.problems(path, journal.path)
    assert problem == f"the end is missing: entry 4 was written, the last one here is {left or 0}"
    journal.commit(entries(1))
    audit.flush(journal, path)
    assert audit.problems(path, journal.path), "later entries do not hide it"
