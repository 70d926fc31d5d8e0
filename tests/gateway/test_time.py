"""Playbooks of the clock: the ESI's time rules, and steps of either clock neither miss nor repeat."""

import pytest

from gateway.home import NOW, Home
from handover.sep1.clusters.drlc import LoadControlEvent, ReportEventStatus
from handover.sep1.general import AttributeRecord, ReportAttributes
from handover.sep1.types import ZIGBEE_EPOCH

pytestmark = pytest.mark.req("REQ.GW.1")

UTC, MAP8, S32, U32 = 0xE2, 0x18, 0x2B, 0x23
DST = (1331449200, 1352008800)


def tell(home: Home, now: float, *, status: int = 0x01, zone: int = -18000) -> None:
    records = [
        AttributeRecord(0x0000, UTC, int(now) - ZIGBEE_EPOCH),
        AttributeRecord(0x0001, MAP8, status),
        AttributeRecord(0x0002, S32, zone),
        AttributeRecord(0x0003, U32, DST[0] - ZIGBEE_EPOCH),
        AttributeRecord(0x0004, U32, DST[1] - ZIGBEE_EPOCH),
        AttributeRecord(0x0005, S32, 3600),
    ]
    home.says(ReportAttributes(records), 0x000A)


def event(start: float, minutes: int = 10) -> LoadControlEvent:
    raw = int(start) - ZIGBEE_EPOCH
    return LoadControlEvent(1, 1, 0, raw, minutes, 4, 30, 20, -32768, -32768, -128, 0xFF, 0)


def test_without_a_word_from_the_esi_the_time_is_uncoordinated(home: Home) -> None:
    assert (home.gets("/tm").currentTime, home.gets("/tm").quality) == (NOW, 7)


def test_the_time_is_the_esis_at_the_moment_of_reading(home: Home) -> None:
    tell(home, NOW + 100)
    time = home.gets("/tm")
    assert (time.currentTime, time.quality, time.tzOffset, time.dstOffset) == (NOW + 100, 4, -18000, 3600)
    assert (time.dstStartTime, time.dstEndTime, time.localTime) == (*DST, NOW + 100 - 14400)
    home.passes(7)
    assert home.gets("/tm").currentTime == NOW + 107


def test_an_esi_that_does_not_vouch_for_its_time_is_quoted_so(home: Home) -> None:
    tell(home, NOW + 100, status=0x00)
    assert (home.gets("/tm").currentTime, home.gets("/tm").quality) == (NOW + 100, 7)


def test_an_invalid_time_changes_nothing(home: Home) -> None:
    tell(home, NOW + 100)
    home.says(ReportAttributes([AttributeRecord(0x0000, UTC, 0xFFFFFFFF)]), 0x000A)
    assert home.gets("/tm").currentTime == NOW + 100
    assert any("time cannot be used" in line for line in home.logs)


def test_events_run_on_the_esis_clock(home: Home) -> None:
    tell(home, NOW + 1000)
    home.says(event(NOW + 1060))
    home.passes(59)
    assert home.gets("/dr/0/edc?l=9").EndDeviceControl[0].EventStatus.currentStatus == 0
    home.passes(1)
    status = home.gets("/dr/0/edc?l=9").EndDeviceControl[0].EventStatus
    assert (status.currentStatus, status.dateTime) == (1, NOW + 1060)


def test_a_clock_that_steps_forward_starts_what_is_due_once(home: Home) -> None:
    home.says(event(NOW + 3600))
    home.told()
    tell(home, NOW + 3700)
    assert home.gets("/dr/0/edc?l=9").EndDeviceControl[0].EventStatus.currentStatus == 1
    assert any("clock made a step" in line for line in home.logs) is False, "the first word is no step"
    tell(home, NOW + 3900)
    assert any("clock made a step" in line for line in home.logs)
    assert home.told(ReportEventStatus) == []


def test_a_clock_that_steps_back_during_an_event_does_not_start_it_again(home: Home) -> None:
    tell(home, NOW)
    home.says(event(NOW + 10))
    home.passes(20)
    home.told()
    tell(home, NOW - 3600)
    served = home.gets("/dr/0/edc?l=9").EndDeviceControl[0].EventStatus
    assert (served.currentStatus, served.dateTime) == (1, NOW + 10)
    home.passes(3700)
    assert home.told(ReportEventStatus) == []
    home.passes(900)
    assert home.gets("/dr/0/edc?l=9").all == 0


def test_the_clock_survives_a_kill(home: Home) -> None:
    tell(home, NOW + 100)
    home.restart()
    assert (home.gets("/tm").currentTime, home.gets("/tm").quality) == (NOW + 100, 4)


def test_the_epoch_of_zigbee_and_the_end_of_32_bits_are_no_trouble(home: Home) -> None:
    tell(home, 2147483647 + 10)
    assert home.gets("/tm").currentTime == 2147483657
    home.says(event(2147483657 + 60))
    home.passes(60)
    assert home.gets("/dr/0/actedc?l=9").all == 1
