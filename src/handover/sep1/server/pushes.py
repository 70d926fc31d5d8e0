"""What an ESI sends to its devices unasked: per device in order, one at a time, repeated until answered.

Here: who is admitted, and what waits for whom. What is pushed comes from the tables of prices, events and
messages at the moment of sending, so that what has been dropped meanwhile is not sent any more.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from handover.errors import NotNow
from handover.sep1.codec import PLACES
from handover.sep1.declaration import Command
from handover.sep1.exchange import Request, Retry
from handover.sep1.general import GeneralCommand
from handover.sep1.node import Node
from handover.sep1.server.outputs import PushConcluded, Send

QUEUE_LIMIT = 64
"""Pushes that wait for one device at most; the oldest is given up for a new one."""

Body = Command | GeneralCommand
Push = Callable[[int], Body | None]
"""Makes what is sent at a ZigBee time, or None when there is nothing to send any more."""


@dataclass(slots=True)
class Waiting:
    """A push on its way to one device."""

    cluster_id: int
    make: Push


@dataclass(slots=True)
class Admitted:
    """A device that may talk to us: its endpoint, and what waits for it."""

    endpoint: int
    waiting: deque[Waiting] = field(default_factory=deque)
    under_way: bool = False


class Pushes:
    """The admitted devices of an ESI, and what is on its way to them."""

    def __init__(self, node: Node, retry: Retry) -> None:
        self.devices: dict[int, Admitted] = {}
        self._node = node
        self._retry = retry

    def admit(self, eui64: int, endpoint: int) -> None:
        """Let a device talk to us and be told things; harmless when repeated."""
        self.devices.setdefault(eui64, Admitted(endpoint)).endpoint = endpoint

    def expel(self, eui64: int) -> None:
        """Forget a device and what waits for it."""
        self.devices.pop(eui64, None)
        self._node.exchange.forget(eui64)

    def add(self, cluster_id: int, make: Push, to: int | None = None) -> None:
        """Queue a push to one device or (None) to all. Raises NotNow for a device that is not admitted."""
        if to is not None and to not in self.devices:
            raise NotNow(f"device {to:016X} is not admitted to this HAN; admit it first")
        for eui64, device in self.devices.items():
            if to in (None, eui64):
                if len(device.waiting) >= QUEUE_LIMIT:
                    device.waiting.popleft()
                device.waiting.append(Waiting(cluster_id, make))

    def advance(self, utc: int, now: float) -> list[Send]:
        """Send the next push to every device that owes us no answer."""
        sends = []
        for eui64, device in self.devices.items():
            while device.waiting and not device.under_way:
                push = device.waiting.popleft()
                body = push.make(utc)
                if body is None:
                    continue
                try:
                    sends.append(self._send(eui64, device, push, body, now))
                except NotNow:  # too much is in flight: it keeps its place
                    device.waiting.appendleft(push)
                    return sends
                device.under_way = True
        return sends

    def concluded(self, request: Request, status: int | None) -> PushConcluded:
        """Take note of the end of a push."""
        device = self.devices.get(request.destination)
        if device is not None:
            device.under_way = False
        return PushConcluded(request.destination, request.cluster_id, request.command_id, status)

    def _send(self, eui64: int, device: Admitted, push: Waiting, body: Body, now: float) -> Send:
        place = PLACES.get(type(body)) if isinstance(body, Command) else None
        return self._node.request(
            body,
            destination=eui64,
            endpoint=device.endpoint,
            cluster_id=push.cluster_id,
            to_client=place.to_client if place else push.cluster_id in CLIENT_SIDE,
            now=now,
            retry=self._retry,
        )


CLIENT_SIDE = frozenset({0x0700, 0x0701})
"""Clusters of which a device's attributes are those of the client side."""
