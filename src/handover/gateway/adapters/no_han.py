"""The place of a gateway that has no SEP 1.x ESI above it: a transport on which nothing is ever heard."""

import asyncio
from collections.abc import AsyncIterator

from handover.errors import NotNow
from handover.sep1.aps import ApsFrame


class NoHan:
    """A transport onto no network."""

    coordinator: int | None = None

    def __init__(self, eui64: int) -> None:
        self.eui64 = eui64
        self._closed = asyncio.Event()

    async def open(self) -> None:
        """Do nothing."""

    async def close(self) -> None:
        """End `frames`."""
        self._closed.set()

    async def send(self, frame: ApsFrame) -> None:
        """Refuse: there is nobody. Raises NotNow."""
        raise NotNow("this gateway has no SEP 1.x network above it: set [sep1] transport to have one")

    async def frames(self) -> AsyncIterator[ApsFrame]:
        """Give nothing until the transport is closed."""
        await self._closed.wait()
        nothing: list[ApsFrame] = []
        for frame in nothing:
            yield frame
