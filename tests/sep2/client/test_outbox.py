"""What every outbox does, in memory and on disk; and what only the one on disk does."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from handover.errors import ConfigError
from handover.sep2.adapters.outbox_file import FileOutbox
from handover.sep2.client.outbox import MemoryOutbox, Outbox, Pending

Open = Callable[..., Outbox]


def entry(key: str, due: float = 0.0) -> Pending:
    return Pending(key, key.partition(":")[0], 1, "/rsps/0/rsp", b"<x/>", 1.0, 100.0, due)


@pytest.fixture(params=["memory", "file"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    made: list[FileOutbox] = []

    def open_outbox(keys: int = 100) -> Outbox:
        if request.param == "memory":
            return MemoryOutbox(keys)
        made.append(FileOutbox(tmp_path / "outbox.db", keys))
        return made[-1]

    yield open_outbox
    for outbox in made:
        outbox.close()


def test_entries_wait_in_order_and_once_each(opened: Open) -> None:
    outbox = opened()
    assert [outbox.add(entry(key)) for key in ("b:1", "a:1", "b:1", "b:2")] == [True, True, False, True]
    assert [waiting.key for waiting in outbox.waiting()] == ["b:1", "a:1", "b:2"]
    assert outbox.waiting()[0] == entry("b:1")


def test_a_key_stays_known_after_delivery(opened: Open) -> None:
    outbox = opened()
    outbox.add(entry("a:1"))
    outbox.remove("a:1")
    assert outbox.waiting() == []
    assert not outbox.add(entry("a:1"))
    outbox.remove("never:0")


def test_the_oldest_keys_are_forgotten(opened: Open) -> None:
    outbox = opened(keys=3)
    for number in range(5):
        outbox.add(entry(f"a:{number}"))
        outbox.remove(f"a:{number}")
    assert [outbox.add(entry(f"a:{number}")) for number in (4, 3, 2, 1)] == [False, False, False, True]


def test_what_changes_is_kept(opened: Open) -> None:
    outbox = opened()
    outbox.add(entry("a:1"))
    (waiting,) = outbox.waiting()
    waiting.due, waiting.attempts = 50.0, 3
    outbox.update(waiting)
    assert [(e.due, e.attempts) for e in outbox.waiting()] == [(50.0, 3)]


def test_it_is_all_there_when_opened_again(tmp_path: Path) -> None:
    first = FileOutbox(tmp_path / "outbox.db")
    for key in ("b:1", "a:1", "c:1"):
        first.add(entry(key))
    first.remove("a:1")
    waiting = first.waiting()[1]
    waiting.due, waiting.attempts = 9.0, 2
    first.update(waiting)
    first.close()
    again = FileOutbox(tmp_path / "outbox.db")
    assert again.waiting() == [entry("b:1"), Pending(**{**_values(entry("c:1")), "due": 9.0, "attempts": 2})]
    assert not again.add(entry("a:1"))
    again.close()


def _values(pending: Pending) -> dict[str, object]:
    return {name: getattr(pending, name) for name in Pending.__dataclass_fields__}


def test_files_that_are_none_are_said(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"no database" * 200)
    for bad in (path, tmp_path / "nowhere" / "x"):
        with pytest.raises(ConfigError, match="cannot be used as an outbox"):
            FileOutbox(bad)


_KILLED = """
import os, signal, sys
from pathlib import Path
from handover.sep2.adapters.outbox_file import FileOutbox
from handover.sep2.client.outbox import Pending
outbox = FileOutbox(Path(sys.argv[1]))
for number in range(5):
    outbox.add(Pending(f"a:{number}", "a", number, "/r", b"x", 1.0, 2.0))
outbox.remove("a:0")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_process_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    done = subprocess.run([sys.executable, "-c", _KILLED, str(path)], env=dict(os.environ), check=False)
    assert done.returncode == -9
    outbox = FileOutbox(path)
    assert [waiting.key for waiting in outbox.waiting()] == ["a:1", "a:2", "a:3", "a:4"]
    assert not outbox.add(entry("a:0"))
    outbox.close()
