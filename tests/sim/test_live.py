"""A premise under asyncio: frames wake it, the clock drives it."""

import asyncio

from handover.clock import VirtualClock
from handover.sep1 import frame as zcl
from handover.sep1.client import HanClient, Send
from handover.sep1.clusters.price import GetCurrentPrice, PublishPrice
from handover.sep1.transports.virtual import VirtualTransport
from handover.sim.live import run
from handover.sim.premise import Premise
from sim.house import DEVICE

START = 1_342_548_000.0


async def test_a_question_is_answered_while_the_clock_stands_still() -> None:
    premise = Premise(1, START)
    premise.admit(DEVICE)
    transport = VirtualTransport(premise.han, DEVICE)
    await transport.open()
    utility = asyncio.create_task(run(premise, VirtualClock(START)))
    client = HanClient(DEVICE)
    (question,) = client.send(GetCurrentPrice(1), destination=premise.eui64, now=START)
    assert isinstance(question, Send)
    await transport.send(question.frame)
    sequence = question.frame.payload[1]
    async with asyncio.timeout(10):
        async for frame in transport.frames():
            parsed = zcl.parse(frame.cluster_id, frame.payload)
            if parsed.header.sequence == sequence and isinstance(parsed.body, PublishPrice):
                break
    await transport.close()
    premise.han.detach(premise.eui64)
    async with asyncio.timeout(10):
        await utility


async def test_the_meter_turns_while_the_clock_runs() -> None:
    premise = Premise(1, START)
    clock = VirtualClock(START)
    utility = asyncio.create_task(run(premise, clock, speed=1e6))
    first = premise.esi.meter.table.values[0x0000], premise.esi.meter.table.values[0x0001]
    async with asyncio.timeout(10):
        while (premise.esi.meter.table.values[0x0000], premise.esi.meter.table.values[0x0001]) == first:
            clock.advance(600)
            await asyncio.sleep(0)
    assert premise.now > START
    utility.cancel()
    await asyncio.gather(utility, return_exceptions=True)
