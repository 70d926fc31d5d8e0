"""A RAVEn stick without hardware: a recording played through a pseudo-terminal, or TCP, on the recording's
own time.

The whole serial path runs as with a real stick. Played live, documents come when the clock that was given
reaches their time (`handover.clock.ScaledClock` makes a day last a minute); played stepwise, a virtual clock
is set to each document's time. `stick` decides what is said; this module only carries it.
"""

import asyncio
import contextlib
import math
import os
import tempfile
import tty
from pathlib import Path
from types import TracebackType
from typing import Protocol, cast

from handover.clock import Clock, ScaledClock, VirtualClock
from handover.errors import NotNow
from handover.sep1.transports.raven.document import Document
from handover.sep1.transports.raven.framing import Splitter
from handover.sep1.transports.raven.recording import Entry, Recording
from handover.sep1.transports.raven.stick import Stick

BACKLOG_LIMIT = 1 << 20
"""Octets kept for a listener that does not read; then documents are dropped, as a real stick drops them."""


class Emulator:
    """Plays `recording` to whoever opens `path`, and answers commands with the time of `clock`.

    `path` is a symbolic link that stays the same when the stick is unplugged and plugged in again, as
    /dev/serial/by-id does. `contacted` is set once a command has arrived. `dropped` counts documents nobody
    read. A pause of the recording that is longer than `longest_gap` seconds is cut down to it when played
    live: a `ScaledClock` skips the rest.
    """

    def __init__(self, recording: Recording, clock: Clock, *, longest_gap: float = math.inf) -> None:
        self.recording = recording
        self.clock = clock
        self.longest_gap = longest_gap
        self.stick = Stick(recording)
        self.contacted = asyncio.Event()
        self.dropped = 0
        self._position = 0
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._pty: _Pty | None = None
        self._server: asyncio.Server | None = None
        self._sockets: set[_Socket] = set()

    @property
    def path(self) -> str:
        """What to open as the serial device. Raises NotNow before `start`."""
        if self._folder is None:
            raise NotNow("the emulator has no device yet: start it first")
        return str(Path(self._folder.name) / "raven")

    @property
    def position(self) -> int:
        """How many documents of the recording have been played."""
        return self._position

    async def start(self) -> None:
        """Make the device and plug the stick in. Raises OSError when there is no pseudo-terminal left."""
        self._folder = tempfile.TemporaryDirectory(prefix="handover-raven-")
        self.plug()

    async def close(self) -> None:
        """Unplug the stick and remove the device; harmless when repeated."""
        self.unplug()
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    async def __aenter__(self) -> "Emulator":
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def plug(self) -> None:
        """Plug the stick in (again); harmless when it is in."""
        if self._pty is None:
            self._pty = _Pty(self)
            link = Path(self.path)
            link.unlink(missing_ok=True)
            link.symlink_to(self._pty.name)

    def unplug(self) -> None:
        """Pull the stick out: the device vanishes and open connections break. Harmless when it is out."""
        if self._pty is not None:
            Path(self.path).unlink(missing_ok=True)
            self._pty.close()
            self._pty = None
        for socket in list(self._sockets):
            socket.close()

    async def listen(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Offer the same stick over TCP too and return the port."""
        self._server = await asyncio.get_running_loop().create_server(
            lambda: _Socket(self, self._sockets), host, port
        )
        return int(self._server.sockets[0].getsockname()[1])

    async def step(self) -> Entry | None:
        """Play the next document, a virtual clock set to its time; None when the recording is over."""
        if self._position >= len(self.recording):
            return None
        entry = self.recording.entries[self._position]
        self._position += 1
        if isinstance(self.clock, VirtualClock):
            self.clock.set(entry.at)
        self.send(self.stick.show(entry))
        return entry

    async def play(self) -> None:
        """Play the rest, each document when the clock reaches its time (a virtual clock is set), from first
        contact on.
        """
        await self.contacted.wait()
        speed = self.clock.speed if isinstance(self.clock, ScaledClock) else 1.0
        while self._position < len(self.recording):
            due = self.recording.entries[self._position].at
            wait = 0 if isinstance(self.clock, VirtualClock) else due - self.clock.now()
            if wait > self.longest_gap and isinstance(self.clock, ScaledClock):
                self.clock.skip(wait - self.longest_gap)
                continue
            if wait > 0:
                await asyncio.sleep(min(wait / speed, 1.0))
            else:
                await self.step()
                await asyncio.sleep(0)

    def send(self, octets: bytes) -> None:
        """Put octets on the line as they are."""
        for line in [self._pty, *self._sockets]:
            if line is not None:
                line.write(octets)

    def take(self, line: "_Line", document: Document) -> None:
        """Answer one command that came over `line`."""
        if document.tag == "Command":
            self.contacted.set()
            answer = self.stick.answer(document, self.clock.now())
            if answer:
                line.write(answer)


class _Line(Protocol):
    def write(self, octets: bytes) -> None: ...


def _commands() -> Splitter:
    return Splitter(lambda _: None, tags=frozenset({"Command"}))


class _Pty:
    """The emulator's end of a pseudo-terminal. The other end stays open here, so that listeners may come and
    go.
    """

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._commands = _commands()
        self._backlog = bytearray()
        self._loop = asyncio.get_running_loop()
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        os.set_blocking(self._ours, False)
        self.name = os.ttyname(self._theirs)
        self._loop.add_reader(self._ours, self._read)

    def write(self, octets: bytes) -> None:
        if len(self._backlog) + len(octets) > BACKLOG_LIMIT:
            self._emulator.dropped += 1
            return
        waiting = bool(self._backlog)
        self._backlog += octets
        if not waiting:
            self._flush()

    def _flush(self) -> None:
        try:
            del self._backlog[: os.write(self._ours, self._backlog)]
        except (BlockingIOError, InterruptedError):
            pass
        except OSError:
            self._backlog.clear()
        if self._backlog:
            self._loop.add_writer(self._ours, self._flush)
        else:
            self._loop.remove_writer(self._ours)

    def _read(self) -> None:
        try:
            octets = os.read(self._ours, 4096)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            octets = b""
        if not octets:
            self._loop.remove_reader(self._ours)
            return
        for fragment in self._commands.feed(octets):
            self._emulator.take(self, Document.of(fragment.element))

    def close(self) -> None:
        self._loop.remove_reader(self._ours)
        self._loop.remove_writer(self._ours)
        for end in (self._ours, self._theirs):
            with contextlib.suppress(OSError):
                os.close(end)


class _Socket(asyncio.Protocol):
    """One TCP connection to the stick."""

    def __init__(self, emulator: Emulator, among: "set[_Socket]") -> None:
        self._emulator = emulator
        self._among = among
        self._commands = _commands()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass
        self._among.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._among.discard(self)

    def data_received(self, data: bytes) -> None:
        for fragment in self._commands.feed(data):
            self._emulator.take(self, Document.of(fragment.element))

    def write(self, octets: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        if self._transport.get_write_buffer_size() > BACKLOG_LIMIT:
            self._emulator.dropped += 1
            return
        self._transport.write(octets)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()
