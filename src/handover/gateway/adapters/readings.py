"""Table `reading`: the history of readings, a bounded number of points for each series."""

import sqlite3

from handover.gateway.outputs import Sample

SCHEMA = (
    "CREATE TABLE reading (series TEXT NOT NULL, at REAL NOT NULL, value TEXT NOT NULL, "
    "PRIMARY KEY (series, at)) WITHOUT ROWID",
)

KEEP_SECONDS = 7 * 86400.0
KEEP_POINTS = 20_000


def add(connection: sqlite3.Connection, change: Sample) -> None:
    """Insert one point; a second point of the same moment replaces the first."""
    connection.execute(
        "INSERT OR REPLACE INTO reading VALUES (?, ?, ?)", (change.series, change.at, change.value)
    )


def prune(connection: sqlite3.Connection, now: float) -> int:
    """Drop points older than a week, or beyond the newest 20 000 of their series; return how many."""
    dropped = connection.execute("DELETE FROM reading WHERE at < ?", (now - KEEP_SECONDS,)).rowcount
    for (series,) in connection.execute("SELECT DISTINCT series FROM reading").fetchall():
        dropped += connection.execute(
            "DELETE FROM reading WHERE series = ?1 AND at <= "
            "(SELECT at FROM reading WHERE series = ?1 ORDER BY at DESC LIMIT 1 OFFSET ?2)",
            (series, KEEP_POINTS),
        ).rowcount
    return dropped


def load(connection: sqlite3.Connection, series: str, since: float) -> list[tuple[float, str]]:
    """Return the points of `series` from `since` on, oldest first."""
    rows = connection.execute(
        "SELECT at, value FROM reading WHERE series = ? AND at >= ? ORDER BY at", (series, since)
    )
    return [(at, value) for at, value in rows]
