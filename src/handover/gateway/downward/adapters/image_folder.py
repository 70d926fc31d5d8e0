"""Images that were loaded, as files in a folder, written whole or not at all."""

import os
from pathlib import Path

from handover.errors import NotNow


class ImageFolder:
    """The content that `firmware.Images` keeps. Names are made by the engine and are safe as file names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> bytes | None:
        """Return the content, None when it is not there or cannot be read: it is loaded again then."""
        try:
            return (self._folder / name).read_bytes()
        except OSError:
            return None

    def write(self, name: str, content: bytes) -> None:
        """Keep the content. Raises NotNow when it cannot be written."""
        temporary = self._folder / f"{name}.new"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._folder / name)
            folder = os.open(self._folder, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise NotNow(f"{self._folder} cannot be written: {error.strerror}; free some space") from error
