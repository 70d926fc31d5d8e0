"""A home area network inside this process: nodes with an inbox each, and a tap on everything that is carried.

Frames are the real ZCL bytes that a radio would carry. Delivery happens inside `carry`, so the same network
runs under asyncio and, without an event loop, in virtual time. Loss and duplication are decided by a
function given from outside; this module draws no random number and reads no clock.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Protocol

from handover.errors import EncodeError, NotNow
from handover.sep1.aps import BROADCAST, ApsFrame

Decide = Callable[[ApsFrame], int]
"""Gives how many copies of a frame arrive: 0 it is lost, 1 it arrives, 2 or more it is duplicated."""

Tap = Callable[[ApsFrame], None]
"""Sees every frame that a node puts on the air, lost ones included, before it is delivered."""

INBOX_LIMIT = 4096


def deliver_once(frame: ApsFrame) -> int:
    """Let every frame arrive exactly once: the network without faults."""
    return 1


class Inbox:
    """One node's arrived frames, oldest first. A full inbox drops what comes and counts it in `dropped`.

    `ready` is False while the node has yet to join; `joined` waits until it has.
    """

    def __init__(self, eui64: int, limit: int = INBOX_LIMIT, *, ready: bool = True) -> None:
        self.eui64 = eui64
        self.dropped = 0
        self._queue: asyncio.Queue[ApsFrame | None] = asyncio.Queue(limit)
        self._closed = False
        self._ready = asyncio.Event()
        if ready:
            self._ready.set()

    @property
    def ready(self) -> bool:
        """Tell whether the node has joined."""
        return self._ready.is_set()

    def set_ready(self) -> None:
        """Take note that the node has joined."""
        self._ready.set()

    async def joined(self) -> None:
        """Wait until the node has joined, or the inbox is closed."""
        await self._ready.wait()

    def __len__(self) -> int:
        return self._queue.qsize()

    def put(self, frame: ApsFrame) -> None:
        """Add one frame; dropped and counted when the inbox is full or closed."""
        if self._closed or self._queue.full():
            self.dropped += 1
            return
        self._queue.put_nowait(frame)

    def take(self) -> list[ApsFrame]:
        """Return and remove everything that has arrived, without waiting."""
        taken = []
        while not self._queue.empty():
            frame = self._queue.get_nowait()
            if frame is not None:
                taken.append(frame)
        return taken

    async def get(self) -> ApsFrame | None:
        """Wait for the next frame and remove it; None once the inbox is closed."""
        frame = await self._queue.get()
        if frame is None:
            self._queue.put_nowait(None)  # whoever else waits must wake too
        return frame

    def close(self) -> None:
        """Throw away what is waiting and wake whoever waits with None; harmless when repeated."""
        if self._closed:
            return
        self.take()
        self._closed = True
        self._ready.set()
        self._queue.put_nowait(None)


class Han(Protocol):
    """A network in this process: `VirtualHan`, or `radio_han.RadioHan` with everything under it."""

    coordinator: int | None

    def attach(self, eui64: int) -> Inbox:
        """Join as `eui64` and return the inbox. Raises NotNow while a node of that address is attached."""

    def detach(self, eui64: int) -> None:
        """Leave; harmless for a stranger."""

    def carry(self, frame: ApsFrame) -> None:
        """Put one frame on the air."""

    def advance(self, until: float | None = None) -> None:
        """Let happen what is due by `until` (Unix seconds), or by the network's own clock."""

    def due(self) -> float | None:
        """Return when the next thing happens by itself, or None."""


class VirtualHan:
    """The network: who is attached, and the carrying of frames between them.

    `decide` gives the number of copies that arrive; `tap` sees every frame put on the air. Counters:
    `carried` frames put on the air, `lost` frames of which no copy arrived, `unknown` frames for nobody who
    is attached.
    """

    def __init__(
        self, *, coordinator: int | None = None, decide: Decide = deliver_once, tap: Tap | None = None
    ) -> None:
        self.coordinator = coordinator
        self.decide = decide
        self.tap = tap
        self.carried = self.lost = self.unknown = 0
        self._nodes: dict[int, Inbox] = {}

    def attach(self, eui64: int) -> Inbox:
        """Join as `eui64` and return the inbox. Raises NotNow while a node of that address is attached."""
        if eui64 in self._nodes:
            raise NotNow(
                f"a node {eui64:016X} is already on this HAN; detach it first or choose another EUI-64"
            )
        inbox = self._nodes[eui64] = Inbox(eui64)
        return inbox

    def detach(self, eui64: int) -> None:
        """Leave: the inbox is closed and later frames for it are lost. Harmless for a stranger."""
        inbox = self._nodes.pop(eui64, None)
        if inbox is not None:
            inbox.close()

    def nodes(self) -> list[int]:
        """Return the attached EUI-64s in the order in which they came."""
        return list(self._nodes)

    def advance(self, until: float | None = None) -> None:
        """Do nothing: here everything happens inside `carry`."""

    def due(self) -> float | None:
        """Return None: nothing happens by itself."""
        return None

    def carry(self, frame: ApsFrame) -> None:
        """Put one frame on the air: tapped, then delivered (BROADCAST: to all others) or lost."""
        self.carried += 1
        if self.tap is not None:
            self.tap(frame)
        if frame.destination == BROADCAST:
            reached = [inbox for eui64, inbox in self._nodes.items() if eui64 != frame.source]
        else:
            reached = [self._nodes[frame.destination]] if frame.destination in self._nodes else []
        if not reached:
            self.unknown += 1
            return
        copies = self.decide(frame)
        if copies <= 0:
            self.lost += 1
        for inbox in reached * copies:
            inbox.put(frame)


class VirtualTransport:
    """A node's `Transport` on a network in this process."""

    def __init__(self, han: Han, eui64: int) -> None:
        self._han = han
        self._eui64 = eui64
        self._inbox: Inbox | None = None
        self._closed = False

    @property
    def eui64(self) -> int:
        """Our own IEEE address."""
        return self._eui64

    @property
    def coordinator(self) -> int | None:
        """The ESI's IEEE address, as the network knows it."""
        return self._han.coordinator

    async def open(self) -> None:
        """Attach to the network and wait until we have joined.

        Raises NotNow when opened before or the address is taken.
        """
        if self._inbox is not None or self._closed:
            raise NotNow("this transport was opened before; make a new one to join the HAN again")
        self._inbox = self._han.attach(self._eui64)
        await self._inbox.joined()

    async def close(self) -> None:
        """Detach from the network and end `frames`."""
        if not self._closed:
            self._closed = True
            if self._inbox is not None:
                self._han.detach(self._eui64)

    async def send(self, frame: ApsFrame) -> None:
        """Carry one frame at once. Raises NotNow when not open, EncodeError for a foreign source address."""
        if self._inbox is None or self._closed:
            raise NotNow("the transport is not open: open it before sending")
        if frame.source != self._eui64:
            raise EncodeError(
                f"a frame from {frame.source:016X} cannot be sent by {self._eui64:016X}; "
                f"set its source to our own EUI-64"
            )
        self._han.carry(frame)

    async def frames(self) -> AsyncIterator[ApsFrame]:
        """Give arriving frames until the transport is closed."""
        while not self._closed:
            if self._inbox is None:
                raise NotNow("the transport is not open: open it before reading frames")
            frame = await self._inbox.get()
            if frame is None:
                return
            yield frame
