"""A device that obeys load control events: what concerns it, when it starts and ends, what it reports."""

import json
from typing import Any

import pytest

from handover.errors import ConfigError, Refused
from handover.sep1.client import HanClient, LoadControlAttributes
from handover.sep1.client.load_control import (
    EventEnded,
    EventScheduled,
    EventStarted,
    LoadController,
    ParticipationChanged,
    ReportUnanswered,
)
from handover.sep1.client.load_control.event import LIFE
from handover.sep1.clusters.drlc import (
    CancelAllLoadControlEvents,
    CancelLoadControlEvent,
    EventStatus,
    LoadControlEvent,
    ReportEventStatus,
)
from handover.sep1.general import DefaultResponse
from handover.sep1.types import ZIGBEE_EPOCH
from sep1.dialogue import DRLC, ESI, NOW, OURS, STRANGER, ZIGBEE_NOW, AnsweringEsi, Dialogue

HVAC, HEATER = 0x0001, 0x0004
SECOND_ESI = 0x000D6F0000123457


def lce(event_id: int = 0x1001, **changes: Any) -> LoadControlEvent:
    values: dict[str, Any] = {
        "issuer_event_id": event_id,
        "device_class": HVAC,
        "utility_enrollment_group": 0,
        "start_time": ZIGBEE_NOW + 600,
        "duration_in_minutes": 30,
        "criticality_level": 4,
        "cooling_temperature_offset": 20,
        "heating_temperature_offset": 0xFF,
        "cooling_temperature_set_point": -0x8000,
        "heating_temperature_set_point": -0x8000,
        "average_load_adjustment_percentage": -0x80,
        "duty_cycle": 0xFF,
        "event_control": 0,
    }
    return LoadControlEvent(**values | changes)


class Device:
    """A client with a load controller on the air with one ESI, or two."""

    def __init__(self, *, esis: tuple[int, ...] = (ESI,), drawn: int = 0, signer: Any = None) -> None:
        self.client = HanClient(
            OURS,
            load_control=LoadControlAttributes(
                enrollment_group=3, start_randomization=20, duration_randomization=10, device_class=0x0005
            ),
        )
        self.drawn: list[int] = []
        self.controller = LoadController(
            self.client.node,
            utc=lambda esi, now: int(now) - ZIGBEE_EPOCH,
            draw=lambda most: self.drawn.append(most) or min(drawn, most),  # type: ignore[func-returns-value]
            signer=signer,
        )
        self.client.add(self.controller)
        self.d = Dialogue(self.client)
        self.answering = AnsweringEsi(self.d)
        for esi in esis:
            self.d.take(self.client.start(esi, NOW))
        self.answering.answers()
        self.d.indications.clear()

    def receives(self, command: Any, **how: Any) -> list[Any]:
        return self.d.receives(command, **how)

    def reports(self) -> list[tuple[int, int]]:
        """Answer what is sent, and return (event id, status) of the reports in it, in order."""
        found = [b for b in self.answering.answers() if isinstance(b, ReportEventStatus)]
        return [(r.issuer_event_id, r.event_status) for r in found]

    def until(self, second: float) -> list[Any]:
        """Go from deadline to deadline, answering; return the load control indications."""
        self.statuses += self.reports()
        before = len(self.d.indications)
        while (due := self.client.deadline()) is not None and due <= NOW + second:
            self.d.now = max(self.d.now, due)
            self.d.take(self.client.tick(self.d.now))
            self.statuses += self.reports()
        self.d.now = max(self.d.now, NOW + second)
        seen = self.d.indications[before:]
        return [i for i in seen if isinstance(i, EventStarted | EventEnded | EventScheduled)]

    statuses: list[tuple[int, int]]

    def live(self) -> list[int]:
        return [event.id for event in self.controller.events]


@pytest.fixture
def device() -> Device:
    made = Device()
    made.statuses = []
    return made


def statuses(device: Device, event_id: int = 0x1001) -> list[int]:
    found = [status for known, status in device.statuses + device.reports() if known == event_id]
    device.statuses = []
    return found


def test_the_life_of_an_event_has_no_dead_end() -> None:
    assert LIFE.problems() == []


def test_an_event_is_received_started_and_completed(device: Device) -> None:
    (scheduled,) = device.receives(lce())
    assert isinstance(scheduled, EventScheduled)
    assert statuses(device) == [EventStatus.RECEIVED]
    assert device.until(599) == []
    (started,) = device.until(600)
    assert isinstance(started, EventStarted)
    assert started.event.obeyed
    assert device.controller.obeyed == [started.event]
    assert statuses(device) == [EventStatus.STARTED]
    assert device.until(600 + 1799) == []
    (ended,) = device.until(600 + 1800)
    assert isinstance(ended, EventEnded)
    assert statuses(device) == [EventStatus.COMPLETED]
    assert device.controller.events == []


def test_a_report_tells_what_was_applied_and_when(device: Device) -> None:
    device.receives(lce(start_time=0, cooling_temperature_set_point=2600, duty_cycle=50))
    (received, _started) = [b for b in device.answering.answers() if isinstance(b, ReportEventStatus)]
    assert received.event_status_time == ZIGBEE_NOW
    assert received.cooling_temperature_set_point_applied == 2600
    assert (received.duty_cycle_applied, received.criticality_level_applied) == (50, 4)
    assert (received.signature_type, received.signature) == (0, b"\xff" * 42)


def test_reports_are_signed_over_their_fields() -> None:
    signed: list[bytes] = []

    def signer(data: bytes) -> bytes:
        signed.append(data)
        return bytes(range(42))

    device = Device(signer=signer)
    device.receives(lce())
    (report,) = [b for b in device.answering.answers() if isinstance(b, ReportEventStatus)]
    assert (report.signature_type, report.signature) == (1, bytes(range(42)))
    assert len(signed[0]) == 18
    assert signed[0][-1] == 1
    assert signed[0][:4] == bytes.fromhex("01100000")


@pytest.mark.parametrize(
    "other",
    [{"device_class": 0x0002}, {"utility_enrollment_group": 7}],
    ids=["class", "group"],
)
def test_what_is_meant_for_others_is_ignored_with_success(device: Device, other: dict[str, int]) -> None:
    assert device.receives(lce(**other)) == []
    assert device.d.bodies() == [DefaultResponse(0x00, 0x00)]
    assert device.live() == []


@pytest.mark.parametrize("group", [0, 3])
def test_group_0_and_the_own_group_concern_it(device: Device, group: int) -> None:
    device.receives(lce(utility_enrollment_group=group))
    assert device.live() == [0x1001]


@pytest.mark.parametrize(
    "wrong",
    [
        {"duration_in_minutes": 0},
        {"duration_in_minutes": 1441},
        {"criticality_level": 0},
        {"criticality_level": 16},
        {"duty_cycle": 101},
        {"average_load_adjustment_percentage": -101},
        {"heating_temperature_set_point": -30000},
    ],
    ids=str,
)
def test_an_impossible_event_is_rejected(device: Device, wrong: dict[str, int]) -> None:
    device.receives(lce(**wrong))
    assert statuses(device) == [EventStatus.REJECTED]
    assert device.live() == []


def test_an_expired_event_is_told_so_unless_it_was_asked_for(device: Device) -> None:
    device.receives(lce(start_time=ZIGBEE_NOW - 7200))
    assert statuses(device) == [EventStatus.EXPIRED]
    assert device.live() == []


def test_a_repeat_changes_nothing_and_is_reported_once(device: Device) -> None:
    device.receives(lce(start_time=0, duration_in_minutes=30))
    assert statuses(device) == [EventStatus.RECEIVED, EventStatus.STARTED]
    device.until(600)
    device.receives(lce(start_time=0, duration_in_minutes=20))
    assert statuses(device) == []
    assert [type(i) for i in device.until(1800)] == [EventEnded]
    assert statuses(device) == [EventStatus.COMPLETED]
    device.receives(lce(start_time=0, duration_in_minutes=5))
    assert device.live() == []  # the id stays taken for a day


def test_a_second_esi_that_passes_the_event_on_is_answered_too() -> None:
    device = Device(esis=(ESI, SECOND_ESI))
    device.statuses = []
    device.receives(lce())
    device.reports()
    device.receives(lce(), source=SECOND_ESI)
    to = {f.destination for f in device.d.frames}
    assert to == {SECOND_ESI}
    assert device.live() == [0x1001]
    device.reports()
    device.until(599)
    device.d.take(device.client.tick(NOW + 600))
    destinations = [f.destination for f in device.d.frames if f.cluster_id == DRLC]
    assert sorted(destinations) == [ESI, SECOND_ESI]


def test_an_event_of_a_stranger_is_refused(device: Device) -> None:
    device.receives(lce(), source=STRANGER)
    assert device.live() == []
    assert device.d.bodies() == [DefaultResponse(0x00, 0x7E)]


def test_start_and_duration_are_drawn_once_within_the_attributes() -> None:
    device = Device(drawn=420)
    device.statuses = []
    device.receives(lce(event_control=3))
    assert device.drawn == [20 * 60, 10 * 60]
    (event,) = device.controller.events
    assert (event.start, event.end) == (ZIGBEE_NOW + 600 + 420, ZIGBEE_NOW + 600 + 420 + 1800 + 420)
    device.receives(lce(event_control=3))
    assert len(device.drawn) == 2


@pytest.mark.parametrize("bits", [0, 1, 2])
def test_only_what_the_event_asks_for_is_drawn(bits: int) -> None:
    device = Device(drawn=60)
    device.receives(lce(event_control=bits))
    (event,) = device.controller.events
    assert event.start == ZIGBEE_NOW + 600 + 60 * (bits & 1)
    assert event.end - event.start == 1800 + 60 * (bits >> 1)


def test_opting_out_before_the_start_and_staying_out(device: Device) -> None:
    device.receives(lce())
    (changed,) = device.d.take(device.controller.opt_out(0x1001, NOW))
    assert isinstance(changed, ParticipationChanged)
    assert not changed.event.obeyed
    started, ended = device.until(2400)
    assert not started.event.obeyed
    assert isinstance(ended, EventEnded)
    assert statuses(device) == [
        EventStatus.RECEIVED,
        EventStatus.OPTED_OUT,
        EventStatus.COMPLETED_NO_PARTICIPATION,
    ]


def test_opting_out_halfway_and_in_again(device: Device) -> None:
    device.receives(lce())
    device.until(700)
    device.d.take(device.controller.opt_out(0x1001, device.d.now))
    assert device.controller.obeyed == []
    device.until(800)
    device.d.take(device.controller.opt_in(0x1001, device.d.now))
    assert [e.id for e in device.controller.obeyed] == [0x1001]
    device.until(2400)
    assert statuses(device) == [
        EventStatus.RECEIVED,
        EventStatus.STARTED,
        EventStatus.OPTED_OUT,
        EventStatus.OPTED_IN,
        EventStatus.PARTIALLY_COMPLETED_OPT_IN,
    ]


def test_opting_out_halfway_for_good(device: Device) -> None:
    device.receives(lce(start_time=0))
    device.d.take(device.controller.opt_out(0x1001, NOW))
    device.until(1800)
    assert statuses(device)[-1] == EventStatus.PARTIALLY_COMPLETED_OPT_OUT


def test_a_choice_about_nothing_is_refused(device: Device) -> None:
    with pytest.raises(Refused, match="nothing to choose"):
        device.controller.opt_out(0x1001, NOW)


def test_a_choice_made_twice_is_reported_once(device: Device) -> None:
    device.receives(lce())
    device.d.take(device.controller.opt_out(0x1001, NOW))
    device.d.take(device.controller.opt_out(0x1001, NOW))
    assert statuses(device) == [EventStatus.RECEIVED, EventStatus.OPTED_OUT]


def test_a_newer_event_displaces_one_that_has_not_started_at_once(device: Device) -> None:
    device.receives(lce())
    indications = device.receives(lce(0x1002, start_time=ZIGBEE_NOW + 1200))
    assert [type(i) for i in indications] == [EventScheduled, EventEnded]
    assert device.live() == [0x1002]
    assert statuses(device)[-1] == EventStatus.SUPERSEDED


def test_a_newer_event_lets_a_running_one_go_on_until_it_starts(device: Device) -> None:
    device.receives(lce(start_time=0))
    device.receives(lce(0x1002, start_time=ZIGBEE_NOW + 900))
    statuses(device)
    assert device.until(899) == []
    ended, started = device.until(900)
    assert (ended.event.id, started.event.id) == (0x1001, 0x1002)
    assert statuses(device) == [EventStatus.SUPERSEDED]
    device.until(900 + 1800)
    assert [e.id for e in device.controller.events] == []


def test_another_load_is_not_displaced(device: Device) -> None:
    device.receives(lce())
    device.receives(lce(0x1002, device_class=HEATER))
    assert device.live() == [0x1001, 0x1002]


def test_an_event_waits_for_one_that_was_drawn_into_it() -> None:
    device = Device(drawn=300)
    device.receives(lce(event_control=2))
    device.receives(lce(0x1002, start_time=ZIGBEE_NOW + 2400))
    first, second = device.controller.events
    assert (first.end, second.start) == (ZIGBEE_NOW + 2700, ZIGBEE_NOW + 2700)
    assert second.end == ZIGBEE_NOW + 2400 + 1800


def test_a_cancellation_ends_it_now(device: Device) -> None:
    device.receives(lce(start_time=0))
    (ended,) = device.receives(CancelLoadControlEvent(0x1001, HVAC, 0, 0, 0))
    assert isinstance(ended, EventEnded)
    assert statuses(device)[-1] == EventStatus.CANCELLED


def test_a_cancellation_for_later_waits(device: Device) -> None:
    device.receives(lce(start_time=0))
    device.receives(CancelLoadControlEvent(0x1001, HVAC, 0, 0, ZIGBEE_NOW + 300))
    statuses(device)
    assert device.until(299) == []
    assert [type(i) for i in device.until(300)] == [EventEnded]
    assert statuses(device) == [EventStatus.CANCELLED]


def test_a_cancellation_with_randomisation_is_spread() -> None:
    device = Device(drawn=120)
    device.statuses = []
    device.receives(lce(start_time=0, event_control=2))
    device.receives(CancelLoadControlEvent(0x1001, HVAC, 0, 1, 0))
    assert device.drawn == [600, 600]
    (event,) = device.controller.events
    assert event.last == ZIGBEE_NOW + 120


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (CancelLoadControlEvent(0x2222, HVAC, 0, 0, 0), EventStatus.CANCEL_UNDEFINED_EVENT),
        (CancelLoadControlEvent(0x1001, 0x0002, 0, 0, 0), EventStatus.INVALID_CANCEL),
        (CancelLoadControlEvent(0x1001, HVAC, 0, 0, ZIGBEE_NOW + 99999), EventStatus.INVALID_CANCEL_TIME),
    ],
    ids=["unknown", "class", "time"],
)
def test_a_cancellation_that_cannot_be_is_told_so(
    device: Device, command: CancelLoadControlEvent, status: EventStatus
) -> None:
    device.receives(lce())
    device.reports()
    device.receives(command)
    assert statuses(device, command.issuer_event_id) == [status]
    assert device.live() == [0x1001]


def test_a_cancellation_for_another_group_leaves_it(device: Device) -> None:
    device.receives(lce())
    device.receives(CancelLoadControlEvent(0x1001, HVAC, 9, 0, 0))
    assert device.live() == [0x1001]


def test_everything_is_cancelled_at_once(device: Device) -> None:
    device.receives(lce(start_time=0))
    device.receives(lce(0x1002, device_class=HEATER))
    device.receives(CancelAllLoadControlEvents(0))
    assert device.live() == []
    done = device.reports()
    assert (0x1001, EventStatus.CANCELLED) in done
    assert (0x1002, EventStatus.CANCELLED) in done


def test_reports_keep_their_order_and_survive_a_silent_esi(device: Device) -> None:
    device.answering.silent_on = (ReportEventStatus,)
    device.receives(lce(start_time=0))
    device.answering.answers()
    indicated = device.d.passes_until(400)
    assert any(isinstance(i, ReportUnanswered) for i in indicated)
    device.answering.silent_on = ()
    device.d.frames.clear()
    device.until(1900)
    assert statuses(device) == [
        EventStatus.RECEIVED,
        EventStatus.STARTED,
        EventStatus.COMPLETED,
    ]


def test_a_restart_forgets_nothing_and_draws_nothing_again() -> None:
    device = Device(drawn=240)
    device.receives(lce(event_control=3))
    saved = json.loads(json.dumps(device.controller.export()))
    again = Device(drawn=0)
    again.statuses = []
    again.d.take(again.controller.restore(saved, NOW))
    assert [(e.id, e.start, e.end) for e in again.controller.events] == [
        (e.id, e.start, e.end) for e in device.controller.events
    ]
    assert statuses(again) == [EventStatus.RECEIVED]  # what was never answered is told again
    again.receives(lce(event_control=3))
    assert again.drawn == []


def test_a_time_that_passed_during_an_outage_is_told_as_it_was() -> None:
    device = Device()
    device.receives(lce())
    saved = device.controller.export()
    again = Device()
    again.statuses = []
    outputs = again.controller.restore(saved, NOW + 90_00)
    assert [type(o) for o in outputs if isinstance(o, EventEnded)] == [EventEnded]


def test_damaged_memory_is_refused(device: Device) -> None:
    with pytest.raises(ConfigError, match="damaged"):
        device.controller.restore({"events": [{"command": "00"}], "reports": []}, NOW)


def test_an_esi_that_left_orders_nothing_any_more(device: Device) -> None:
    device.receives(lce())
    device.controller.forget(ESI)
    assert device.live() == []
    device.d.frames.clear()
    assert device.until(5000) == []
