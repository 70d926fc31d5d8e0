"""The service is killed at every commit of its journal, and goes on."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from handover.headend.adapters.journal import Journal
from handover.headend.migration.states import Stand, State

TESTS = Path(__file__).parents[1]


def run(folder: Path, fatal: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "headend.killed", str(folder), str(fatal)]
    return subprocess.run(command, cwd=TESTS, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.req("OTA.i", "DISC.10")
@pytest.mark.timeout(300)
def test_killed_at_every_commit_nothing_is_lost_and_nothing_done_twice(tmp_path: Path) -> None:
    whole = run(tmp_path / "whole", 0)
    assert whole.stdout == "MIGRATED\n", whole.stderr
    expected = sorted((tmp_path / "whole" / "world").read_text().split())
    fatal = 1
    while True:
        folder = tmp_path / str(fatal)
        first = run(folder, fatal)
        if first.returncode == 0:
            break
        assert first.returncode == -9, first.stderr
        second = run(folder, 0)
        assert second.stdout == "MIGRATED\n", second.stderr
        done = Counter((folder / "world").read_text().split())
        assert sorted(done) == expected
        assert set(done.values()) == {1}
        journal = Journal(folder / "journal.db")
        journal.open()
        kept = journal.load("P1")
        assert kept.premise is not None
        assert kept.premise.state is State.MIGRATED
        assert {part.stand for part in kept.parts.values()} == {Stand.VERIFIED}
        assert not kept.tasks
        assert journal.notes()
        journal.close()
        fatal += 1
    assert fatal > 15
