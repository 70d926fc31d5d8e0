"""One rig per transport: a HAN behind it that answers, so that every transport is held to one contract.

A new transport adds a function here and a line in RIGS. The ESI of a rig has a clock, a meter with a
summation, and refuses what it does not offer; nothing depends on real time passing.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

from handover.clock import VirtualClock
from handover.sep1.transports import Transport
from handover.sep1.transports.radio import RadioTransport
from handover.sep1.transports.raven import Emulator, RavenSettings, RavenTransport, load
from handover.sep1.transports.virtual import VirtualHan, VirtualTransport
from handover.sim.live import run
from handover.sim.premise import ESI_EUI64, Premise
from sep1.dialogue import NOW, OURS
from sep1.transports.radio.presence import STICKS, require_zigpy


@contextlib.asynccontextmanager
async def virtual() -> AsyncIterator[Transport]:
    """A simulated premise that has admitted us, in a time that stands still."""
    premise = Premise(1, NOW)
    premise.admit(OURS)
    utility = asyncio.create_task(run(premise, VirtualClock(NOW)))
    transport = VirtualTransport(premise.han, OURS)
    try:
        yield transport
    finally:
        await transport.close()
        utility.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await utility


@contextlib.asynccontextmanager
async def radio() -> AsyncIterator[Transport]:
    """A stick made of software as trust centre; the ESI is a simulated premise on its network."""
    require_zigpy()
    from sep1.transports.radio.double import AIRS, Air

    premise = Premise(1, NOW, han=VirtualHan(coordinator=ESI_EUI64))
    premise.admit(OURS)
    air = AIRS["contract"] = Air(OURS, premise.han)
    air.place(ESI_EUI64, 0x1A2B)
    air.keys[ESI_EUI64] = bytes(range(16))
    utility = asyncio.create_task(run(premise, VirtualClock(NOW)))
    transport = RadioTransport(
        "double:contract", coordinator=ESI_EUI64, established=[ESI_EUI64], sticks=STICKS
    )
    try:
        yield transport
    finally:
        await transport.close()
        del AIRS["contract"]
        utility.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await utility


@contextlib.asynccontextmanager
async def raven() -> AsyncIterator[Transport]:
    """An emulated stick on a pseudo-terminal that has heard the first part of the shipped day."""
    recording = load()
    clock = VirtualClock(recording.start)
    async with Emulator(recording, clock) as emulator:
        for _ in range(40):
            await emulator.step()
        transport = RavenTransport(
            emulator.path, clock=clock, eui64=OURS, settings=RavenSettings(identify_within=1.0)
        )
        try:
            yield transport
        finally:
            await transport.close()


RIGS: dict[str, Callable[[], AbstractAsyncContextManager[Transport]]] = {
    "radio": radio,
    "raven": raven,
    "virtual": virtual,
}
"""Gives a transport, made but not opened, with a HAN behind it."""
