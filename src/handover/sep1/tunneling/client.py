"""`TunnelClient`: the client side of Tunneling. It asks servers for tunnels and for their protocols."""

from dataclasses import dataclass, field

from handover.errors import NotNow
from handover.sep1.clusters.tunneling import (
    NO_MANUFACTURER,
    CloseTunnel,
    GetSupportedTunnelProtocols,
    Protocol,
    RequestTunnel,
    RequestTunnelResponse,
    SupportedTunnelProtocolsResponse,
    TunnelClosureNotification,
    TunnelStatus,
)
from handover.sep1.codec import PLACES
from handover.sep1.declaration import Command
from handover.sep1.exchange import Request, Retry
from handover.sep1.general import DefaultResponse
from handover.sep1.node import Node, Received
from handover.sep1.services import Output, Ticket
from handover.sep1.tunneling.outputs import CloseReason, ProtocolsListed, TunnelOpened, TunnelRefused
from handover.sep1.tunneling.states import TUNNEL, TunnelState, TunnelStep
from handover.sep1.tunneling.transfer import ACK_WAIT, OUTGOING, TunnelSide
from handover.sep1.tunneling.tunnel import Tunnel
from handover.sep1.types import Status

LIST_LIMIT = 256
"""Protocols of one server at most: the offset of a query is one octet."""


@dataclass(slots=True, eq=False)
class _Opening:
    """A tunnel that is being asked for; `due` ends the wait for an answer that was promised."""

    tunnel: Tunnel
    due: float | None = None


@dataclass(slots=True)
class _Closing:
    """A tunnel that is being closed."""

    tunnel: Tunnel


@dataclass(slots=True)
class _Listing:
    """A list of protocols on its way, page by page."""

    server: int
    endpoint: int
    found: list[Protocol] = field(default_factory=list)
    done: bool = False
    page: int = 0


@dataclass(slots=True)
class _Page:
    """One question of a listing."""

    listing: _Listing
    number: int


class TunnelClient(TunnelSide):
    """Opens tunnels. Its frames carry the link key; a server is one that we are registered with."""

    client = True

    def __init__(
        self,
        node: Node,
        *,
        transfer_size: int = 1500,
        buffer_size: int = 8192,
        outgoing: int = OUTGOING,
        retry: Retry | None = None,
    ) -> None:
        super().__init__(
            node, transfer_size=transfer_size, buffer_size=buffer_size, outgoing=outgoing, retry=retry
        )
        self._openings: list[_Opening] = []

    def open(
        self,
        server: int,
        protocol_id: int,
        now: float,
        *,
        endpoint: int = 1,
        manufacturer: int = NO_MANUFACTURER,
        flow_control: bool = False,
        token: object = None,
    ) -> list[Output]:
        """Ask for a tunnel; TunnelOpened or TunnelRefused with `token` tells the outcome. Raises NotNow."""
        tunnel = Tunnel(
            peer=server,
            peer_endpoint=endpoint,
            protocol=Protocol(manufacturer, protocol_id),
            tunnel_id=0xFFFF,
            flow_control=flow_control,
            peer_size=0,
            buffer_size=self._buffer_size,
            active=now,
            state=TunnelState.OPENING,
            token=token,
        )
        opening = _Opening(tunnel)
        body = RequestTunnel(protocol_id, manufacturer, int(flow_control), self._transfer_size)
        answer = PLACES[RequestTunnelResponse].command_id
        sent = self.request(
            body,
            destination=server,
            endpoint=endpoint,
            now=now,
            retry=self._retry,
            expects=frozenset({answer}),
            token=opening,
        )
        self._openings.append(opening)
        return [sent]

    def close(self, server: int, tunnel_id: int, now: float) -> list[Output]:
        """End a tunnel; TunnelClosed follows. Raises Refused without it, NotNow while it closes."""
        tunnel = self.tunnel(server, tunnel_id)
        closing = TUNNEL.step(tunnel.state, TunnelStep.CLOSE)
        sent = self._ask(tunnel, CloseTunnel(tunnel_id), now, token=_Closing(tunnel))
        self._forget_request(tunnel)
        tunnel.state, tunnel.due = closing, None
        return [sent]

    def list_protocols(self, server: int, now: float, *, endpoint: int = 1) -> list[Output]:
        """Ask which protocols a server carries; ProtocolsListed tells them. Raises NotNow."""
        return self._ask_page(_Listing(server, endpoint), now)

    def command(
        self, received: Received, command: Command, request: Request | None, now: float
    ) -> list[Output]:
        """Take a command of a server."""
        subject = _subject(request)
        if isinstance(command, RequestTunnelResponse):
            outputs = self._opened(self._opening(subject, received), command, now)
        elif isinstance(command, SupportedTunnelProtocolsResponse):
            outputs = self._listed(subject, command, now) if isinstance(subject, _Page) else []
        elif isinstance(command, TunnelClosureNotification):
            tunnel = self._tunnels.get(self.key(received.frame.source, command.tunnel_id))
            if tunnel is None or not self._belongs(tunnel, received):
                return [*self.node.default_response(received, Status.NOT_FOUND)]
            outputs = self._end(tunnel, CloseReason.IDLE)
        else:
            return super().command(received, command, request, now)
        return [*outputs, *self.node.default_response(received, Status.SUCCESS)]

    def answered(self, request: Request, received: Received | None, now: float) -> list[Output]:
        """Take the end of a question that no command answered, or of a chunk."""
        subject = _subject(request)
        if isinstance(subject, _Opening):
            if received is not None and _is_success(received):
                subject.due = now + ACK_WAIT
                return []
            return self._never_opened(subject)
        if isinstance(subject, _Page):
            listing = subject.listing
            if listing.done or subject.number != listing.page:
                return []
            return self._list_ended(listing, complete=False)
        if isinstance(subject, _Closing):
            if subject.tunnel.state is TunnelState.CLOSED:
                return []
            return self._end(subject.tunnel, CloseReason.CLOSED)
        return super().answered(request, received, now)

    def tick(self, now: float) -> list[Output]:
        """Go on where a wait is over."""
        outputs = super().tick(now)
        for opening in [o for o in self._openings if o.due is not None and o.due <= now]:
            outputs += self._never_opened(opening)
        return outputs

    def deadline(self) -> float | None:
        """Return when `tick` is next worth calling."""
        times = [opening.due for opening in self._openings] + [super().deadline()]
        return min((due for due in times if due is not None), default=None)

    def forget(self, peer: int) -> None:
        """Forget a node and the tunnels with it, those asked for as well."""
        super().forget(peer)
        self._openings = [opening for opening in self._openings if opening.tunnel.peer != peer]

    def _opening(self, subject: object, received: Received) -> _Opening | None:
        """Return what a response is about: by its request, or the oldest one that this server owes us."""
        for opening in self._openings:
            promised = subject is None and opening.due is not None
            if opening is subject or (promised and opening.tunnel.peer == received.frame.source):
                return opening
        return None

    def _never_opened(self, opening: _Opening) -> list[Output]:
        if opening not in self._openings:
            return []
        self._openings.remove(opening)
        opening.tunnel.take(TunnelStep.LOST)
        return [TunnelRefused(opening.tunnel.peer, None, opening.tunnel.token)]

    def _opened(self, opening: _Opening | None, response: RequestTunnelResponse, now: float) -> list[Output]:
        if opening is None:
            return []
        self._openings.remove(opening)
        tunnel = opening.tunnel
        if response.tunnel_status != TunnelStatus.SUCCESS:
            tunnel.take(TunnelStep.REFUSED)
            return [TunnelRefused(tunnel.peer, response.tunnel_status, tunnel.token)]
        tunnel.take(TunnelStep.ACCEPTED)
        tunnel.tunnel_id = response.tunnel_id
        tunnel.peer_size = tunnel.room = response.maximum_incoming_transfer_size
        tunnel.active = now
        # an id given out again means that the server has lost the tunnel that had it
        held = self._tunnels.get(self.key(tunnel.peer, tunnel.tunnel_id))
        outputs = self._end(held, CloseReason.NO_SUCH_TUNNEL) if held is not None else []
        self._tunnels[self.key(tunnel.peer, tunnel.tunnel_id)] = tunnel
        return [*outputs, TunnelOpened(tunnel.peer, tunnel.tunnel_id, tunnel.protocol, tunnel.token)]

    def _ask_page(self, listing: _Listing, now: float) -> list[Output]:
        answer = PLACES[SupportedTunnelProtocolsResponse].command_id
        return [
            self.request(
                GetSupportedTunnelProtocols(len(listing.found)),
                destination=listing.server,
                endpoint=listing.endpoint,
                now=now,
                retry=self._retry,
                expects=frozenset({answer}),
                token=_Page(listing, listing.page),
            )
        ]

    def _listed(self, page: _Page, response: SupportedTunnelProtocolsResponse, now: float) -> list[Output]:
        listing = page.listing
        if listing.done or page.number != listing.page:
            return []
        listing.found += response.protocol_list
        listing.page += 1
        if response.protocol_list_complete:
            return self._list_ended(listing, complete=True)
        if not response.protocol_list or len(listing.found) >= LIST_LIMIT:
            return self._list_ended(listing, complete=False)
        try:
            return self._ask_page(listing, now)
        except NotNow:
            return self._list_ended(listing, complete=False)

    def _list_ended(self, listing: _Listing, *, complete: bool) -> list[Output]:
        listing.done = True
        return [ProtocolsListed(listing.server, tuple(listing.found), complete)]


def _subject(request: Request | None) -> object:
    """Return what a request of ours was about."""
    return request.token.token if request is not None and isinstance(request.token, Ticket) else None


def _is_success(received: Received) -> bool:
    """Tell whether it is a Default Response that only says that the question has arrived."""
    return isinstance(received.body, DefaultResponse) and received.body.status == Status.SUCCESS
