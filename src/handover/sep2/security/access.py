"""Who may do what with which resource: finds the client behind a certificate, and what it was given.

A client is *registered* when an EndDevice with its LFDI (or, where that is not filled in yet, its SFDI)
exists, is not disabled, and has a Registration. What its function set assignments link to is given to it
with everything below; nothing else is. The table itself is in `rules`. Certificates are checked elsewhere.
"""

from handover.sep2.peer import Peer
from handover.sep2.resources.end_device import EndDevice, Registration, SelfDevice
from handover.sep2.resources.function_set_assignments import FunctionSetAssignments
from handover.sep2.security.policy import Access, Decision, Policy, Registering, Scope
from handover.sep2.security.scope import Nobody, PeerScope
from handover.sep2.security.zones import Zones
from handover.sep2.store import Change, Store

__all__ = ["Access", "AccessRules", "Decision", "Policy", "Registering", "Scope"]

MOST_SCOPES = 4096
NOBODY: Scope = Nobody()


class AccessRules:
    """The policy of this server, over a store that it watches for changes of registrations."""

    def __init__(self, store: Store, policy: Policy | None = None) -> None:
        self._store = store
        self._policy = policy or Policy()
        self._replies: dict[str, set[str]] = {}
        self._devices: dict[bytes | int, str] = {}
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
            zones = Zones(self._store, self._policy, self._replies, peer.lfdi, own)
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

    def _changed(self, change: Change) -> None:
        for resource, add in ((change.previous, False), (change.resource, True)):
            if isinstance(resource, EndDevice):
                self._index(resource, change.path, add)
            reply_to = getattr(resource, "replyTo", None)
            if reply_to and add:
                self._replies.setdefault(reply_to, set()).add(change.path)
            elif reply_to:
                self._replies.get(reply_to, set()).discard(change.path)
        made_or_gone = change.resource is None and change.previous is None  # a part of a list, or live
        if made_or_gone or change.cls in (EndDevice, Registration, FunctionSetAssignments, SelfDevice):
            self._scopes.clear()

    def _index(self, device: EndDevice, path: str, add: bool) -> None:
        # An SFDI has 36 bits only, so it counts no longer once the LFDI is known.
        key: bytes | int = device.lFDI or device.sFDI
        if add:
            self._devices[key] = path
        elif self._devices.get(key) == path:
            del self._devices[key]
