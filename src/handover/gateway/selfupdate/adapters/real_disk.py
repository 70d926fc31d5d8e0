"""The update folder on a real disk, locked against a second update."""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from handover.errors import ConfigError, NotNow


class RealDisk:
    """Keeps the Disk protocol in the folder at `root`, which it makes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        try:
            root.mkdir(parents=True, exist_ok=True, mode=0o755)
        except OSError as error:
            raise ConfigError(
                f"the update folder {root} cannot be made: {error.strerror or error}"
            ) from error

    @contextlib.contextmanager
    def locked(self) -> Iterator["RealDisk"]:
        """Keep others from writing until the block ends. Raises NotNow when another writes, or none can."""
        try:
            descriptor = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise NotNow(
                f"the update folder {self.root} cannot be written: {error.strerror or error}; "
                "check its owner and its rights"
            ) from error
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise NotNow(f"another update works on {self.root}; wait until it has ended") from None
            yield self
        finally:
            os.close(descriptor)

    def read(self, path: str) -> bytes:
        """Return what a file holds. Raises FileNotFoundError."""
        return (self.root / path).read_bytes()

    def files(self, folder: str) -> list[str]:
        """Return the paths of all files below `folder`, sorted; none when there is no such folder."""
        top = self.root / folder
        return sorted(str(path.relative_to(self.root)) for path in top.rglob("*") if not path.is_dir())

    def make_folder(self, path: str) -> None:
        """Make a folder in one that is there; harmless when it exists."""
        (self.root / path).mkdir(exist_ok=True)

    def create(self, path: str) -> None:
        """Make an empty file, or empty the one that is there."""
        (self.root / path).write_bytes(b"")

    def append(self, path: str, block: bytes) -> None:
        """Write at the end of a file."""
        with open(self.root / path, "ab") as file:
            file.write(block)

    def sync(self, path: str) -> None:
        """Return when the contents of a file are on the disk."""
        _sync(self.root / path)

    def rename(self, source: str, target: str) -> None:
        """Give a file another name, in place of whatever had that name."""
        os.replace(self.root / source, self.root / target)

    def remove_tree(self, path: str) -> None:
        """Remove a folder and all that is in it; harmless when there is none."""
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(self.root / path)

    def sync_folder(self, path: str) -> None:
        """Return when the names in a folder are on the disk."""
        _sync(self.root / path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
