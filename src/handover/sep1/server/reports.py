"""`AttributeReports`: attributes of any cluster of ours, reported to those who configure it.

Simple Metering of an ESI has its own, in the engine.
"""

from collections.abc import Collection

from handover.errors import Refused
from handover.sep1.general import ConfigureReporting, ReadReportingConfiguration
from handover.sep1.general.splitting import reports
from handover.sep1.node import Node, Received
from handover.sep1.server.reporting import Reporting
from handover.sep1.services import Output, Service


class AttributeReports(Service):
    """Reports those attributes in `reportable` of a cluster whose server the node has (made before)."""

    client = False
    takes = frozenset()

    def __init__(self, node: Node, cluster_id: int, reportable: Collection[int]) -> None:
        super().__init__(node)
        table = node.tables.get((cluster_id, False))
        if table is None:
            raise Refused(f"there is no server of cluster 0x{cluster_id:04X} here; add that first")
        self.cluster_id = cluster_id
        self._table = table
        self._reporting = Reporting(table, frozenset(reportable))

    def general(self, received: Received, now: float) -> list[Output] | None:
        """Take what configures reports, or asks how they are configured."""
        body, subscriber = received.body, (received.frame.source, received.frame.source_endpoint)
        if isinstance(body, ConfigureReporting):
            return [*self.node.answer(received, self._reporting.carry_out(subscriber, body, now))]
        if isinstance(body, ReadReportingConfiguration):
            return [*self.node.answer(received, self._reporting.tell(subscriber, body))]
        return None

    def tick(self, now: float) -> list[Output]:
        """Report what is due."""
        return [
            self.tell(report, destination=peer, endpoint=endpoint)
            for (peer, endpoint), ids in self._reporting.due(now).items()
            for report in reports(self._table.read(ids))
        ]

    def deadline(self) -> float | None:
        """Return when a report is due, or could be if its value has changed by then."""
        return self._reporting.deadline()

    def forget(self, peer: int) -> None:
        """End the reports to a node that has left."""
        self._reporting.forget(peer)
