"""`PowerClient`: reads mains and battery of other nodes, and takes what they report of themselves."""

from collections.abc import Mapping
from dataclasses import dataclass

from handover.sep1.clusters.power_configuration import POWER_CONFIGURATION
from handover.sep1.exchange import Request, Retry
from handover.sep1.general import AttributeRecord, ReadAttributes, ReadAttributesResponse, ReportAttributes
from handover.sep1.node import Node, Received
from handover.sep1.records import collect
from handover.sep1.services import Indication, Output, Service
from handover.sep1.types import Status, Value

MEASURED = (0x0000, 0x0001, 0x0020, 0x0036)


@dataclass(slots=True)
class PowerTold(Indication):
    """Power attributes of a node by id, in raw units: read by us, or reported by it (`report`)."""

    source: int
    endpoint: int
    values: Mapping[int, Value]
    report: bool


@dataclass(slots=True)
class PowerUnread(Indication):
    """A node did not answer, or refused."""

    node: int


class PowerClient(Service):
    """Reads Power Configuration of other nodes."""

    cluster_id = POWER_CONFIGURATION.id
    client = True

    def __init__(self, node: Node, *, retry: Retry | None = None) -> None:
        super().__init__(node)
        self._retry = retry or Retry()

    def read(
        self, node: int, now: float, *, endpoint: int = 1, attributes: tuple[int, ...] = MEASURED
    ) -> list[Output]:
        """Read attributes of a node; PowerTold brings them. Raises NotNow."""
        body = ReadAttributes(list(attributes))
        return [self.request(body, destination=node, endpoint=endpoint, now=now, retry=self._retry)]

    def general(self, received: Received, now: float) -> list[Output] | None:
        """Take a report."""
        body = received.body
        if not isinstance(body, ReportAttributes):
            return None
        told = self._told(received, body.records, report=True)
        return [*told, *self.node.default_response(received, Status.SUCCESS)]

    def answered(self, request: Request, received: Received | None, now: float) -> list[Output]:
        """Take the end of a reading."""
        if received is not None and isinstance(received.body, ReadAttributesResponse):
            return self._told(received, received.body.records, report=False)
        return [PowerUnread(request.destination)]

    def _told(self, received: Received, records: list[AttributeRecord], *, report: bool) -> list[Output]:
        values, _, misfits = collect(POWER_CONFIGURATION.id, records)
        frame = received.frame
        outputs: list[Output] = [self.node.drop(frame, "misfit") for _ in misfits]
        return [*outputs, PowerTold(frame.source, frame.source_endpoint, values, report)]
