"""The tree on disk: what was flushed is there again, whatever happened."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handover.errors import ConfigError, NotNow
from handover.sep2.adapters.database import Database
from handover.sep2.resources.metering import Reading
from handover.sep2.resources.time import Time
from handover.sep2.server.civil_time import clock
from handover.sep2.store import Store
from sep2.documents import maximal
from sep2.tree_samples import full_tree

HERE = Path(__file__).parent


def contents(store: Store) -> dict[str, object]:
    return {path: store.get(path) for path in store.subtree("") if store.get(path) is not None}


def reloaded(path: Path) -> Store:
    store = Store()
    database = Database(path)
    assert database.load(store) == []
    database.close()
    return store


def test_a_whole_tree_comes_back(tmp_path: Path) -> None:
    database = Database(tmp_path / "esi.db")
    store = Store()
    database.load(store)
    other = full_tree()
    for path, resource in contents(other).items():
        store.put(path, resource)
    store.put_list("/dr", poll_rate=60, subscribable=1)
    assert database.dirty
    database.flush()
    assert not database.dirty
    again = reloaded(tmp_path / "esi.db")
    assert contents(again) == contents(store)
    assert [again.paths(p) for p in again.subtree("") if again.listing(p)] == [
        store.paths(p) for p in store.subtree("") if store.listing(p)
    ]
    listing = again.listing("/dr")
    assert listing is not None
    assert (listing.poll_rate, listing.subscribable) == (60, 1)


def test_an_id_is_not_used_again_after_a_restart(tmp_path: Path) -> None:
    database, store = Database(tmp_path / "esi.db"), Store()
    database.load(store)
    first = store.add("/upt/0/mr/0/rs/0/r", Reading(value=1))
    store.delete(first)
    database.close()
    assert reloaded(tmp_path / "esi.db").new_path("/upt/0/mr/0/rs/0/r") != first


def test_live_resources_are_not_kept(tmp_path: Path) -> None:
    database, store = Database(tmp_path / "esi.db"), Store()
    database.load(store)
    store.put_live("/tm", Time, clock())
    database.close()
    assert "/tm" not in reloaded(tmp_path / "esi.db")


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from("pdf"), st.integers(0, 5)), max_size=30))
def test_any_history_comes_back(tmp_path: Path, steps: list[tuple[str, int]]) -> None:
    path = tmp_path / f"{len(list(tmp_path.iterdir()))}.db"
    database, store = Database(path, synchronous="OFF"), Store()
    database.load(store)
    for kind, number in steps:
        if kind == "p":
            store.put(f"/upt/0/mr/0/rs/0/r/{number}", Reading(value=number))
        elif kind == "d":
            store.delete(f"/upt/0/mr/0/rs/0/r/{number}")
        else:
            database.flush()
    database.close()
    assert contents(reloaded(path)) == contents(store)


def test_what_is_not_a_resource_any_more_is_named(tmp_path: Path) -> None:
    path = tmp_path / "esi.db"
    database, store = Database(path), Store()
    database.load(store)
    store.put("/upt/0", maximal(type(full_tree().get("/upt/0"))))
    database.flush()
    database._connection.execute("UPDATE resources SET document = x'3c783e' WHERE path = '/upt/0'")
    database.close()
    again, other = Database(path), Store()
    assert again.load(other) == ["/upt/0"]
    again.close()


def test_files_that_are_none_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(ConfigError, match="cannot be used as a database"):
        Database(path)
    with pytest.raises(ConfigError, match="cannot be used as a database"):
        Database(tmp_path / "nowhere" / "x.db")
    later = Database(tmp_path / "later.db")
    later._connection.execute("PRAGMA user_version=99")
    later.close()
    with pytest.raises(ConfigError, match="another version"):
        Database(tmp_path / "later.db")


def test_a_disk_that_takes_nothing_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "esi.db"
    database, store = Database(path), Store()
    database.load(store)
    store.put("/upt/0/mr/0/rs/0/r/0", Reading(value=1))
    blocker = Database(path)
    database._connection.execute("PRAGMA busy_timeout=0")
    blocker._connection.execute("BEGIN IMMEDIATE")
    with pytest.raises(NotNow, match="takes no writes"):
        database.flush()
    blocker._connection.execute("ROLLBACK")
    blocker.close()
    assert database.dirty
    database.close()
    assert reloaded(path).get("/upt/0/mr/0/rs/0/r/0").value == 1


_KILLED = """
import os, signal, sys
from handover.sep2.adapters.database import Database
from handover.sep2.resources.metering import Reading
from handover.sep2.store import Store
database, store = Database(sys.argv[1], synchronous="NORMAL"), Store()
database.load(store)
for number in range(int(sys.argv[2])):
    store.add("/upt/0/mr/0/rs/0/r", Reading(value=number))
    database.flush()
    print(number, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("steps", [1, 7])
def test_a_killed_process_loses_nothing_that_was_flushed(tmp_path: Path, steps: int) -> None:
    path = tmp_path / "esi.db"
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(path), str(steps)],
        capture_output=True,
        text=True,
        env=dict(os.environ),
        check=False,
    )
    assert done.returncode == -9, done.stderr
    assert len(reloaded(path).items("/upt/0/mr/0/rs/0/r")) == steps == len(done.stdout.split())
