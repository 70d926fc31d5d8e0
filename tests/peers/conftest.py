"""A home whose gateway runs for real: a virtual premise, HTTPS on loopback, issued certificates."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from handover.sep2.adapters.pki_folder import Files, PkiFolder
from handover.sim import live
from handover.sim.demo.home import GATEWAY_EUI64, Home, Ports, opened
from handover.sim.demo.sources import VirtualSource

PATIENCE = 20.0


@dataclass
class Running:
    """The home, where its certificates are, and the premise behind it."""

    home: Home
    pki: PkiFolder
    source: VirtualSource

    @property
    def origin(self) -> str:
        return self.home.gateway.url.removesuffix("/dcap")

    def identity(self, name: str) -> Files:
        return self.pki.files(name)

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until something has come true, looking again whenever the loop turns."""

        async def look() -> None:
            while not true():  # noqa: ASYNC110 - the gateway offers nothing to wait for
                await asyncio.sleep(0)

        await asyncio.wait_for(look(), PATIENCE)


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    source = VirtualSource(seed=7, speed=60.0, eui64=GATEWAY_EUI64)
    async with opened(
        tmp_path, source.name, source.transport, source.clock, settings=None, ports=Ports()
    ) as home:
        premise = asyncio.create_task(live.run(source.premise, source.clock, speed=source.clock.speed))
        here = Running(home, PkiFolder(tmp_path / "pki"), source)
        await here.until(lambda: len(home.gateway.status()["readings"]) >= 3)
        await here.until(lambda: any(p["status"] == 1 for p in home.gateway.status()["prices"]))
        yield here
        premise.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await premise
