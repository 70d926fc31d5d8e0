"""What lies in a slot, and how it is known to be whole.

`slots/a/bundle.zip` is the bundle as it came, `slots/a/site/` its files on the import path, and
`slots/a/seal.json` names each of them with length and SHA-256. The record holds the digest of the seal, so
that one small file vouches for everything.
"""

import hashlib
from collections.abc import Iterable

import msgspec

from handover.errors import DecodeError
from handover.gateway.selfupdate.disk import BLOCK, Disk, replace, write
from handover.gateway.selfupdate.record import Content, Record, Slot, decode, encode

RECORD = "current"
"""The pointer: the name of the record's file."""
_TOP = "slots"


def folder(slot: Slot) -> str:
    """Return the folder of a slot."""
    return f"{_TOP}/{slot}"


def site(slot: Slot) -> str:
    """Return the folder of a slot that goes on the import path."""
    return f"{folder(slot)}/site"


def load(disk: Disk) -> Record:
    """Return the record; a first one when there is none. Raises DecodeError when it is damaged."""
    try:
        return decode(disk.read(RECORD))
    except FileNotFoundError:
        return Record()


def store(disk: Disk, record: Record) -> Record:
    """Put the record on the disk, whole, and return it."""
    replace(disk, RECORD, encode(record))
    return record


def fill(disk: Disk, slot: Slot, bundle: bytes, *, block: int = BLOCK) -> None:
    """Empty the slot and write the bundle into it."""
    disk.make_folder(_TOP)
    disk.remove_tree(folder(slot))
    disk.make_folder(folder(slot))
    write(disk, f"{folder(slot)}/bundle.zip", bundle, block=block)
    for path in (folder(slot), _TOP, ""):
        disk.sync_folder(path)


def bundle(disk: Disk, slot: Slot) -> bytes:
    """Return the bundle that lies in the slot."""
    return disk.read(f"{folder(slot)}/bundle.zip")


def unpack(disk: Disk, slot: Slot, files: Iterable[tuple[str, bytes]], *, block: int = BLOCK) -> str:
    """Write `files` into the slot, seal it, wait for the disk; return the SHA-256 of the seal."""
    top = site(slot)
    disk.remove_tree(top)
    disk.make_folder(top)
    folders, lines = {top: None}, {}
    for path, content in files:
        for parent in _parents(f"{top}/{path}", top):
            if parent not in folders:
                disk.make_folder(parent)
                folders[parent] = None
        write(disk, f"{top}/{path}", content, block=block)
        lines[path] = [len(content), hashlib.sha256(content).hexdigest()]
    seal = msgspec.json.encode(lines)
    write(disk, f"{folder(slot)}/seal.json", seal, block=block)
    for path in (*reversed(folders), folder(slot)):
        disk.sync_folder(path)
    return hashlib.sha256(seal).hexdigest()


def _parents(path: str, top: str) -> list[str]:
    """Return the folders between `top` and the file at `path`, outermost first."""
    parts = path.removeprefix(top + "/").split("/")[:-1]
    return ["/".join((top, *parts[: n + 1])) for n in range(len(parts))]


def fault(disk: Disk, slot: Slot, content: Content | None) -> str | None:
    """Return what is wrong with a slot that should hold `content`, in words; None when it is whole."""
    if content is None:
        return f"slot {slot} holds nothing"
    try:
        seal = disk.read(f"{folder(slot)}/seal.json")
        if hashlib.sha256(seal).hexdigest() != content.seal:
            return f"the seal of slot {slot} is not the one that was recorded"
        lines = msgspec.json.decode(seal, type=dict[str, tuple[int, str]])
        top = site(slot) + "/"
        found = {path.removeprefix(top) for path in disk.files(site(slot))}
        if odd := sorted(found ^ lines.keys()):
            return f"slot {slot}: {odd[0]} is {'not sealed' if odd[0] in found else 'missing'}"
        for path, (length, digest) in lines.items():
            octets = disk.read(top + path)
            if len(octets) != length or hashlib.sha256(octets).hexdigest() != digest:
                return f"slot {slot}: {path} is not what was sealed"
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        return f"slot {slot} cannot be read: {error}"
    return None


def sound(disk: Disk, record: Record, slot: Slot) -> bool:
    """Tell whether a slot is what the record says."""
    return fault(disk, slot, record.content(slot)) is None


def recorded(disk: Disk) -> Record:
    """Return the record, or a first one when it is damaged: then the factory's software runs."""
    try:
        return load(disk)
    except (DecodeError, OSError):
        return Record(reason="the record was damaged; the factory's software runs")
