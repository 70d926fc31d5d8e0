"""The folder of a gateway's journal: one gateway at a time has it."""

import fcntl
import os
from pathlib import Path

from handover.errors import ConfigError


class DataFolder:
    """The folder, taken by `take` and let go by `leave`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: int | None = None

    def take(self) -> None:
        """Make the folder if it is missing, and keep others out. Raises ConfigError when one is in."""
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = os.open(self.path / "gateway.lock", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigError(
                f"another gateway runs on {self.path}: end it, or give this one its own data_dir"
            ) from None
        except OSError as error:
            raise ConfigError(f"data_dir {self.path} cannot be used: {error.strerror or error}") from error

    def leave(self) -> None:
        """Let others in; harmless when repeated."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
