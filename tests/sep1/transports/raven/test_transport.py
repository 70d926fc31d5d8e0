"""The RAVEn transport against the emulated stick, through a real pseudo-terminal and over TCP."""

import asyncio
import gc
import json
import tracemalloc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvloop
from structlog.testing import capture_logs

from handover.clock import ScaledClock, VirtualClock
from handover.errors import ConfigError, EncodeError, NotNow
from handover.sep1 import frame as zcl
from handover.sep1.aps import ApsFrame
from handover.sep1.clusters.drlc import GetScheduledEvents
from handover.sep1.clusters.messaging import DisplayMessage, GetLastMessage, MessageConfirmation
from handover.sep1.clusters.price import GetCurrentPrice, PublishBlockPeriod, PublishPrice
from handover.sep1.declaration import Command
from handover.sep1.general import (
    DefaultResponse,
    GeneralCommand,
    ReadAttributes,
    ReadAttributesResponse,
    ReportAttributes,
)
from handover.sep1.transports.raven import Emulator, RavenSettings, RavenTransport, Recording, load, parse
from handover.sim import raven_day
from sep1.transports.raven.samples import METER, OURS, STAMP, demand, octets

SAMPLES = Path(__file__).parents[5] / "shared" / "data" / "rainforest" / "rainforest_samples.xml.txt"
QUICK = RavenSettings(
    open_within=5.0, synchronize_timeout=2.0, identify_within=0.05, backoff_first=0.001, backoff_limit=0.01
)
WAIT = 10.0


@asynccontextmanager
async def rig(
    recording: Recording, settings: RavenSettings = QUICK, **more: object
) -> AsyncIterator[tuple[Emulator, RavenTransport]]:
    """A plugged-in stick and an open transport."""
    clock = VirtualClock(recording.start)
    async with Emulator(recording, clock) as emulator:
        transport = RavenTransport(emulator.path, clock=clock, eui64=OURS, settings=settings, **more)  # type: ignore[arg-type]
        try:
            await transport.open()
            yield emulator, transport
        finally:
            await transport.close()


async def take(transport: RavenTransport, count: int) -> list[ApsFrame]:
    """Return the next frames."""
    found: list[ApsFrame] = []
    async with asyncio.timeout(WAIT):
        async for frame in transport.frames():
            found.append(frame)
            if len(found) == count:
                return found
    return found


async def until(condition: Callable[[], object]) -> None:
    """Wait for something to become true."""
    async with asyncio.timeout(WAIT):
        while not condition():  # noqa: ASYNC110 - whatever can be observed, event or not
            await asyncio.sleep(0)


def body(frame: ApsFrame) -> Command | GeneralCommand:
    return zcl.parse(frame.cluster_id, frame.payload).body


def values(frame: ApsFrame) -> dict[int, object]:
    command = body(frame)
    assert isinstance(command, ReportAttributes | ReadAttributesResponse)
    return {record.attribute_id: record.value for record in command.records}


def request(
    transport: RavenTransport, command: Command | GeneralCommand, cluster_id: int, sequence: int
) -> ApsFrame:
    assert transport.coordinator is not None
    return ApsFrame(
        source=OURS,
        destination=transport.coordinator,
        source_endpoint=4,
        destination_endpoint=1,
        cluster_id=cluster_id,
        secured=True,
        payload=zcl.build(cluster_id, command, sequence=sequence, to_client=False),
    )


SMALL = parse(
    demand()
    + octets(
        "PriceCluster", TimeStamp="0x234e5af4", Price="0x0000025b", Currency="0x0348", TrailingDigits="0x04"
    )
    + octets(
        "MessageCluster", TimeStamp="0x234e5af5", Id="0x7", Text="hi", ConfirmationRequired="Y", Confirmed="N"
    )
)


async def test_a_reading_comes_as_a_report_of_the_esi() -> None:
    async with rig(SMALL) as (emulator, transport):
        await emulator.step()
        [frame] = await take(transport, 1)
        assert (frame.source, frame.destination) == (METER, OURS) == (transport.coordinator, transport.eui64)
        assert (frame.source_endpoint, frame.destination_endpoint, frame.cluster_id) == (1, 1, 0x0702)
        assert frame.secured
        assert frame.profile_id == 0x0109
        assert values(frame) == {0x0400: 333, 0x0007: STAMP, 0x0300: 0, 0x0301: 1, 0x0302: 1000}
        assert zcl.parse_header(frame.payload)[0].to_client
        assert transport.heard == STAMP + 946684800


async def test_a_burst_loses_none() -> None:
    async with rig(SMALL) as (emulator, transport):
        emulator.send(b"".join(demand(hex(n), STAMP + n) for n in range(500)))
        frames = await take(transport, 500)
        assert [values(frame)[0x0400] for frame in frames] == list(range(500))


async def test_the_shipped_day_stepwise() -> None:
    day = load()
    async with rig(day) as (emulator, transport):
        assert transport.coordinator == raven_day.COORDINATOR
        frames: list[ApsFrame] = []

        async def collect() -> None:
            async for frame in transport.frames():
                frames.append(frame)  # noqa: PERF401 - they are looked at while they come

        reading = asyncio.create_task(collect())
        stamps = []
        while (entry := await emulator.step()) is not None:
            stamps.append(emulator.clock.now())
            assert emulator.clock.now() == entry.at
            await asyncio.sleep(0)
        tail = demand("0x00beef", raven_day.MIDNIGHT + 86400)
        emulator.send(tail)
        await until(lambda: frames and values_or_none(frames[-1]).get(0x0400) == 0xBEEF)
        await transport.close()
        await reading
    assert stamps == sorted(stamps)
    assert emulator.dropped == 0

    readings = [values(frame) for frame in frames[:-1] if frame.cluster_id == 0x0702]
    demands = {v[0x0007]: v[0x0400] for v in readings if 0x0400 in v}
    minutes = {raven_day.MIDNIGHT + 60 * m + 7: raven_day.power(m) for m in range(0, 1440, 3)}
    assert {stamp: demands[stamp] for stamp in minutes} == minutes
    assert [v for stamp, v in demands.items() if stamp not in minutes] == [-0x800000, -0x800000]
    registers = {v[0x0007]: (v[0x0000], v.get(0x0001)) for v in readings if 0x0000 in v}
    rows = raven_day.registers()
    for minute in range(0, 1440, 10):
        assert registers[raven_day.MIDNIGHT + 60 * minute] == rows[minute]
    assert max(v for v, _ in rows) > 1 << 32
    known = {v for pair in rows for v in pair} | {0xFFFFFFFFFFFF}
    assert {delivered for delivered, _ in registers.values()} <= known
    assert all(raven_day.MIDNIGHT <= int(str(v[0x0007])) < raven_day.MIDNIGHT + 86400 for v in readings)

    prices = [c for c in map(body, frames) if isinstance(c, PublishPrice)]
    events = {c.issuer_event_id: (c.price, c.start_time, c.duration_in_minutes) for c in prices}
    assert events == {
        raven_day.at("00:00", 3): (870, raven_day.at("00:00", 3), 0xFFFF),
        raven_day.at("07:00"): (1320, raven_day.at("07:00"), 0xFFFF),
        raven_day.at("17:00"): (1980, raven_day.at("17:00"), 240),
        raven_day.at("21:00", 3): (870, raven_day.at("21:00", 3), 0xFFFF),
    }
    messages = [c for c in map(body, frames) if isinstance(c, DisplayMessage)]
    assert [(c.message_id, c.message_control) for c in messages] == [(0x4A11, 0x88)] * 4 + [(0x4A12, 0x00)]
    assert b"washers & dryers before 17:00, prices > 19" in (messages[0].message or b"")
    times = [values(frame)[0] for frame in frames if frame.cluster_id == 0x000A]
    assert times == [raven_day.MIDNIGHT + 3600 * hour + 1 for hour in range(24)]
    assert transport.counters["reading without a time"] == 4
    assert transport.counters["no time"] == 2
    assert transport.counters["unknown document"] == 1
    [blocks] = [values(frame) for frame in frames if frame.cluster_id == 0x0700 and values_or_none(frame)]
    assert (blocks[0x0400], blocks[0x0401]) == (0x36E, 0x528)
    assert [c.block_period_start_time for c in map(body, frames) if isinstance(c, PublishBlockPeriod)] == [
        raven_day.MIDNIGHT
    ]
    assert transport.counters["warning of the stick"] == 1
    assert transport.counters["discarded"] == 0


def values_or_none(frame: ApsFrame) -> dict[int, object]:
    return values(frame) if isinstance(body(frame), ReportAttributes) else {}


@pytest.mark.skipif(not SAMPLES.exists(), reason="the folder of recorded Rainforest documents is not here")
async def test_the_documents_of_real_devices_through_the_line() -> None:
    async with rig(load(SAMPLES)) as (emulator, transport):
        while await emulator.step() is not None:
            pass
        frames = await take(transport, 12)
    [period] = [c for c in map(body, frames) if isinstance(c, PublishBlockPeriod)]
    assert (period.block_period_start_time, period.block_period_duration) == (0x1B89A6A2, 0x2AD1)
    assert period.number_of_price_tiers_and_number_of_block_thresholds == 1
    [blocks] = [v for v in map(values_or_none, frames) if 0x0400 in v and 0x0100 in v]
    assert (blocks[0x0400], blocks[0x0401], blocks[0x0100]) == (0x31D, 0x4AB, 0x2C6)
    assert 0x38FA2 in [values_or_none(frame).get(0x000C) for frame in frames]
    prices = [c for c in map(body, frames) if isinstance(c, PublishPrice)]
    assert [(c.price, c.price_trailing_digit_and_price_tier >> 4) for c in prices] == [
        (0x31D, 4),
        (0x507, 4),
        (603, 4),
    ]
    assert 333 in [values_or_none(frame).get(0x0400) for frame in frames]
    assert 102546839 in [values_or_none(frame).get(0) for frame in frames if frame.cluster_id == 0x0702]
    assert len({frame.source for frame in frames}) == 1
    assert {frame.source_endpoint for frame in frames} == {1, 2, 3}


async def test_questions_are_answered_under_their_sequence() -> None:
    async with rig(SMALL) as (emulator, transport):
        while await emulator.step() is not None:
            pass
        await take(transport, 3)
        for sequence, (command, cluster_id) in enumerate(
            [
                (GetCurrentPrice(1), 0x0700),
                (GetLastMessage(), 0x0703),
                (ReadAttributes([0x0000]), 0x000A),
                (ReadAttributes([0x0400]), 0x0702),
            ],
            start=200,
        ):
            await transport.send(request(transport, command, cluster_id, sequence))
            [frame] = await take(transport, 1)
            assert (frame.cluster_id, frame.source_endpoint, frame.destination_endpoint) == (cluster_id, 1, 4)
            assert zcl.parse_header(frame.payload)[0].sequence == sequence
            match sequence, body(frame):
                case 200, PublishPrice(price=603):
                    pass
                case 201, DisplayMessage(message=b"hi", message_control=0x84):
                    pass
                case 202, ReadAttributesResponse(records=[record]):
                    assert record.value == STAMP + 2
                case 203, ReadAttributesResponse():
                    assert values(frame) == {0x0400: 333, 0x0007: STAMP}
                case other:
                    pytest.fail(f"{other}")


async def test_a_stick_that_has_heard_nothing() -> None:
    async with rig(SMALL) as (_, transport):
        await transport.send(request(transport, GetCurrentPrice(1), 0x0700, 1))
        await transport.send(request(transport, GetLastMessage(), 0x0703, 2))
        await transport.send(request(transport, ReadAttributes([0x0000]), 0x0702, 3))
        price, message, reading = await take(transport, 3)
        assert body(price) == DefaultResponse(0, 0x8B)
        assert body(message) == DefaultResponse(0, 0x8B)
        assert values(reading) == {0: 0xFFFFFFFFFFFF}


@pytest.mark.req("REQ.GW.1")
async def test_a_confirmation_reaches_the_stick() -> None:
    async with rig(SMALL) as (emulator, transport):
        while await emulator.step() is not None:
            pass
        await take(transport, 3)
        await transport.send(request(transport, MessageConfirmation(7, STAMP), 0x0703, 9))
        assert body((await take(transport, 1))[0]) == DefaultResponse(0x01, 0x00)
        await until(lambda: emulator.stick.confirmed == [7])
        await transport.send(request(transport, GetLastMessage(), 0x0703, 10))
        message = body((await take(transport, 1))[0])
        assert isinstance(message, DisplayMessage)
        assert message.message_control == 0x04


async def test_what_the_stick_cannot_carry_is_refused() -> None:
    async with rig(SMALL) as (emulator, transport):
        before = len(emulator.stick.commands)
        await transport.send(request(transport, ReadAttributes([0x0004]), 0x0700, 1))
        await transport.send(request(transport, GetScheduledEvents(0, 0), 0x0701, 2))
        first, second = await take(transport, 2)
        assert values(first) == {4: None}
        assert body(second) == DefaultResponse(0x01, 0x81)
        assert len(emulator.stick.commands) == before


async def test_a_stick_that_hangs_gives_no_sign_of_life() -> None:
    async with rig(SMALL) as (emulator, transport):
        real, emulator.take = emulator.take, lambda line, document: None  # type: ignore[method-assign]
        await transport.send(request(transport, ReadAttributes([0x0000]), 0x0000, 1))
        emulator.send(demand())
        assert values((await take(transport, 1))[0])[0x0400] == 333
        emulator.take = real  # type: ignore[method-assign]
        await transport.send(request(transport, ReadAttributes([0x0000]), 0x0000, 1))
        [frame] = await take(transport, 1)
        assert (frame.cluster_id, values(frame)) == (0x0000, {0: None})


async def test_frames_to_strangers_go_nowhere() -> None:
    async with rig(SMALL) as (_, transport):
        frame = request(transport, GetCurrentPrice(1), 0x0700, 2)
        frame.destination = 1
        await transport.send(frame)
        assert transport.counters["frame to a stranger"] == 1
        frame.source = 1
        with pytest.raises(EncodeError, match="our own EUI-64"):
            await transport.send(frame)


async def test_unplugged_and_plugged_in_again() -> None:
    async with rig(SMALL) as (emulator, transport):
        with capture_logs() as logs:
            emulator.unplug()
            await until(lambda: not transport.connected)
            await transport.send(request(transport, GetCurrentPrice(1), 0x0700, 1))
            await transport.send(request(transport, MessageConfirmation(7, STAMP), 0x0703, 2))
            await transport.send(request(transport, MessageConfirmation(7, STAMP), 0x0703, 3))
            await until(lambda: transport.counters["failed to open"] >= 3)
            assert emulator.stick.confirmed == []
            emulator.plug()
            await until(lambda: transport.connected)
        assert {entry["event"] for entry in logs} >= {"raven.gone", "raven.unavailable", "raven.open"}
        await until(lambda: emulator.stick.confirmed == [7])
        assert [name for name, _ in emulator.stick.commands].count("confirm_message") == 1
        await emulator.step()
        assert values((await take(transport, 1))[0])[0x0400] == 333


async def test_a_stick_that_comes_late() -> None:
    clock = VirtualClock(SMALL.start)
    async with Emulator(SMALL, clock) as emulator:
        emulator.unplug()
        settings = RavenSettings(open_within=0.01, backoff_first=0.001, backoff_limit=0.01)
        transport = RavenTransport(emulator.path, clock=clock, eui64=OURS, settings=settings)
        await transport.open()
        assert not transport.connected
        assert transport.coordinator is None
        emulator.plug()
        await until(lambda: transport.connected)
        assert transport.coordinator == METER
        await transport.close()


async def test_a_line_without_a_stick_is_tried_again() -> None:
    clock = VirtualClock(SMALL.start)
    async with Emulator(SMALL, clock) as emulator:
        real, emulator.take = emulator.take, lambda line, document: None  # type: ignore[method-assign]
        settings = RavenSettings(
            open_within=0.01,
            synchronize_timeout=0.01,
            synchronize_tries=2,
            backoff_first=0.001,
            backoff_limit=0.01,
        )
        transport = RavenTransport(emulator.path, clock=clock, eui64=OURS, settings=settings)
        with capture_logs() as logs:
            await transport.open()
            await until(lambda: transport.counters["failed to open"] >= 2)
        assert any("is it a RAVEn stick" in entry.get("error", "") for entry in logs)
        emulator.take = real  # type: ignore[method-assign]
        await until(lambda: transport.connected)
        await transport.close()


async def test_over_tcp() -> None:
    clock = VirtualClock(SMALL.start)
    async with Emulator(SMALL, clock) as emulator:
        port = await emulator.listen()
        transport = RavenTransport(f"tcp://127.0.0.1:{port}", clock=clock, eui64=OURS, settings=QUICK)
        await transport.open()
        assert transport.connected
        await emulator.step()
        assert values((await take(transport, 1))[0])[0x0400] == 333
        emulator.unplug()
        await until(lambda: not transport.connected)
        await until(lambda: transport.connected)
        await transport.close()


@pytest.mark.parametrize(
    "device", ["", "tcp://", "tcp://host", "tcp://host:99999999", "socket://a:1", "tcp://[::1"]
)
def test_impossible_devices(device: str) -> None:
    with pytest.raises(ConfigError):
        RavenTransport(device, clock=VirtualClock(), eui64=OURS)


async def test_warnings_and_garbage_never_stop_the_reading() -> None:
    async with rig(SMALL) as (emulator, transport):
        with capture_logs() as logs:
            emulator.send(
                b"<Warning><Text>Unknown command</Text></Warning><Warning/> <Error><Text>odd</Text></Error>"
            )
            emulator.send(b"\xff\x00 noise <PriceCluster><Price>0x1</Tier></PriceCluster>")
            emulator.send(b"<MessageCluster><Text>" + b"A" * 100_000 + b"</Text></MessageCluster>")
            emulator.send(b"<!DOCTYPE x [<!ENTITY a 'aaaa'>]>" + demand()[:99])
            emulator.send(demand("0xzz") + demand("0x000005"))
            [frame] = await take(transport, 1)
        assert values(frame)[0x0400] == 5
        assert transport.counters["warning of the stick"] == 3
        assert transport.counters["malformed document"] == 1
        assert [entry["event"] for entry in logs].count("raven.discarded") >= 4


async def test_an_unknown_command_refuses_the_question() -> None:
    async with rig(SMALL) as (emulator, transport):
        emulator.take = lambda line, document: line.write(
            b"<Warning><Text>Unknown command</Text></Warning>\r\n"
        )  # type: ignore[method-assign]
        await transport.send(request(transport, GetCurrentPrice(1), 0x0700, 77))
        [frame] = await take(transport, 1)
        assert body(frame) == DefaultResponse(0, 0x81)
        assert zcl.parse_header(frame.payload)[0].sequence == 77


async def test_a_noisy_line_does_not_fill_the_log() -> None:
    async with rig(SMALL) as (emulator, transport):
        with capture_logs() as logs:
            emulator.send(b"".join(b"<A><B></A>" for _ in range(2000)) + demand())
            await take(transport, 1)
        assert transport.counters["discarded"] >= 2000
        assert len(logs) < 60


async def test_a_reader_that_does_not_come_costs_the_oldest_frames() -> None:
    settings = RavenSettings(queue_limit=10, backoff_first=0.001)
    async with rig(SMALL, settings) as (emulator, transport):
        emulator.send(b"".join(demand(hex(n), STAMP + n) for n in range(50)))
        await until(lambda: transport.counters["frame"] == 50)
        assert [values(frame)[0x0400] for frame in await take(transport, 10)] == list(range(40, 50))
        assert transport.counters["frame dropped, nobody reads"] == 40


async def test_prices_keep_their_ids_over_a_restart() -> None:
    recording = parse(
        demand()
        + octets("PriceCluster", TimeStamp=f"0x{STAMP + 1:08x}", Price="0x1", StartTime="0xffffffff")
        + octets("PriceCluster", TimeStamp=f"0x{STAMP + 99:08x}", Price="0x1", StartTime="0xffffffff")
    )
    async with rig(recording) as (emulator, transport):
        await emulator.step()
        await emulator.step()
        price = body((await take(transport, 2))[1])
        saved = json.loads(json.dumps(transport.remembered()))
    async with rig(recording, prices=saved) as (emulator, transport):
        for _ in range(3):
            await emulator.step()
        again = [body(frame) for frame in await take(transport, 3)][2]
    assert isinstance(price, PublishPrice)
    assert isinstance(again, PublishPrice)
    assert price.issuer_event_id == again.issuer_event_id == STAMP + 1


async def test_the_coordinator_may_be_given() -> None:
    async with rig(SMALL, coordinator=0x1234) as (_, transport):
        assert transport.coordinator == 0x1234


async def test_a_ninth_meter_is_garbage() -> None:
    async with rig(SMALL) as (emulator, transport):
        for n in range(20):
            emulator.send(demand().replace(f"{METER:016x}".encode(), f"{n + 1:016x}".encode()))
        frames = await take(transport, 7)
        assert [frame.source_endpoint for frame in frames] == [2, 3, 4, 5, 6, 7, 8]
        await until(lambda: transport.counters["document of no meter"] == 13)


async def test_life_cycle() -> None:
    frame = ApsFrame(
        source=OURS,
        destination=METER,
        source_endpoint=1,
        destination_endpoint=1,
        cluster_id=0,
        secured=True,
        payload=b"",
    )
    transport = RavenTransport("/dev/null-raven", clock=VirtualClock(), eui64=OURS)
    with pytest.raises(NotNow):
        await anext(transport.frames())
    with pytest.raises(NotNow):
        await transport.send(frame)
    await transport.close()
    await transport.close()
    with pytest.raises(NotNow):
        await transport.open()
    assert [frame async for frame in transport.frames()] == []


async def test_closing_ends_the_frames() -> None:
    async with rig(SMALL) as (_, transport):
        reading = asyncio.create_task(take(transport, 1))
        await asyncio.sleep(0)
        await transport.close()
        assert await reading == []


async def test_live_on_the_recordings_clock() -> None:
    moments = iter(range(0, 10_000_000, 5))
    clock = ScaledClock(SMALL.start, 1.0, lambda: float(next(moments)))
    async with Emulator(SMALL, clock) as emulator:
        playing = asyncio.create_task(emulator.play())
        transport = RavenTransport(emulator.path, clock=clock, eui64=OURS, settings=QUICK)
        await transport.open()
        assert len(await take(transport, 3)) == 3
        await playing
        assert emulator.position == 3
        assert await emulator.step() is None
        await transport.close()


async def test_a_listener_that_does_not_read_costs_documents_not_memory() -> None:
    async with Emulator(SMALL, VirtualClock()) as emulator:
        for _ in range(20):
            emulator.send(b"x" * 100_000)
        assert emulator.dropped == 10


async def test_memory_does_not_grow() -> None:
    async with rig(SMALL) as (emulator, transport):
        burst = b"".join(demand(hex(n), STAMP + n) for n in range(200)) + b"<Strange><A>1</A></Strange>" * 50
        grown = []
        tracemalloc.start()
        try:
            for _ in range(4):
                before = tracemalloc.get_traced_memory()[0]
                for _ in range(5):
                    emulator.send(burst)
                    await take(transport, 200)
                gc.collect()
                grown.append(tracemalloc.get_traced_memory()[0] - before)
        finally:
            tracemalloc.stop()
        assert grown[-1] < 100_000  # octets, for 1250 documents; aioraven alone keeps 1500 a document


def test_the_same_under_uvloop() -> None:
    async def run() -> None:
        await test_unplugged_and_plugged_in_again()
        await test_questions_are_answered_under_their_sequence()
        await test_over_tcp()
        await test_live_on_the_recordings_clock()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())
