"""Table `audit`: audit entries on their way into the audit file.

An entry is committed together with the change it reports, and numbered for good; `adapters.audit` moves it
into the file. So neither a kill nor a full disk between the two loses or doubles an entry.
"""

import sqlite3

import msgspec

from handover.gateway.outputs import Audit

SCHEMA = (
    "CREATE TABLE audit (n INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL)",
    # Tells entries of this journal from those of one that stood here before, whose numbers began at 1 too.
    "CREATE TABLE audit_origin (id TEXT NOT NULL)",
    "INSERT INTO audit_origin VALUES (lower(hex(randomblob(4))))",
)


def add(connection: sqlite3.Connection, change: Audit) -> None:
    """Queue one entry."""
    connection.execute("INSERT INTO audit (body) VALUES (?)", (msgspec.json.encode(change),))


def waiting(connection: sqlite3.Connection) -> list[tuple[int, Audit]]:
    """Return what is queued, oldest first."""
    rows = connection.execute("SELECT n, body FROM audit ORDER BY n")
    return [(n, msgspec.json.decode(body, type=Audit)) for n, body in rows]


def origin(connection: sqlite3.Connection) -> str:
    """Return the name of this journal, drawn when it was made."""
    return str(connection.execute("SELECT id FROM audit_origin").fetchone()[0])


def written(connection: sqlite3.Connection, last: int) -> None:
    """Drop the entries up to number `last`: they stand in the file."""
    connection.execute("DELETE FROM audit WHERE n <= ?", (last,))


def last_written(connection: sqlite3.Connection) -> int:
    """Return the number of the last entry that was dropped because it stands in the file; 0 for none."""
    waiting = connection.execute("SELECT MIN(n) FROM audit").fetchone()[0]
    if waiting is not None:
        return int(waiting) - 1
    given = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'audit'").fetchone()
    return 0 if given is None else int(given[0])
