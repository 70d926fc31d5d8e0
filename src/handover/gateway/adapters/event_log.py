"""Table `transition`: the event log, append only."""

import sqlite3

from handover.gateway.events import Cause, State, Transition

KEEP_SECONDS = 400 * 86400.0

SCHEMA = (
    "CREATE TABLE transition (id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, old TEXT NOT NULL, "
    "new TEXT NOT NULL, cause TEXT NOT NULL, upstream REAL NOT NULL, wall REAL NOT NULL)",
    "CREATE INDEX transition_key ON transition (key, id)",
)


def append(connection: sqlite3.Connection, change: Transition) -> None:
    """Append one transition."""
    connection.execute(
        "INSERT INTO transition (key, old, new, cause, upstream, wall) VALUES (?, ?, ?, ?, ?, ?)",
        (change.key, change.old, change.new, change.cause, change.upstream, change.wall),
    )


def prune(connection: sqlite3.Connection, now: float) -> int:
    """Drop transitions older than `KEEP_SECONDS`, and return how many."""
    return connection.execute("DELETE FROM transition WHERE wall < ?", (now - KEEP_SECONDS,)).rowcount


def load(connection: sqlite3.Connection, key: str | None = None) -> list[Transition]:
    """Return the transitions of `key` (of every event when None), oldest first."""
    rows = connection.execute(
        "SELECT key, old, new, cause, upstream, wall FROM transition "
        "WHERE ?1 IS NULL OR key = ?1 ORDER BY id",
        (key,),
    )
    return [Transition(row[0], State(row[1]), State(row[2]), Cause(row[3]), row[4], row[5]) for row in rows]
