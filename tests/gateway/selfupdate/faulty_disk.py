"""A disk in memory that can lose its power: what was not synced is lost, kept, or torn."""

import errno
import random
from collections.abc import Iterator
from dataclasses import dataclass, field


class PowerCut(BaseException):
    """The machine is off; nothing of ours may catch this."""


def parent(path: str) -> str:
    return path.rpartition("/")[0]


@dataclass
class _File:
    now: bytearray = field(default_factory=bytearray)
    safe: bytes = b""
    safe_known: bool = True
    """Whether `safe` is what a cut leaves behind at least; emptied files may lose it."""


class FaultyDisk:
    """Keeps the Disk protocol. Counts its steps; the power goes at step `cut` (None: never).

    Names and contents are held twice: as the running system sees them, and as they are on the platter.
    """

    def __init__(self, cut: int | None = None) -> None:
        self.steps = 0
        self.cut = cut
        self.full_at: int | None = None
        self._entries: dict[str, _File | None] = {}
        self._safe: dict[str, _File | None] = {}
        self._pending: dict[str, list[tuple[str, _File | None, bool]]] = {}

    def _step(self) -> None:
        self.steps += 1
        if self.cut is not None and self.steps > self.cut:
            raise PowerCut
        if self.full_at is not None and self.steps > self.full_at:
            raise OSError(errno.ENOSPC, "No space left on device")

    def _name(self, path: str, file: _File | None, there: bool) -> None:
        if there:
            self._entries[path] = file
        else:
            self._entries.pop(path, None)
        self._pending.setdefault(parent(path), []).append((path, file, there))

    def read(self, path: str) -> bytes:
        file = self._entries.get(path)
        if file is None:
            raise FileNotFoundError(path)
        return bytes(file.now)

    def files(self, folder: str) -> list[str]:
        return sorted(p for p, f in self._entries.items() if f is not None and p.startswith(folder + "/"))

    def make_folder(self, path: str) -> None:
        self._step()
        assert parent(path) == "" or parent(path) in self._entries, f"no folder for {path}"
        if path not in self._entries:
            self._name(path, None, True)

    def create(self, path: str) -> None:
        self._step()
        assert parent(path) == "" or parent(path) in self._entries, f"no folder for {path}"
        file = self._entries.get(path)
        if file is None:
            self._name(path, _File(), True)
        else:
            file.now = bytearray()
            file.safe_known = False

    def append(self, path: str, block: bytes) -> None:
        self._step()
        file = self._entries[path]
        assert file is not None
        file.now += block

    def sync(self, path: str) -> None:
        self._step()
        file = self._entries[path]
        assert file is not None
        file.safe, file.safe_known = bytes(file.now), True

    def rename(self, source: str, target: str) -> None:
        self._step()
        assert parent(source) == parent(target)
        file = self._entries[source]
        # One entry of the log: a rename is never half on the disk.
        self._entries[target] = file
        del self._entries[source]
        self._pending.setdefault(parent(source), []).append((f"{source}\0{target}", file, True))

    def remove_tree(self, path: str) -> None:
        for name in sorted((p for p in self._entries if p == path or p.startswith(path + "/")), reverse=True):
            self._step()
            self._name(name, None, False)

    def sync_folder(self, path: str) -> None:
        self._step()
        for change in self._pending.pop(path, []):
            _apply(self._safe, change)

    def after(self, how: str, dice: random.Random) -> "FaultyDisk":
        """Return the disk as it is found when power is back: `how` is "lost", "kept" or "torn"."""
        names = dict(self._safe)
        for changes in self._pending.values():
            known = {"lost": 0, "kept": len(changes)}.get(how, dice.randint(0, len(changes)))
            for change in changes[:known]:
                _apply(names, change)
        found = FaultyDisk()
        for path, file in names.items():
            if all(p in names for p in _ancestors(path)):
                found._entries[path] = None if file is None else _File(bytearray(_contents(file, how, dice)))
        for path, kept in found._entries.items():
            if kept is not None:
                kept.safe = bytes(kept.now)
            found._safe[path] = kept
        return found

    def image(self) -> tuple[tuple[str, bytes | None], ...]:
        """Return everything on the disk, to tell states apart."""
        return tuple(sorted((p, None if f is None else bytes(f.now)) for p, f in self._entries.items()))

    def spoil(self, path: str, bit: int) -> None:
        """Flip one bit of a file."""
        file = self._entries[path]
        assert file is not None
        file.now[bit // 8] ^= 1 << bit % 8


def _apply(names: dict[str, _File | None], change: tuple[str, _File | None, bool]) -> None:
    path, file, there = change
    source, _, target = path.partition("\0")
    if target:
        names.pop(source, None)
        names[target] = file
    elif there:
        names[path] = file
    else:
        names.pop(path, None)


def _contents(file: _File, how: str, dice: random.Random) -> bytes:
    if how == "kept" or (file.safe_known and file.safe == file.now):
        return bytes(file.now)
    if how == "lost":
        return file.safe
    new = bytes(file.now)
    start = len(file.safe) if file.safe_known and new.startswith(file.safe) else 0
    end = dice.randint(start, len(new))
    torn = bytearray(new[:end])
    if end > start and dice.random() < 0.5:  # the last sector holds zeros or noise
        hurt = dice.randint(start, end - 1)
        torn[hurt:] = bytes(end - hurt) if dice.random() < 0.5 else dice.randbytes(end - hurt)
    return bytes(torn)


def _ancestors(path: str) -> Iterator[str]:
    while path := parent(path):
        yield path
