"""`Tunnel`: one end of a tunnel. Its outgoing octets, its incoming ones, and what it remembers of both.

No frames here: they are made by the two sides (`transfer`).
"""

import zlib
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from handover.sep1.clusters.tunneling import Protocol
from handover.sep1.tunneling.states import SENDING, TUNNEL, SendState, SendStep, TunnelState, TunnelStep

REMEMBERED: Final = 128
"""Chunks by which a repetition is known: half of the sequence numbers."""

REPEATED_WITHIN: Final = 60.0
"""Seconds in which an equal chunk under the same number is a repetition: numbers come round again."""


@dataclass(slots=True)
class Chunk:
    """Octets under way under a sequence number."""

    data: bytes
    sequence: int = 0


@dataclass(slots=True)
class _Seen:
    """A chunk that came in at `at`, and whether it was taken."""

    mark: tuple[int, int, int]
    at: float
    taken: bool


@dataclass(slots=True, kw_only=True, eq=False)
class Tunnel:
    """One end. `peer_size` is what the other end takes in one transfer, `room` what it has left.

    `buffer_size` limits what waits here to be read. `active` is when octets last went through.
    """

    peer: int
    peer_endpoint: int
    protocol: Protocol
    tunnel_id: int
    flow_control: bool
    peer_size: int
    buffer_size: int
    active: float
    state: TunnelState = TunnelState.OPEN
    token: object = None
    sending: SendState = SendState.IDLE
    room: int = 0
    overflows: int = 0
    due: float | None = None
    chunk: Chunk | None = None
    starved: bool = False
    asked_sequence: int = -1
    opened: float = 0.0
    _outgoing: bytearray = field(default_factory=bytearray, repr=False)
    _incoming: bytearray = field(default_factory=bytearray, repr=False)
    _seen: "deque[_Seen]" = field(default_factory=lambda: deque(maxlen=REMEMBERED), repr=False)
    _numbers: deque[int] = field(default_factory=lambda: deque(maxlen=REMEMBERED), repr=False)

    def __post_init__(self) -> None:
        """Begin now, with all the room that the other end announced."""
        self.room, self.opened = self.peer_size, self.active

    @property
    def unsent(self) -> int:
        """Octets written that the other end has not taken yet."""
        return len(self._outgoing) + (len(self.chunk.data) if self.chunk else 0)

    @property
    def readable(self) -> int:
        """Octets that wait to be read."""
        return len(self._incoming)

    @property
    def space(self) -> int:
        """Octets that can be taken in at present."""
        return self.buffer_size - len(self._incoming)

    def take(self, step: TunnelStep) -> None:
        """Step the tunnel. Raises NotNow when the table does not allow it."""
        self.state = TUNNEL.step(self.state, step)

    def sent(self, step: SendStep) -> None:
        """Step the sending half, and put the chunk under way back or away. Raises NotNow as `take` does."""
        self.sending = SENDING.step(self.sending, step)
        self.due = None
        if self.chunk is not None and self.sending is SendState.IDLE and step is not SendStep.SEND:
            self.chunk = None
        if self.sending is SendState.PAUSED and self.chunk is not None:
            self._outgoing[:0] = self.chunk.data
            self.chunk = None

    def write(self, data: bytes) -> None:
        """Queue octets for the other end."""
        self._outgoing += data

    def next_chunk(self, limit: int) -> Chunk | None:
        """Take the next octets to send, `limit` at most; None while one is under way or there is no room."""
        size = min(limit, self.peer_size, self.room if self.flow_control else limit)
        if self.state is not TunnelState.OPEN or self.sending is not SendState.IDLE:
            return None
        if size <= 0 or not self._outgoing:
            return None
        self.chunk = Chunk(bytes(self._outgoing[:size]))
        del self._outgoing[:size]
        self.sent(SendStep.SEND)
        return self.chunk

    def seen(self, sequence: int, data: bytes, now: float) -> bool | None:
        """Return what became of a chunk that came before (True: it was taken); None for a new one.

        One that was refused stays refused: its octets come again under another number.
        """
        mark = _mark(sequence, data)
        for seen in self._seen:
            if seen.mark == mark and now - seen.at <= REPEATED_WITHIN:
                return seen.taken
        return None

    def receive(self, sequence: int, data: bytes, now: float, *, limit: int) -> bool:
        """Take octets in if there is space and they are no more than `limit`; tell whether it was so."""
        taken = len(data) <= min(limit, self.space)
        if taken:
            self._incoming += data
        self._seen.append(_Seen(_mark(sequence, data), now, taken))
        return taken

    def answers(self, sequence: int) -> bool:
        """Tell whether an answer under this number is about the chunk under way, and no late copy.

        Some answer under numbers of their own: each of those counts once.
        """
        if self.chunk is None or self.sending not in (SendState.SENT, SendState.UNACKNOWLEDGED):
            return False
        if sequence == self.chunk.sequence:
            return True
        if sequence in self._numbers:
            return False
        self._numbers.append(sequence)
        return True

    def number(self, sequence: int) -> None:
        """Note the number under which the chunk under way was sent."""
        if self.chunk is not None:
            self.chunk.sequence = sequence
            self._numbers.append(sequence)

    def read(self, limit: int) -> bytes:
        """Take octets out that came in, `limit` at most."""
        data = bytes(self._incoming[:limit])
        del self._incoming[:limit]
        return data


def _mark(sequence: int, data: bytes) -> tuple[int, int, int]:
    return sequence, len(data), zlib.crc32(data)
