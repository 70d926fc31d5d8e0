"""How much one HAN device may say, so that none drowns the others or the server: token buckets.

A HAN is a hundred times slower than what lies above it, and a broken device repeats itself for ever. What
goes beyond is dropped unanswered: an honest device repeats it later, when there is room again.
"""

from handover.errors import DecodeError
from handover.gateway.allowance import LINES, Allowance
from handover.sep1 import frame as zcl
from handover.sep1.aps import ApsFrame

FRAMES = (120, 4.0)
"""Frames of one device at once, and per second from then on: a device that starts asks some dozen things."""

WORDS = (40, 0.1)
"""Answers of one device that go up to the server, at once and per second: an event asks for a handful."""

_UPWARD = frozenset({(0x0701, 0x00), (0x0700, 0x02), (0x0703, 0x01)})
"""(Cluster, command) of what becomes a Response: status reports, acknowledgements, confirmations."""


class Rates:
    """What the devices of a HAN may cost. Times are seconds of one clock."""

    def __init__(self) -> None:
        self._frames: Allowance[tuple[int, bool]] = Allowance(*FRAMES)
        self._words: Allowance[int] = Allowance(*WORDS)
        self._lines: Allowance[int] = Allowance(*LINES)

    def admit(self, frame: ApsFrame, now: float) -> bool:
        """Tell whether a frame may be looked at."""
        # Anybody on the network can use a device's name, but not its link key: theirs is another bucket.
        if not self._frames.take((frame.source, frame.secured), now):
            return False
        return not _goes_up(frame) or self._words.take(frame.source, now)

    def line(self, source: int, now: float) -> int | None:
        """Return how many log lines about a node were held back before this one; None holds this one back."""
        return self._lines.refused(source) if self._lines.take(source, now) else None


def _goes_up(frame: ApsFrame) -> bool:
    """Tell whether a frame may lead to a Response. Only secured ones do; others are dropped anyway."""
    if not frame.secured:
        return False
    try:
        header, _ = zcl.parse_header(frame.payload)
    except DecodeError:
        return False
    ours = header.frame_type == zcl.CLUSTER and not header.to_client
    return ours and (frame.cluster_id, header.command_id) in _UPWARD
