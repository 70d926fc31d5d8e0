"""The resource tree on disk: one SQLite file, a row for each resource (as XML of 2023) and each list.

Changes collect in memory and are written in one transaction by `flush`; whoever answers a request waits for
it, so that what was acknowledged survives a power cut (`synchronous=FULL`) or a killed process (NORMAL).
Resources that are made at answer time are not kept, nor are parts of lists: their owner makes them again.
"""

import sqlite3
from pathlib import Path

from handover.errors import ConfigError, DecodeError, NotNow
from handover.sep2 import xml
from handover.sep2.declaration import Edition
from handover.sep2.store import Change, Store

_SCHEMA = """
CREATE TABLE IF NOT EXISTS resources (path TEXT PRIMARY KEY, document BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lists (
    path TEXT PRIMARY KEY, name TEXT NOT NULL, next_id INTEGER NOT NULL,
    poll_rate INTEGER, subscribable INTEGER
) WITHOUT ROWID;
"""
_VERSION = 1


class Database:
    """The file at `path`, made when it is not there. Raises ConfigError when it cannot be used."""

    def __init__(self, path: Path, *, synchronous: str = "FULL") -> None:
        try:
            self._connection = sqlite3.connect(path, isolation_level=None)
        except sqlite3.Error as error:
            raise ConfigError(f"{path} cannot be used as a database: {error}") from error
        try:
            version = self._connection.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, _VERSION):
                raise ConfigError(f"{path} was written by another version of this program ({version})")
            self._connection.executescript(
                f"PRAGMA journal_mode=WAL; PRAGMA synchronous={synchronous}; {_SCHEMA}"
                f"PRAGMA user_version={_VERSION};"
            )
        except (ConfigError, sqlite3.Error) as error:
            self._connection.close()
            if isinstance(error, ConfigError):
                raise
            raise ConfigError(f"{path} cannot be used as a database: {error}") from error
        self._path = path
        self._store: Store | None = None
        self._touched: set[str] = set()

    @property
    def dirty(self) -> bool:
        """Whether something waits for `flush`."""
        return bool(self._touched)

    def load(self, store: Store) -> list[str]:
        """Put everything that is kept into `store`, and keep its changes from now on.

        Returns the paths of resources that cannot be read any more; they stay in the file.
        """
        unreadable = []
        rows = self._connection.execute(
            "SELECT path, name, next_id, poll_rate, subscribable FROM lists ORDER BY length(path), path"
        )
        for path, name, next_id, poll_rate, subscribable in rows:
            listing = store.put_list(path, name, poll_rate=poll_rate, subscribable=subscribable)
            listing.next_id = max(listing.next_id, next_id)
        # Short paths first, so that lists exist before their items.
        for path, document in self._connection.execute(
            "SELECT path, document FROM resources ORDER BY length(path), path"
        ):
            try:
                store.put(path, xml.decode(document))
            except DecodeError:
                unreadable.append(path)
        self._store = store
        store.listen(self._note)
        return unreadable

    def flush(self) -> None:
        """Write what has changed. Raises NotNow when the disk does not take it; nothing is lost then."""
        store = self._store
        if store is None or not self._touched:
            return
        gone, resources, lists = [], [], []
        for path in self._touched:
            node = store.find(path)
            if node is None:
                gone.append((path,))
            elif node.listing is not None:
                if node.listing.source is None and node.entry is not None:
                    kept = node.listing
                    lists.append((path, node.entry.name, kept.next_id, kept.poll_rate, kept.subscribable))
            elif node.resource is not None:
                resources.append((path, xml.encode(node.resource, edition=Edition.E2023)))
        try:
            self._write(gone, resources, lists)
        except sqlite3.Error as error:
            raise NotNow(f"{self._path} takes no writes: {error}") from error
        self._touched.clear()

    def close(self) -> None:
        """Write what has changed and let go of the file. Raises NotNow as `flush` does."""
        self.flush()
        self._connection.close()

    def _write(
        self,
        gone: list[tuple[str]],
        resources: list[tuple[str, bytes]],
        lists: list[tuple[str, str, int, int | None, int | None]],
    ) -> None:
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.executemany("DELETE FROM resources WHERE path = ?", gone)
            connection.executemany("DELETE FROM lists WHERE path = ?", gone)
            connection.executemany("REPLACE INTO resources VALUES (?, ?)", resources)
            connection.executemany("REPLACE INTO lists VALUES (?, ?, ?, ?, ?)", lists)
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise

    def _note(self, change: Change) -> None:
        self._touched.add(change.path)
        if self._store is not None and self._store.listing(change.path.rpartition("/")[0]) is not None:
            self._touched.add(change.path.rpartition("/")[0])
