"""`TunnelSide`: what both sides of Tunneling do with the tunnels that they hold.

Octets travel in chunks, one under way at a time, each repeated under its sequence number until it is
answered: so they arrive in order, and the other end tells a repetition from new octets. Without flow control
a Default Response is the answer; with it an acknowledgement that tells how much room is left, and the end
that ran out of room sends ReadyData once it has some. How tunnels begin and end differs: `server`, `client`.
"""

from dataclasses import dataclass
from typing import Final

from handover.errors import NotNow, Refused
from handover.sep1.clusters.tunneling import (
    TUNNELING,
    AckTransferDataClientToServer,
    AckTransferDataServerToClient,
    ReadyDataClientToServer,
    ReadyDataServerToClient,
    TransferDataClientToServer,
    TransferDataErrorClientToServer,
    TransferDataErrorServerToClient,
    TransferDataServerToClient,
    TransferDataStatus,
)
from handover.sep1.declaration import Command
from handover.sep1.exchange import Request, Retry
from handover.sep1.frame import parse_header
from handover.sep1.general import DefaultResponse
from handover.sep1.node import Node, Received, Send
from handover.sep1.services import Output, Service, Ticket
from handover.sep1.tunneling.outputs import CloseReason, TunnelClosed, TunnelReadable, TunnelWritten
from handover.sep1.tunneling.states import SendState, SendStep, TunnelState, TunnelStep
from handover.sep1.tunneling.tunnel import Chunk, Tunnel
from handover.sep1.types import Status

PATIENCE: Final = Retry(timeout=4.0, tries=4)
ACK_WAIT: Final = 10.0
"""Seconds for an acknowledgement to follow a Default Response, until the chunk counts as taken."""

OVERFLOW_WAIT: Final = 5.0
OVERFLOW_TRIES: Final = 8
"""Chunks refused in a row for want of room, each after twice the wait, until a tunnel is given up."""

READY_WAIT: Final = 60.0
"""Seconds after which an end without room is tried all the same: its ReadyData may be lost."""

OUTGOING: Final = 60
"""Octets in one transfer that fit a secured frame without fragmentation."""

WRITE_LIMIT: Final = 65536
"""Octets that wait for the other end at most."""


@dataclass(frozen=True, slots=True)
class Words:
    """The commands of one direction."""

    data: type[TransferDataClientToServer] | type[TransferDataServerToClient]
    error: type[TransferDataErrorClientToServer] | type[TransferDataErrorServerToClient]
    ack: type[AckTransferDataClientToServer] | type[AckTransferDataServerToClient]
    ready: type[ReadyDataClientToServer] | type[ReadyDataServerToClient]


TO_SERVER = Words(
    TransferDataClientToServer,
    TransferDataErrorClientToServer,
    AckTransferDataClientToServer,
    ReadyDataClientToServer,
)
TO_CLIENT = Words(
    TransferDataServerToClient,
    TransferDataErrorServerToClient,
    AckTransferDataServerToClient,
    ReadyDataServerToClient,
)

ABOUT_CHUNKS = (
    TransferDataErrorClientToServer
    | TransferDataErrorServerToClient
    | AckTransferDataClientToServer
    | AckTransferDataServerToClient
    | ReadyDataClientToServer
    | ReadyDataServerToClient
)

Key = tuple[int, int]
"""A server's EUI-64 and its tunnel id; on the server its own."""


class TunnelSide(Service):
    """The tunnels of one side. `outgoing` limits the octets that leave in one transfer."""

    cluster_id = TUNNELING.id

    def __init__(
        self, node: Node, *, transfer_size: int, buffer_size: int, outgoing: int, retry: Retry | None
    ) -> None:
        super().__init__(node)
        self._transfer_size = transfer_size
        self._buffer_size = max(buffer_size, transfer_size)
        self._outgoing = outgoing
        self._retry = retry or PATIENCE
        self._tunnels: dict[Key, Tunnel] = {}
        self._says = TO_SERVER if self.client else TO_CLIENT

    @property
    def tunnels(self) -> list[Tunnel]:
        """The tunnels that are not closed."""
        return list(self._tunnels.values())

    def key(self, peer: int, tunnel_id: int) -> Key:
        """Return how a tunnel with `peer` is found."""
        return (peer if self.client else self.node.eui64, tunnel_id)

    def tunnel(self, peer: int, tunnel_id: int) -> Tunnel:
        """Return a tunnel with `peer`. Raises Refused when there is none."""
        found = self._tunnels.get(self.key(peer, tunnel_id))
        if found is None or found.peer != peer:
            raise Refused(f"there is no tunnel {tunnel_id} with {peer:016X}; request one first")
        return found

    def write(self, peer: int, tunnel_id: int, data: bytes, now: float) -> list[Output]:
        """Send octets to the other end. Raises Refused without such a tunnel, NotNow when too many wait."""
        tunnel = self.tunnel(peer, tunnel_id)
        if tunnel.state is not TunnelState.OPEN or tunnel.unsent + len(data) > WRITE_LIMIT:
            raise NotNow(
                f"tunnel {tunnel_id} with {peer:016X} takes no octets now ({tunnel.unsent} wait, "
                f"{tunnel.state.name}); wait for TunnelWritten"
            )
        tunnel.write(data)
        return self._advance(tunnel, now)

    def read(
        self, peer: int, tunnel_id: int, now: float, *, limit: int = WRITE_LIMIT
    ) -> tuple[bytes, list[Output]]:
        """Return octets that arrived, and what is to be sent for it. Raises Refused without such a tunnel."""
        tunnel = self.tunnel(peer, tunnel_id)
        data = tunnel.read(limit)
        return data, self._ready(tunnel, now)

    def command(
        self, received: Received, command: Command, request: Request | None, now: float
    ) -> list[Output]:
        """Take a command of a tunnel; how tunnels begin and end is the sides' own."""
        if isinstance(command, TransferDataClientToServer | TransferDataServerToClient):
            return self._data(received, command.tunnel_id, command.data, now)
        if not isinstance(command, ABOUT_CHUNKS):
            return self.unsupported(received)
        tunnel = self._tunnels.get(self.key(received.frame.source, command.tunnel_id))
        if tunnel is None or not self._belongs(tunnel, received):
            status = Status.NOT_FOUND if tunnel is None else Status.NOT_AUTHORIZED
            return [*self.node.default_response(received, status)]
        outputs: list[Output] = []
        if isinstance(command, TransferDataErrorClientToServer | TransferDataErrorServerToClient):
            outputs += self._error(tunnel, received, command.transfer_data_status, now)
        elif isinstance(command, AckTransferDataClientToServer | AckTransferDataServerToClient):
            outputs += self._acknowledged(tunnel, received, command.number_of_bytes_left, now)
        else:
            tunnel.room = command.number_of_octets_left
            if tunnel.sending is SendState.PAUSED:
                tunnel.sent(SendStep.READY)
            outputs += self._advance(tunnel, now)
        return [*outputs, *self.node.default_response(received, Status.SUCCESS)]

    def answered(self, request: Request, received: Received | None, now: float) -> list[Output]:
        """Take the end of a chunk: taken, refused, or never answered."""
        tunnel = request.token.token if isinstance(request.token, Ticket) else None
        if not isinstance(tunnel, Tunnel) or tunnel.chunk is None or tunnel.sending is not SendState.SENT:
            return []
        if tunnel.chunk.sequence != request.sequence:
            return []
        if received is None:
            return self._end(tunnel, CloseReason.UNANSWERED)
        body = received.body
        if isinstance(body, DefaultResponse) and body.status != Status.SUCCESS:
            gone = CloseReason.NO_SUCH_TUNNEL if body.status == Status.NOT_FOUND else CloseReason.REFUSED
            return self._end(tunnel, gone)
        if tunnel.flow_control:
            tunnel.sent(SendStep.RESPONSE)
            tunnel.due = now + ACK_WAIT
            return []
        return self._through(tunnel, now)

    def tick(self, now: float) -> list[Output]:
        """Go on where a wait is over."""
        outputs: list[Output] = []
        for tunnel in self.tunnels:
            if tunnel.due is None or tunnel.due > now:
                continue
            tunnel.due = None
            if tunnel.sending is SendState.UNACKNOWLEDGED and tunnel.chunk is not None:
                tunnel.room = max(0, tunnel.room - len(tunnel.chunk.data))
            if tunnel.sending in (SendState.UNACKNOWLEDGED, SendState.PAUSED):
                tunnel.sent(SendStep.ELAPSED)
            elif tunnel.sending is SendState.IDLE and tunnel.room <= 0:
                tunnel.room = tunnel.peer_size
            outputs += self._advance(tunnel, now)
        return outputs

    def deadline(self) -> float | None:
        """Return when `tick` is next worth calling."""
        return min((t.due for t in self._tunnels.values() if t.due is not None), default=None)

    def forget(self, peer: int) -> None:
        """Forget a node and the tunnels with it."""
        for key in [key for key, tunnel in self._tunnels.items() if tunnel.peer == peer]:
            del self._tunnels[key]

    def _belongs(self, tunnel: Tunnel, received: Received) -> bool:
        frame = received.frame
        return (tunnel.peer, tunnel.peer_endpoint) == (frame.source, frame.source_endpoint)

    def _data(self, received: Received, tunnel_id: int, data: bytes, now: float) -> list[Output]:
        frame, sequence = received.frame, received.header.sequence
        tunnel = self._tunnels.get(self.key(frame.source, tunnel_id))
        if tunnel is None or tunnel.state is not TunnelState.OPEN:
            return self._data_error(received, tunnel_id, TransferDataStatus.NO_SUCH_TUNNEL)
        if not self._belongs(tunnel, received):
            return self._data_error(received, tunnel_id, TransferDataStatus.WRONG_DEVICE)
        outputs: list[Output] = []
        before = tunnel.seen(sequence, data, now)
        if before is False or (
            before is None and not tunnel.receive(sequence, data, now, limit=self._transfer_size)
        ):
            tunnel.starved = True
            return self._data_error(received, tunnel_id, TransferDataStatus.DATA_OVERFLOW)
        if before is None:
            tunnel.active = now
            outputs.append(TunnelReadable(tunnel.peer, tunnel_id))
        if tunnel.flow_control:
            space = min(tunnel.space, 0xFFFF)
            tunnel.starved = tunnel.starved or space < self._transfer_size
            return [*outputs, *self.node.answer(received, self._says.ack(tunnel_id, space))]
        return [*outputs, *self.node.default_response(received, Status.SUCCESS)]

    def _data_error(self, received: Received, tunnel_id: int, status: TransferDataStatus) -> list[Output]:
        return [*self.node.answer(received, self._says.error(tunnel_id, status))]

    def _ready(self, tunnel: Tunnel, now: float) -> list[Output]:
        """Tell an end that met too little room that there is enough for a whole transfer again."""
        if not tunnel.starved or tunnel.space < self._transfer_size or tunnel.state is not TunnelState.OPEN:
            return []
        if not tunnel.flow_control:
            tunnel.starved = False
            return []
        try:
            told = self._ask(tunnel, self._says.ready(tunnel.tunnel_id, min(tunnel.space, 0xFFFF)), now)
        except NotNow:  # too much is in flight: the next reading tells it
            return []
        tunnel.starved = False
        return [told]

    def _error(self, tunnel: Tunnel, received: Received, status: int, now: float) -> list[Output]:
        """The other end could not take a chunk: it has no room now, or knows nothing of the tunnel."""
        if status != TransferDataStatus.DATA_OVERFLOW:
            return self._end(tunnel, CloseReason.NO_SUCH_TUNNEL)
        if not tunnel.answers(received.header.sequence):
            return []
        self._forget_request(tunnel)
        tunnel.overflows += 1
        if tunnel.overflows > OVERFLOW_TRIES:
            return self._end(tunnel, CloseReason.OVERFLOW)
        tunnel.sent(SendStep.OVERFLOW)
        tunnel.due = now + OVERFLOW_WAIT * 2 ** (tunnel.overflows - 1)
        return []

    def _acknowledged(self, tunnel: Tunnel, received: Received, left: int, now: float) -> list[Output]:
        if not tunnel.answers(received.header.sequence):
            return []
        self._forget_request(tunnel)
        tunnel.room = left
        return self._through(tunnel, now)

    def _forget_request(self, tunnel: Tunnel) -> None:
        for request in self.node.exchange.pending():
            token = request.token.token if isinstance(request.token, Ticket) else None
            if token is tunnel and tunnel.chunk is not None and request.sequence == tunnel.chunk.sequence:
                self.node.exchange.end(request)

    def _through(self, tunnel: Tunnel, now: float) -> list[Output]:
        """The chunk under way has been taken."""
        tunnel.sent(SendStep.ACKNOWLEDGED)
        tunnel.overflows, tunnel.active = 0, now
        outputs = self._advance(tunnel, now)
        return outputs if tunnel.unsent else [*outputs, TunnelWritten(tunnel.peer, tunnel.tunnel_id)]

    def _advance(self, tunnel: Tunnel, now: float) -> list[Output]:
        """Send the next chunk, if there is one and its time has come."""
        chunk = tunnel.next_chunk(self._outgoing)
        if chunk is None:
            if tunnel.unsent and tunnel.room <= 0 and tunnel.sending is SendState.IDLE:
                tunnel.due = now + READY_WAIT
            return []
        tunnel.active = now
        try:
            return [self._send(tunnel, chunk, now)]
        except NotNow:  # too much is in flight: the chunk waits for a moment
            tunnel.sent(SendStep.OVERFLOW)
            tunnel.due = now + OVERFLOW_WAIT
            return []

    def _send(self, tunnel: Tunnel, chunk: Chunk, now: float) -> Send:
        sent = self._ask(tunnel, self._says.data(tunnel.tunnel_id, chunk.data), now, token=tunnel)
        tunnel.number(parse_header(sent.frame.payload)[0].sequence)
        return sent

    def _ask(self, tunnel: Tunnel, body: Command, now: float, *, token: object = None) -> Send:
        return self.request(
            body,
            destination=tunnel.peer,
            endpoint=tunnel.peer_endpoint,
            now=now,
            retry=self._retry,
            token=token,
        )

    def _end(self, tunnel: Tunnel, reason: CloseReason) -> list[Output]:
        """A tunnel is no more: nothing of it is repeated or taken after this."""
        self._forget_request(tunnel)
        tunnel.take(TunnelStep.CONFIRMED if tunnel.state is TunnelState.CLOSING else TunnelStep.LOST)
        self._tunnels.pop(self.key(tunnel.peer, tunnel.tunnel_id), None)
        return [TunnelClosed(tunnel.peer, tunnel.tunnel_id, reason, tunnel.unsent)]
