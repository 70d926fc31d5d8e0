"""An outbox of Responses on disk: what a device owes its server outlives the process and a power cut."""

import sqlite3
from pathlib import Path

from handover.errors import ConfigError
from handover.sep2.client.outbox import Pending

_SCHEMA = """
CREATE TABLE IF NOT EXISTS known (key TEXT PRIMARY KEY, number INTEGER UNIQUE);
CREATE TABLE IF NOT EXISTS waiting (
    key TEXT PRIMARY KEY, subject TEXT, status INTEGER, path TEXT, body BLOB,
    made REAL, deadline REAL, due REAL, attempts INTEGER, number INTEGER
);
"""
_COLUMNS = "key, subject, status, path, body, made, deadline, due, attempts"


class FileOutbox:
    """The outbox in the file at `path`. It remembers the latest `keys` keys. Raises ConfigError.

    Every change is on the disk when its method returns.
    """

    def __init__(self, path: Path, keys: int = 10_000) -> None:
        self._keys = keys
        try:
            self._connection = sqlite3.connect(path, isolation_level=None)
        except sqlite3.Error as error:
            raise ConfigError(f"{path} cannot be used as an outbox: {error}") from error
        try:
            self._connection.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; {_SCHEMA}")
        except sqlite3.Error as error:
            self._connection.close()
            raise ConfigError(f"{path} cannot be used as an outbox: {error}") from error
        rows = self._connection.execute(f"SELECT {_COLUMNS} FROM waiting ORDER BY number")
        self._waiting = {row[0]: Pending(*row) for row in rows}

    def add(self, entry: Pending) -> bool:
        """Keep a new entry; False when its key is known."""
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            number = connection.execute("SELECT ifnull(max(number), 0) + 1 FROM known").fetchone()[0]
            inserted = connection.execute("INSERT OR IGNORE INTO known VALUES (?, ?)", (entry.key, number))
            new = inserted.rowcount == 1
            if new:
                connection.execute("DELETE FROM known WHERE number <= ?", (number - self._keys,))
                connection.execute(
                    f"INSERT OR REPLACE INTO waiting ({_COLUMNS}, number) VALUES (?,?,?,?,?,?,?,?,?,?)",
                    (*_row(entry), number),
                )
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        if new:
            self._waiting[entry.key] = entry
        return new

    def waiting(self) -> list[Pending]:
        """Return all entries in the order of their making."""
        return list(self._waiting.values())

    def update(self, entry: Pending) -> None:
        """Keep the changed `due` and `attempts` of an entry."""
        self._connection.execute(
            "UPDATE waiting SET due = ?, attempts = ? WHERE key = ?", (entry.due, entry.attempts, entry.key)
        )

    def remove(self, key: str) -> None:
        """Take an entry out; its key stays known."""
        self._connection.execute("DELETE FROM waiting WHERE key = ?", (key,))
        self._waiting.pop(key, None)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


def _row(entry: Pending) -> tuple[object, ...]:
    return (
        entry.key,
        entry.subject,
        entry.status,
        entry.path,
        entry.body,
        entry.made,
        entry.deadline,
        entry.due,
        entry.attempts,
    )
