"""Follows a server: discovers what it has for us, keeps that fresh, subscribes, delivers what we post.

Sans-IO: requests go out as `Fetch`, `Post` and `Put`, their outcome comes in through `handle`, time is a
parameter. What the events on the lists mean is decided by the `Events` that it is given; `engine.Client` is a
device that lives through them itself.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from handover.errors import NotNow
from handover.sep2 import xml
from handover.sep2.client import links
from handover.sep2.client.clocks import Clocks
from handover.sep2.client.explorer import Explorer
from handover.sep2.client.letters import Letters
from handover.sep2.client.membership import Membership, Standing
from handover.sep2.client.outbox import MemoryOutbox, Outbox
from handover.sep2.client.outputs import (
    Answer,
    Delete,
    Failure,
    Fetch,
    Input,
    Output,
    Post,
    Put,
    ServerBack,
    ServerLost,
    Trouble,
)
from handover.sep2.client.pace import Pace
from handover.sep2.client.schedule import Draw
from handover.sep2.client.subscribing import Subscribe, Subscribing
from handover.sep2.client.tree import Node, Tree
from handover.sep2.resources.device_capability import DeviceCapability
from handover.sep2.resources.subscription import Notification
from handover.sep2.resources.time import Time

_AFTER_EDGE = 1.0
"""Seconds after an event's start or end at which the server is asked what became of it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What one client device is and wants. `category` holds its deviceCategory bits (2018 numbering).

    `authority` is the server's "host:port"; without it, hrefs that name a host are not followed. `follow`
    names the links that matter to the device. `floor` is the shortest time between two polls in seconds.
    `notification_uri` is where the device listens: with it, the client subscribes to what it may. `behind`
    are the LFDIs of devices that it speaks for: their assignments are followed too.
    """

    lfdi: bytes
    sfdi: int
    pin: int | None = None
    category: int = 0
    dcap: str = "/dcap"
    authority: str | None = None
    follow: frozenset[str] = links.EVERYTHING - {"ReadingSetListLink"}
    floor: float = 5.0
    page: int = 50
    parallel: int = 4
    notification_uri: str | None = None
    behind: frozenset[bytes] = frozenset()


class Events(Protocol):
    """What becomes of the events on the lists that are read. Times are Unix seconds of our own clock."""

    @property
    def under_way(self) -> int:
        """How many events have been asked for one by one."""

    @property
    def questions(self) -> bool:
        """Whether `ask` would return anything."""

    def tick(self, now: float) -> list[Output]:
        """Do what has become due."""

    def deadline(self) -> float | None:
        """Return when `tick` is next worth calling."""

    def observe(self, node: Node, now: float) -> list[Output]:
        """Take in the events of a list that has been read."""

    def observe_waiting(self, clock: str, now: float) -> list[Output]:
        """Take in the events that waited for their clock."""

    def end_all(self, node: Node, now: float) -> list[Output]:
        """End the events of a list that is not ours any more."""

    def ask(self, room: int) -> list[Fetch]:
        """Return at most `room` requests for events that have vanished from their lists."""

    def asked(self, fetch: Fetch) -> bool:
        """Tell whether a request is one of ours."""

    def answered(self, answer: Answer, now: float) -> list[Output]:
        """Take in what became of a vanished event."""

    def failed(self, fetch: Fetch) -> None:
        """Take in that a request got no answer."""

    def edges(self, after: float, until: float) -> list[str]:
        """Return the lists whose events begin or end, as the server sees it, in (after, until]."""

    def next_edge(self, after: float) -> float | None:
        """Return the first moment after `after` that `edges` would report."""


@dataclass(slots=True)
class Parts:
    """What `Events` may work with: the documents, the server's clocks, and the way for Responses."""

    tree: Tree
    clocks: Clocks
    letters: Letters


class Follower:
    """One client of one server. `draw` spreads repetitions (see `schedule.Draw`)."""

    def __init__(
        self,
        settings: Settings,
        draw: Draw,
        events: Callable[[Parts], Events],
        *,
        outbox: Outbox | None = None,
    ) -> None:
        self.settings = settings
        self.clocks = Clocks()
        self.tree = Tree(Node(settings.dcap, DeviceCapability), settings.authority)
        self._pace = Pace(settings.floor, lambda: draw("jitter", 1000) / 1000)
        box = MemoryOutbox() if outbox is None else outbox
        self.letters = Letters(settings.lfdi, box, self._pace, settings.authority)
        membership = Membership(
            settings.lfdi, settings.sfdi, settings.pin, settings.follow, behind=settings.behind
        )
        self.membership = membership
        self._explorer = Explorer(self.tree, membership, self.clocks, self._pace, settings.page)
        self._events = events(Parts(self.tree, self.clocks, self.letters))
        self._subscribing = Subscribing(self.tree, settings.notification_uri, settings.page)
        self._puts: deque[Put | Delete] = deque()
        self._putting: Put | Delete | None = None
        self._edges_until = 0.0
        self._started = False

    @property
    def standing(self) -> Standing | None:
        """What we are to the server, None while that is not known."""
        return self._explorer.standing

    @property
    def admitted(self) -> bool:
        """Whether the server has an EndDevice for us, under our PIN."""
        return self.standing is not None and self.standing.path is not None

    @property
    def connected(self) -> bool:
        """Whether the server answered the last time that it was asked."""
        return self._started and not self._pace.lost and self.tree.root.resource is not None

    def start(self, now: float) -> list[Output]:
        """Begin with DeviceCapability. Raises NotNow when called twice."""
        if self._started:
            raise NotNow("this client was started already")
        self._started = True
        self._edges_until = self.tree.root.due = now
        return self._advance(now, [])

    def handle(self, event: Input, now: float) -> list[Output]:
        """Take in the outcome of a request."""
        if isinstance(event, Failure):
            return self._advance(now, self._failed(event, now))
        outputs: list[Output] = [ServerBack()] if self._pace.lost else []
        self._pace.answered()
        return self._advance(now, outputs + self._answered(event, now))

    def tick(self, now: float) -> list[Output]:
        """Do what has become due."""
        return self._advance(now, []) if self._started else []

    def deadline(self) -> float | None:
        """Return when `tick` is next worth calling (Unix seconds)."""
        if not self._started:
            return None
        network = [self.letters.deadline()]
        if self._room() > 0:
            network.append(self._explorer.deadline())
            if self._events.questions:
                network.append(self._pace.resume)
            network.append(self._subscribing.deadline(self.standing))
        asked = [max(time, self._pace.resume) for time in network if time is not None]
        edge = self._events.next_edge(self._edges_until)
        times = [self._events.deadline(), None if edge is None else edge + _AFTER_EDGE, *asked]
        return min((time for time in times if time is not None), default=None)

    def put(self, path: str, resource: Any, now: float) -> list[Output]:
        """PUT a resource of ours; it is not repeated when it fails."""
        self._puts.append(Put(path, xml.encode(resource)))
        return self._advance(now, [])

    def delete(self, path: str, now: float) -> list[Output]:
        """DELETE a resource of ours; it is not repeated when it fails."""
        self._puts.append(Delete(path))
        return self._advance(now, [])

    @property
    def subscriptions(self) -> dict[str, str]:
        """What the server tells us of by itself, with the path of each subscription."""
        return self._subscribing.active

    def notified(self, notification: Notification, now: float) -> list[Output]:
        """Take in a notification of the server: what it speaks of is read again."""
        path = self._subscribing.notified(notification, now)
        if path is not None:
            self._explorer.refresh(path, now)
        return self._advance(now, [])

    def refresh(self, now: float) -> list[Output]:
        """Read everything anew, without waiting for its poll rate."""
        for node in self.tree:
            node.due = min(node.due, now)
        return self._advance(now, [])

    def _room(self) -> int:
        return self.settings.parallel - self._explorer.under_way - self._events.under_way

    def _answered(self, answer: Answer, now: float) -> list[Output]:
        ask = answer.ask
        if isinstance(ask, Subscribe):
            return [*self._subscribing.answered(answer, now)]
        if isinstance(ask, Post):
            return [*self.letters.answered(answer, now)]
        if isinstance(ask, Put | Delete):
            self._putting = None
            fine = 200 <= answer.status < 300
            what = type(ask).__name__.upper()
            return [] if fine else [Trouble(ask.path, f"the server answered {answer.status} to our {what}")]
        if self._events.asked(ask):
            return self._events.answered(answer, now)
        findings = self._explorer.answered(answer, now)
        outputs = findings.outputs
        for clock in findings.clocks:
            outputs += self._events.observe_waiting(clock, now)
        for node in findings.closed:
            outputs += self._events.end_all(node, now)
        for node in findings.read:
            outputs += self._events.observe(node, now)
        return outputs

    def _failed(self, failure: Failure, now: float) -> list[Output]:
        outputs: list[Output] = [] if self._pace.lost else [ServerLost(failure.reason)]
        self._pace.failed(now)
        ask = failure.ask
        if isinstance(ask, Fetch):
            self._explorer.failed(ask, now)
            self._events.failed(ask)
        elif isinstance(ask, Subscribe):
            self._subscribing.failed(now)
        elif isinstance(ask, Post):
            self.letters.failed(now)
        else:
            self._putting = None
            what = type(ask).__name__.upper()
            outputs.append(Trouble(ask.path, f"our {what} got no answer: {failure.reason}"))
        return outputs

    def _advance(self, now: float, outputs: list[Output]) -> list[Output]:
        """Add what is due by itself: events, lists after events' edges, requests."""
        if self.clocks.stepped_back(now):
            self._edges_until = now
            for node in self.tree.of_kind(Time):
                self._explorer.refresh(node.path, now)
        outputs += self._events.tick(now)
        for path in self._events.edges(self._edges_until, now - _AFTER_EDGE):
            self._explorer.refresh(path, now)
        self._edges_until = max(self._edges_until, now - _AFTER_EDGE)
        if now < self._pace.resume:
            return outputs
        outputs += self._events.ask(self._room())
        outputs += self._explorer.ask(now, self._room())
        wish = self._subscribing.next(self.standing, now)
        if wish is not None:
            outputs.append(wish)
        post, lost = self.letters.next(now)
        outputs += lost
        if post is not None:
            outputs.append(post)
        if self._puts and self._putting is None:
            self._putting = self._puts.popleft()
            outputs.append(self._putting)
        return outputs
