"""What every way onto a SEP 1.x HAN offers to the engines: APS frames in, APS frames out.

A transport moves frames and nothing else. It does not know clusters' meanings, sequence numbers, retries or
who may say what; the engines of `sep1.client` and `sep1.server` decide those. How a frame travels (a queue
in this process, a USB stick, a radio) is the business of the modules beside this one.
"""

from collections.abc import AsyncIterator
from typing import Protocol

from handover.sep1.aps import ApsFrame


class Transport(Protocol):
    """A node's place on one HAN.

    Life cycle: made, opened once, closed once (closing again is harmless). Between the two, `send` carries a
    frame away and `frames` gives what arrives, in order of arrival. A transport that was closed stays closed.
    """

    @property
    def eui64(self) -> int:
        """Our own IEEE address; the source of every frame sent and the destination of every one received."""

    @property
    def coordinator(self) -> int | None:
        """The IEEE address of the ESI, or None until it is known."""

    async def open(self) -> None:
        """Take our place on the HAN. Raises NotNow when that is impossible at present or was done before."""

    async def close(self) -> None:
        """Leave the HAN and end `frames`; harmless when already closed or never opened."""

    async def send(self, frame: ApsFrame) -> None:
        """Hand over one frame for delivery; no delivery is promised.

        Raises NotNow when not open, EncodeError when the frame's source is not our own address.
        """

    def frames(self) -> AsyncIterator[ApsFrame]:
        """Iterate over arriving frames, those included that came before the first call; ends at `close`."""
