"""Table `outbox`: SEP 1.x answers that must reach the ESI; a row stays until it did or its time is up."""

import sqlite3

from handover.gateway.outputs import Answer, Delivered

SCHEMA = (
    "CREATE TABLE outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, "
    "subject TEXT NOT NULL, "
    "destination BLOB NOT NULL, endpoint INTEGER NOT NULL, cluster_id INTEGER NOT NULL, "
    "command_id INTEGER NOT NULL, payload BLOB NOT NULL, deadline REAL NOT NULL)",
)


def add(connection: sqlite3.Connection, change: Answer) -> None:
    """Queue one answer; one with the same key is already waiting and stays as it is."""
    connection.execute(
        "INSERT OR IGNORE INTO outbox "
        "(key, subject, destination, endpoint, cluster_id, command_id, payload, deadline) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            change.key,
            change.subject,
            change.destination.to_bytes(8, "big"),  # an EUI-64 does not fit SQLite's signed 64 bits
            change.endpoint,
            change.cluster_id,
            change.command_id,
            change.payload,
            change.deadline,
        ),
    )


def remove(connection: sqlite3.Connection, change: Delivered) -> None:
    """Take one answer out."""
    connection.execute("DELETE FROM outbox WHERE key = ?", (change.key,))


def load(connection: sqlite3.Connection) -> list[Answer]:
    """Return what is waiting, in the order of its making."""
    rows = connection.execute(
        "SELECT key, subject, destination, endpoint, cluster_id, command_id, payload, deadline "
        "FROM outbox ORDER BY id"
    )
    return [Answer(row[0], row[1], int.from_bytes(row[2], "big"), *row[3:]) for row in rows]
