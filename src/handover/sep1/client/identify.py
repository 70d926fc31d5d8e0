"""`IdentifyClient`: lets nodes show themselves, and asks which ones do."""

from dataclasses import dataclass

from handover.sep1.aps import BROADCAST
from handover.sep1.clusters.identify import (
    IDENTIFY,
    CommissionStateAction,
    EZModeInvoke,
    Identify,
    IdentifyQuery,
    IdentifyQueryResponse,
    UpdateCommissionState,
)
from handover.sep1.declaration import Command
from handover.sep1.exchange import Request, Retry
from handover.sep1.node import ALL_ENDPOINTS, Node, Received
from handover.sep1.services import Indication, Output, Service
from handover.sep1.types import Status

LIMIT = 256
"""Nodes remembered as showing themselves at most."""


@dataclass(slots=True)
class NodeIdentifies(Indication):
    """A node answered that it shows itself, until `until` (Unix seconds of our clock)."""

    source: int
    endpoint: int
    until: float


@dataclass(slots=True)
class IdentifyOrderEnded(Indication):
    """An order was answered with `status`, or (None) not at all."""

    node: int
    status: int | None


class IdentifyClient(Service):
    """Orders nodes to show themselves."""

    cluster_id = IDENTIFY.id
    client = True

    def __init__(self, node: Node, *, retry: Retry | None = None) -> None:
        super().__init__(node)
        self._retry = retry or Retry()
        self._until: dict[tuple[int, int], float] = {}

    def who(self, now: float) -> list[tuple[int, int]]:
        """Return (EUI-64, endpoint) of those that are known to show themselves."""
        return [key for key, until in self._until.items() if until > now]

    def identify(self, node: int, seconds: int, now: float, *, endpoint: int = 1) -> list[Output]:
        """Order a node to show itself for 0 to 65535 s; 0 ends it. Raises NotNow, EncodeError."""
        return self._order(Identify(seconds), node, endpoint, now)

    def invoke_ez_mode(self, node: int, action: int, now: float, *, endpoint: int = 1) -> list[Output]:
        """Order steps of EZ-mode commissioning (EZModeAction). Raises NotNow."""
        return self._order(EZModeInvoke(action), node, endpoint, now)

    def update_state(
        self, node: int, action: CommissionStateAction, mask: int, now: float, *, endpoint: int = 1
    ) -> list[Output]:
        """Set or clear bits of a node's commission state (CommissionState). Raises NotNow."""
        return self._order(UpdateCommissionState(action, mask), node, endpoint, now)

    def query(self) -> list[Output]:
        """Ask everybody who shows himself; NodeIdentifies brings each answer."""
        return [self.tell(IdentifyQuery(), destination=BROADCAST, endpoint=ALL_ENDPOINTS)]

    def command(
        self, received: Received, command: Command, request: Request | None, now: float
    ) -> list[Output]:
        """Take the answer of a node."""
        if not isinstance(command, IdentifyQueryResponse):
            return self.unsupported(received)
        frame = received.frame
        self._until = {key: until for key, until in self._until.items() if until > now}
        until = now + command.timeout
        if len(self._until) < LIMIT:
            self._until[frame.source, frame.source_endpoint] = until
        return [
            NodeIdentifies(frame.source, frame.source_endpoint, until),
            *self.node.default_response(received, Status.SUCCESS),
        ]

    def answered(self, request: Request, received: Received | None, now: float) -> list[Output]:
        """Take the end of an order."""
        status = getattr(received.body, "status", None) if received is not None else None
        return [IdentifyOrderEnded(request.destination, status)]

    def forget(self, peer: int) -> None:
        """Forget a node."""
        self._until = {key: until for key, until in self._until.items() if key[0] != peer}

    def _order(self, body: Command, node: int, endpoint: int, now: float) -> list[Output]:
        return [self.request(body, destination=node, endpoint=endpoint, now=now, retry=self._retry)]
