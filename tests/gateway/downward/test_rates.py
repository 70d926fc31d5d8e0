"""Limits both ways: a device that floods the HAN reaches the server in measure, and a server the HAN."""

import copy

import pytest

from gateway.downward.premise import DISPLAY, GATEWAY, THERMOSTAT, Premise
from handover.gateway.downward.rates import FRAMES, WORDS
from handover.sep1 import frame as zcl
from handover.sep1.aps import ApsFrame
from handover.sep1.clusters.drlc import ReportEventStatus
from handover.sep1.server.pushes import QUEUE_LIMIT

pytestmark = pytest.mark.req("REQ.GW.8")

OPT_OUT, OPT_IN = 4, 5
HOUR = 3600


@pytest.fixture
def home() -> Premise:
    made = Premise()
    made.start()
    for eui64 in (THERMOSTAT, DISPLAY):
        made.add(eui64, device_class=1)
    made.utility.control(1, made.now, start=60, duration=4 * HOUR)
    made.passes(600)
    return made


def reports(home: Premise, eui64: int) -> list[ApsFrame]:
    """Return an opt-out and an opt-in of a device, for the event that it has."""
    (order,) = home.gateway.loads.of(eui64)
    frames = []
    for number, status in enumerate((OPT_OUT, OPT_IN)):
        body = ReportEventStatus(order.parts[0].id, status, 0, 1, 0xFF, 0xFF, -128, 0xFF, 0, 0)
        payload = zcl.build(0x0701, body, sequence=number, to_client=False)
        frames.append(
            ApsFrame(
                source=eui64,
                destination=GATEWAY,
                source_endpoint=1,
                destination_endpoint=1,
                cluster_id=0x0701,
                secured=True,
                payload=payload,
            )
        )
    return frames


def stamped(home: Premise, frame: ApsFrame) -> ApsFrame:
    """Return a report with the present time in it, so that it says something new."""
    body = copy.copy(zcl.parse(0x0701, frame.payload).body)
    assert isinstance(body, ReportEventStatus)
    body.event_status_time = home.gateway.esi.utc(home.now)
    payload = zcl.build(0x0701, body, sequence=frame.payload[1], to_client=False)
    return ApsFrame(
        source=frame.source,
        destination=frame.destination,
        source_endpoint=1,
        destination_endpoint=1,
        cluster_id=0x0701,
        secured=True,
        payload=payload,
    )


def test_a_device_that_changes_its_mind_for_an_hour_does_not_flood_the_server(home: Premise) -> None:
    before, said = len(home.utility.got), 0
    words = reports(home, THERMOSTAT)
    for second in range(HOUR):
        home.now += 1
        for frame in words:
            said += 1
            home.do(home.gateway.handle(stamped(home, frame), home.now))
        if second == 1800:
            theirs = home.utility.statuses(1, home.lfdi(DISPLAY))
            home.do(home.gateway.handle(stamped(home, reports(home, DISPLAY)[0]), home.now))
            home.passes(5)
            assert home.utility.statuses(1, home.lfdi(DISPLAY)) == [*theirs, OPT_OUT], "others are heard"
    burst, rate = WORDS
    assert said == 2 * HOUR
    assert len(home.utility.got) - before <= burst + rate * HOUR + 2
    assert home.gateway.esi.dropped["flood"] > said - burst - rate * HOUR - 10


def test_a_flood_of_frames_is_dropped_and_makes_no_flood_of_lines(home: Premise) -> None:
    query = home.appliances[THERMOSTAT]
    ask = query.client.read([0], destination=GATEWAY, cluster_id=0x000A, now=home.now)[0].frame
    steps = [home.gateway.handle(ask, home.now) for _ in range(5000)]
    answered = [frame for step in steps for frame in step.frames if frame.destination == THERMOSTAT]
    lines = [line for step in steps for line in step.logs if line.text == "a frame was dropped"]
    assert len(answered) <= FRAMES[0]
    assert 0 < len(lines) <= 25
    home.now += 600
    late = home.gateway.handle(ask, home.now)
    assert any(frame.destination == THERMOSTAT for frame in late.frames)
    again = [home.gateway.handle(ask, home.now) for _ in range(FRAMES[0] + 1)]
    assert max(line.detail.get("unsaid", 0) for step in again for line in step.logs) > 4000


def test_a_stranger_in_a_devices_name_does_not_use_up_its_allowance(home: Premise) -> None:
    forged = (
        home.appliances[THERMOSTAT]
        .client.read([0], destination=GATEWAY, cluster_id=0x000A, now=home.now)[0]
        .frame
    )
    bare = copy.copy(forged)
    bare.secured = False
    for _ in range(1000):
        assert home.gateway.handle(bare, home.now).frames == []
    assert home.gateway.handle(forged, home.now).frames


def test_a_server_that_floods_meets_a_han_in_measure(home: Premise) -> None:
    """One frame at a time to each device, and a bounded number that waits."""
    home.lost = lambda frame, now: True
    for number in range(60):
        home.utility.control(
            1000 + number, home.now, start=5 * HOUR + 60 * number, duration=60, program=number % 2
        )
    sent, began = len(home.frames), home.now
    home.passes(600)
    for eui64 in (THERMOSTAT, DISPLAY):
        told = [frame for frame in home.frames[sent:] if frame.destination == eui64]
        assert 0 < len(told) <= 4 * (home.now - began) / 10, "no more than a frame in a try's time"
        assert len(home.gateway.esi._pushes.devices[eui64].waiting) <= QUEUE_LIMIT
