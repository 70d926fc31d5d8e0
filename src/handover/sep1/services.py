"""Services: what a node offers or uses beyond the core of its engine, one side of one cluster each.

The engines `server.Esi` and `client.HanClient` accept frames and admit peers; a service decides what the
commands of its cluster mean. It is sans-IO like the engines: it is given frames and the time, and returns
frames to send and indications. Here: the base, and the dispatch to several.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from handover.sep1.attributes import Change
from handover.sep1.declaration import Command
from handover.sep1.exchange import Request, Retry
from handover.sep1.node import Body, FrameDropped, Node, Received, Send
from handover.sep1.types import Status


@dataclass(slots=True)
class Indication:
    """Base of what a service hands up to whoever owns the engine."""


Output = Send | FrameDropped | Indication


@dataclass(slots=True)
class Ticket:
    """Marks a request that a service made; `token` is the service's own."""

    service: "Service"
    token: object = None


class Service:
    """One side of one cluster on a node: `client` tells which. Overrides what concerns it.

    Only frames of admitted peers reach it, and only those that carry the security their cluster needs.
    `endpoints` limits it to those of our endpoints; None is the node's main one. `takes` limits it to those
    commands; the others go to the next service of the cluster, or to the engine.
    """

    cluster_id: int
    client: bool
    endpoints: frozenset[int] | None = None
    takes: frozenset[type[Command]] | None = None

    def __init__(self, node: Node) -> None:
        self.node = node

    def accepts(self, command: Command) -> bool:
        """Tell whether this command is ours to take; by default one of `takes`."""
        return self.takes is None or type(command) in self.takes

    def command(
        self, received: Received, command: Command, request: Request | None, now: float
    ) -> list[Output]:
        """Take a command of the cluster; `request` is the request of ours that it answers, if any."""
        return self.unsupported(received)

    def general(self, received: Received, now: float) -> list[Output] | None:
        """Take a general command (a report, say); None leaves it to the engine."""
        return None

    def answered(self, request: Request, received: Received | None, now: float) -> list[Output]:
        """Take the end of a request of ours: a general response, or None when it stayed unanswered."""
        return []

    def written(self, received: Received, changes: list[Change], now: float) -> list[Output]:
        """Take note of attributes of ours that a peer has changed."""
        return []

    def tick(self, now: float) -> list[Output]:
        """Do what has become due by `now`."""
        return []

    def deadline(self) -> float | None:
        """Return when `tick` is next worth calling, or None."""
        return None

    def forget(self, peer: int) -> None:
        """Forget a node that has left."""

    def unsupported(self, received: Received) -> list[Output]:
        """Return the refusal of a command that means nothing here."""
        return [
            self.node.drop(received.frame, "unsupported"),
            *self.node.default_response(received, Status.UNSUP_CLUSTER_COMMAND),
        ]

    def request(
        self,
        body: Body,
        *,
        destination: int,
        endpoint: int,
        now: float,
        retry: Retry | None = None,
        expects: frozenset[int] = frozenset(),
        token: object = None,
    ) -> Send:
        """Return a request to the other side of the cluster; its end comes to `command` or `answered`.

        `expects` are the ids of the cluster commands that answer it. Raises NotNow, EncodeError.
        """
        return self.node.request(
            body,
            destination=destination,
            endpoint=endpoint,
            cluster_id=self.cluster_id,
            to_client=not self.client,
            now=now,
            retry=retry or Retry(),
            expects=expects,
            token=Ticket(self, token),
        )

    def tell(self, body: Body, *, destination: int, endpoint: int) -> Send:
        """Return a frame to the other side of the cluster to which no answer is awaited."""
        return self.node.tell(
            body,
            destination=destination,
            endpoint=endpoint,
            cluster_id=self.cluster_id,
            to_client=not self.client,
        )


class Services:
    """The services of one node, found by cluster, side and endpoint."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._services: list[Service] = []

    def __iter__(self) -> Iterator[Service]:
        return iter(self._services)

    def add(self, service: Service) -> None:
        """Take on a service; one added later is asked first."""
        self._services.insert(0, service)

    def _of(self, received: Received) -> Iterator[Service]:
        frame, client = received.frame, received.header.to_client
        for service in self._services:
            if (service.cluster_id, service.client) == (frame.cluster_id, client) and (
                frame.destination_endpoint in (service.endpoints or self._node.main)
            ):
                yield service

    def find(self, received: Received) -> Service | None:
        """Return the service that a received frame is for."""
        body = received.body
        for service in self._of(received):
            if not isinstance(body, Command) or service.accepts(body):
                return service
        return None

    def command(
        self, received: Received, command: Command, request: Request | None, now: float
    ) -> list[Output] | None:
        """Hand on a cluster command and the request that it answers; None when no service is for it."""
        service = self.find(received)
        if service is None:
            return None
        if request is not None and isinstance(request.token, Ticket):
            self._node.exchange.answered(request, now)
            if request.token.service is not service:
                request = None
        else:
            request = None
        return service.command(received, command, request, now)

    def general(self, received: Received, now: float) -> list[Output] | None:
        """Hand on a general command that is no response; None when no service takes it."""
        for service in self._of(received):
            outputs = service.general(received, now)
            if outputs is not None:
                return outputs
        return None

    def answered(self, request: Request, received: Received | None, now: float) -> list[Output] | None:
        """Hand on the end of a request; None when no service made it."""
        if not isinstance(request.token, Ticket):
            return None
        return request.token.service.answered(request, received, now)

    def written(self, received: Received, changes: list[Change], now: float) -> list[Output]:
        """Hand on changes that a peer made."""
        outputs: list[Output] = []
        for service in self._of(received) if changes else ():
            outputs += service.written(received, changes, now)
        return outputs

    def tick(self, now: float) -> list[Output]:
        """Let every service do what is due."""
        outputs: list[Output] = []
        for service in self._services:
            due = service.deadline()
            if due is not None and due <= now:
                outputs += service.tick(now)
        return outputs

    def deadline(self) -> float | None:
        """Return when `tick` is next worth calling."""
        times = (service.deadline() for service in self._services)
        return min((t for t in times if t is not None), default=None)

    def forget(self, peer: int) -> None:
        """Let every service forget a node."""
        for service in self._services:
            service.forget(peer)
