"""Table `record`: whatever a service keeps by kind and key: ids, events, prices, messages."""

import sqlite3
from typing import TypeVar

import msgspec

from handover.gateway.outputs import Forget, Keep

SCHEMA = (
    "CREATE TABLE record (kind TEXT NOT NULL, key TEXT NOT NULL, body BLOB NOT NULL, "
    "PRIMARY KEY (kind, key)) WITHOUT ROWID",
)

T = TypeVar("T")


def keep(connection: sqlite3.Connection, change: Keep) -> None:
    """Insert or replace one record."""
    body = msgspec.json.encode(change.body)
    connection.execute("INSERT OR REPLACE INTO record VALUES (?, ?, ?)", (change.kind, change.key, body))


def forget(connection: sqlite3.Connection, change: Forget) -> None:
    """Remove one record; one that is not there is no error."""
    connection.execute("DELETE FROM record WHERE kind = ? AND key = ?", (change.kind, change.key))


def load(connection: sqlite3.Connection, kind: str, body: type[T]) -> dict[str, T]:
    """Return every record of `kind` by key, in key order."""
    decoder = msgspec.json.Decoder(body)
    rows = connection.execute("SELECT key, body FROM record WHERE kind = ? ORDER BY key", (kind,))
    return {key: decoder.decode(data) for key, data in rows}
