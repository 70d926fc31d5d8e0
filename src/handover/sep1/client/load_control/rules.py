"""Whether an event is meant for this device, and whether it makes sense.

Pure functions over commands. Source: MAPPING 2.9, clusters.md (Demand Response and Load Control).
"""

from collections.abc import Mapping

from handover.sep1.clusters.drlc import CancelLoadControlEvent, LoadControlEvent
from handover.sep1.loads import LONGEST
from handover.sep1.types import Value

ENROLLMENT_GROUP, START_RANDOMIZATION, DURATION_RANDOMIZATION, DEVICE_CLASS = range(4)

_COLDEST = -27315


def concerns(command: LoadControlEvent | CancelLoadControlEvent, attributes: Mapping[int, Value]) -> bool:
    """Tell whether class and group of a command apply to a device with these DRLC client attributes.

    Group 0 is everybody, in the command as in the attribute.
    """
    own, asked = attributes.get(ENROLLMENT_GROUP), command.utility_enrollment_group
    classes = attributes.get(DEVICE_CLASS)
    if not isinstance(classes, int) or not command.device_class & classes:
        return False
    return asked == 0 or own in (0, asked)


def fault(command: LoadControlEvent) -> str | None:
    """Return what makes an event impossible to carry out, or None."""
    if not 1 <= command.duration_in_minutes <= LONGEST:
        return f"duration {command.duration_in_minutes} min is not within 1 to {LONGEST}"
    if not 1 <= command.criticality_level <= 0x0F:
        return f"criticality {command.criticality_level} is not within 1 to 15"
    if command.duty_cycle > 100 and command.duty_cycle != 0xFF:
        return f"duty cycle {command.duty_cycle} % is above 100"
    adjustment = command.average_load_adjustment_percentage
    if not -100 <= adjustment <= 100 and adjustment != -128:
        return f"load adjustment {adjustment} % is not within -100 to 100"
    for set_point in (command.cooling_temperature_set_point, command.heating_temperature_set_point):
        if set_point != -0x8000 and set_point < _COLDEST:
            return f"set point {set_point / 100} C is below absolute zero"
    return None


def minutes(attributes: Mapping[int, Value], attribute_id: int) -> int:
    """Return one of the randomisation attributes, 0 to 60 minutes."""
    value = attributes.get(attribute_id)
    return min(60, max(0, value)) if isinstance(value, int) else 0
