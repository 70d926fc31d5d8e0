"""What an EndDeviceControl means for a thermostat: set points and the share of time that it may run."""

from dataclasses import dataclass
from typing import Any

from handover.sep2.client.responses import Status
from handover.sep2.resources import drlc
from handover.sep2.resources.drlc import EndDeviceControl

COLDEST, WARMEST = 10.0, 32.0
"""A thermostat never aims below or above, whatever it is told (degrees Celsius)."""

_WHOLE = 10_000
_LONGEST_OFFSET = 0xFF


@dataclass(frozen=True, slots=True)
class Aim:
    """Set points in degrees Celsius, and the percentage of time that the heat pump may run."""

    cooling: float
    heating: float
    duty: int = 100


def judge(control: EndDeviceControl) -> int | None:
    """Return 253 for values out of range, 252 when nothing in it is for a thermostat, else None."""
    duty, offset = control.DutyCycle, control.Offset
    share = offset.loadAdjustmentPercentageOffset if offset is not None else None
    if (duty is not None and duty.normalValue > 100) or (share is not None and share > _WHOLE):
        return Status.INVALID
    point = control.SetPoint
    usable = (
        duty is not None
        or (point is not None and (point.coolingSetpoint is not None or point.heatingSetpoint is not None))
        or (offset is not None and (offset.coolingOffset is not None or offset.heatingOffset is not None))
        or (share is not None and not control.loadShiftForward)
    )
    return None if usable else Status.NOT_APPLICABLE


def obey(control: EndDeviceControl, normal: Aim) -> Aim:
    """Return what to aim for during a control. A set point wins over an offset of the same kind.

    Offsets save energy: warmer when cooling, colder when heating; with loadShiftForward the other way.
    """
    cooling, heating, duty = normal.cooling, normal.heating, normal.duty
    offset, point = control.Offset, control.SetPoint
    sign = -1 if control.loadShiftForward else 1
    if offset is not None:
        cooling += sign * (offset.coolingOffset or 0) / 10
        heating -= sign * (offset.heatingOffset or 0) / 10
        if offset.loadAdjustmentPercentageOffset is not None and not control.loadShiftForward:
            duty = min(duty, 100 - round(offset.loadAdjustmentPercentageOffset / 100))
    if point is not None:
        cooling = cooling if point.coolingSetpoint is None else point.coolingSetpoint / 100
        heating = heating if point.heatingSetpoint is None else point.heatingSetpoint / 100
    if control.DutyCycle is not None:
        duty = min(duty, control.DutyCycle.normalValue)
    return Aim(min(max(cooling, COLDEST), WARMEST), min(max(heating, COLDEST), WARMEST), duty)


def applied(control: EndDeviceControl, normal: Aim) -> dict[str, Any]:
    """Return the fields of a DrResponse that say what was done about a control, set points included."""
    aim = obey(control, normal)
    fields: dict[str, Any] = {}
    cooling = aim.cooling if aim.cooling != normal.cooling else None
    heating = aim.heating if aim.heating != normal.heating else None
    if cooling is not None or heating is not None:
        fields["SetPoint"] = drlc.SetPoint(
            coolingSetpoint=None if cooling is None else round(cooling * 100),
            heatingSetpoint=None if heating is None else round(heating * 100),
        )
    if control.Offset is not None:
        warmer, colder = abs(aim.cooling - normal.cooling), abs(aim.heating - normal.heating)
        fields["Offset"] = drlc.Offset(
            coolingOffset=None if control.Offset.coolingOffset is None else _tenths(warmer),
            heatingOffset=None if control.Offset.heatingOffset is None else _tenths(colder),
            loadAdjustmentPercentageOffset=control.Offset.loadAdjustmentPercentageOffset,
        )
    if control.DutyCycle is not None:
        fields["DutyCycle"] = drlc.DutyCycle(normalValue=aim.duty)
    return fields


def _tenths(degrees: float) -> int:
    return min(round(degrees * 10), _LONGEST_OFFSET)
