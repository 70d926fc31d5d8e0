"""The Simple Metering server in an ESI: its attributes, its subscribers, and the reports that are due."""

from collections.abc import Mapping

from handover.errors import EncodeError
from handover.sep1.attributes import AttributeTable
from handover.sep1.clusters.metering import METERING
from handover.sep1.general import (
    ReportAttributes,
)
from handover.sep1.general.splitting import reports
from handover.sep1.server.reporting import Reporting, Subscriber
from handover.sep1.types import Value

SNAPSHOT_TIME = 0x0007
SUMMATIONS = (0x0000, 0x0001)
REPORTABLE = frozenset({0x0000, 0x0001, 0x0006, SNAPSHOT_TIME, 0x0200, 0x0400})


class MeterServer:
    """The meter's attributes on one endpoint."""

    def __init__(self, values: Mapping[int, Value] | None = None) -> None:
        self.table = AttributeTable(METERING.server_attributes, {})
        self.reporting = Reporting(self.table, REPORTABLE)
        self.update(values or {})

    def update(self, values: Mapping[int, Value]) -> None:
        """Set attribute values. Raises EncodeError for an attribute that Simple Metering does not declare."""
        for attribute_id in values:
            if attribute_id not in METERING.server_attributes:
                raise EncodeError(
                    f"Simple Metering has no attribute {attribute_id:#06x}; see its declaration"
                )
        self.table.values.update(values)

    def due(self, now: float) -> list[tuple[Subscriber, ReportAttributes]]:
        """Return the reports that are due; a summation is told with the time of its snapshot beside it."""
        found: list[tuple[Subscriber, ReportAttributes]] = []
        for subscriber, attribute_ids in self.reporting.due(now).items():
            ids = list(attribute_ids)
            timed = any(i in SUMMATIONS for i in ids) and SNAPSHOT_TIME in self.table.values
            if timed and SNAPSHOT_TIME not in ids:
                ids.append(SNAPSHOT_TIME)
            found += [(subscriber, report) for report in reports(self.table.read(ids))]
        return found
