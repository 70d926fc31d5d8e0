"""Fragments put together again. Source: ZigBee PRO, 2.2.8.4.5; the transmission window is one block."""

from dataclasses import dataclass, field
from typing import Final

from handover.sep1.network import aps

KEPT: Final = 30.0
"""Seconds after its last piece for which an unfinished payload is kept."""
PAYLOADS: Final = 16
"""Unfinished payloads kept at once; the oldest makes room."""


@dataclass(slots=True)
class _Partial:
    expires: float
    blocks: int | None = None
    pieces: dict[int, bytes] = field(default_factory=dict)


class Reassembly:
    """Payloads of which some pieces have come, by sender and APS counter."""

    def __init__(self) -> None:
        self._partial: dict[tuple[int, int], _Partial] = {}

    def add(self, source: int, frame: aps.ApsData, payload: bytes, now: float) -> bytes | None:
        """Take a piece and return the whole payload when it was the last one that lacked."""
        assert frame.fragment is not None
        key = (source, frame.counter)
        partial = self._partial.pop(key, None)
        if partial is None or partial.expires <= now:
            partial = _Partial(now)
        partial.expires = now + KEPT
        partial.pieces[frame.fragment.block] = payload
        if frame.fragment.blocks is not None:
            partial.blocks = frame.fragment.blocks
        if partial.blocks is not None and len(partial.pieces) >= partial.blocks:
            return b"".join(piece for _, piece in sorted(partial.pieces.items()))
        while len(self._partial) >= PAYLOADS:
            del self._partial[next(iter(self._partial))]
        self._partial[key] = partial
        return None
