"""Reads and writes the rows of admissions; the connection is that of an open journal."""

import sqlite3
from collections.abc import Iterable

from handover.gateway.adapters import audit_queue, records
from handover.gateway.outputs import Audit, Change, Forget, Keep
from handover.gateway.pairing import expected as wishes
from handover.gateway.pairing.expected import Expected
from handover.gateway.pairing.pairing import RECORD, Progress


def expected(connection: sqlite3.Connection) -> list[Expected]:
    """Return the SEP 1.x devices that may join, in the order of their addresses."""
    return list(records.load(connection, wishes.RECORD, Expected).values())


def progress(connection: sqlite3.Connection) -> dict[str, Progress]:
    """Return every admission by key."""
    return records.load(connection, RECORD, Progress)


def write(connection: sqlite3.Connection, changes: Iterable[Change]) -> None:
    """Write what admissions lead to; inside a transaction."""
    for change in changes:
        match change:
            case Keep():
                records.keep(connection, change)
            case Forget():
                records.forget(connection, change)
            case Audit():
                audit_queue.add(connection, change)
