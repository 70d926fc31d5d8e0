"""Which attribute and bit lets an alarm out: the alarm masks of Basic, Power Configuration and Metering.

A node that does not serve a mask lets the alarms under it out (ZCL 3.2, 3.3; SE 1.1 Metering, alarm codes).
"""

from dataclasses import dataclass
from typing import Final

from handover.sep1.node import Tables

BASIC, POWER, METERING = 0x0000, 0x0001, 0x0702


@dataclass(frozen=True, slots=True)
class MaskRow:
    """Alarm codes `first` to `last` of a cluster are bits 0 and up of the attribute `mask`."""

    cluster_id: int
    first: int
    last: int
    mask: int


MASKS: Final = (
    MaskRow(BASIC, 0x00, 0x01, 0x0013),
    MaskRow(POWER, 0x00, 0x02, 0x0010),
    MaskRow(POWER, 0x10, 0x10, 0x0035),
    MaskRow(METERING, 0x00, 0x0F, 0x0800),
    MaskRow(METERING, 0x10, 0x2F, 0x0801),
    MaskRow(METERING, 0x30, 0x3F, 0x0802),
    MaskRow(METERING, 0x40, 0x4F, 0x0803),
    MaskRow(METERING, 0x50, 0x5F, 0x0804),
    MaskRow(METERING, 0x60, 0x6F, 0x0805),
)


def permitted(tables: Tables, code: int, cluster_id: int) -> bool:
    """Tell whether the masks of these attributes let an alarm out."""
    for row in MASKS:
        if row.cluster_id == cluster_id and row.first <= code <= row.last:
            table = tables.get((cluster_id, False))
            mask = table.values.get(row.mask) if table is not None else None
            return not isinstance(mask, int) or bool(mask >> code - row.first & 1)
    return True
