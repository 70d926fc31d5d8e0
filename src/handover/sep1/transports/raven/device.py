"""The line to a stick: aioraven's serial and network devices, with a reader that loses nothing.

aioraven hands a document only to a task that waits for it at that moment, keeps every parsed element for
ever, loses what follows a parse error within a read, and turns a device's Warning into a Python warning. So
the octets go through our own `Splitter` here, and every document goes to one receiver in order; commands and
life cycle stay aioraven's. Not here: what documents mean, reconnecting (`transport`).
"""

import asyncio
import contextlib
import termios
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from aioraven.device import RAVEnConnectionError
from aioraven.protocols import RAVEnReaderProtocol
from aioraven.reader import RAVEnReader
from aioraven.serial import RAVEnSerialDevice
from aioraven.streams import RAVEnNetworkDevice, RAVEnStreamDevice, RAVEnWriter
from serial import SerialException
from serial_asyncio_fast import create_serial_connection

from handover.errors import ConfigError, NotNow
from handover.sep1.transports.raven.document import KNOWN_TAGS, Document
from handover.sep1.transports.raven.framing import Complain, Splitter

BAUD_RATE = 115200

Receive = Callable[[Document], None]
"""Takes one document, on the event loop."""

LINE_ERRORS = (OSError, termios.error)
"""What opening or using a line may raise."""


class Reader(RAVEnReader):
    """aioraven's reader, which also hands every document on and tells when the line is gone."""

    def __init__(self, receive: Receive, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self._receive = receive
        self.ended = asyncio.Event()

    def feed_element(self, data: Element) -> None:
        """Hand on a document; only known names go to aioraven, which keeps a list per name."""
        self._receive(Document.of(data))
        if data.tag in KNOWN_TAGS:
            super().feed_element(data)

    def set_exception(self, exc: Exception) -> None:
        """Note that the line broke."""
        super().set_exception(exc)
        self.ended.set()

    def feed_eof(self) -> None:
        """Note that the line was closed."""
        super().feed_eof()
        self.ended.set()


class ReaderProtocol(RAVEnReaderProtocol):
    """aioraven's protocol with our way from octets to elements."""

    def __init__(self, reader: Reader, splitter: Splitter, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(reader, loop)
        self._splitter = splitter

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start with an empty line."""
        self._splitter.reset()

    def data_received(self, data: bytes) -> None:
        """Cut the octets into documents."""
        for fragment in self._splitter.feed(data):
            if self._reader is not None:
                self._reader.feed_element(fragment.element)

    def eof_received(self) -> None:
        """Tell the reader; an unfinished document is given up."""
        self._splitter.reset()
        if self._reader is not None:
            self._reader.feed_eof()


class Line:
    """An open line to a stick, or one that can be opened: `device` is "/dev/ttyUSB0", a pty, or
    "tcp://host:port".

    `receive` gets every document; `complain` gets a line of text about whatever was thrown away.
    Raises ConfigError for a device that cannot be meant.
    """

    def __init__(self, device: str, receive: Receive, complain: Complain) -> None:
        _address(device)
        self.device = device
        self.splitter = Splitter(complain)
        self._receive = receive
        self._stream: _Stream | None = None

    async def open(self) -> None:
        """Open the line. Raises one of LINE_ERRORS."""
        self._stream = _stream(self.device, self._receive, self.splitter)
        await self._stream.open()

    async def synchronize(self, patience: float, tries: int) -> None:
        """Make sure that a stick answers, `patience` seconds a try. Raises one of LINE_ERRORS when it does
        not.
        """
        for tries_left in range(tries - 1, -1, -1):
            try:
                if self._stream is not None:
                    async with asyncio.timeout(patience):
                        await self._stream.query("get_meter_list", "MeterList")
                return
            except TimeoutError:
                if not tries_left:
                    raise TimeoutError("the device answers no RAVEn command; is it a RAVEn stick?") from None

    def write(self, command: str, arguments: Mapping[str, str] | None = None) -> None:
        """Send a command without waiting for an answer. Raises NotNow when the line is gone."""
        if self._stream is None or not self._stream.alive:
            raise NotNow(
                f"the line to {self.device} is gone; it is opened again as soon as the stick is back"
            )
        self._stream.write(command, dict(arguments or {}))

    async def ended(self) -> None:
        """Wait until the line is gone."""
        if self._stream is not None:
            await self._stream.ended()

    async def close(self) -> None:
        """Close the line; harmless when it is not open."""
        stream, self._stream = self._stream, None
        if stream is not None:
            await stream.abort()


class _Stream(RAVEnStreamDevice):
    """What both kinds of line have in common beyond aioraven."""

    _queue: Reader | None = None
    _transport: asyncio.BaseTransport | None = None

    async def abort(self) -> None:
        """Close at once. A serial transport that is closing already must not be told a second time."""
        if self._writer is None:
            return
        if self._transport is not None and not self._transport.is_closing():
            self._writer.abort()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()
        self._writer = self._reader = None

    @property
    def alive(self) -> bool:
        return self._writer is not None and self._queue is not None and not self._queue.ended.is_set()

    def write(self, command: str, arguments: dict[str, str]) -> None:
        if self._writer is not None:
            self._writer.write_cmd(command, arguments)

    async def query(self, command: str, answer: str) -> None:
        await self._query(command, answer)

    async def ended(self) -> None:
        if self._queue is not None:
            await self._queue.ended.wait()

    def _connect(self, transport: asyncio.Transport, protocol: ReaderProtocol) -> None:
        self._transport = transport
        self._writer = RAVEnWriter(transport, protocol)

    def _begin(self, receive: Receive, splitter: Splitter) -> ReaderProtocol:
        loop = asyncio.get_running_loop()
        self._reader = self._queue = Reader(receive, loop)
        return ReaderProtocol(self._queue, splitter, loop)


class _SerialStream(_Stream, RAVEnSerialDevice):
    def __init__(self, url: str, receive: Receive, splitter: Splitter) -> None:
        super().__init__(url)
        self._parts = receive, splitter

    async def open(self) -> None:
        protocol = self._begin(*self._parts)
        try:
            transport, _ = await create_serial_connection(
                asyncio.get_running_loop(), lambda: protocol, self._url, baudrate=BAUD_RATE
            )
        except SerialException as error:
            raise RAVEnConnectionError(str(error)) from error
        self._connect(transport, protocol)


class _NetworkStream(_Stream, RAVEnNetworkDevice):
    def __init__(self, host: str, port: int, receive: Receive, splitter: Splitter) -> None:
        super().__init__(host, port)
        self._parts = receive, splitter

    async def open(self) -> None:
        protocol = self._begin(*self._parts)
        try:
            transport, _ = await asyncio.get_running_loop().create_connection(
                lambda: protocol, host=self._host, port=self._port
            )
        except OSError as error:
            raise RAVEnConnectionError(str(error)) from error
        self._connect(transport, protocol)


def _stream(device: str, receive: Receive, splitter: Splitter) -> _Stream:
    address = _address(device)
    if address is None:
        return _SerialStream(device, receive, splitter)
    return _NetworkStream(*address, receive, splitter)


def _address(device: str) -> tuple[str, int] | None:
    """Return host and port of a device on the network, None for a serial one. Raises ConfigError."""
    if not device:
        raise ConfigError('no RAVEn device is given: set device = "/dev/ttyUSB0" or "tcp://host:port"')
    if "://" not in device:
        return None
    try:
        parts = urlsplit(device)
        if parts.scheme == "tcp" and parts.hostname and parts.port:
            return parts.hostname, parts.port
    except ValueError:
        pass
    raise ConfigError(
        f"the RAVEn device {device!r} cannot be meant: write /dev/ttyUSB0 or tcp://192.168.1.20:4001"
    )
