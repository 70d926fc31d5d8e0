import pytest
from hypothesis import given
from hypothesis import strategies as st

from handover.errors import Untranslatable
from handover.mapping import load_answers, load_control
from handover.mapping.context import Context
from handover.mapping.losses import Loss
from handover.mapping.status import Service, is_wanted, report_of, response_status, status_of
from handover.model.event import Status
from handover.model.load_control import Controls
from handover.model.participation import Answer
from handover.sep1.clusters.drlc import CancelLoadControlEvent, ReportEventStatus
from handover.sep2.resources.drlc import ApplianceLoadReduction
from handover.sep2.resources.response import DrResponse, Response

from .conftest import ESI, LFDI, NOW, PEN
from .test_load_control import lce

ZNOW = NOW - 946684800
EVENT = load_control.from_sep1(lce(event_control=3), Context(node=ESI, pen=PEN), received=NOW)


@pytest.mark.parametrize(
    ("status", "code"),
    [*((n, n) for n in range(1, 11)), (11, None), (13, 7), (14, 7), (252, 0xFE), (253, 0xFE), (254, 0xFB)],
)
def test_statuses_become_report_codes(status: int, code: int | None) -> None:
    assert report_of(Status(status)) == code


@pytest.mark.parametrize("code", range(256))
def test_report_codes_become_statuses_or_stay_here(code: int) -> None:
    expected = code if 1 <= code <= 10 else {0xFB: 254, 0xFE: 253}.get(code)
    assert status_of(code) == expected


@pytest.mark.parametrize(
    ("service", "valid"),
    [
        (Service.PRICE, {1, 2, 3, 7, 11, 13, 14, 254}),
        (Service.MESSAGE, {1, 2, 3, 7, 11, 12, 13, 14, 254}),
        (Service.LOAD_CONTROL, {*range(1, 12), 13, 14, 252, 253, 254}),
    ],
)
def test_each_service_knows_its_statuses(service: Service, valid: set[int]) -> None:
    for code in range(256):
        if code in valid:
            assert response_status(code, service) == code
            continue
        with pytest.raises(Untranslatable) as caught:
            response_status(code, service)
        assert caught.value.http_status == 400


@pytest.mark.parametrize(
    ("required", "wanted"),
    [
        (b"\0", set()),
        (None, set()),
        (b"\1", {1}),
        (b"\4", {11}),
        (b"\2", {*range(2, 11), 13, 14, 252, 253, 254}),
    ],
)
def test_the_gate_of_response_required(required: bytes | None, wanted: set[int]) -> None:
    assert {s for s in Status if is_wanted(s, required, Service.LOAD_CONTROL)} == wanted


def test_level_and_randomisation_come_from_the_stored_event() -> None:
    answer = Answer(device=LFDI, status=Status.STARTED, at=NOW, applied=Controls(load_adjustment=30))
    report = load_answers.answer_to_sep1(answer, EVENT)
    assert report is not None
    assert (report.criticality_level_applied, report.event_control, report.signature_type) == (4, 3, 0)
    assert report.average_load_adjustment_percentage_applied == -30
    assert report.signature == b"\xff" * 42


def test_an_acknowledgement_is_stored_and_nothing_sent() -> None:
    lost: list[Loss] = []
    answer = Answer(device=LFDI, status=Status.ACKNOWLEDGED, at=NOW)
    assert load_answers.answer_to_sep1(answer, EVENT, lost=lost) is None
    assert lost == [load_answers.ACKNOWLEDGED]


def test_an_aborted_event_is_reported_superseded_with_a_note() -> None:
    lost: list[Loss] = []
    report = load_answers.answer_to_sep1(
        Answer(device=LFDI, status=Status.ABORTED_PROGRAM, at=NOW), EVENT, lost=lost
    )
    assert report is not None
    assert (report.event_status, lost) == (7, [load_answers.ABORTED])


def test_the_gateways_own_reports() -> None:
    report = load_answers.report(EVENT, Status.RECEIVED, now=NOW)
    assert report is not None
    assert (report.event_status, report.event_status_time, report.duty_cycle_applied) == (1, ZNOW, 0xFF)


def test_refusals() -> None:
    report = load_answers.refusal(lce(event_control=1), 0xFE, now=NOW)
    assert (report.event_status, report.event_control, report.criticality_level_applied) == (0xFE, 1, 4)
    assert load_answers.refusal(CancelLoadControlEvent(3, 1, 0, 0, 0), 0xFD, now=NOW).issuer_event_id == 3


def test_a_plain_response_is_an_answer_without_values() -> None:
    answer = load_answers.answer_from_sep2(
        Response(endDeviceLFDI=LFDI, status=4, subject=bytes(16)), received=NOW
    )
    assert answer == Answer(device=LFDI, status=Status.OPT_OUT, at=NOW)


def test_what_reports_cannot_hold_is_noted() -> None:
    lost: list[Loss] = []
    response = DrResponse(
        endDeviceLFDI=LFDI,
        status=2,
        subject=bytes(16),
        ApplianceLoadReduction=ApplianceLoadReduction(type=1),
        overrideDuration=60,
    )
    assert load_answers.answer_from_sep2(response, received=NOW, lost=lost).override == 60
    assert lost == [load_answers.REDUCTION]


@given(
    cooling=st.integers(-32768, 32767),
    heating=st.integers(-32768, 32767),
    adjustment=st.just(-128) | st.integers(-100, 0),
    duty=st.integers(0, 100) | st.just(255),
    status=st.integers(1, 10),
    at=st.integers(1, 0xFFFFFFFE),
)
def test_there_and_back(cooling: int, heating: int, adjustment: int, duty: int, status: int, at: int) -> None:
    report = ReportEventStatus(EVENT.key.id, status, at, 4, cooling, heating, adjustment, duty, 3, 0)
    answer = load_answers.answer_from_sep1(report, device=LFDI)
    assert answer is not None
    response = load_answers.answer_to_sep2(answer, subject=bytes(16))
    assert load_answers.answer_to_sep1(load_answers.answer_from_sep2(response, received=0), EVENT) == report
