"""Recordings of RAVEn sticks, replayed document by document through a pseudo-terminal: what then stands at
the gateway's HTTPS server is exact, valid, and nothing else.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from lxml import etree

from gateway.running import Client, make_config, schema, until
from handover.clock import VirtualClock
from handover.gateway.config import Config, Sep1Section
from handover.gateway.service import GatewayService
from handover.sep1.client.settings import ClientSettings
from handover.sep1.transports.raven import RavenTransport
from handover.sep1.transports.raven.emulator import Emulator
from handover.sep1.transports.raven.recording import Recording, load
from handover.sep2 import xml
from handover.sep2.resources.response import TextResponse

SAMPLES = Path(__file__).parents[3] / "shared" / "data" / "rainforest" / "rainforest_samples.xml.txt"
QUIET = ClientSettings(poll_period=1e9, keep_alive_period=1e9)
QUIET_TURNS = 20
WH, W, FORWARD, REVERSE = 72, 38, 1, 19


@dataclass
class Replay:
    """A gateway behind a stick that plays a recording step by step, and an admitted client."""

    emulator: Emulator
    transport: RavenTransport
    service: GatewayService
    client: Client
    xsd: etree.XMLSchema = field(default_factory=schema)

    async def step(self) -> Any:
        """Play one document, wait until the gateway is through with it, and return it."""
        counters = self.transport.counters
        before = counters.total()
        entry = await self.emulator.step()
        if entry is None:
            return None
        self.service.wake()
        await until(lambda: counters.total() > before)
        turns = 0
        while turns < QUIET_TURNS:  # until nothing moves any more: a next step moves the clock
            await asyncio.sleep(0)
            turns = 0 if self.transport.waiting else turns + 1
        return entry.document

    async def gets(self, path: str) -> Any:
        """Return a resource; the document must be valid."""
        response = await self.client.asks("GET", path)
        assert response.status == 200, (path, response.status)
        self.xsd.assertValid(etree.fromstring(response.body))
        return xml.decode(response.body)

    async def readings(self) -> dict[tuple[str, int, int], Any]:
        """Return (Reading, its power of ten) by usage point, unit and flow direction."""
        found = {}
        for point in (await self.gets("/upt?l=255")).UsagePoint:
            for meter in (await self.gets(f"{point.MeterReadingListLink.href}?l=255")).MeterReading:
                kind = await self.gets(meter.ReadingTypeLink.href)
                reading = await self.gets(meter.ReadingLink.href)
                found[point.href, kind.uom, kind.flowDirection] = (reading, kind.powerOfTenMultiplier)
        return found

    async def values(self) -> dict[tuple[int, int], list[int]]:
        """Return every value served, by unit and flow direction, all meters together."""
        served: dict[tuple[int, int], list[int]] = {}
        for (_, uom, flow), (reading, power) in (await self.readings()).items():
            assert power == 0, "a thousandth of a kWh is a Wh"
            if reading.value is not None:
                served.setdefault((uom, flow), []).append(reading.value)
        return served

    async def prices(self) -> list[tuple[int, int, Any]]:
        """Return (price, power of ten, TimeTariffInterval) of every active price."""
        found = []
        for tariff in (await self.gets("/tp?l=255")).TariffProfile:
            for rate in (await self.gets(f"{tariff.RateComponentListLink.href}?l=255")).RateComponent:
                intervals = await self.gets(f"{rate.TimeTariffIntervalListLink.href}?l=255")
                for interval in intervals.TimeTariffInterval:
                    steps = await self.gets(f"{interval.ConsumptionTariffIntervalListLink.href}?l=255")
                    (step,) = steps.ConsumptionTariffInterval
                    if interval.EventStatus.currentStatus == 1:
                        found.append((step.price, tariff.pricePowerOfTenMultiplier, interval))
        return found


@asynccontextmanager
async def replaying(folder: Path, recording: Recording) -> AsyncIterator[Replay]:
    clock = VirtualClock(recording.start)
    async with Emulator(recording, clock) as emulator:
        config = with_stick(make_config(folder), emulator.path)
        client = Client(config, "display")
        client.admit("display", categories=0)
        transport = RavenTransport(emulator.path, clock=clock, eui64=config.eui64)
        service = GatewayService(config, lambda _: transport, clock, settings=QUIET)
        await service.start()
        try:
            await client.open(service)
            await until(lambda: transport.connected)
            yield Replay(emulator, transport, service, client)
        finally:
            await client.close()
            await service.close()


def with_stick(config: Config, device: str) -> Config:
    return msgspec.structs.replace(config, sep1=Sep1Section(transport="raven", device=device))


def signed(text: str) -> int:
    """Return a demand as the stick writes it: 24 or 32 bits, two's complement."""
    bits = 24 if len(text) <= 8 else 32
    value = int(text, 16)
    return value - (1 << bits) if value >> (bits - 1) else value


async def test_our_day_arrives_to_the_last_digit_and_nothing_else_does(tmp_path: Path) -> None:
    traps = {1_000_000, 1_000_001, 0xDEADBEEF, 0xDEADBEE1, 0x0001000000000001, 0x800000, 0x80000000}
    traps |= {2**48 - 1, 2**64 - 1}
    seen_negative = seen_large = checked = 0
    async with replaying(tmp_path, load()) as replay:
        turn = 0
        while (document := await replay.step()) is not None:
            turn += 1
            timed = document.time("TimeStamp") is not None
            if document.tag == "InstantaneousDemand" and timed and turn % 12 == 0:
                watts = signed(document.text("Demand"))
                if watts not in (-0x800000, -0x80000000):
                    values = await replay.values()
                    assert values[W, FORWARD] == [max(watts, 0)]
                    assert values[W, REVERSE] == [max(-watts, 0)]
                    seen_negative += watts < 0
                    checked += 1
            if document.tag == "CurrentSummationDelivered" and timed and turn % 9 == 0:
                delivered = int(document.text("SummationDelivered"), 16)
                if delivered < 1 << 48:
                    values = await replay.values()
                    assert values[WH, FORWARD] == [delivered]
                    assert values[WH, REVERSE] == [int(document.text("SummationReceived"), 16)]
                    (reading, _) = (await replay.readings())["/upt/0", WH, FORWARD]
                    assert reading.timePeriod.start == document.time("TimeStamp") + 946684800
                    seen_large += delivered > 1 << 32
                    checked += 1
            if not timed or int(document.text("SummationDelivered") or "0", 16) >= 1 << 47:
                served = {value for values in (await replay.values()).values() for value in values}
                assert not served & traps
    assert (seen_negative > 2, seen_large > 2, checked > 20) == (True, True, True)


async def test_our_days_prices_and_message_go_there_and_back(tmp_path: Path) -> None:
    recording = load()
    recording.entries = [e for e in recording if e.document.tag not in ("InstantaneousDemand",)]
    async with replaying(tmp_path, recording) as replay:
        shown = set()
        confirmed = False
        while (document := await replay.step()) is not None:
            if document.tag == "PriceCluster" and document.text("RateLabel"):
                prices = await replay.prices()
                (value, power, interval) = prices[-1]
                assert (value, power) == (int(document.text("Price"), 16), -4)
                assert interval.description == document.text("RateLabel")
                shown.add(value)
            if document.tag == "MessageCluster" and document.text("Id") == "0x00004a11" and not confirmed:
                (message,) = (await replay.gets("/msg/0/txt?l=255")).TextMessage
                assert message.textMessage.startswith("Cold evening ahead: please run washers & dryers")
                assert (message.priority, message.responseRequired) == (2, b"\x04")
                answer = TextResponse(
                    createdDateTime=message.creationTime + 60,
                    endDeviceLFDI=replay.client.lfdi,
                    status=11,
                    subject=message.mRID,
                )
                assert (await replay.client.asks("POST", message.replyTo, answer)).status == 201
                await until(lambda: replay.emulator.stick.confirmed == [0x4A11])
                confirmed = True
        assert shown == {870, 1320, 1980}
        assert replay.emulator.stick.confirmed == [0x4A11], "confirmed once, whatever the stick repeats"


@pytest.mark.skipif(not SAMPLES.exists(), reason="the folder with recorded Rainforest documents is not here")
async def test_documents_of_real_sticks_arrive_to_the_last_digit(tmp_path: Path) -> None:
    async with replaying(tmp_path, load(SAMPLES)) as replay:
        found: list[str] = []
        while (document := await replay.step()) is not None:
            raw = {name: int(document.text(name), 16) for name in ("Price", "Demand") if document.text(name)}
            if document.tag == "PriceCluster":
                prices = await replay.prices()
                assert (raw["Price"], -4) in [(value, power) for value, power, _ in prices]
                found += ["price 0.0603"] * (raw["Price"] == 603)
            elif document.tag == "InstantaneousDemand":
                values = await replay.values()
                assert raw["Demand"] in values[W, FORWARD]
                found += ["demand 0.333 kW"] * (raw["Demand"] == 333)
            elif document.tag == "CurrentSummationDelivered":
                values = await replay.values()
                assert int(document.text("SummationDelivered"), 16) in values[WH, FORWARD]
                assert int(document.text("SummationReceived"), 16) in values[WH, REVERSE]
                found += ["102546.839 kWh"] * (102546839 in values[WH, FORWARD])
        assert set(found) == {"price 0.0603", "demand 0.333 kW", "102546.839 kWh"}
        assert replay.emulator.stick.confirmed == [], "its only message was confirmed before"
