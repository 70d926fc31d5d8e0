"""How a HAN device follows meters: by reports where they come, by polling where they do not."""

from typing import Any

from handover.sep1.client import AttributesReceived, ClientSettings, FrameDropped, HanClient
from handover.sep1.general import (
    ConfigureReporting,
    ConfigureReportingResponse,
    DefaultResponse,
    ReadAttributes,
    ReportingStatus,
)
from sep1.dialogue import ESI, METER, METERING, NOW, OURS, TIME, AnsweringEsi, Dialogue, report

READINGS = {0x0300: 0, 0x0301: 1, 0x0302: 1000, 0x0303: 0x2B, 0x0306: 0, 0x0200: 0, 0x0000: 5000, 0x0400: 12}


def begun(**options: Any) -> tuple[Dialogue, AnsweringEsi, HanClient]:
    client = HanClient(OURS, settings=ClientSettings(keep_alive_period=1e6, **options))
    d = Dialogue(client)
    esi = AnsweringEsi(d, {METERING: READINGS})
    d.take(client.start(ESI, NOW))
    return d, esi, client


def polls(d: Dialogue, esi: AnsweringEsi, seconds: float) -> list[tuple[float, list[int]]]:
    """Return (seconds after NOW, ids) of what is read of the meter in the time to come; all is answered."""
    esi.reads.clear()
    end = d.now - NOW + seconds
    while (due := d.engine.deadline()) is not None and due <= NOW + end:
        d.passes_until(due - NOW)
        esi.answers()
    d.passes_until(end)
    return [(at, ids) for at, cluster_id, ids in esi.reads if cluster_id == METERING]


def test_a_meter_that_cannot_report_is_polled() -> None:
    d, esi, _ = begun(poll_period=30.0)
    esi.silent_on = (ConfigureReporting,)
    esi.answers()
    (ask,) = esi.unanswered
    d.receives(DefaultResponse(0x06, 0x81), METERING, sequence=ask.header.sequence)
    assert polls(d, esi, 95) == [
        (30.0, [0x0200, 0x0000, 0x0400]),
        (60.0, [0x0200, 0x0000, 0x0400]),
        (90.0, [0x0200, 0x0000, 0x0400]),
    ]


def test_only_what_was_refused_is_polled_and_what_falls_silent() -> None:
    d, esi, _ = begun(poll_period=30.0, report_maximum=60)
    esi.silent_on = (ConfigureReporting,)
    esi.answers()
    (ask,) = esi.unanswered
    refused = ConfigureReportingResponse([ReportingStatus(0x0400, 0, 0x8C)])
    d.receives(refused, METERING, sequence=ask.header.sequence)
    assert polls(d, esi, 119) == [(30.0, [0x0400]), (60.0, [0x0400]), (90.0, [0x0400])]
    assert (120.0, [0x0200, 0x0000, 0x0400]) in polls(d, esi, 5), "no report in twice the longest interval"


def test_reports_save_the_polls_even_when_nobody_agreed_to_them() -> None:
    d, esi, _ = begun(poll_period=30.0)
    esi.silent_on = (ConfigureReporting,)
    esi.answers()
    (ask,) = esi.unanswered
    d.receives(DefaultResponse(0x06, 0x81), METERING, sequence=ask.header.sequence)
    for _ in range(20):
        assert polls(d, esi, 20) == []
        values = {"current_summation_delivered": 5001, "instantaneous_demand": -9, "status": 0}
        (received,) = d.receives(report(METERING, **values), METERING)
        assert isinstance(received, AttributesReceived)
        assert received.report
        assert d.only().body == DefaultResponse(0x0A, 0x00)


def test_the_meters_own_update_period_slows_the_polls() -> None:
    d, esi, _ = begun(poll_period=10.0)
    esi.attributes[METERING] = READINGS | {0x000A: 60, 0x0007: 1}
    esi.silent_on = (ConfigureReporting,)
    esi.answers()
    (ask,) = esi.unanswered
    d.receives(DefaultResponse(0x06, 0x82), METERING, sequence=ask.header.sequence)
    assert polls(d, esi, 65) == [(60.0, [0x0200, 0x0000, 0x0400, 0x0007])], "with the time of the snapshot"


def test_an_esi_without_a_meter_is_not_polled() -> None:
    d, esi, _ = begun(poll_period=30.0)
    esi.attributes[METERING] = {}
    esi.answers()
    assert polls(d, esi, 3500) == []
    again = polls(d, esi, 200)
    assert again[0][1][0] == 0x0300, "asked again with the hourly round"


def test_a_meter_that_reports_joins_by_itself() -> None:
    d, esi, _ = begun()
    esi.answers()
    d.receives(report(METERING, instantaneous_demand=9), METERING, source=METER, endpoint=2, quiet=True)
    frame = d.frames[0]
    assert (frame.destination, frame.destination_endpoint) == (METER, 2)
    assert d.only().body == ReadAttributes([0x0300, 0x0301, 0x0302, 0x0303, 0x0304, 0x0306, 0x0200])


def test_a_crowd_of_meters_is_turned_away() -> None:
    d, esi, _ = begun(meter_limit=3)
    esi.answers()
    for endpoint in (1, 2):
        assert len(d.receives(report(METERING, status=0), METERING, source=METER, endpoint=endpoint)) == 1
    d.frames.clear()
    for endpoint in range(3, 200):
        dropped = d.receives(report(METERING, status=0), METERING, source=METER, endpoint=endpoint)
        assert dropped == [FrameDropped(METER, METERING, "crowd")]
    assert {str(body) for body in d.bodies()} == {str(DefaultResponse(0x0A, 0x89))}


def test_reports_of_other_clusters_come_from_the_esi() -> None:
    d, esi, _ = begun()
    esi.answers()
    (received,) = d.receives(report(TIME, time=400_000_000), TIME, quiet=True)
    assert isinstance(received, AttributesReceived)
    assert d.receives(report(TIME, time=1), TIME, source=METER) == [FrameDropped(METER, TIME, "unauthorised")]
    assert d.receives(report(METERING, status=0), METERING, to_client=False) == [
        FrameDropped(ESI, METERING, "unsupported")
    ]
