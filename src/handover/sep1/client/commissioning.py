"""`CommissioningClient`: a tool that sets the startup parameters of other nodes and restarts them."""

from collections.abc import Mapping
from dataclasses import dataclass

from handover.errors import EncodeError
from handover.sep1.clusters.commissioning import (
    COMMISSIONING,
    ResetStartupParameters,
    ResetStartupParametersResponse,
    RestartDevice,
    RestartDeviceResponse,
    RestoreStartupParameters,
    RestoreStartupParametersResponse,
    SaveStartupParameters,
    SaveStartupParametersResponse,
)
from handover.sep1.codec import PLACES
from handover.sep1.declaration import Command
from handover.sep1.exchange import Request, Retry
from handover.sep1.general import AttributeRecord, WriteAttributesResponse, WriteAttributesUndivided
from handover.sep1.node import Node, Received
from handover.sep1.services import Indication, Output, Service
from handover.sep1.types import Status, Value

RESPONSES = (
    RestartDeviceResponse,
    SaveStartupParametersResponse,
    RestoreStartupParametersResponse,
    ResetStartupParametersResponse,
)


@dataclass(slots=True)
class CommissioningEnded(Indication):
    """An order (a command id), or (None) a write of parameters, ended: with `status`, or None unanswered."""

    node: int
    command_id: int | None
    status: int | None


class CommissioningClient(Service):
    """Orders other nodes."""

    cluster_id = COMMISSIONING.id
    client = True

    def __init__(self, node: Node, *, retry: Retry | None = None) -> None:
        super().__init__(node)
        self._retry = retry or Retry()

    def set(self, node: int, values: Mapping[int, Value], now: float, *, endpoint: int = 1) -> list[Output]:
        """Write startup parameters by attribute id, all or none. Raises EncodeError, NotNow."""
        records = []
        for attribute_id, value in values.items():
            known = COMMISSIONING.server_attributes.get(attribute_id)
            if known is None:
                raise EncodeError(f"Commissioning has no attribute {attribute_id:#06x}; see its declaration")
            records.append(AttributeRecord(attribute_id, known.type.code, value))
        body = WriteAttributesUndivided(records)
        return [self.request(body, destination=node, endpoint=endpoint, now=now, retry=self._retry)]

    def restart(
        self, node: int, now: float, *, options: int = 0, delay: int = 0, jitter: int = 0, endpoint: int = 1
    ) -> list[Output]:
        """Order a restart after `delay` s and up to `jitter` x 80 ms (RestartOptions). Raises NotNow."""
        return self._order(RestartDevice(options, delay, jitter), RestartDeviceResponse, node, endpoint, now)

    def save(self, node: int, index: int, now: float, *, endpoint: int = 1) -> list[Output]:
        """Order the parameters in force to be kept. Raises NotNow."""
        body = SaveStartupParameters(0, index)
        return self._order(body, SaveStartupParametersResponse, node, endpoint, now)

    def restore(self, node: int, index: int, now: float, *, endpoint: int = 1) -> list[Output]:
        """Order parameters that were kept to be put in force. Raises NotNow."""
        body = RestoreStartupParameters(0, index)
        return self._order(body, RestoreStartupParametersResponse, node, endpoint, now)

    def reset(
        self, node: int, options: int, now: float, *, index: int = 0, endpoint: int = 1
    ) -> list[Output]:
        """Order parameters back to defaults or away (ResetOptions). Raises NotNow."""
        body = ResetStartupParameters(options, index)
        return self._order(body, ResetStartupParametersResponse, node, endpoint, now)

    def command(
        self, received: Received, command: Command, request: Request | None, now: float
    ) -> list[Output]:
        """Take a response."""
        if not isinstance(command, RESPONSES):
            return self.unsupported(received)
        if request is None:
            return [self.node.drop(received.frame, "unmatched")]
        self.node.exchange.end(request)
        return [CommissioningEnded(received.frame.source, request.command_id, command.status)]

    def answered(self, request: Request, received: Received | None, now: float) -> list[Output]:
        """Take the end of a write, or of an order that had no response of its own."""
        status: int | None = getattr(received.body, "status", None) if received is not None else None
        if received is not None and isinstance(received.body, WriteAttributesResponse):
            records = received.body.records
            status = records[0].status if records else Status.SUCCESS
        command_id = request.command_id if request.cluster_command else None
        return [CommissioningEnded(request.destination, command_id, status)]

    def _order(
        self, body: Command, response: type[Command], node: int, endpoint: int, now: float
    ) -> list[Output]:
        return [
            self.request(
                body,
                destination=node,
                endpoint=endpoint,
                now=now,
                retry=self._retry,
                expects=frozenset({PLACES[response].command_id}),
            )
        ]
