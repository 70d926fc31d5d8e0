"""Table `registration`: the SEP 2.0 devices that have been announced, with PIN and EndDevice number."""

import sqlite3
from dataclasses import astuple

from handover.gateway.keystore.pins import Pins, PlainPins
from handover.gateway.outputs import Admit, Registered

PLAIN = PlainPins()

SCHEMA = (
    "CREATE TABLE registration (sfdi INTEGER PRIMARY KEY, lfdi BLOB NOT NULL, pin INTEGER NOT NULL, "
    "name TEXT NOT NULL, admitted_at REAL NOT NULL, number INTEGER NOT NULL UNIQUE, "
    "pending INTEGER NOT NULL, categories INTEGER)",
    # Numbers are never given twice: a removed device's hrefs must not come to mean another device.
    "CREATE TABLE edev_number (last INTEGER NOT NULL)",
    "INSERT INTO edev_number VALUES (0)",
)


def admit(connection: sqlite3.Connection, change: Admit, pins: Pins) -> None:
    """Insert or replace one registration."""
    sfdi, lfdi, pin, *rest = astuple(change.device)
    connection.execute(
        "INSERT OR REPLACE INTO registration VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (sfdi, lfdi, pins.seal(sfdi, pin), *rest),
    )
    connection.execute("UPDATE edev_number SET last = MAX(last, ?)", (change.device.number,))


def next_number(connection: sqlite3.Connection) -> int:
    """Return the number of the next EndDevice; `admit` makes it taken."""
    return int(connection.execute("SELECT last FROM edev_number").fetchone()[0]) + 1


def remove(connection: sqlite3.Connection, sfdi: int) -> bool:
    """Remove a registration and tell whether there was one."""
    return connection.execute("DELETE FROM registration WHERE sfdi = ?", (sfdi,)).rowcount > 0


def seal_all(connection: sqlite3.Connection, pins: Pins) -> int:
    """Store anew the PINs that lie there as numbers; return how many are kept otherwise now."""
    plain = connection.execute("SELECT sfdi, pin FROM registration WHERE typeof(pin) = 'integer'").fetchall()
    sealed = [(stored, sfdi) for sfdi, pin in plain if not isinstance(stored := pins.seal(sfdi, pin), int)]
    connection.executemany("UPDATE registration SET pin = ? WHERE sfdi = ?", sealed)
    return len(sealed)


def load(connection: sqlite3.Connection, pins: Pins = PLAIN) -> list[Registered]:
    """Return every registration in the order of their numbers. Raises NotNow for a PIN that stays closed."""
    rows = connection.execute(
        "SELECT sfdi, lfdi, pin, name, admitted_at, number, pending, categories "
        "FROM registration ORDER BY number"
    )
    return [
        Registered(row[0], row[1], pins.open(row[0], row[2]), row[3], row[4], row[5], bool(row[6]), row[7])
        for row in rows
    ]
