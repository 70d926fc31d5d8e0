"""Subscriptions of a client: to the lists that a server lets it watch, renewed, and what notifications mean.

A notification is a hint to read a document again, and no more: its content is not believed, because reading
costs little and is what every other document goes through. Polling goes on at the server's rate, so that a
lost notification costs time and nothing else.
"""

from dataclasses import dataclass

from handover.sep2 import xml
from handover.sep2.client.links import local
from handover.sep2.client.membership import Standing
from handover.sep2.client.outputs import Answer, Post, Trouble
from handover.sep2.client.paging import is_list, items_of
from handover.sep2.client.tree import Node, Tree
from handover.sep2.resources.end_device import EndDeviceList
from handover.sep2.resources.subscription import Notification, Subscription

MOST = 16
RENEWAL = 86_400.0
"""Seconds after which a subscription is posted anew: servers drop those that they could not serve."""

AGAIN = 3600.0
"""Seconds until a server that did not take a subscription is asked again."""

SOON = 60.0
"""Seconds until a subscription is repeated that got no answer."""

_UNCONDITIONAL = 1


@dataclass(slots=True, eq=False)
class Subscribe(Post):
    """POST of a subscription to `watched`."""

    watched: str = ""


class Subscribing:
    """Subscribes to every list of `tree` that may be, with notifications to `uri` (None: to none)."""

    def __init__(self, tree: Tree, uri: str | None, limit: int) -> None:
        self._tree = tree
        self._uri = uri
        self._limit = limit
        self._due: dict[str, float] = {}
        self._active: dict[str, str] = {}
        self._asked: Subscribe | None = None

    @property
    def active(self) -> dict[str, str]:
        """What is subscribed to, with the path of each subscription."""
        return dict(self._active)

    def next(self, standing: Standing | None, now: float) -> Subscribe | None:
        """Return the subscription that is due, one at a time."""
        if self._uri is None or self._asked is not None:
            return None
        place = self._place(standing)
        if place is None:
            return None
        for node in self._offered():
            if self._due.setdefault(node.path, now) <= now:
                wish = Subscription(
                    subscribedResource=node.path,
                    encoding=0,
                    level="-S1",
                    limit=self._limit,
                    notificationURI=self._uri,
                )
                self._asked = Subscribe(place, xml.encode(wish), "", watched=node.path)
                return self._asked
        return None

    def answered(self, answer: Answer, now: float) -> list[Trouble]:
        """Take in the server's answer to a subscription."""
        ask = answer.ask
        assert isinstance(ask, Subscribe)
        self._asked = None
        if answer.status in (200, 201, 204):
            location = next((v for k, v in answer.headers.items() if k.lower() == "location"), ask.path)
            self._active[ask.watched] = location
            self._due[ask.watched] = now + RENEWAL
            return []
        self._active.pop(ask.watched, None)
        self._due[ask.watched] = now + AGAIN
        return [Trouble(ask.watched, f"the server took no subscription ({answer.status}); it is polled")]

    def failed(self, now: float) -> None:
        """Take note that a subscription got no answer; it is asked for again in a minute."""
        if self._asked is not None:
            self._due[self._asked.watched] = now + SOON
            self._asked = None

    def notified(self, notification: Notification, now: float) -> str | None:
        """Return the path of the document that is to be read again; None for what we did not subscribe to."""
        path = local(notification.subscribedResource, self._tree.root.path, self._tree.authority)
        if path is None or path not in self._active:
            return None
        if notification.status:
            del self._active[path]
            self._due[path] = now + AGAIN
        return path

    def deadline(self, standing: Standing | None) -> float | None:
        """Return when `next` has something to ask (Unix seconds)."""
        if self._uri is None or self._asked is not None or self._place(standing) is None:
            return None
        return min((self._due.get(node.path, 0.0) for node in self._offered()), default=None)

    def _offered(self) -> list[Node]:
        offered = [
            node
            for node in self._tree
            if is_list(node.kind) and (getattr(node.resource, "subscribable", None) or 0) & _UNCONDITIONAL
        ]
        return offered[:MOST]

    def _place(self, standing: Standing | None) -> str | None:
        """Return the list of our subscriptions; None when the server has none for us."""
        if standing is None or standing.path is None:
            return None
        for node in self._tree.of_kind(EndDeviceList):
            for device in items_of(node.resource):
                path = local(device.href or node.path, node.path, self._tree.authority)
                if path == standing.path and device.SubscriptionListLink is not None:
                    return local(device.SubscriptionListLink.href, node.path, self._tree.authority)
        return None
