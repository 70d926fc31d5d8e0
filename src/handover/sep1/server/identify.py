"""`IdentifyServer`: a node that shows a person which one it is, and takes orders of EZ-mode commissioning.

What it shows and how (a light, a tone) is decided by whoever reads the indications.
"""

from dataclasses import dataclass
from math import ceil

from handover.sep1.attributes import AttributeTable, Change, within
from handover.sep1.clusters.identify import (
    IDENTIFY,
    CommissionState,
    CommissionStateAction,
    EZModeAction,
    EZModeInvoke,
    Identify,
    IdentifyQuery,
    IdentifyQueryResponse,
    UpdateCommissionState,
)
from handover.sep1.declaration import Command
from handover.sep1.exchange import Request
from handover.sep1.node import Node, Received
from handover.sep1.services import Indication, Output, Service
from handover.sep1.types import Status

IDENTIFY_TIME, COMMISSION_STATE = 0x0000, 0x0001
ALL_ACTIONS = int(
    EZModeAction.FACTORY_FRESH | EZModeAction.NETWORK_STEERING | EZModeAction.FINDING_AND_BINDING
)
ALL_STATES = int(CommissionState.NETWORK | CommissionState.OPERATIONAL)


@dataclass(slots=True)
class IdentifyBegun(Indication):
    """Show which node this is, until `until` (Unix seconds) or IdentifyEnded."""

    until: float


@dataclass(slots=True)
class IdentifyEnded(Indication):
    """Stop showing it."""


@dataclass(slots=True)
class EZModeInvoked(Indication):
    """A node orders steps of EZ-mode commissioning, in the order of their bits."""

    source: int
    action: EZModeAction


@dataclass(slots=True)
class CommissionStateChanged(Indication):
    """The commission state was changed by a node. It must survive a restart."""

    source: int
    state: CommissionState


class IdentifyServer(Service):
    """The identification of one node."""

    cluster_id = IDENTIFY.id
    client = False

    def __init__(self, node: Node, *, commission_state: int = 0) -> None:
        super().__init__(node)
        self._until: float | None = None
        self._table = AttributeTable(
            IDENTIFY.server_attributes,
            {IDENTIFY_TIME: 0, COMMISSION_STATE: commission_state},
            {IDENTIFY_TIME: within(0, 0xFFFF)},
        )
        node.tables[IDENTIFY.id, False] = self._table

    def remaining(self, now: float) -> int:
        """Return for how many more seconds the node shows itself."""
        return max(0, ceil(self._until - now)) if self._until is not None else 0

    def identify(self, seconds: int, now: float) -> list[Output]:
        """Show the node for that long from now on; 0 ends it."""
        shown = self._until is not None
        self._until = now + seconds if seconds else None
        self._table.values[IDENTIFY_TIME] = seconds
        if seconds:
            return [IdentifyBegun(now + seconds)]
        return [IdentifyEnded()] if shown else []

    def command(
        self, received: Received, command: Command, request: Request | None, now: float
    ) -> list[Output]:
        """Take an order or a query; a query is answered while the node shows itself, a broadcast one too."""
        if isinstance(command, Identify):
            outputs = self.identify(command.identify_time, now)
        elif isinstance(command, IdentifyQuery):
            return self._query(received, now)
        elif isinstance(command, EZModeInvoke):
            if not command.action or command.action & ~ALL_ACTIONS:
                return [*self.node.default_response(received, Status.INVALID_FIELD)]
            outputs = [EZModeInvoked(received.frame.source, EZModeAction(command.action))]
        elif isinstance(command, UpdateCommissionState):
            mask, action = command.commission_state_mask, command.action
            if action not in (CommissionStateAction.SET, CommissionStateAction.CLEAR) or mask & ~ALL_STATES:
                return [*self.node.default_response(received, Status.INVALID_FIELD)]
            outputs = self._update(received.frame.source, mask, action == CommissionStateAction.SET)
        else:
            return self.unsupported(received)
        return [*outputs, *self.node.default_response(received, Status.SUCCESS)]

    def general(self, received: Received, now: float) -> list[Output] | None:
        """Let the time left count down in the attribute before the engine serves it."""
        self._table.values[IDENTIFY_TIME] = self.remaining(now)
        return None

    def written(self, received: Received, changes: list[Change], now: float) -> list[Output]:
        """A write of the time is an order as well."""
        outputs: list[Output] = []
        for change in changes:
            if change.attribute_id == IDENTIFY_TIME and isinstance(change.new, int):
                outputs += self.identify(change.new, now)
        return outputs

    def tick(self, now: float) -> list[Output]:
        """End what has had its time."""
        if self._until is None or self._until > now:
            return []
        return self.identify(0, now)

    def deadline(self) -> float | None:
        """Return when `tick` is next worth calling."""
        return self._until

    def _query(self, received: Received, now: float) -> list[Output]:
        left = self.remaining(now)
        if not left:
            return [*self.node.default_response(received, Status.SUCCESS)]
        frame = received.frame
        return [
            self.node.tell(
                IdentifyQueryResponse(left),
                destination=frame.source,
                endpoint=frame.source_endpoint,
                cluster_id=IDENTIFY.id,
                to_client=True,
                sequence=received.header.sequence,
            )
        ]

    def _update(self, source: int, mask: int, set_bits: bool) -> list[Output]:
        old = self._table.values[COMMISSION_STATE]
        assert isinstance(old, int)
        new = old | mask if set_bits else old & ~mask
        self._table.values[COMMISSION_STATE] = new
        return [CommissionStateChanged(source, CommissionState(new))] if new != old else []
