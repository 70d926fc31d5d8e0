"""Reports in pieces that one radio frame carries: not every device puts fragments together."""

from collections.abc import Sequence
from typing import Final

from handover.sep1.general.attributes import AttributeRecord, ReportAttributes

ROOM: Final = 62
"""Octets of a ZCL payload that fit one radio frame under the link key."""


def reports(records: Sequence[AttributeRecord], room: int = ROOM) -> list[ReportAttributes]:
    """Return reports of these records, in order, each of at most `room` octets where a record allows it.

    Raises EncodeError when a value does not fit its type.
    """
    made: list[ReportAttributes] = []
    size = 0
    for record in records:
        needs = len(ReportAttributes([record]).encode())
        if not made or size + needs > room:
            made.append(ReportAttributes([]))
            size = 0
        made[-1].records.append(record)
        size += needs
    return made
