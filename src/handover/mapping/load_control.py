"""Demand response 0x0701 <-> DRLC: the events and their cancellation. Answers to them are in `load_answers`.

Which of two overlapping events counts, and what a cancellation leaves, are rules of `model.load_control`.
"""

from collections.abc import Iterable

from handover.mapping.context import Context
from handover.mapping.criticality import controls_for
from handover.mapping.device_class import (
    categories_of_bits,
    categories_of_class,
    category_bits,
    class_of_categories,
)
from handover.mapping.event import arrival, event_status, interval, state_from_sep2
from handover.mapping.losses import Loss, Lost, Orientation, note
from handover.mapping.mrid import MridKind
from handover.mapping.scalars import (
    UTC_INVALID,
    ZIGBEE_EPOCH,
    divide,
    octets,
    to_utc,
    untranslatable,
)
from handover.mapping.status import CANCEL_INVALID, CANCEL_INVALID_TIME, CANCEL_UNKNOWN
from handover.model.event import LIVE, EventKey
from handover.model.load_control import (
    Cancellation,
    Controls,
    Criticality,
    LoadControl,
    Reduction,
)
from handover.sep1.clusters.drlc import (
    CancelAllLoadControlEvents,
    CancelControl,
    CancelLoadControlEvent,
    EventControl,
    LoadControlEvent,
)
from handover.sep2.declaration import Edition
from handover.sep2.resources.common import ListLink
from handover.sep2.resources.drlc import (
    ApplianceLoadReduction,
    DemandResponseProgram,
    DutyCycle,
    EndDeviceControl,
    Offset,
    SetPoint,
)

LONGEST = 1440
"""Minutes that one SEP 1.x event can last."""
MOST_CRITICAL = 15
COLDEST = -27315
"""Absolute zero in hundredths of a degree Celsius."""
U8_UNUSED, S8_UNUSED, S16_UNUSED = 0xFF, -128, -32768
_MANDATORY = range(Criticality.EMERGENCY, Criticality.SERVICE_DISCONNECT + 1)
_RESPONSES = b"\x03"
_HOUR = 3600

CRITICALITY = Loss("criticalityLevel", Orientation.A, "kept for the reports; the event says mandatory or not")
POSITIVE_ADJUSTMENT = Loss(
    "averageLoadAdjustmentPercentage > 0", Orientation.A, "a cap above the average has no equal: dropped"
)
LEVEL_ONLY = Loss(
    "event without a control", Orientation.A, "translated by a table, or for appliances", "else 0xFE"
)
TARGET_REDUCTION = Loss("TargetReduction", Orientation.B, "no field", "252 if nothing else is asked")
OVERRIDE = Loss("overrideDuration", Orientation.B, "no field: the gateway keeps it")
LARGE_OFFSET = Loss("coolingOffset, heatingOffset 255", Orientation.B, "255 means unused there: sent as 254")
SUB_PERCENT = Loss("loadAdjustmentPercentageOffset", Orientation.B, "whole percent")
SECONDS = Loss("interval", Orientation.B, "whole minutes")
LOSSES = (
    CRITICALITY,
    POSITIVE_ADJUSTMENT,
    LEVEL_ONLY,
    TARGET_REDUCTION,
    OVERRIDE,
    LARGE_OFFSET,
    SUB_PERCENT,
    SECONDS,
    Loss("loadShiftForward true", Orientation.B, "SEP 1.x can only ask for less", "252"),
    Loss("deviceClass of a cancellation", Orientation.A, "only whole events end: the rest is issued anew"),
    Loss("cancelControl 1", Orientation.A, "clients spread over the longer of both randomisations"),
    Loss("deviceCategory", Orientation.B, "coarser classes; none for energy management systems", "nothing"),
)


def from_sep1(
    command: LoadControlEvent,
    context: Context,
    *,
    received: float,
    created: int | None = None,
    known: LoadControl | None = None,
    generation: int = 0,
    lost: Lost = None,
) -> LoadControl:
    """Return the order that a LoadControlEvent received at `received` (Unix s) gives.

    `known` is the same event received before: its frozen interval and state are kept. Without any category
    the order is for nobody (`model.load_control.concerns`). Raises Untranslatable, to be reported as 0xFE,
    for fields out of range and for an order that leaves no control.
    """
    _check(command)
    categories = categories_of_class(command.device_class, energy_management=context.forward_to_ems)
    controls = _controls_from_sep1(command, lost)
    level = command.criticality_level
    if not controls and categories:
        note(lost, LEVEL_ONLY)
        categories, controls = controls_for(level, categories, context.criticality_controls)
    common = arrival(
        EventKey(context.node, context.endpoint, 0, command.issuer_event_id, generation),
        command.start_time,
        command.duration_in_minutes,
        received=received,
        created=created,
        known=known,
    )
    random_start = bool(command.event_control & EventControl.RANDOMIZE_START)
    random_end = bool(command.event_control & EventControl.RANDOMIZE_END)
    return LoadControl(
        **common,
        randomize_start=min(_HOUR, 60 * context.start_randomization) if random_start else 0,
        randomize_duration=min(_HOUR, 60 * context.duration_randomization) if random_end else 0,
        categories=categories,
        group=command.utility_enrollment_group,
        criticality=level,
        controls=controls,
        mandatory=level in _MANDATORY,
        randomized=(random_start, random_end),
        description=f"SE1 LCE {command.issuer_event_id:08X}",
    )


def _check(command: LoadControlEvent) -> None:
    """Refuse what no SEP 1.x client may act on either."""
    if not 0 < command.duration_in_minutes <= LONGEST:
        raise untranslatable(f"an event lasts 1 to {LONGEST} minutes, not {command.duration_in_minutes}")
    if command.duty_cycle > 100 and command.duty_cycle != U8_UNUSED:
        raise untranslatable(f"a duty cycle is 0 to 100 %, not {command.duty_cycle}")
    if not 1 <= command.criticality_level <= MOST_CRITICAL:
        raise untranslatable(f"a criticality is 1 to {MOST_CRITICAL}, not {command.criticality_level}")
    adjustment = command.average_load_adjustment_percentage
    if adjustment != S8_UNUSED and not -100 <= adjustment <= 100:
        raise untranslatable(f"a load adjustment is -100 to 100 %, not {adjustment}")
    for set_point in (command.cooling_temperature_set_point, command.heating_temperature_set_point):
        if set_point != S16_UNUSED and set_point < COLDEST:
            raise untranslatable(f"a set point of {set_point / 100} C is below absolute zero")


def _controls_from_sep1(command: LoadControlEvent, lost: Lost) -> Controls:
    adjustment = command.average_load_adjustment_percentage
    if adjustment > 0:
        note(lost, POSITIVE_ADJUSTMENT)
    return Controls(
        cooling_offset=_used(command.cooling_temperature_offset, U8_UNUSED),
        heating_offset=_used(command.heating_temperature_offset, U8_UNUSED),
        cooling_setpoint=_used(command.cooling_temperature_set_point, S16_UNUSED),
        heating_setpoint=_used(command.heating_temperature_set_point, S16_UNUSED),
        load_adjustment=-adjustment if S8_UNUSED < adjustment <= 0 else None,
        duty_cycle=_used(command.duty_cycle, U8_UNUSED),
    )


def _used(value: int, unused: int) -> int | None:
    return None if value == unused else value


def to_sep1(
    event: LoadControl, *, drawn: tuple[int, int] | None = None, followed: bool = False, lost: Lost = None
) -> LoadControlEvent:
    """Return the LoadControlEvent of an order, with its true start.

    `drawn` are the seconds by which the gateway itself has shifted start and duration: then nothing is
    left to randomise. `followed`: another event of the device starts at its end, so that minutes are
    rounded down. Raises Untranslatable when it is shorter than a minute or longer than a day (split it
    first), or its start cannot be said in ZigBee time.
    """
    shift, stretch = drawn or (0, 0)
    duration = event.duration + stretch
    minutes = duration // 60 if followed else -(-duration // 60)
    if not 0 < minutes <= LONGEST:
        raise untranslatable(f"an event of {duration} s does not fit 1 to {LONGEST} minutes: split it")
    if duration % 60:
        note(lost, SECONDS)
    if event.override_after is not None:
        note(lost, OVERRIDE)
    flags = 0 if drawn else int(event.randomized[0]) | int(event.randomized[1]) << 1
    controls = event.controls
    adjustment = controls.load_adjustment
    return LoadControlEvent(
        issuer_event_id=event.key.id,
        device_class=class_of_categories(event.categories),
        utility_enrollment_group=event.group,
        start_time=to_utc(event.start + shift),
        duration_in_minutes=minutes,
        criticality_level=event.criticality,
        cooling_temperature_offset=_offset(controls.cooling_offset, lost),
        heating_temperature_offset=_offset(controls.heating_offset, lost),
        cooling_temperature_set_point=_or(controls.cooling_setpoint, S16_UNUSED),
        heating_temperature_set_point=_or(controls.heating_setpoint, S16_UNUSED),
        average_load_adjustment_percentage=S8_UNUSED if adjustment is None else -adjustment,
        duty_cycle=_or(controls.duty_cycle, U8_UNUSED),
        event_control=flags,
    )


def _or(value: int | None, unused: int) -> int:
    return unused if value is None else value


def _offset(value: int | None, lost: Lost) -> int:
    if value == U8_UNUSED:
        note(lost, LARGE_OFFSET)
        return U8_UNUSED - 1
    return U8_UNUSED if value is None else value


def to_sep2(event: LoadControl, context: Context) -> EndDeviceControl:
    """Return the EndDeviceControl of an order, its categories numbered as the served edition does."""
    controls = event.controls
    return EndDeviceControl(
        href=context.hrefs.control(event.group, event),
        replyTo=context.hrefs.responses,
        responseRequired=_RESPONSES,
        mRID=context.event(MridKind.END_DEVICE_CONTROL, event.key, sub=event.part),
        description=event.description or None,
        version=event.version,
        creationTime=event.created,
        EventStatus=event_status(event, context),
        interval=interval(event),
        randomizeDuration=event.randomize_duration or None,
        randomizeStart=event.randomize_start or None,
        ApplianceLoadReduction=None
        if controls.reduction is None
        else ApplianceLoadReduction(type=controls.reduction),
        deviceCategory=octets(category_bits(event.categories, context.edition), 4),
        drProgramMandatory=event.mandatory,
        DutyCycle=duty_cycle(controls),
        loadShiftForward=event.shift_forward,
        Offset=offset(controls),
        overrideDuration=event.override_after,
        SetPoint=set_point(controls),
    )


def duty_cycle(controls: Controls) -> DutyCycle | None:
    """Return the DutyCycle of controls that have one."""
    return None if controls.duty_cycle is None else DutyCycle(normalValue=controls.duty_cycle)


def offset(controls: Controls) -> Offset | None:
    """Return the Offset of controls that have one; percent become hundredths."""
    adjustment = controls.load_adjustment
    if controls.cooling_offset is None and controls.heating_offset is None and adjustment is None:
        return None
    return Offset(
        coolingOffset=controls.cooling_offset,
        heatingOffset=controls.heating_offset,
        loadAdjustmentPercentageOffset=None if adjustment is None else adjustment * 100,
    )


def set_point(controls: Controls) -> SetPoint | None:
    """Return the SetPoint of controls that have one."""
    if controls.cooling_setpoint is None and controls.heating_setpoint is None:
        return None
    return SetPoint(coolingSetpoint=controls.cooling_setpoint, heatingSetpoint=controls.heating_setpoint)


def program(group: int, context: Context, *, count: int, active: int) -> DemandResponseProgram:
    """Return the program of an enrolment group that holds `count` events, `active` of them running."""
    path = context.hrefs.program(group)
    return DemandResponseProgram(
        href=path,
        mRID=context.structure(MridKind.DEMAND_RESPONSE_PROGRAM, group),
        description=f"SE1 group {group}" if group else "SE1 all groups",
        ActiveEndDeviceControlListLink=ListLink(href=f"{path}/actedc", all=active),
        EndDeviceControlListLink=ListLink(href=f"{path}/edc", all=count),
        primacy=context.primacy,
    )


def from_sep2(
    control: EndDeviceControl,
    key: EventKey,
    edition: Edition = Edition.E2018,
    *,
    group: int = 0,
    lost: Lost = None,
) -> LoadControl:
    """Return the order that an EndDeviceControl gives, under the SEP 1.x identity `key`.

    `edition` is the one the server numbers its categories by, `group` what its program stands for. Raises
    Untranslatable with response status 252 when it asks for more consumption or leaves nothing that SEP
    1.x can do, 253 when a value is out of range.
    """
    if control.TargetReduction is not None:
        note(lost, TARGET_REDUCTION)
    controls = controls_from_sep2(control.SetPoint, control.Offset, control.DutyCycle, lost=lost)
    if control.ApplianceLoadReduction is not None:
        try:
            controls.reduction = Reduction(control.ApplianceLoadReduction.type)
        except ValueError:
            raise untranslatable("ApplianceLoadReduction.type is 0 or 1") from None
    if not controls or control.loadShiftForward:
        raise untranslatable(
            "the control asks for nothing that SEP 1.x devices can do (no control, or more consumption)",
            response=252,
        )
    urgent = control.drProgramMandatory or controls.reduction is Reduction.TEMPORARY
    bits = int.from_bytes(control.deviceCategory, "big")
    return LoadControl(
        key=key,
        start=control.interval.start,
        duration=control.interval.duration,
        created=control.creationTime,
        state=state_from_sep2(control.EventStatus),
        changed=control.EventStatus.dateTime,
        version=control.version or 0,
        potentially_superseded=control.EventStatus.potentiallySuperseded,
        potentially_superseded_at=control.EventStatus.potentiallySupersededTime,
        randomize_start=control.randomizeStart or 0,
        randomize_duration=control.randomizeDuration or 0,
        categories=categories_of_bits(bits, edition),
        group=group,
        criticality=Criticality.EMERGENCY if urgent else Criticality.LEVEL_1,
        controls=controls,
        mandatory=control.drProgramMandatory,
        randomized=(bool(control.randomizeStart), bool(control.randomizeDuration)),
        shift_forward=False,
        override_after=control.overrideDuration,
        description=control.description or "",
    )


def controls_from_sep2(
    setpoint: SetPoint | None, shift: Offset | None, duty: DutyCycle | None, *, lost: Lost = None
) -> Controls:
    """Return what SetPoint, Offset and DutyCycle ask for. Raises Untranslatable for values out of range."""
    controls = Controls()
    if setpoint is not None:
        controls.cooling_setpoint = setpoint.coolingSetpoint
        controls.heating_setpoint = setpoint.heatingSetpoint
        if S16_UNUSED in (controls.cooling_setpoint, controls.heating_setpoint):
            raise untranslatable("a set point of -327.68 degrees cannot be said in SEP 1.x")
    if shift is not None:
        controls.cooling_offset, controls.heating_offset = shift.coolingOffset, shift.heatingOffset
        hundredths = shift.loadAdjustmentPercentageOffset
        if hundredths is not None:
            if hundredths > 10000:
                raise untranslatable("a load adjustment takes off 100 % at most")
            if hundredths % 100:
                note(lost, SUB_PERCENT)
            controls.load_adjustment = divide(hundredths, 100)
    if duty is not None:
        if duty.normalValue > 100:
            raise untranslatable(f"a duty cycle is 0 to 100 %, not {duty.normalValue}")
        controls.duty_cycle = duty.normalValue
    return controls


def cancel_from_sep1(
    command: CancelLoadControlEvent | CancelAllLoadControlEvents,
    context: Context,
    *,
    received: float,
    generation: int = 0,
) -> Cancellation:
    """Return the order to end an event (or all), received at `received`; a past or zero time means now."""
    randomly = bool(command.cancel_control & CancelControl.WITH_RANDOMIZATION)
    if isinstance(command, CancelAllLoadControlEvents):
        return Cancellation(
            issuer=context.node,
            endpoint=context.endpoint,
            key=None,
            at=int(received),
            randomly=randomly,
        )
    at = command.effective_time + ZIGBEE_EPOCH if command.effective_time else 0
    return Cancellation(
        issuer=context.node,
        endpoint=context.endpoint,
        key=EventKey(context.node, context.endpoint, 0, command.issuer_event_id, generation),
        at=max(int(received), at),
        randomly=randomly,
        categories=categories_of_class(command.device_class, energy_management=context.forward_to_ems),
        group=command.utility_enrollment_group,
    )


def cancel_refusal(
    command: CancelLoadControlEvent, order: Cancellation, known: Iterable[LoadControl], now: float
) -> int | None:
    """Return the report code by which a cancellation is refused, or None if it can be carried out.

    0xFD: no such event; 0xF9: no time, or one after the event's end; 0xF8: no class or group of the event.
    """
    events = [e for e in known if e.key == order.key and e.state in LIVE and e.latest_end > now]
    if not events:
        return CANCEL_UNKNOWN
    if command.effective_time == UTC_INVALID or order.at > max(e.end for e in events):
        return CANCEL_INVALID_TIME
    concerned = any(
        e.categories & (order.categories or e.categories) and order.group in (0, e.group) for e in events
    )
    return None if concerned else CANCEL_INVALID


def cancel_to_sep1(event: LoadControl) -> CancelLoadControlEvent:
    """Return the order to end an event at once: the only form that every SEP 1.x client understands alike."""
    return CancelLoadControlEvent(
        issuer_event_id=event.key.id,
        device_class=class_of_categories(event.categories),
        utility_enrollment_group=event.group,
        cancel_control=0,
        effective_time=0,
    )
