"""Content of files on disk, each published under a path. What a request names is looked up, never joined."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from handover.errors import ConfigError, NotNow
from handover.sep2.server.blobs import Blob


@dataclass(frozen=True, slots=True)
class FileBlob:
    """A file as it was when it was published."""

    path: Path
    size: int
    etag: str

    def read(self, start: int, stop: int) -> bytes:
        """Return the octets from `start` to before `stop`. Raises NotNow when the file has changed."""
        try:
            if self.path.stat().st_size != self.size:
                raise NotNow(f"{self.path.name} is being replaced; try again later")
            with self.path.open("rb") as file:
                file.seek(start)
                return file.read(stop - start)
        except OSError as error:
            raise NotNow(f"{self.path.name} cannot be read: {error.strerror}") from error


class PublishedFiles:
    """The files that are published."""

    def __init__(self) -> None:
        self._files: dict[str, FileBlob] = {}

    def publish(self, path: str, file: Path) -> FileBlob:
        """Offer `file` at `path`. Raises ConfigError when it cannot be read."""
        try:
            with file.open("rb") as opened:
                digest = hashlib.file_digest(opened, "sha256").hexdigest()
            blob = FileBlob(file, file.stat().st_size, f'"{digest[:32]}"')
        except OSError as error:
            raise ConfigError(f"{file} cannot be read: {error.strerror}") from error
        self._files[path] = blob
        return blob

    def withdraw(self, path: str) -> None:
        """Offer nothing at `path` any more."""
        self._files.pop(path, None)

    def find(self, path: str) -> Blob | None:
        """Return the content at `path`."""
        return self._files.get(path)
