"""Subscription and notification, the server's side (clause 8.6): who wants to hear of what, and when they do.

A subscription is a resource of the tree like any other: kept over a restart with it, and gone with its
device. A notification goes to the host that subscribed, and to no other: `notificationURI` is a wish that we
connect somewhere, and must not make us a tool against third parties. What a notification shows is what its
subscriber may read at the moment of sending.
"""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from handover.errors import DecodeError, NotNow, Refused
from handover.sep2 import exi, xml
from handover.sep2.media import EXI_CONTENT_TYPE, XML_CONTENT_TYPE
from handover.sep2.peer import Peer
from handover.sep2.resources.end_device import EndDevice
from handover.sep2.resources.metering import Reading
from handover.sep2.resources.subscription import Notification, Subscription
from handover.sep2.security.policy import Access
from handover.sep2.server.hooks import Created, Done, Existing, Hook, Outcome, Unsupported, Write
from handover.sep2.server.post_box import Notify, PostBox
from handover.sep2.server.rendering import Renderer
from handover.sep2.store import Change, Node, Store

CHANGED, CANCELLED, DELETED = 0, 1, 4
"""Notification.status."""

_UNCONDITIONAL, _CONDITIONAL = 1, 2
"""Bits of `subscribable`."""

_NO_CONDITIONS = 3
"""Error.reasonCode for conditions that are not supported."""

_READING_VALUE = 0
_EXI = 1

Owns = Callable[[Peer, str, str], bool]
"""(client, host of its notificationURI, address that it came from): whether the host is the client's own."""


def same_address(peer: Peer, host: str, address: str) -> bool:
    """Accept an IP address that is the one from which the client speaks; names prove nothing."""
    try:
        return _unmapped(host) == _unmapped(address)
    except ValueError:
        return False


def _unmapped(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    address = ipaddress.ip_address(text.partition("%")[0])
    return getattr(address, "ipv4_mapped", None) or address


@dataclass(frozen=True, slots=True)
class Options:
    """How the server calls its clients. `base` is our own address, "https://host:port".

    `room` is how many subscriptions one device may have, `most_items` bounds the list items in a
    notification, `spacing` is the shortest time between two of one subscription in seconds. Notifications go
    out over `schemes` only: over plain HTTP everybody on the way reads along.
    """

    base: str
    room: int = 32
    most_items: int = 255
    spacing: float = 1.0
    schemes: frozenset[str] = frozenset({"https"})
    owns: Owns = same_address


@dataclass(slots=True)
class _Watch:
    """A subscription and the paths whose changes concern it."""

    subscription: Subscription
    device: str
    triggers: frozenset[str]


class Subscriptions:
    """The subscriptions of a server's clients."""

    def __init__(self, store: Store, access: Access, renderer: Renderer, options: Options) -> None:
        self._store = store
        self._access = access
        self._renderer = renderer
        self._options = options
        self._box = PostBox(options.spacing)
        self._watches: dict[str, _Watch] = {}
        self._concerned: dict[str, set[str]] = {}
        self._touched: dict[str, None] = {}
        for path, subscription in list(store.of_class(Subscription).items()):
            self._watch(path, subscription)
            self._touched[path] = None  # what happened while we were away is not known
        store.listen(self._changed)

    def hooks(self) -> dict[tuple[str, str], Hook]:
        """Return the writes that make, change and end subscriptions."""
        return {
            ("POST", "SubscriptionList"): self._post,
            ("PUT", "Subscription"): self._put,
            ("DELETE", "Subscription"): self._delete,
        }

    def tick(self, now: float) -> list[Notify]:
        """Return the notifications that are to be sent now."""
        touched, self._touched = self._touched, {}
        for path in touched:
            self._consider(path, now)
        return self._box.due(now)

    def delivered(self, key: str, status: int, now: float) -> None:
        """Take note of the subscriber's answer. 404 and 410 say that it does not want to hear any more."""
        if 200 <= status < 300:
            self._box.taken(key, now)
        elif status in (404, 410):
            self._end(key)
        else:
            self.failed(key, now)

    def failed(self, key: str, now: float) -> None:
        """Take note that a notification found nobody; after a day the subscription ends."""
        if not self._box.failed(key, now):
            self._end(key)

    def deadline(self) -> float | None:
        """Return when `tick` is next worth calling; the past when something has just changed."""
        return float("-inf") if self._touched else self._box.deadline()

    # What clients ask for

    def _post(self, write: Write) -> Outcome:
        wanted: Subscription = write.resource
        self._check(write, wanted)
        paths = self._store.paths(write.path)
        for path in paths:
            known = self._store.get(path)
            if (known.subscribedResource, known.notificationURI) == (
                wanted.subscribedResource,
                wanted.notificationURI,
            ):
                self._store.put(path, wanted)
                return Existing(path)
        if len(paths) >= self._options.room:
            raise NotNow(f"a device may have {self._options.room} subscriptions; delete some first")
        return Created(self._store.add(write.path, wanted))

    def _put(self, write: Write) -> Outcome:
        self._check(write, write.resource)
        self._store.put(write.path, write.resource)
        return Done()

    def _delete(self, write: Write) -> Outcome:
        self._store.delete(write.path)
        return Done()

    def _check(self, write: Write, wanted: Subscription) -> None:
        """Refuse what cannot be subscribed to, and addresses that are not the client's own."""
        node = self._store.find(wanted.subscribedResource)
        if node is None or not self._access.scope(write.peer).sees(wanted.subscribedResource):
            raise Refused(
                f"there is nothing to subscribe to at {wanted.subscribedResource!r} for this client"
            )
        offered = _subscribable(node)
        if wanted.Condition is None:
            if not offered & _UNCONDITIONAL:
                raise Refused(f"{node.path} takes no subscriptions without a condition; poll it")
        elif (
            not offered & _CONDITIONAL
            or node.cls is not Reading
            or wanted.Condition.attributeIdentifier != _READING_VALUE
        ):
            raise Unsupported(f"{node.path} takes no subscriptions with this condition", _NO_CONDITIONS)
        if wanted.encoding not in (0, _EXI) or wanted.level.upper() not in ("-S1", "+S1"):
            raise DecodeError(
                f"encoding {wanted.encoding} at level {wanted.level!r} is not known; send 0 (XML) or 1 (EXI) "
                'and "-S1"'
            )
        try:
            uri = urlsplit(wanted.notificationURI)
            host, _ = uri.hostname or "", uri.port
        except ValueError:
            raise DecodeError(f"notificationURI {wanted.notificationURI!r} is not a URI") from None
        if uri.scheme not in self._options.schemes or uri.username is not None:
            schemes = " or ".join(sorted(self._options.schemes))
            raise Refused(f"notifications go out over {schemes}, to an address without a user name")
        if not self._options.owns(write.peer, host, write.address):
            raise Refused(
                f"notificationURI names the host {host!r}, and the subscriber speaks from "
                f"{write.address or '?'}: notifications go to the subscriber's own address only"
            )

    # What happens in the tree

    def _changed(self, change: Change) -> None:
        if change.cls is Subscription:
            self._unwatch(change.path)
            if change.resource is not None:
                self._watch(change.path, change.resource)
            return
        parent = change.path.rpartition("/")[0]
        for concerned in (change.path, parent):
            for path in self._concerned.get(concerned, ()):
                self._touched[path] = None

    def _watch(self, path: str, subscription: Subscription) -> None:
        watched = subscription.subscribedResource
        listing = self._store.listing(watched)
        source = {listing.source.path} if listing is not None and listing.source is not None else set()
        triggers = frozenset({watched} | source)
        self._watches[path] = _Watch(subscription, "/".join(path.split("/")[:3]), triggers)
        for trigger in triggers:
            self._concerned.setdefault(trigger, set()).add(path)

    def _unwatch(self, path: str) -> None:
        watch = self._watches.pop(path, None)
        if watch is not None:
            for trigger in watch.triggers:
                self._concerned[trigger].discard(path)
        self._touched.pop(path, None)

    def _consider(self, path: str, now: float) -> None:
        """Decide what the change of a watched resource is worth."""
        watch = self._watches.get(path)
        if watch is None:
            return
        peer = self._peer(watch)
        node = self._store.find(watch.subscription.subscribedResource)
        if peer is None:
            self._end(path)
            return
        if node is None or not self._access.scope(peer).sees(node.path):
            self._farewell(path, watch, peer, DELETED if node is None else CANCELLED, now)
            return
        condition = watch.subscription.Condition
        if condition is not None:
            value = node.resource.value
            if value is None or condition.lowerThreshold <= value <= condition.upperThreshold:
                return
        self._box.put(path, lambda: self._notify(path), now)

    def _notify(self, path: str) -> Notify | None:
        """Make the notification of a subscription as of now."""
        watch = self._watches.get(path)
        peer = None if watch is None else self._peer(watch)
        if watch is None or peer is None:
            return None
        scope = self._access.scope(peer)
        node = self._store.find(watch.subscription.subscribedResource)
        if node is None or not scope.sees(node.path):
            return None
        notification = self._make(path, watch.subscription, CHANGED)
        limit = min(watch.subscription.limit, self._options.most_items)
        notification.Resource = self._renderer.notified(node, limit, scope)
        return _letter(path, watch.subscription, peer, notification)

    def _farewell(self, path: str, watch: _Watch, peer: Peer, status: int, now: float) -> None:
        """End a subscription from our side, and say so."""
        letter = _letter(path, watch.subscription, peer, self._make(path, watch.subscription, status))
        self._end(path)
        self._box.put(path, lambda: letter, now)

    def _end(self, path: str) -> None:
        self._box.forget(path)
        self._store.delete(path)

    def _make(self, path: str, subscription: Subscription, status: int) -> Notification:
        return Notification(
            subscribedResource=subscription.subscribedResource,
            status=status,
            subscriptionURI=urljoin(self._options.base, path),
        )

    def _peer(self, watch: _Watch) -> Peer | None:
        device = self._store.get(watch.device)
        if not isinstance(device, EndDevice) or device.lFDI is None:
            return None
        return Peer(device.lFDI, device.sFDI)


def _subscribable(node: Node) -> int:
    if node.listing is not None:
        return node.listing.subscribable or 0
    return getattr(node.resource, "subscribable", None) or 0


def _letter(path: str, subscription: Subscription, peer: Peer, notification: Notification) -> Notify:
    is_exi = subscription.encoding == _EXI
    body = exi.encode(notification) if is_exi else xml.encode(notification)
    content_type = EXI_CONTENT_TYPE if is_exi else XML_CONTENT_TYPE
    return Notify(path, subscription.notificationURI, peer.lfdi, content_type, body)
