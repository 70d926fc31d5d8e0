"""What the self-update needs of a disk, in steps between which the power may go.

Paths are relative to the update folder, with "/" between names. Nothing is on the disk for certain before
`sync` (contents of a file) and `sync_folder` (names in a folder) have returned.
"""

from typing import Protocol


class Disk(Protocol):
    """A folder on a disk. Every method raises OSError when the disk refuses."""

    def read(self, path: str) -> bytes:
        """Return what a file holds. Raises FileNotFoundError."""

    def files(self, folder: str) -> list[str]:
        """Return the paths of all files below `folder`, sorted; none when there is no such folder."""

    def make_folder(self, path: str) -> None:
        """Make a folder in one that is there; harmless when it exists."""

    def create(self, path: str) -> None:
        """Make an empty file, or empty the one that is there."""

    def append(self, path: str, block: bytes) -> None:
        """Write at the end of a file."""

    def sync(self, path: str) -> None:
        """Return when the contents of a file are on the disk."""

    def rename(self, source: str, target: str) -> None:
        """Give a file another name, in place of whatever had that name."""

    def remove_tree(self, path: str) -> None:
        """Remove a folder and all that is in it; harmless when there is none."""

    def sync_folder(self, path: str) -> None:
        """Return when the names in a folder are on the disk."""


BLOCK = 65536
"""Octets written at a time."""


def write(disk: Disk, path: str, data: bytes, *, block: int = BLOCK) -> None:
    """Write a file and wait until its contents are on the disk; its name may not be yet."""
    disk.create(path)
    for start in range(0, len(data), block):
        disk.append(path, data[start : start + block])
    disk.sync(path)


def replace(disk: Disk, path: str, data: bytes) -> None:
    """Put `data` in place of the file at `path`: after a cut of power it holds the old or the new."""
    folder = path.rpartition("/")[0]
    write(disk, path + ".new", data)
    disk.rename(path + ".new", path)
    disk.sync_folder(folder)
