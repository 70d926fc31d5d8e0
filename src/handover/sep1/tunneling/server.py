"""`TunnelServer`: the server side of Tunneling, a meter say. It gives out tunnels and ends idle ones."""

from collections.abc import Sequence
from typing import Final

from handover.errors import NotNow
from handover.sep1.attributes import AttributeTable
from handover.sep1.clusters.tunneling import (
    TUNNELING,
    CloseTunnel,
    GetSupportedTunnelProtocols,
    Protocol,
    RequestTunnel,
    RequestTunnelResponse,
    SupportedTunnelProtocolsResponse,
    TunnelClosureNotification,
    TunnelStatus,
)
from handover.sep1.declaration import Command
from handover.sep1.exchange import Request, Retry
from handover.sep1.node import Node, Received
from handover.sep1.services import Output
from handover.sep1.tunneling.outputs import CloseReason, TunnelOpened
from handover.sep1.tunneling.transfer import OUTGOING, TunnelSide
from handover.sep1.tunneling.tunnel import REPEATED_WITHIN, Tunnel
from handover.sep1.types import Status

NO_TUNNEL: Final = 0xFFFF
CLOSE_TIMEOUT: Final = 0x0000
PAGE: Final = 16
"""Protocols told in one answer."""


class TunnelServer(TunnelSide):
    """Gives tunnels for `protocols` to admitted nodes, `capacity` at once; each is bound to the node asking.

    `timeout` (1 to 65535 s) is how long a tunnel may be idle: the attribute of that name. `busy` refuses new
    tunnels for a while; `notify` tells a client that its idle tunnel was closed (SE 1.1a).
    """

    client = False

    def __init__(
        self,
        node: Node,
        *,
        protocols: Sequence[Protocol],
        flow_control: bool = True,
        capacity: int = 8,
        timeout: int = 0xFFFF,
        notify: bool = True,
        transfer_size: int = 1500,
        buffer_size: int = 8192,
        outgoing: int = OUTGOING,
        retry: Retry | None = None,
    ) -> None:
        super().__init__(
            node, transfer_size=transfer_size, buffer_size=buffer_size, outgoing=outgoing, retry=retry
        )
        self.busy = False
        self._protocols = tuple(protocols)
        self._flow_control = flow_control
        self._capacity = capacity
        self._timeout = max(1, timeout)
        self._notify = notify
        self._last_id = -1
        node.tables[TUNNELING.id, False] = AttributeTable(
            TUNNELING.server_attributes, {CLOSE_TIMEOUT: self._timeout}
        )

    def command(
        self, received: Received, command: Command, request: Request | None, now: float
    ) -> list[Output]:
        """Take a command of a client."""
        if isinstance(command, RequestTunnel):
            return self._requested(received, command, now)
        if isinstance(command, CloseTunnel):
            return self._close_ordered(received, command.tunnel_id)
        if isinstance(command, GetSupportedTunnelProtocols):
            rows = list(self._protocols[command.protocol_offset :][:PAGE])
            complete = command.protocol_offset + PAGE >= len(self._protocols)
            listed = SupportedTunnelProtocolsResponse(complete, len(rows), rows)
            return [*self.node.answer(received, listed)]
        return super().command(received, command, request, now)

    def tick(self, now: float) -> list[Output]:
        """Go on where a wait is over, and end tunnels that were idle for too long."""
        outputs = super().tick(now)
        for tunnel in self.tunnels:
            if tunnel.active + self._timeout <= now:
                outputs += self._end(tunnel, CloseReason.IDLE)
                if self._notify:
                    outputs += self._notified(tunnel, now)
        return outputs

    def deadline(self) -> float | None:
        """Return when `tick` is next worth calling."""
        idle = min((tunnel.active + self._timeout for tunnel in self._tunnels.values()), default=None)
        waits = super().deadline()
        return min((due for due in (idle, waits) if due is not None), default=None)

    def _requested(self, received: Received, command: RequestTunnel, now: float) -> list[Output]:
        frame, sequence = received.frame, received.header.sequence
        protocol = Protocol(command.manufacturer_code, command.protocol_id)
        for tunnel in self.tunnels:  # the answer to this very request was lost
            if (tunnel.asked_sequence, tunnel.protocol) == (sequence, protocol) and (
                self._belongs(tunnel, received) and now - tunnel.opened <= REPEATED_WITHIN
            ):
                return self._response(received, tunnel.tunnel_id, TunnelStatus.SUCCESS)
        status = self._status(command, protocol)
        if status is not TunnelStatus.SUCCESS:
            return self._response(received, NO_TUNNEL, status)
        tunnel = Tunnel(
            peer=frame.source,
            peer_endpoint=frame.source_endpoint,
            protocol=protocol,
            tunnel_id=self._free_id(),
            flow_control=bool(command.flow_control_support),
            peer_size=command.maximum_incoming_transfer_size,
            buffer_size=self._buffer_size,
            active=now,
            asked_sequence=sequence,
        )
        self._tunnels[self.key(tunnel.peer, tunnel.tunnel_id)] = tunnel
        opened = TunnelOpened(tunnel.peer, tunnel.tunnel_id, protocol)
        return [opened, *self._response(received, tunnel.tunnel_id, TunnelStatus.SUCCESS)]

    def _status(self, command: RequestTunnel, protocol: Protocol) -> TunnelStatus:
        if protocol not in self._protocols:
            return TunnelStatus.PROTOCOL_NOT_SUPPORTED
        if command.flow_control_support and not self._flow_control:
            return TunnelStatus.FLOW_CONTROL_NOT_SUPPORTED
        if self.busy:
            return TunnelStatus.BUSY
        return TunnelStatus.NO_MORE_TUNNEL_IDS if self._full else TunnelStatus.SUCCESS

    @property
    def _full(self) -> bool:
        return len(self._tunnels) >= self._capacity

    def _response(self, received: Received, tunnel_id: int, status: TunnelStatus) -> list[Output]:
        size = self._transfer_size if status is TunnelStatus.SUCCESS else 0
        return [*self.node.answer(received, RequestTunnelResponse(tunnel_id, status, size))]

    def _free_id(self) -> int:
        """Return an id that no tunnel has; one that was closed comes back last: late frames find nothing."""
        while True:
            self._last_id = (self._last_id + 1) % NO_TUNNEL
            if self.key(0, self._last_id) not in self._tunnels:
                return self._last_id

    def _close_ordered(self, received: Received, tunnel_id: int) -> list[Output]:
        tunnel = self._tunnels.get(self.key(received.frame.source, tunnel_id))
        if tunnel is None:
            return [*self.node.default_response(received, Status.NOT_FOUND)]
        if not self._belongs(tunnel, received):
            return [*self.node.default_response(received, Status.NOT_AUTHORIZED)]
        outputs = self._end(tunnel, CloseReason.PEER_CLOSED)
        return [*outputs, *self.node.default_response(received, Status.SUCCESS)]

    def _notified(self, tunnel: Tunnel, now: float) -> list[Output]:
        try:
            return [self._ask(tunnel, TunnelClosureNotification(tunnel.tunnel_id), now)]
        except NotNow:  # the client learns it from its next transfer
            return []
