"""Who may do what with which resource: finds the client behind a certificate, and what it was given.

A client is *registered* when an EndDevice with its LFDI (or, where that is not filled in yet, its SFDI)
exists, is not disabled, and has a Registration. What its function set assignments link to is given to it
with everything below; nothing else is. One that speaks for others (a ProxiedDevice of each stands below its
EndDevice) is treated for them as they would be. The table itself is in `rules`. Certificates are checked
elsewhere.
"""

from handover.sep2.peer import Peer
from handover.sep2.resources.end_device import EndDevice, Registration, SelfDevice
from handover.sep2.resources.function_set_assignments import FunctionSetAssignments
from handover.sep2.resources.proxied_device import ProxiedDevice
from handover.sep2.security.policy import Access, Decision, Policy, Registering, Scope
from handover.sep2.security.scope import Nobody, PeerScope
from handover.sep2.security.zones import Zones
from handover.sep2.store import Change, Store

__all__ = ["Access", "AccessRules", "Decision", "Policy", "Registering", "Scope"]

MOST_SCOPES = 4096
_DECISIVE = (EndDevice, ProxiedDevice, Registration, FunctionSetAssignments, SelfDevice)
NOBODY: Scope = Nobody()


class AccessRules:
    """The policy of this server, over a store that it watches for changes of registrations."""

    def __init__(self, store: Store, policy: Policy | None = None) -> None:
        self._store = store
        self._policy = policy or Policy()
        self._replies: dict[str, set[str]] = {}
        self._asking: dict[str, str] = {}
        self._devices: dict[bytes | int, str] = {}
        self._keys: dict[str, bytes | int] = {}
        self._scopes: dict[Peer, PeerScope] = {}
        for path in store.subtree(""):
            node = store.find(path)
            if node is not None and node.resource is not None:
                self._changed(Change(path, node.cls, node.resource, None))
        store.listen(self._changed)

    def scope(self, peer: Peer | None) -> Scope:
        """Return what `peer` may do; found out once for a client, until a registration changes."""
        if peer is None:
            return NOBODY
        scope = self._scopes.get(peer)
        if scope is None:
            if len(self._scopes) >= MOST_SCOPES:
                self._scopes.clear()
            own = self.device_of(peer)
            zones = Zones(self._store, self._policy, self._replies, peer.lfdi, own, self._behind(own))
            scope = self._scopes[peer] = PeerScope(self._store, self._policy, zones, peer)
        return scope

    def explain(self, peer: Peer | None, method: str, path: str) -> str:
        """Return one sentence that says what is decided and why."""
        scope = self.scope(peer)
        decision = scope.decide(method, path)
        who = f"{peer.lfdi.hex().upper()} ({scope.role.value})" if peer else f"a client {scope.role.value}"
        return f"{method} {path} by {who}: {'allowed' if decision.allowed else 'refused'}, {decision.reason}"

    def device_of(self, peer: Peer) -> str | None:
        """Return the path of the client's EndDevice, if there is one."""
        return self._devices.get(peer.lfdi) or self._devices.get(peer.sfdi)

    def _behind(self, own: str | None) -> list[str]:
        """Return the EndDevices of those for which the device at `own` speaks."""
        if own is None:
            return []
        proxied = self._store.of_class(ProxiedDevice).items()
        found = [self._devices.get(p.lFDI or p.sFDI) for path, p in proxied if path.startswith(f"{own}/")]
        return [path for path in found if path is not None and path != own]

    def _changed(self, change: Change) -> None:
        if change.cls is EndDevice:
            self._index_device(change.path, change.resource)
        reply_to = getattr(change.resource, "replyTo", None)
        if reply_to or change.path in self._asking:
            self._index_reply(change.path, reply_to)
        made_or_gone = change.resource is None and change.previous is None  # a part of a list, or live
        if made_or_gone or change.cls in _DECISIVE:
            self._scopes.clear()

    def _index_device(self, path: str, device: EndDevice | None) -> None:
        old = self._keys.pop(path, None)
        if old is not None and self._devices.get(old) == path:
            del self._devices[old]
        if device is not None:
            # An SFDI has 36 bits only, so it counts no longer once the LFDI is known.
            key: bytes | int = device.lFDI or device.sFDI
            self._keys[path] = key
            self._devices[key] = path

    def _index_reply(self, path: str, reply_to: str | None) -> None:
        """Note at which list the event at `path` asks for responses."""
        old = self._asking.pop(path, None)
        if old is not None:
            events = self._replies[old]
            events.discard(path)
            if not events:
                del self._replies[old]
        if reply_to:
            self._asking[path] = reply_to
            self._replies.setdefault(reply_to, set()).add(path)
