"""`KeyEstablishment`: both sides of the cluster as an engine of their own, for whoever owns the keys."""

from handover.sep1.aps import ApsFrame
from handover.sep1.attributes import AttributeTable
from handover.sep1.clusters.key_establishment import KEY_ESTABLISHMENT
from handover.sep1.declaration import Command
from handover.sep1.key_establishment.agreement import Wallet, supported
from handover.sep1.key_establishment.initiator import Initiator
from handover.sep1.key_establishment.responder import LIMIT, Responder
from handover.sep1.node import RESPONSES, Node
from handover.sep1.security.authority import Draw
from handover.sep1.services import Output, Services
from handover.sep1.types import Status


class KeyEstablishment:
    """Takes the frames of the cluster at one endpoint of a node, and hands out frames and what they come to.

    `wallet` holds the credentials by suite; `draw` gives random octets fit for keys; `limit` is how many
    devices may establish keys with us at once.
    """

    def __init__(
        self, eui64: int, wallet: Wallet, draw: Draw, *, endpoint: int = 1, limit: int = LIMIT
    ) -> None:
        self._node = Node(eui64, endpoint)
        self._services = Services(self._node)
        self.initiator = Initiator(self._node, wallet, draw)
        self.responder = Responder(self._node, wallet, draw, limit=limit)
        self._services.add(self.initiator)
        self._services.add(self.responder)
        for client in (False, True):
            declared = KEY_ESTABLISHMENT.attributes(client=client)
            values = {0x0000: supported(wallet)}
            self._node.tables[KEY_ESTABLISHMENT.id, client] = AttributeTable(declared, values)

    @property
    def dropped(self) -> dict[str, int]:
        """Frames thrown away, by reason."""
        return dict(self._node.dropped)

    def takes(self, frame: ApsFrame) -> bool:
        """Tell whether a frame is of this cluster."""
        return frame.cluster_id == KEY_ESTABLISHMENT.id

    def handle(self, frame: ApsFrame, now: float) -> list[Output]:
        """Take a frame of the cluster."""
        node, services = self._node, self._services
        received = node.accept(frame)
        if isinstance(received, list):
            return [*received]
        body = received.body
        if isinstance(body, Command):
            request = node.request_matching(received)
            taken = services.command(received, body, request, now)
            return (
                taken
                if taken is not None
                else [*node.default_response(received, Status.UNSUP_CLUSTER_COMMAND)]
            )
        if isinstance(body, RESPONSES):
            answered = node.request_answered(received)
            if answered is None:
                return [node.drop(frame, "unmatched")]
            node.exchange.end(answered)
            return services.answered(answered, received, now) or []
        served = node.serve(received)
        if served is not None:
            return [*served]
        written = node.write(received, allowed=False)
        if written is not None:
            return [*written.answer]
        return [*node.default_response(received, Status.UNSUP_GENERAL_COMMAND)]

    def tick(self, now: float) -> list[Output]:
        """Give up what has waited long enough."""
        _, given_up = self._node.exchange.tick(now)
        outputs: list[Output] = []
        for request in given_up:
            outputs += self._services.answered(request, None, now) or []
        return outputs + self._services.tick(now)

    def deadline(self) -> float | None:
        """Return when `tick` is next worth calling."""
        times = (self._node.exchange.deadline(), self._services.deadline())
        return min((t for t in times if t is not None), default=None)

    def forget(self, peer: int) -> None:
        """Forget a node that has left."""
        self._services.forget(peer)
