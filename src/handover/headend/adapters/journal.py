"""The journal of migrations: one SQLite file (WAL, synchronous=FULL). One commit is one transaction.

What is in it survives a kill and a power cut; the audit entries are chained by hash, so that none can be
changed or taken out unnoticed.
"""

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import msgspec

from handover.errors import DecodeError, NotNow
from handover.headend.migration import rows
from handover.headend.migration.rows import Forget, Keep, Note, PartRow, PremiseRow, Restored, Task

SCHEMA_VERSION = 1
_SCHEMA = (
    "CREATE TABLE row (kind TEXT NOT NULL, key TEXT NOT NULL, body BLOB NOT NULL, "
    "PRIMARY KEY (kind, key)) WITHOUT ROWID",
    "CREATE TABLE note (id INTEGER PRIMARY KEY, body BLOB NOT NULL, chain BLOB NOT NULL)",
)
_FIRST = bytes(32)

T = TypeVar("T")


class Journal:
    """The open journal. Every method raises NotNow with reason and next step when the file fails.

    `committed` is called after each transaction, with its number.
    """

    def __init__(self, path: Path, *, committed: Callable[[int], None] = lambda number: None) -> None:
        self.path = path
        self._committed = committed
        self._count = 0
        self._connection: sqlite3.Connection | None = None

    def open(self) -> None:
        """Open or create the file. Raises NotNow when that cannot be, or a newer release wrote it."""
        with self._explained("opened"):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileExistsError):
                os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
            connection = sqlite3.connect(self.path, isolation_level=None, timeout=5.0)
            self._connection = connection
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
            if version > SCHEMA_VERSION:
                raise NotNow(
                    f"{self.path} was written by a newer release (schema {version}, this one knows "
                    f"{SCHEMA_VERSION}): install that release"
                )
            if version < SCHEMA_VERSION:
                with self._transaction() as open_one:
                    for statement in _SCHEMA:
                        open_one.execute(statement)
                    open_one.execute(f"PRAGMA user_version={SCHEMA_VERSION}")

    def close(self) -> None:
        """Close the file; harmless when repeated."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def commit(self, changes: Iterable[Keep | Forget | Note]) -> None:
        """Write `changes` in one transaction: all of them or, when this raises, none."""
        batch = list(changes)
        if not batch:
            return
        with self._explained("written"), self._transaction() as connection:
            for change in batch:
                if isinstance(change, Keep):
                    body = msgspec.json.encode(change.body)
                    connection.execute(
                        "INSERT OR REPLACE INTO row VALUES (?, ?, ?)", (change.kind, change.key, body)
                    )
                elif isinstance(change, Forget):
                    connection.execute(
                        "DELETE FROM row WHERE kind = ? AND key = ?", (change.kind, change.key)
                    )
                else:
                    self._note(connection, msgspec.json.encode(change))
        self._count += 1
        self._committed(self._count)

    def load(self, premise: str) -> Restored:
        """Return what is kept of one premise's migration."""
        return Restored(
            self._rows(rows.PREMISE, PremiseRow, premise).get(premise),
            self._rows(rows.PART, PartRow, f"{premise}/"),
            self._rows(rows.TASK, Task, f"{premise}/"),
        )

    def notes(self) -> list[Note]:
        """Return the audit entries. Raises DecodeError when one was changed, moved or taken out."""
        found, chain = [], _FIRST
        with self._explained("read"):
            entries = self._open.execute("SELECT id, body, chain FROM note ORDER BY id").fetchall()
        for expected, (number, body, link) in enumerate(entries, 1):
            chain = _link(chain, body)
            if number != expected or link != chain:
                raise DecodeError(f"{self.path}: audit entry {expected} is not what was written")
            found.append(msgspec.json.decode(body, type=Note))
        return found

    @property
    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            raise NotNow(f"journal {self.path} is not open")
        return self._connection

    def _rows(self, kind: str, body: type[T], prefix: str) -> dict[str, T]:
        decoder = msgspec.json.Decoder(body)
        with self._explained("read"):
            found = self._open.execute(
                "SELECT key, body FROM row WHERE kind = ? AND substr(key, 1, ?) = ? ORDER BY key",
                (kind, len(prefix), prefix),
            ).fetchall()
        return {key: decoder.decode(data) for key, data in found}

    def _note(self, connection: sqlite3.Connection, body: bytes) -> None:
        last = connection.execute("SELECT chain FROM note ORDER BY id DESC LIMIT 1").fetchone()
        connection.execute(
            "INSERT INTO note (body, chain) VALUES (?, ?)", (body, _link(last[0] if last else _FIRST, body))
        )

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        connection = self._open
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    @contextmanager
    def _explained(self, done: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise NotNow(
                f"journal {self.path} cannot be {done}: {error}. Check the file system, its free space and "
                "the permissions of its folder"
            ) from error


def _link(chain: bytes, body: bytes | str) -> bytes:
    # Whoever has changed an entry by hand may have left text where octets were.
    return hashlib.sha256(chain + (body.encode() if isinstance(body, str) else body)).digest()
