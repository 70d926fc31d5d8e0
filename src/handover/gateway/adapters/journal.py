"""The journal: one SQLite file (WAL) with everything that must survive a kill -9.

One call of `commit` is one transaction. Ids, events, registrations, answers and audit entries are written
with synchronous=FULL (they survive a power cut); a batch of readings alone with NORMAL (it survives a
kill). The tables live beside this module, one file each. What to write is decided elsewhere.
"""

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from handover.errors import NotNow
from handover.gateway.adapters import audit_queue, event_log, outbox, readings, records, registrations
from handover.gateway.events import Transition
from handover.gateway.keystore.pins import Pins, PlainPins
from handover.gateway.outputs import Admit, Answer, Audit, Change, Delivered, Forget, Keep, Sample, durable

SCHEMA_VERSION = 1
BUSY_MILLISECONDS = 2000

_MODULES = (records, registrations, event_log, readings, outbox, audit_queue)

_MIGRATIONS: tuple[tuple[str, ...], ...] = (
    tuple(statement for module in _MODULES for statement in module.SCHEMA),
)

_WRITERS: Mapping[type, Callable[[sqlite3.Connection, Any], None]] = {
    Keep: records.keep,
    Forget: records.forget,
    Transition: event_log.append,
    Sample: readings.add,
    Answer: outbox.add,
    Delivered: outbox.remove,
    Audit: audit_queue.add,
}


class Journal:
    """The open journal of one gateway. Every method raises NotNow with reason and next step on failure.

    `pins` says how PINs lie in it.
    """

    def __init__(self, path: Path, pins: Pins | None = None) -> None:
        self.path = path
        self.pins = pins or PlainPins()
        self._connection: sqlite3.Connection | None = None
        self._version = 0

    def open(self) -> None:
        """Open or create the file and bring its schema up to date. Raises NotNow when that cannot be."""
        with self._explained("opened"):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # PINs are in it. A file that is there must not be opened here: closing it again would drop the
            # locks that SQLite holds for another journal of this process, and its log would be deleted.
            with suppress(FileExistsError):
                os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
            connection = sqlite3.connect(self.path, isolation_level=None, timeout=BUSY_MILLISECONDS / 1000)
            self._connection = connection
            try:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("PRAGMA foreign_keys=ON")
                connection.execute("PRAGMA secure_delete=FAST")  # a deleted install code is overwritten
                _migrate(connection, self.path)
                damage = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
                if damage != "ok":
                    raise sqlite3.DatabaseError(f"malformed: {damage.splitlines()[-1]}")
            except BaseException:
                self.close()
                raise
        self._seal_pins()
        self.changed_elsewhere()

    def _seal_pins(self) -> None:
        """Encrypt PINs from before there was a key, and leave nothing of them in the file's free space."""
        if isinstance(self.pins, PlainPins):
            return
        with self.transaction() as connection:
            sealed = registrations.seal_all(connection, self.pins)
        if sealed:
            with self._explained("written"):
                self.connection.execute("VACUUM")
                self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the file; closing twice is harmless."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def commit(self, changes: Iterable[Change]) -> None:
        """Write `changes` in one transaction: all of them or, when this raises, none."""
        batch = list(changes)
        if not batch:
            return
        with self.transaction(durable=any(map(durable, batch))) as connection:
            for change in batch:
                if isinstance(change, Admit):
                    registrations.admit(connection, change, self.pins)
                else:
                    _WRITERS[type(change)](connection, change)

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """Give the connection inside a write transaction that is rolled back when the block raises."""
        with self._explained("written"):
            connection = self.connection
            connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @property
    def connection(self) -> sqlite3.Connection:
        """The open connection. Raises NotNow when the journal is closed."""
        if self._connection is None:
            raise NotNow(f"journal {self.path} is not open")
        return self._connection

    def changed_elsewhere(self) -> bool:
        """Tell whether another process has committed since the last call."""
        with self._explained("read"):
            version = int(self.connection.execute("PRAGMA data_version").fetchone()[0])
        changed, self._version = version != self._version, version
        return changed

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give the connection for reading, with errors explained."""
        with self._explained("read"):
            yield self.connection

    @contextmanager
    def _explained(self, done: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise NotNow(f"journal {self.path} cannot be {done}: {error}. {_advice(error)}") from error


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > SCHEMA_VERSION:
        raise NotNow(
            f"journal {path} has schema {version}, this program knows {SCHEMA_VERSION}. "
            "It was written by a newer release: install that release again, or start with another data_dir"
        )
    if version == SCHEMA_VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have migrated between the look and the lock.
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        for statements in _MIGRATIONS[version:]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _advice(error: Exception) -> str:
    text = str(error).lower()
    if "full" in text or "no space" in text:
        return "Free some space on that file system; what is waiting is written then"
    if "readonly" in text or "read-only" in text or "permission" in text:
        return "Make the file and its folder writable for the user that runs the gateway"
    if "locked" in text or "busy" in text:
        return "Another process holds the file: end it, or wait"
    if "malformed" in text or "not a database" in text or "corrupt" in text:
        return "The file is damaged: put a backup in its place, or move it away to start afresh"
    return "Check the file system and the permissions of its folder"
