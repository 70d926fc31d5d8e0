"""Runs the demo from beginning to end and says what came of it. How it is shown is the caller's business."""

import asyncio
import contextlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from handover.sep1.transports.raven.recording import Recording
from handover.sim.demo.home import GATEWAY_EUI64, Home, Ports, opened
from handover.sim.demo.sources import RavenSource, Source, VirtualSource, duration

SEED = 20120717
VIRTUAL_SPEED = 60.0
"""A minute of the home passes in a second."""

RAVEN_SPEED = 600.0
LONGEST_GAP = 1800.0
PLAYED_PART = 0.6
"""Part of the time given within which a recording is played, so that its last documents arrive too."""

LOOK_PERIOD = 0.25


@dataclass(slots=True)
class Result:
    """What the demo has to show for itself."""

    source: str
    url: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    last_reading: dict[str, Any] | None = None
    journeys: dict[str, bool] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether every journey that the source can carry came through."""
        return bool(self.journeys) and all(self.journeys.values())


Show = Callable[[Home, dict[str, bool]], None]
"""Called several times a second with the home and the journeys so far."""


async def demo(
    *,
    recording: Recording | None = None,
    seconds: float | None = None,
    ports: Ports | None = None,
    show: Show = lambda home, journeys: None,
    started: Callable[[Home], None] = lambda home: None,
) -> Result:
    """Run the demo for `seconds` (None: until cancelled) on a virtual premise, or on `recording`.

    Raises HandoverError when the home cannot be set up, ExceptionGroup when a part of it fails.
    """
    source = _source(recording, seconds)
    result = Result(source.name, journeys=dict.fromkeys(source.carries, False))
    ready = asyncio.Event()
    with tempfile.TemporaryDirectory(prefix="handover-demo-") as folder:
        async with (
            source,
            opened(
                Path(folder),
                source.name,
                source.transport,
                source.clock,
                settings=source.settings,
                ports=ports or Ports(),
            ) as home,
        ):
            started(home)
            parts = asyncio.gather(source.run(ready), home.live())
            try:
                async with asyncio.timeout(seconds):
                    await _watch(home, source, result, ready, parts, show)
            except TimeoutError:
                pass
            finally:
                parts.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await parts
    return result


def _source(recording: Recording | None, seconds: float | None) -> Source:
    if recording is None:
        return VirtualSource(seed=SEED, speed=VIRTUAL_SPEED, eui64=GATEWAY_EUI64)
    speed = RAVEN_SPEED
    if seconds is not None:
        speed = max(1.0, duration(recording, LONGEST_GAP) / (PLAYED_PART * seconds))
    return RavenSource(recording, speed=speed, longest_gap=LONGEST_GAP, eui64=GATEWAY_EUI64)


async def _watch(
    home: Home, source: Source, result: Result, ready: asyncio.Event, parts: "asyncio.Future[Any]", show: Show
) -> None:
    while not parts.done():
        await asyncio.sleep(LOOK_PERIOD)
        if home.ready:
            ready.set()
        document = home.gateway.status()
        result.url = document["url"]
        result.counts = document["counts"]
        result.last_reading = next(iter(document["readings"]), None)
        result.journeys = source.look(home.display.snapshot(), home.thermostat.snapshot())
        show(home, result.journeys)
    parts.result()
