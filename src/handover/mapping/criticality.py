"""Orders that name no control: the level alone is the order, and a table says what it stands for."""

from collections.abc import Mapping

from handover.mapping.scalars import untranslatable
from handover.model.load_control import Controls, Criticality, DeviceCategory, Reduction


def controls_for(
    level: int,
    categories: DeviceCategory,
    table: Mapping[tuple[int, DeviceCategory], Controls],
) -> tuple[DeviceCategory, Controls]:
    """Return the categories that can act on a criticality level (field value) alone, and by which control.

    Categories with an entry in `table` come first; without any, smart appliances are asked to delay, or from
    an emergency on to reduce. Raises Untranslatable (0xFE) when nothing can act, or entries contradict each
    other: one event has one set of controls.
    """
    found: list[Controls] = []
    able = DeviceCategory.NONE
    for category in categories:
        controls = table.get((level, category))
        if controls:
            able |= category
            if controls not in found:
                found.append(controls)
    if len(found) == 1:
        return able, found[0]
    if found:
        raise untranslatable(
            f"level {level} stands for different controls in the categories of one event: give them one"
        )
    if DeviceCategory.SMART_APPLIANCE in categories:
        urgent = level >= Criticality.EMERGENCY
        return DeviceCategory.SMART_APPLIANCE, Controls(
            reduction=Reduction.TEMPORARY if urgent else Reduction.DELAY
        )
    raise untranslatable(
        f"the event has no control, and level {level} stands for none: add it to the criticality table"
    )
