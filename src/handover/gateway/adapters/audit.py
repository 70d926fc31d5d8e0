"""The audit log: an append-only file of JSON lines, each chained to the one before by SHA-256.

A line is {"journal", "n", "at", "what", ...detail, "previous", "hash"}; `hash` covers the line without
itself. Editing, deleting or reordering lines breaks the chain; `problems` finds where. Entries come from the
journal's queue, so several processes may append: a lock on the file puts them in turn.
"""

import contextlib
import fcntl
import hashlib
import os
import sqlite3
from pathlib import Path
from typing import Any

import msgspec

from handover.errors import NotNow
from handover.gateway.adapters import audit_queue
from handover.gateway.adapters.journal import Journal

GENESIS = "0" * 64


def flush(journal: Journal, path: Path) -> int:
    """Move queued entries of `journal` into the file at `path`; return how many. Raises NotNow on failure."""
    with journal.reading() as connection:
        entries = audit_queue.waiting(connection)
        origin = audit_queue.origin(connection)
    if not entries:
        return 0
    try:
        written = _append(path, [(origin, n, {"at": e.at, "what": e.what, **e.detail}) for n, e in entries])
    except OSError as error:
        raise NotNow(
            f"audit log {path} cannot be written: {error}. Entries wait in the journal until it can be"
        ) from error
    with journal.transaction(durable=False) as connection:
        audit_queue.written(connection, entries[-1][0])
    return written


def _append(path: Path, entries: list[tuple[str, int, dict[str, Any]]]) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with open(descriptor, "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        newest, previous, torn = _tail(file)
        lines = [b"\n"] if torn else []
        count = 0
        for origin, n, body in entries:
            if newest[0] == origin and n <= newest[1]:
                continue
            line = {"journal": origin, "n": n, **body, "previous": previous}
            previous = _digest(line)
            lines.append(msgspec.json.encode({**line, "hash": previous}) + b"\n")
            count += 1
        file.write(b"".join(lines))
        file.flush()
        os.fsync(file.fileno())
    return count


def _tail(file: Any) -> tuple[tuple[str, int], str, bool]:
    """Return (journal, number) and hash of the last whole line, and whether half a line follows it."""
    size = file.seek(0, os.SEEK_END)
    position, data = size, b""
    while position > 0:
        step = min(4096, position)
        position -= step
        file.seek(position)
        data = file.read(step) + data
        complete = data[: data.rfind(b"\n") + 1]
        start = complete.rstrip(b"\n").rfind(b"\n") + 1
        if complete and (start > 0 or position == 0):
            for line in reversed(complete[start:].splitlines()):
                entry = _parse(line)
                if entry is not None:
                    return (entry["journal"], entry["n"]), str(entry["hash"]), not data.endswith(b"\n")
    return ("", 0), GENESIS, bool(data) and not data.endswith(b"\n")


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        entry = msgspec.json.decode(line)
    except msgspec.DecodeError:
        return None
    return entry if isinstance(entry, dict) and entry.keys() >= {"journal", "n", "previous", "hash"} else None


def _digest(line: dict[str, Any]) -> str:
    return hashlib.sha256(msgspec.json.encode(line)).hexdigest()


def read(path: Path) -> list[dict[str, Any]]:
    """Return the entries of the log, oldest first; lines that are no entries are left out."""
    if not path.exists():
        return []
    parsed = (_parse(line) for line in path.read_bytes().splitlines())
    return [entry for entry in parsed if entry is not None]


def problems(path: Path, journal: Path | None = None) -> list[str]:
    """Return what is wrong with the log at `path`, in words; empty when the chain is whole.

    The chain cannot tell that its end was cut off: `journal` can, which counts what was written.
    """
    # The journal first: what a running gateway writes in between makes the log longer, not shorter.
    origin, number = _taken(journal) if journal is not None else ("", 0)
    found = _chain(path) if path.exists() else []
    there = max((entry["n"] for entry in read(path) if entry["journal"] == origin), default=0)
    if there < number:
        found.append(f"the end is missing: entry {number} was written, the last one here is {there}")
    return found


def _taken(journal: Path) -> tuple[str, int]:
    """Return the name of a journal and the number of the last entry that it gave to the log."""
    if not journal.exists():
        return "", 0
    try:
        with contextlib.closing(sqlite3.connect(f"{journal.absolute().as_uri()}?mode=ro", uri=True)) as found:
            return audit_queue.origin(found), audit_queue.last_written(found)
    except sqlite3.Error:
        return "", 0  # a journal that cannot be read is told elsewhere


def _chain(path: Path) -> list[str]:
    found, previous, last = [], GENESIS, ("", 0)
    for number, raw in enumerate(path.read_bytes().splitlines(), start=1):
        entry = _parse(raw)
        if entry is None:
            if raw:
                found.append(f"line {number} is not an entry (a torn write, or somebody edited it)")
            continue
        claimed = entry.pop("hash")
        if entry.get("previous") != previous:
            found.append(f"line {number} does not follow the line before it: something was removed or moved")
        if _digest(entry) != claimed:
            found.append(f"line {number} was changed after it was written")
        if entry["journal"] == last[0] and entry["n"] <= last[1]:
            found.append(f"line {number} repeats number {entry['n']}")
        elif entry["n"] > 1 + (last[1] if entry["journal"] == last[0] else 0):
            found.append(f"before line {number}, entries up to number {entry['n'] - 1} are missing")
        previous, last = claimed, (entry["journal"], entry["n"])
    return found
