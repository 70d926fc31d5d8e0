"""Playbooks of load control: what the ESI says, what devices see and answer, what the ESI is told."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.home import DISPLAY, ESI, NOW, THERMOSTAT, Home, registered
from handover.gateway.adapters import event_log
from handover.sep1 import frame as zcl
from handover.sep1.clusters.drlc import (
    CancelAllLoadControlEvents,
    CancelLoadControlEvent,
    GetScheduledEvents,
    LoadControlEvent,
    ReportEventStatus,
)
from handover.sep1.general import AttributeRecord, WriteAttributes
from handover.sep1.types import ZIGBEE_EPOCH
from handover.sep2 import xml
from handover.sep2.peer import Peer
from handover.sep2.resources.drlc import DutyCycle
from handover.sep2.resources.response import DrResponse

pytestmark = pytest.mark.req("REQ.GW.1")

CASES = {
    row["n"].split()[0]: row
    for row in json.loads((Path(__file__).parents[1] / "data" / "golden.json").read_text())
}
EDC = "/dr/0/edc"


def lce(
    number: int = 0x1001, start: float = NOW + 3600, minutes: int = 120, **changes: Any
) -> LoadControlEvent:
    base = LoadControlEvent(
        issuer_event_id=number,
        device_class=0x0001,
        utility_enrollment_group=0,
        start_time=int(start) - ZIGBEE_EPOCH if start else 0,
        duration_in_minutes=minutes,
        criticality_level=4,
        cooling_temperature_offset=30,
        heating_temperature_offset=20,
        cooling_temperature_set_point=-32768,
        heating_temperature_set_point=-32768,
        average_load_adjustment_percentage=-128,
        duty_cycle=0xFF,
        event_control=0,
    )
    return replace(base, **changes)


def cancel(
    number: int = 0x1001, control: int = 0, at: float = 0, device_class: int = 1
) -> CancelLoadControlEvent:
    return CancelLoadControlEvent(number, device_class, 0, control, int(at) - ZIGBEE_EPOCH if at else 0)


def controls(home: Home) -> list[Any]:
    return home.gets(f"{EDC}?l=255").EndDeviceControl


def statuses(home: Home) -> list[tuple[int, int]]:
    return [(report.issuer_event_id, report.event_status) for report in home.told(ReportEventStatus)]


def respond(home: Home, status: int, peer: Peer = THERMOSTAT, index: int = 0, **more: Any) -> int:
    control = controls(home)[index]
    return home.asks(
        control.replyTo,
        peer,
        "POST",
        DrResponse(
            createdDateTime=int(home.now),
            endDeviceLFDI=peer.lfdi,
            status=status,
            subject=control.mRID,
            **more,
        ),
    ).status


def placeless(document: str, expected: str) -> None:
    """Compare two documents, with ours' href in the place of the golden one's."""
    ours, theirs = xml.decode(document.encode()), xml.decode(expected.encode())
    theirs.href = ours.href
    assert ours == theirs


@pytest.mark.parametrize("case", ["G01", "G02"])
def test_a_golden_event_is_served_as_the_golden_document(home: Home, case: str) -> None:
    home.carries(attributes_written(5), 0x0701)
    home.carries(bytes.fromhex(CASES[case]["zcl"]), 0x0701)
    (control,) = controls(home)
    response = home.asks(control.href)
    placeless(response.body.decode(), CASES[case]["xml"][0])
    assert statuses(home) == [(0x1001 if case == "G01" else 0x1002, 1)]


def attributes_written(duration_minutes: int) -> bytes:
    body = WriteAttributes([AttributeRecord(0x0002, 0x20, duration_minutes)])
    return zcl.build(0x0701, body, sequence=7, to_client=True)


def test_the_golden_cancellation_changes_only_the_status(home: Home) -> None:
    home.carries(attributes_written(5), 0x0701)
    home.carries(bytes.fromhex(CASES["G01"]["zcl"]), 0x0701)
    home.passes(4000)
    home.carries(bytes.fromhex(CASES["G05"]["zcl"]), 0x0701)
    (control,) = controls(home)
    placeless(home.asks(control.href).body.decode(), CASES["G05"]["xml"][0])
    assert statuses(home) == [(0x1001, 1), (0x1001, 6)]


def test_the_golden_response_is_reported_byte_by_byte(home: Home) -> None:
    home.carries(bytes.fromhex(CASES["G02"]["zcl"]), 0x0701)
    home.told()
    home.passes(5)
    assert respond(home, 2, DutyCycle=DutyCycle(normalValue=50)) == 201
    (report,) = home.told(ReportEventStatus)
    golden = bytes.fromhex(CASES["G06"]["zcl"])
    assert zcl.build(0x0701, report, sequence=6, to_client=False) == golden


def test_an_event_lives_and_ends_and_everything_is_reported_once(home: Home) -> None:
    home.says(lce())
    assert home.verdict() == 0
    assert [c.EventStatus.currentStatus for c in controls(home)] == [0]
    assert home.gets("/dr/0/actedc?l=9").all == 0
    home.passes(3599)
    assert [c.EventStatus.currentStatus for c in controls(home)] == [0]
    home.passes(1)
    assert [c.EventStatus.currentStatus for c in controls(home)] == [1]
    assert home.gets("/dr/0/actedc?l=9").all == 1
    assert respond(home, 1) == 201
    assert respond(home, 2) == 201
    assert statuses(home) == [(0x1001, 2)]
    home.passes(7200)
    assert controls(home) == []
    home.gateway.time.now(home.now)
    (held,) = list(home.gateway.events.book)
    subject = home.gateway.events.context.event(1, held.event.key)
    word = DrResponse(createdDateTime=int(home.now), endDeviceLFDI=THERMOSTAT.lfdi, status=3, subject=subject)
    assert home.asks("/rsps/0/rsp", THERMOSTAT, "POST", word).status == 201
    assert statuses(home) == [(0x1001, 3)]
    states = [step.new for step in event_log.load(home.journal.connection)]
    assert states == ["accepted", "scheduled", "active", "completed"]
    home.passes(3 * 86400)
    assert list(home.gateway.events.book) == []
    assert home.gets("/rsps/0/rsp?l=9").all == 0


def test_a_repeat_with_a_counted_down_duration_is_the_same_event(home: Home) -> None:
    home.says(lce(start=0, minutes=30))
    home.passes(600)
    home.told()
    home.says(lce(start=0, minutes=20))
    assert home.verdict() == 0
    (control,) = controls(home)
    assert (control.interval.start, control.interval.duration) == (NOW, 1800)


def test_a_repeat_of_a_cancelled_event_does_not_bring_it_back(home: Home) -> None:
    home.says(lce(start=0, minutes=30))
    home.passes(300)
    home.says(cancel())
    home.passes(10)
    home.told()
    home.says(lce(start=0, minutes=24))
    assert home.verdict() == 0
    (control,) = controls(home)
    assert control.EventStatus.currentStatus == 2


def test_new_content_under_a_living_number_is_ignored(home: Home) -> None:
    home.says(lce())
    home.says(lce(minutes=5))
    (control,) = controls(home)
    assert control.interval.duration == 7200


def test_a_number_used_again_gets_a_new_name(home: Home) -> None:
    home.says(lce(start=0, minutes=10))
    first = controls(home)[0].mRID
    home.passes(700)
    home.says(lce(start=NOW + 5000, minutes=10))
    (second,) = controls(home)
    assert second.mRID != first
    assert second.mRID[0] == first[0]
    assert second.mRID[1] == 1


def test_a_number_is_forgotten_after_more_than_a_year(home: Home) -> None:
    home.says(lce(start=0, minutes=10))
    count = "SELECT count(*) FROM record WHERE kind = 'identity'"
    assert home.journal.connection.execute(count).fetchone()[0] == 1
    home.now += 401 * 86400
    home.passes(1)
    assert home.journal.connection.execute(count).fetchone()[0] == 0


def test_an_event_that_came_too_late_is_reported_expired(home: Home) -> None:
    home.says(lce(start=NOW - 7200, minutes=60))
    assert statuses(home) == [(0x1001, 0xFB)]
    assert controls(home) == []


def test_an_old_event_in_the_answer_to_our_own_query_is_dropped_silently(home: Home) -> None:
    home.answering = False
    home.gateway.start(ESI, home.now)
    outputs = home.gateway._client.send(
        GetScheduledEvents(0, 0), destination=ESI, cluster_id=0x0701, now=home.now
    )
    assert outputs
    home.says(lce(start=NOW - 7200, minutes=60))
    assert statuses(home) == []


@pytest.mark.parametrize("changes", [{"minutes": 1441}, {"minutes": 0}, {"duty_cycle": 101}])
def test_an_event_out_of_range_is_rejected_and_never_served(home: Home, changes: dict[str, int]) -> None:
    home.says(lce(**changes))
    assert statuses(home) == [(0x1001, 0xFE)]
    assert controls(home) == []
    assert [t.new for t in event_log.load(home.journal.connection)] == ["rejected"]


def test_an_event_for_nobody_here_is_ignored_with_success(home: Home) -> None:
    home.says(lce(device_class=0x0008))
    assert home.verdict() == 0
    assert controls(home) == []


def test_a_group_that_is_not_ours_is_ignored(home: Home) -> None:
    body = WriteAttributes([AttributeRecord(0x0000, 0x20, 3)])
    home.carries(zcl.build(0x0701, body, sequence=7, to_client=True), 0x0701)
    home.says(lce(utility_enrollment_group=4))
    assert statuses(home) == []
    home.says(lce(number=0x1002, utility_enrollment_group=3))
    assert statuses(home) == [(0x1002, 1)]
    assert home.gets("/dr/3/edc?l=9").all == 1


def test_a_cancellation_at_a_later_time_is_held_back(home: Home) -> None:
    home.says(lce(start=0))
    home.says(cancel(at=NOW + 600))
    assert controls(home)[0].EventStatus.currentStatus == 1
    home.passes(600)
    status = controls(home)[0].EventStatus
    assert (status.currentStatus, status.dateTime) == (2, NOW + 600)
    assert statuses(home) == [(0x1001, 1), (0x1001, 6)]


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (cancel(0x9999), 0xFD),
        (cancel(at=NOW + 90000), 0xF9),
        (cancel(device_class=0x0004), 0xF8),
        (CancelLoadControlEvent(0x1001, 1, 0, 0, 0xFFFFFFFF), 0xF9),
    ],
)
def test_a_cancellation_that_cannot_be_is_reported(
    home: Home, order: CancelLoadControlEvent, code: int
) -> None:
    home.says(lce())
    home.told()
    home.says(order)
    assert [status for _, status in statuses(home)] == [code]
    assert controls(home)[0].EventStatus.currentStatus == 0


def test_a_part_of_an_event_can_be_cancelled(home: Home) -> None:
    home.join(registered(THERMOSTAT, 1, "tstat", 1), registered(DISPLAY, 2, "heater", 8))
    home.says(lce(device_class=0x0005, start=0, minutes=60))
    home.passes(600)
    home.says(cancel(device_class=0x0001))
    statuses_served = {c.deviceCategory: c.EventStatus.currentStatus for c in controls(home)}
    assert statuses_served == {b"\0\0\0\x09": 2, b"\0\0\0\x08": 1}
    rest = next(c for c in controls(home) if c.EventStatus.currentStatus == 1)
    assert (rest.interval.start, rest.interval.duration) == (NOW + 600, 3000)
    assert statuses(home) == [(0x1001, 1)]


def test_all_events_can_be_cancelled_at_once(home: Home) -> None:
    home.says(lce(1, start=NOW + 60, minutes=1))
    home.says(lce(2, start=NOW + 600, minutes=1))
    home.told()
    home.says(CancelAllLoadControlEvents(0))
    assert statuses(home) == [(1, 6), (2, 6)]


def test_a_newer_event_displaces_one_that_has_not_started(home: Home) -> None:
    home.says(lce(1))
    home.passes(10)
    home.says(lce(2, start=NOW + 7200))
    by_id = {c.mRID[11]: c for c in controls(home)}
    assert by_id[1].EventStatus.currentStatus == 2
    assert by_id[2].EventStatus.currentStatus == 0
    assert by_id[2].creationTime > by_id[1].creationTime
    assert sorted(statuses(home)) == [(1, 1), (1, 7), (2, 1)]


def test_a_running_event_is_superseded_when_the_newer_one_starts(home: Home) -> None:
    home.says(lce(1, start=0))
    home.passes(10)
    home.says(lce(2, start=NOW + 1800))
    home.told()
    assert {c.EventStatus.currentStatus for c in controls(home)} == {0, 1}
    home.passes(1790)
    by_id = {c.mRID[11]: c.EventStatus for c in controls(home)}
    assert (by_id[1].currentStatus, by_id[1].dateTime, by_id[2].currentStatus) == (4, NOW + 1800, 1)
    assert statuses(home) == [(1, 7)]


def test_an_event_that_is_displaced_twice_is_reported_once(home: Home) -> None:
    home.says(lce(1, start=0))
    home.says(lce(2, start=NOW + 600, minutes=5, device_class=0x0005))
    home.says(lce(3, start=NOW + 1200, minutes=5, device_class=0x0005))
    home.told()
    home.passes(1300)
    assert statuses(home).count((1, 7)) == 1


def test_a_displacing_event_that_never_starts_displaces_nothing(home: Home) -> None:
    home.says(lce(1, start=0))
    home.says(lce(2, start=NOW + 1800))
    home.says(cancel(2))
    home.passes(1900)
    by_id = {c.mRID[11]: c.EventStatus.currentStatus for c in controls(home)}
    assert by_id == {1: 1, 2: 2}


def test_an_opt_out_before_the_start_is_told_at_the_start(home: Home) -> None:
    home.says(lce())
    home.passes(10)
    assert respond(home, 4) == 201
    assert statuses(home) == [(0x1001, 1)]
    home.passes(3580)
    assert statuses(home) == []
    home.passes(10)
    (report,) = home.told(ReportEventStatus)
    assert (report.event_status, report.event_status_time) == (4, NOW + 3600 - ZIGBEE_EPOCH)


def test_the_last_device_decides_when_an_event_is_completed(home: Home) -> None:
    home.join(registered(THERMOSTAT, 1, "one", 1), registered(DISPLAY, 2, "two", 1))
    home.says(lce(start=0, minutes=10))
    home.told()
    assert respond(home, 2, THERMOSTAT) == 201
    assert respond(home, 2, DISPLAY) == 201
    assert statuses(home) == [(0x1001, 2)]
    assert respond(home, 4, DISPLAY) == 201
    home.passes(590)
    assert respond(home, 3, THERMOSTAT) == 201
    assert statuses(home) == []
    assert respond(home, 8, DISPLAY) == 201
    assert statuses(home) == [(0x1001, 8)]


def test_a_silent_device_is_left_out_after_a_while_and_named_in_the_log(home: Home) -> None:
    home.join(registered(THERMOSTAT, 1, "one", 1), registered(DISPLAY, 2, "quiet one", 1))
    home.says(lce(start=0, minutes=10))
    home.told()
    respond(home, 2)
    home.passes(599)
    respond(home, 3)
    assert statuses(home) == [(0x1001, 2)]
    home.passes(302)
    assert statuses(home) == [(0x1001, 3)]
    assert any("quiet one" in line for line in home.logs)


def test_a_repeated_response_gets_the_place_of_the_first_and_is_told_once(home: Home) -> None:
    home.says(lce(start=0))
    home.told()
    assert respond(home, 2) == 201
    assert respond(home, 2) == 204
    assert statuses(home) == [(0x1001, 2)]
    assert home.gets("/rsps/0/rsp?l=9").all == 1


@pytest.mark.parametrize("status", [0, 12, 15, 99])
def test_a_status_that_means_nothing_here_is_refused(home: Home, status: int) -> None:
    home.says(lce(start=0))
    assert respond(home, status) == 400
    assert home.gets("/rsps/0/rsp?l=9").all == 0


def test_a_response_to_an_unknown_event_is_refused(home: Home) -> None:
    for subject in (bytes(16), b"\xff" * 16, bytes.fromhex("01000100001234560000777700007ED9"), b"\x01"):
        word = DrResponse(endDeviceLFDI=THERMOSTAT.lfdi, status=1, subject=subject)
        assert home.asks("/rsps/0/rsp", THERMOSTAT, "POST", word).status == 400
    assert statuses(home) == []


def test_nobody_answers_for_another_device(home: Home) -> None:
    home.says(lce(start=0))
    home.told()
    control = controls(home)[0]
    word = DrResponse(endDeviceLFDI=DISPLAY.lfdi, status=2, subject=control.mRID)
    assert home.asks("/rsps/0/rsp", THERMOSTAT, "POST", word).status == 403
    assert statuses(home) == []


def test_after_a_kill_the_event_is_the_same_and_nothing_is_told_twice(home: Home) -> None:
    home.says(lce(1, start=0, minutes=60))
    home.says(lce(2, start=NOW + 7200, minutes=60))
    respond(home, 2)
    home.passes(60)
    before = sorted(xml.encode(c) for c in controls(home))
    home.told()
    home.restart()
    assert sorted(xml.encode(c) for c in controls(home)) == before
    assert statuses(home) == []
    home.says(lce(1, start=0, minutes=59))
    assert sorted(xml.encode(c) for c in controls(home)) == before
    home.passes(3540)
    assert len(controls(home)) == 1
    assert home.gets("/rsps/0/rsp?l=9").all == 1


def test_a_report_that_nobody_accepted_is_sent_again_after_a_kill(home: Home) -> None:
    home.answering = False
    home.says(lce(start=0))
    assert statuses(home) == [(0x1001, 1)]
    home.restart()
    assert statuses(home) == [(0x1001, 1)]
    home.answering = True
    home.restart()
    assert statuses(home) == [(0x1001, 1)]
    home.restart()
    assert statuses(home) == []


def test_a_report_under_way_is_sent_again_when_the_line_was_opened_anew(home: Home) -> None:
    home.answering = False
    home.says(lce(start=0))
    assert statuses(home) == [(0x1001, 1)]
    home.meets_the_esi()
    assert statuses(home) == [(0x1001, 1)]


def test_a_report_that_never_arrives_is_given_up_an_hour_after_the_end(home: Home) -> None:
    home.answering = False
    home.says(lce(start=0, minutes=10))
    home.passes(600 + 3600)
    assert len(home.gateway.outbox) == 0
    assert any("given up" in line for line in home.logs)
