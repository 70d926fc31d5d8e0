"""Runs a simulated premise under asyncio, in real or scaled time, until it is cancelled."""

import asyncio

from handover.clock import Clock
from handover.sim.premise import Premise

LONGEST_PAUSE = 1.0
"""Real seconds after which the clock is looked at again, so that a clock set forward is noticed."""


async def run(premise: Premise, clock: Clock, *, speed: float = 1.0) -> None:
    """Step `premise` when something is due or a frame arrives; `clock` runs at `speed` times real time."""
    while True:
        premise.step(clock.now())
        pause = (premise.deadline() - clock.now()) / speed
        try:
            # Not wait_for: in Python 3.11 it can swallow the cancellation that ends this task.
            async with asyncio.timeout(min(max(pause, 0.0), LONGEST_PAUSE)):
                frame = await premise.inbox.get()
        except TimeoutError:
            continue
        if frame is None:
            return
        premise.receive(frame, clock.now())
