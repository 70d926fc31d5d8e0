"""What one client may do: its zones looked up in the access table."""

from typing import Any

from handover.sep2.listing import Listing
from handover.sep2.peer import Peer
from handover.sep2.resources.end_device import EndDevice, EndDeviceList
from handover.sep2.resources.metering_mirror import MirrorUsagePointList
from handover.sep2.resources.response import ResponseList
from handover.sep2.security.identity import sfdi
from handover.sep2.security.policy import Decision, Policy, Registering
from handover.sep2.security.rules import GRANTS, OWN_IDENTITY, READ, Role, Zone
from handover.sep2.security.zones import Zones
from handover.sep2.store import Store

OUT_OF_BAND = "registration is out-of-band: the operator admits a device by its SFDI and PIN"
_NO_CERTIFICATE = Decision(False, 403, "no client certificate was accepted")
_SPEAKS_FOR_ITSELF = Decision(True, 200, "the client speaks for itself")
_ALLOWED = {zone: Decision(True, 200, zone.value) for zone in Zone}


class Nobody:
    """No certificate, no access: the TLS layer refuses before, and so does this."""

    role = Role.ANONYMOUS

    def decide(self, method: str, path: str) -> Decision:
        """Refuse."""
        return _NO_CERTIFICATE

    def sees(self, path: str) -> bool:
        """Refuse."""
        return False

    def part(self, listing: Listing) -> list[str] | None:
        """Show nothing."""
        return []

    def accepts(self, resource: Any) -> Decision:
        """Refuse."""
        return _NO_CERTIFICATE


class PeerScope:
    """What a client with an accepted certificate may do."""

    def __init__(self, store: Store, policy: Policy, zones: Zones, peer: Peer) -> None:
        self._store = store
        self._in_band = policy.registering is Registering.IN_BAND
        self._proxies = policy.proxies
        self._zones = zones
        self._peer = peer
        self._grants = {zone: methods for (role, zone), methods in GRANTS.items() if role is zones.role}
        self._own_items: dict[str, tuple[Listing, int, list[str]]] = {}

    @property
    def role(self) -> Role:
        """Return whether the client is registered."""
        return self._zones.role

    def decide(self, method: str, path: str) -> Decision:
        """Look the role and the zone up in the table."""
        zone = self._zones.of(path)
        if method in self._grants.get(zone, ()):
            return _ALLOWED[zone]
        if method == "POST" and zone in (Zone.DEVICE_LIST, Zone.CLOSED_LIST):
            if self._in_band or (self._proxies and self.role is Role.REGISTERED):
                return Decision(True, 200, "devices may register themselves")
            return Decision(False, 403, OUT_OF_BAND, OUT_OF_BAND)
        reason = f"{zone.value}; the client is {self.role.value}"
        return Decision(False, 404 if method in READ else 403, reason)

    def sees(self, path: str) -> bool:
        """Tell whether the table lets the client read `path`."""
        return "GET" in self._grants.get(self._zones.of(path), ())

    def accepts(self, resource: Any) -> Decision:
        """Compare the identity that the body names with the client's."""
        for cls in type(resource).__mro__:
            field = OWN_IDENTITY.get(cls.__name__)
            if field is None:
                continue
            named = getattr(resource, field)
            if isinstance(resource, EndDevice):
                return self._introduces(resource)
            if named is not None and named not in self._zones.lfdis:
                return _speaks_for_another(field)
        return _SPEAKS_FOR_ITSELF

    def _introduces(self, device: EndDevice) -> Decision:
        """Judge an EndDevice that is sent: the client's own, or one behind it where that is allowed."""
        named = device.lFDI
        if named is None or named == self._peer.lfdi:
            own = device.sFDI == self._peer.sfdi
            return _SPEAKS_FOR_ITSELF if own else _speaks_for_another("sFDI")
        behind = self._proxies and self.role is Role.REGISTERED and device.sFDI == sfdi(named)
        return _SPEAKS_FOR_ITSELF if behind else _speaks_for_another("lFDI")

    def part(self, listing: Listing) -> list[str] | None:
        """Return the client's own items of a list that has several owners, the given ones of any other."""
        cls = listing.entry.resource
        if cls is EndDeviceList:
            return list(self._zones.devices)
        if cls is ResponseList:
            return self._own(listing, "endDeviceLFDI")
        if cls is MirrorUsagePointList:
            return self._own(listing, "deviceLFDI")
        if "GET" in self._grants.get(self._zones.whole(listing.path), ()):
            return None
        return self._zones.pieces(listing.path)

    def _own(self, listing: Listing, field: str) -> list[str]:
        """Return the items whose `field` names the client; found anew after a change only."""
        known = self._own_items.get(listing.path)
        if known is None or known[0] is not listing or known[1] != listing.version:
            paths = self._store.paths(listing.path)
            own = [path for path in paths if getattr(self._store.get(path), field) in self._zones.lfdis]
            known = self._own_items[listing.path] = (listing, listing.version, own)
        return known[2]


def _speaks_for_another(field: str) -> Decision:
    text = f"{field} names another device than the client's certificate does"
    return Decision(False, 403, text, text)
