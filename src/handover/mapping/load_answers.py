"""Answers to load control events: ReportEventStatus <-> DrResponse.

What several devices' answers amount to for one ZigBee node is a rule of `model.participation`.
"""

from handover.mapping.load_control import (
    S8_UNUSED,
    S16_UNUSED,
    U8_UNUSED,
    controls_from_sep2,
    duty_cycle,
    offset,
    set_point,
)
from handover.mapping.losses import Loss, Lost, Orientation, note
from handover.mapping.scalars import ZIGBEE_EPOCH, to_utc
from handover.mapping.status import Service, report_of, response_status, status_of
from handover.model.event import Status
from handover.model.load_control import Controls, LoadControl
from handover.model.participation import Answer
from handover.sep1.clusters.drlc import (
    NO_SIGNATURE,
    CancelLoadControlEvent,
    LoadControlEvent,
    ReportEventStatus,
)
from handover.sep2.resources.response import DrResponse, Response

ABORTED = Loss("status 13, 14", Orientation.A, "other program or server: reported as superseded")
ACKNOWLEDGED = Loss("status 11", Orientation.A, "no code", "201, stored")
REDUCTION = Loss(
    "ApplianceLoadReduction, AppliedTargetReduction, overrideDuration", Orientation.A, "no field"
)
COMPLAINT = Loss("status F6..FA, FC, FD", Orientation.B, "complaints about a cancellation stay here")
LEVEL_APPLIED = Loss("criticalityLevelApplied, eventControl", Orientation.B, "no element")
SIGNATURE = Loss("signature", Orientation.BOTH, "ends at the gateway, which answers for itself")
LOSSES = (ABORTED, ACKNOWLEDGED, REDUCTION, COMPLAINT, LEVEL_APPLIED, SIGNATURE)


def answer_from_sep2(response: Response, *, received: float, lost: Lost = None) -> Answer:
    """Return what a device answered to a control.

    `received` stands in for a missing time. Raises Untranslatable (HTTP 400) for a status or value that means
    nothing for a control.
    """
    status = response_status(response.status, Service.LOAD_CONTROL)
    applied = Controls()
    override = None
    if isinstance(response, DrResponse):
        if response.ApplianceLoadReduction or response.AppliedTargetReduction or response.overrideDuration:
            note(lost, REDUCTION)
        applied = controls_from_sep2(response.SetPoint, response.Offset, response.DutyCycle, lost=lost)
        override = response.overrideDuration
    at = response.createdDateTime
    return Answer(
        device=response.endDeviceLFDI,
        status=status,
        at=int(received) if at is None else at,
        applied=applied,
        override=override,
    )


def answer_to_sep2(answer: Answer, *, subject: bytes) -> DrResponse:
    """Return the DrResponse of an answer; `subject` is the mRID exactly as the server sent it."""
    applied = answer.applied
    return DrResponse(
        createdDateTime=answer.at,
        endDeviceLFDI=answer.device,
        status=answer.status,
        subject=subject,
        DutyCycle=duty_cycle(applied),
        Offset=offset(applied),
        overrideDuration=answer.override,
        SetPoint=set_point(applied),
    )


def answer_to_sep1(answer: Answer, event: LoadControl, *, lost: Lost = None) -> ReportEventStatus | None:
    """Return the report of an answer to `event`; None where SEP 1.x has no code for it.

    The level and the randomisation bits are those of the event. Raises Untranslatable when the answer's time
    cannot be said in ZigBee time.
    """
    code = report_of(answer.status)
    if code is None:
        note(lost, ACKNOWLEDGED)
        return None
    if answer.status in (Status.ABORTED_SERVER, Status.ABORTED_PROGRAM):
        note(lost, ABORTED)
    applied = answer.applied
    adjustment = applied.load_adjustment
    return ReportEventStatus(
        issuer_event_id=event.key.id,
        event_status=code,
        event_status_time=to_utc(answer.at),
        criticality_level_applied=event.criticality,
        cooling_temperature_set_point_applied=_or(applied.cooling_setpoint, S16_UNUSED),
        heating_temperature_set_point_applied=_or(applied.heating_setpoint, S16_UNUSED),
        average_load_adjustment_percentage_applied=S8_UNUSED if adjustment is None else -adjustment,
        duty_cycle_applied=_or(applied.duty_cycle, U8_UNUSED),
        event_control=int(event.randomized[0]) | int(event.randomized[1]) << 1,
        signature_type=0,
        signature=NO_SIGNATURE,
    )


def _or(value: int | None, unused: int) -> int:
    return unused if value is None else value


def report(event: LoadControl, status: Status, *, now: float) -> ReportEventStatus | None:
    """Return what the gateway itself reports of an event: received, cancelled, superseded."""
    return answer_to_sep1(Answer(device=b"", status=status, at=int(now)), event)


def refusal(
    command: LoadControlEvent | CancelLoadControlEvent, code: int, *, now: float
) -> ReportEventStatus:
    """Return the report that a command is not carried out: `code` is 0xFB, 0xFE, or that of a
    cancellation.
    """
    return ReportEventStatus(
        issuer_event_id=command.issuer_event_id,
        event_status=code,
        event_status_time=to_utc(now),
        criticality_level_applied=command.criticality_level
        if isinstance(command, LoadControlEvent)
        else U8_UNUSED,
        cooling_temperature_set_point_applied=S16_UNUSED,
        heating_temperature_set_point_applied=S16_UNUSED,
        average_load_adjustment_percentage_applied=S8_UNUSED,
        duty_cycle_applied=U8_UNUSED,
        event_control=command.event_control if isinstance(command, LoadControlEvent) else 0,
        signature_type=0,
        signature=NO_SIGNATURE,
    )


def answer_from_sep1(command: ReportEventStatus, *, device: bytes, lost: Lost = None) -> Answer | None:
    """Return what the device with LFDI `device` reported; None for codes that are not passed on."""
    note(lost, LEVEL_APPLIED)
    status = status_of(command.event_status)
    if status is None:
        note(lost, COMPLAINT)
        return None
    adjustment = command.average_load_adjustment_percentage_applied
    return Answer(
        device=device,
        status=status,
        at=command.event_status_time + ZIGBEE_EPOCH,
        applied=Controls(
            cooling_setpoint=_used(command.cooling_temperature_set_point_applied, S16_UNUSED),
            heating_setpoint=_used(command.heating_temperature_set_point_applied, S16_UNUSED),
            load_adjustment=-adjustment if S8_UNUSED < adjustment <= 0 else None,
            duty_cycle=_used(command.duty_cycle_applied, U8_UNUSED),
        ),
    )


def _used(value: int, unused: int) -> int | None:
    return None if value == unused else value
