"""A tap on a virtual HAN that keeps what was carried as radio octets, for Wireshark and for tests."""

from collections import deque
from collections.abc import Callable

from handover.sep1.aps import ApsFrame
from handover.sep1.network.capture import Capture, pcap_file

LIMIT = 100_000


class CaptureTap:
    """Keeps the last `limit` frames with their time. Give it to `VirtualHan(tap=...)`.

    `clock` gives Unix seconds; `coordinator` is the node that gets the short address 0.
    """

    def __init__(self, coordinator: int, clock: Callable[[], float], *, limit: int = LIMIT) -> None:
        self._capture = Capture(coordinator)
        self._clock = clock
        self._kept: deque[tuple[float, bytes]] = deque(maxlen=limit)

    def __len__(self) -> int:
        return len(self._kept)

    def __call__(self, frame: ApsFrame) -> None:
        """Keep one frame."""
        self._kept.append((self._clock(), self._capture.encapsulate(frame)))

    def frames(self) -> list[tuple[float, bytes]]:
        """Return (Unix seconds, 802.15.4 octets) of what was carried, oldest first."""
        return list(self._kept)

    def pcap(self) -> bytes:
        """Return what was carried as a capture file."""
        return pcap_file(self._kept)
