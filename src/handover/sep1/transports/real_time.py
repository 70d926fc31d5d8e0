"""Runs a `RadioHan` under asyncio, in real or scaled time."""

import asyncio
from typing import Final

from handover.clock import Clock
from handover.sep1.transports.radio_han import RadioHan

LONGEST_PAUSE: Final = 1.0
"""Real seconds after which the clock is looked at again, so that a clock set forward is noticed."""


async def run(han: RadioHan, clock: Clock, *, speed: float = 1.0) -> None:
    """Let happen on `han` what is due, until cancelled; `clock` runs at `speed` times real time."""
    moved = asyncio.Event()
    han.moved = moved.set
    try:
        while True:
            moved.clear()
            han.advance(clock.now())
            due = han.due()
            pause = LONGEST_PAUSE if due is None else (due - clock.now()) / speed
            try:
                async with asyncio.timeout(min(max(pause, 0.0), LONGEST_PAUSE)):
                    await moved.wait()
            except TimeoutError:
                continue
    finally:
        han.moved = None
