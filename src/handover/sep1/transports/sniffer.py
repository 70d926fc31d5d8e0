"""Lets another process watch a `RadioHan`: its frames and keys, over a socket that only its owner can use.

The socket lies in a folder of mode 0700. A client sends one line: `frames` gets a pcapng stream, the frames
kept so far and then every new one; `keys` gets the keys as Wireshark's file has them.
"""

import asyncio
import contextlib
import os
import stat
import tempfile
from collections import deque
from pathlib import Path
from typing import Final

from handover.errors import NotNow, Refused
from handover.sep1.network import pcapng
from handover.sep1.transports.radio_han import RadioHan

KEPT: Final = 20_000
"""Frames kept for a client that comes later; a capture that begins with the joining explains itself."""
BEHIND: Final = 4 << 20
"""Octets that a client may lag behind before it is cut off."""
_FRAMES, _KEYS = b"frames\n", b"keys\n"
_LINE: Final = 64
_PATIENCE: Final = 5.0


def folder() -> Path:
    """Return the folder of the sockets, made if there is none. Raises Refused when it is not ours alone."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    path = Path(runtime, "handover") if runtime else Path(tempfile.gettempdir(), f"handover-{os.getuid()}")
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise Refused(f"{path} is open to others, and keys would pass through it; remove it and try again")
    return path


class Sniffer:
    """Keeps the frames of a HAN and serves them. Use `tap` as the HAN's, and `serve` while it runs."""

    def __init__(self, *, kept: int = KEPT) -> None:
        self._kept: deque[bytes] = deque(maxlen=kept)
        self._clients: set[asyncio.StreamWriter] = set()
        self._han: RadioHan | None = None

    def tap(self, when: float, octets: bytes) -> None:
        """Take a frame that is put on the air."""
        block = pcapng.packet(octets, when)
        self._kept.append(block)
        for writer in list(self._clients):
            if writer.transport.get_write_buffer_size() > BEHIND:
                self._clients.discard(writer)
                writer.transport.abort()
            else:
                writer.write(block)

    async def serve(self, han: RadioHan, path: Path | None = None) -> None:
        """Serve the frames and keys of `han` at a socket until cancelled. Raises Refused as `folder` does."""
        self._han = han
        place = path or folder() / f"han-{os.getpid()}.sock"
        with contextlib.suppress(FileNotFoundError):
            place.unlink()
        server = await asyncio.start_unix_server(self._client, place)
        place.chmod(0o600)
        try:
            async with server:
                await asyncio.get_running_loop().create_future()
        finally:
            for writer in self._clients:
                writer.close()
            with contextlib.suppress(FileNotFoundError):
                place.unlink()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                line = await reader.readline()
            if line == _KEYS and self._han is not None:
                network, link = self._han.keys()
                writer.write(pcapng.key_lines(network, link).encode())
                await writer.drain()
            elif line == _FRAMES:
                writer.write(b"".join([pcapng.head(), *self._kept]))
                self._clients.add(writer)
                await reader.read()
        except (OSError, TimeoutError, ValueError):
            pass
        finally:
            self._clients.discard(writer)
            writer.close()


def newest() -> Path:
    """Return the socket of the HAN that was started last. Raises NotNow when none runs."""
    sockets = sorted(folder().glob("*.sock"), key=lambda path: path.stat().st_mtime, reverse=True)
    if not sockets:
        raise NotNow("no virtual HAN runs here; start one: handover demo, or handover gateway run")
    return sockets[0]
