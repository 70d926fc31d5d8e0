"""What can be asked of a stick and set in it, over a real pseudo-terminal."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from fractions import Fraction
from typing import Any

import pytest

from handover.clock import VirtualClock
from handover.errors import DecodeError, EncodeError, NotNow, Refused
from handover.sep1 import frame as zcl
from handover.sep1.aps import ApsFrame
from handover.sep1.clusters.metering import (
    GetProfile,
    GetProfileResponse,
    RequestFastPollMode,
    RequestFastPollModeResponse,
)
from handover.sep1.clusters.price import GetBlockPeriods, GetCurrentPrice, PublishBlockPeriod, PublishPrice
from handover.sep1.declaration import Command
from handover.sep1.general import (
    DefaultResponse,
    GeneralCommand,
    ReadAttributes,
    ReadAttributesResponse,
    ReportAttributes,
)
from handover.sep1.transports.raven import Emulator, RavenSettings, RavenTransport, load
from handover.sep1.transports.raven.document import Document
from handover.sep1.transports.raven.facts import (
    EVENTS,
    DeviceInfo,
    FastPoll,
    MeterInfo,
    NetworkInfo,
    PeriodUsage,
    Schedule,
)
from handover.sim import raven_day
from sep1.transports.raven.samples import METER, OURS, STAMP, hexadecimal, make

QUICK = RavenSettings(open_within=5.0, synchronize_timeout=2.0, identify_within=0.05, answer_within=5.0)
WAIT = 10.0
DAY = load()


@asynccontextmanager
async def rig(
    documents: int = 400, settings: RavenSettings = QUICK
) -> AsyncIterator[tuple[Emulator, RavenTransport]]:
    """A stick that has heard a part of the shipped day, and an open transport that has read it."""
    clock = VirtualClock(DAY.start)
    async with Emulator(DAY, clock) as emulator:
        for _ in range(documents):
            await emulator.step()
        transport = RavenTransport(emulator.path, clock=clock, eui64=OURS, settings=settings)
        try:
            await transport.open()
            yield emulator, transport
        finally:
            await transport.close()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(WAIT):
        while not condition():  # noqa: ASYNC110 - whatever can be observed, event or not
            await asyncio.sleep(0)


async def asked(
    transport: RavenTransport, cluster_id: int, body: Command | GeneralCommand, sequence: int = 200
) -> Any:
    """Ask over the HAN and return what answers it."""
    assert transport.coordinator is not None
    payload = zcl.build(cluster_id, body, sequence=sequence, to_client=False)
    await transport.send(
        ApsFrame(
            source=OURS,
            destination=transport.coordinator,
            source_endpoint=1,
            destination_endpoint=1,
            cluster_id=cluster_id,
            secured=True,
            payload=payload,
        )
    )
    async with asyncio.timeout(WAIT):
        async for frame in transport.frames():
            parsed = zcl.parse(frame.cluster_id, frame.payload)
            pushed = isinstance(parsed.body, ReportAttributes)  # under whatever sequence it happens to have
            if (parsed.header.sequence, frame.cluster_id) == (sequence, cluster_id) and not pushed:
                return parsed.body
    raise AssertionError("the frames ended")


async def test_who_the_stick_is_and_how_it_stands() -> None:
    async with rig(20) as (_, transport):
        control = transport.control
        info = await control.device_info()
        assert (info.manufacturer, info.image_type) == ("Handover", 0x1301)
        network = await control.network_info()
        assert network.connected
        assert (network.coordinator, network.channel) == (raven_day.COORDINATOR, 20)
        assert (network.short_address, network.link_strength) == (0x1A2B, 100)
        assert await control.connection_status() == network
        [meter] = await control.meters()
        assert (await control.meter_info()).meter == meter


async def test_a_meter_is_given_a_name() -> None:
    async with rig(20) as (_, transport):
        [meter] = await transport.control.meters()
        transport.control.set_meter_info(meter, nickname="Garage & barn", account="12-3", enabled=False)
        assert await transport.control.meter_info(meter) == MeterInfo(
            meter, "electric", "Garage & barn", "12-3", "", False
        )


async def test_schedules_are_read_set_and_set_back() -> None:
    async with rig(20) as (emulator, transport):
        control = transport.control
        control.set_schedule("demand", 8)
        control.set_schedule("summation", 300, enabled=False)
        schedules = await control.schedules()
        assert [schedule.event for schedule in schedules] == list(EVENTS)
        assert Schedule("demand", 8, True) in schedules
        assert Schedule("summation", 300, False) in schedules
        control.set_default_schedule("demand")
        assert await control.schedule("demand") == Schedule("demand", 0, False)
        control.set_default_schedule()
        await until(lambda: emulator.stick.commands[-1] == ("set_schedule_default", {}))
        for seconds in (0, 65536):
            with pytest.raises(EncodeError):
                control.set_schedule("demand", seconds)


async def test_the_accounting_period_of_the_stick() -> None:
    async with rig() as (emulator, transport):
        control = transport.control
        current = await control.current_period()
        assert current.usage > 0
        assert current.usage == Fraction(current.raw, 1000)
        assert current.end is None
        control.close_period()
        last = await control.last_period()
        assert (last.raw, last.start, last.end) == (current.raw, current.start, int(emulator.clock.now()))
        assert (await control.current_period()).raw == 0


async def test_a_price_of_the_users_own() -> None:
    async with rig() as (_, transport):
        before = await asked(transport, 0x0700, GetCurrentPrice(1))
        assert isinstance(before, PublishPrice)
        transport.control.set_price(1234, 4)
        own = await asked(transport, 0x0700, GetCurrentPrice(1))
        assert isinstance(own, PublishPrice)
        assert (own.price, own.price_trailing_digit_and_price_tier >> 4) == (1234, 4)
        transport.control.set_price(0, 0)
        assert (await asked(transport, 0x0700, GetCurrentPrice(1))).price == before.price
        for price, digits in ((-1, 0), (1 << 32, 0), (1, 16)):
            with pytest.raises(EncodeError):
                transport.control.set_price(price, digits)


async def test_fast_polling_is_asked_for_over_the_han() -> None:
    async with rig(20) as (emulator, transport):
        assert await transport.control.fast_poll() == FastPoll(0, None)
        until_then = int(emulator.clock.now()) + 10 * 60
        answer = await asked(transport, 0x0702, RequestFastPollMode(4, 10))
        assert answer == RequestFastPollModeResponse(4, until_then - 946684800)
        assert await transport.control.fast_poll() == FastPoll(4, until_then)


async def test_a_load_profile_over_the_han() -> None:
    async with rig() as (_, transport):
        answer = await asked(transport, 0x0702, GetProfile(0, 0, 20))
        assert isinstance(answer, GetProfileResponse)
        assert (answer.status, answer.profile_interval_period) == (0, 3)
        assert 0 < answer.number_of_periods_delivered <= 12
        registers = dict(raven_day_registers())
        newest, before = answer.end_time, answer.end_time - 900
        assert answer.intervals[0] == value_at(registers, newest) - value_at(registers, before)
        nothing = await asked(transport, 0x0702, GetProfile(1, raven_day.MIDNIGHT - 90000, 4))
        assert nothing == GetProfileResponse(0, 5, 0, 0, [])
        assert await asked(transport, 0x0702, GetProfile(7, 0, 4)) == GetProfileResponse(0, 1, 0, 0, [])


def raven_day_registers() -> list[tuple[int, int]]:
    found = []
    for entry in DAY.entries[:400]:
        document = entry.document
        if document.tag == "CurrentSummationDelivered":
            stamp, value = document.time("TimeStamp"), document.number("SummationDelivered")
            if stamp is not None and value is not None:
                found.append((stamp, value))
    return found


def value_at(registers: dict[int, int], at: int) -> int:
    return registers[max(stamp for stamp in registers if stamp <= at)]


async def test_blocks_over_the_han() -> None:
    async with rig(20) as (emulator, transport):
        assert await asked(transport, 0x0700, GetBlockPeriods(0, 0)) == DefaultResponse(0x03, 0x8B)
        missing = await asked(transport, 0x0700, ReadAttributes([0x0400, 0x0000]))
        assert isinstance(missing, ReadAttributesResponse)
        assert [record.status for record in missing.records] == [0x86, 0x86]
        while (entry := await emulator.step()) is not None and entry.document.tag != "BlockPriceDetail":
            pass
        period = await asked(transport, 0x0700, GetBlockPeriods(0, 0))
        assert isinstance(period, PublishBlockPeriod)
        assert period.block_period_start_time == raven_day.MIDNIGHT
        prices = await asked(transport, 0x0700, ReadAttributes([0x0400, 0x0401]))
        assert isinstance(prices, ReadAttributesResponse)
        assert [record.value for record in prices.records] == [0x36E, 0x528]


async def test_what_the_kind_of_stick_does_not_know() -> None:
    async with rig(20) as (emulator, transport):
        answer = emulator.stick.answer

        def older(command: Document, now: float) -> bytes:
            known = command.text("Name") not in (
                "get_fast_poll_status",
                "get_price_blocks",
                "get_network_info",
            )
            return answer(command if known else make("Command", Name="unknown"), now)

        emulator.stick.answer = older  # type: ignore[method-assign]
        with pytest.raises(Refused, match="get_fast_poll_status"):
            await transport.control.fast_poll()
        assert (await transport.control.network_info()).connected
        assert await asked(transport, 0x0702, RequestFastPollMode(4, 10)) == DefaultResponse(0x03, 0x81)
        attributes = await asked(transport, 0x0700, ReadAttributes([0x0400]))
        assert isinstance(attributes, ReadAttributesResponse)
        assert [record.status for record in attributes.records] == [0x86]


async def test_a_stick_that_does_not_answer() -> None:
    async with rig(20, RavenSettings(identify_within=0.05, answer_within=0.01)) as (emulator, transport):
        emulator.take = lambda line, document: None  # type: ignore[method-assign]
        with pytest.raises(NotNow, match="get_device_info"):
            await transport.control.device_info()
        emulator.unplug()
        await until(lambda: not transport.connected)
        with pytest.raises(NotNow, match="plug it in"):
            await transport.control.device_info()
        with pytest.raises(NotNow):
            transport.control.restart()


async def test_a_question_ends_when_the_stick_is_pulled_out() -> None:
    async with rig(20) as (emulator, transport):
        emulator.take = lambda line, document: None  # type: ignore[method-assign]
        question = asyncio.create_task(transport.control.device_info())
        await asyncio.sleep(0)
        emulator.unplug()
        with pytest.raises(NotNow):
            await question


async def test_restart_and_reset_reach_the_stick() -> None:
    async with rig(20) as (emulator, transport):
        transport.control.initialize()
        transport.control.restart()
        transport.control.factory_reset()
        await until(lambda: emulator.stick.resets)
        assert [name for name, _ in emulator.stick.commands][-3:] == [
            "initialize",
            "restart",
            "factory_reset",
        ]


async def test_the_meter_meant_is_named_to_the_stick() -> None:
    async with rig(20) as (emulator, transport):
        await transport.control.current_period(METER)
        assert emulator.stick.commands[-1][1] == {"MeterMacId": hexadecimal(METER, 16)}


def test_keys_are_not_taken_over() -> None:
    document = make(
        "DeviceInfo", InstallCode="0x1234567890abcdef", LinkKey="0xfeedfeedfeedfeed", ModelId="Z106"
    )
    info = DeviceInfo.of(document)
    assert info.model == "Z106"
    assert "1234567890abcdef" not in repr(info)
    assert "feedfeed" not in repr(info)


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"MeterType": "gas"}, "gas"),
        ({"MeterType": "0x0000"}, "electric"),
        ({"Type": "0x0002"}, "water"),
        ({"MeterType": "0x0009"}, "0x0009"),
        ({}, ""),
    ],
)
def test_older_firmware_says_the_kind_of_meter_by_number(fields: dict[str, str], kind: str) -> None:
    assert MeterInfo.of(make("MeterInfo", **fields)).kind == kind


def test_what_is_missing_in_a_document() -> None:
    empty = NetworkInfo.of(Document("NetworkInfo"))
    assert empty == NetworkInfo("", "", None, None, None, None, None)
    assert not empty.connected
    usage = PeriodUsage.of(make("LastPeriodUsage", LastUsage="0x0a", Multiplier="0x0", EndDate="0xffffffff"))
    assert usage == PeriodUsage(10, 1, 1, None, None)
    assert PeriodUsage.of(make("CurrentPeriodUsage", StartDate=hexadecimal(STAMP))).start == STAMP + 946684800
    with pytest.raises(DecodeError):
        Schedule.of(make("ScheduleInfo", Frequency="often"))
