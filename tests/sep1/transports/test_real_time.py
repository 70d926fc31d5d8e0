"""A HAN of radio frames that runs by itself under asyncio."""

import asyncio
import contextlib
import random
import time

from handover.clock import ScaledClock
from handover.sep1.aps import ApsFrame
from handover.sep1.transports import real_time
from handover.sep1.transports.radio_han import RadioHan
from handover.sep1.transports.virtual import VirtualTransport

ESI, DEVICE = 0x000D6F0000123456, 0x00124B0000ABCD01


async def test_two_transports_talk_as_soon_as_they_have_joined() -> None:
    """The clock runs a thousand times as fast; nothing here waits for a time."""
    clock = ScaledClock(1_342_548_000.0, 1000.0, time.monotonic)
    han = RadioHan(clock=clock.now, draw=random.Random(1).randbytes, coordinator=ESI)
    runner = asyncio.create_task(real_time.run(han, clock, speed=1000.0))
    esi, device = VirtualTransport(han, ESI), VirtualTransport(han, DEVICE)
    try:
        async with asyncio.timeout(30):
            await esi.open()
            await device.open()
            frame = ApsFrame(
                source=DEVICE,
                destination=ESI,
                source_endpoint=1,
                destination_endpoint=1,
                cluster_id=0x0702,
                secured=True,
                payload=b"\x18\x01\x0a",
            )
            await device.send(frame)
            async for arrived in esi.frames():
                assert arrived == frame
                break
    finally:
        await device.close()
        await esi.close()
        runner.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await runner
    assert han.moved is None
    assert han.nodes() == []
