"""What a path is to one client: finds the zone that the access table speaks of. No decision is made here."""

from collections.abc import Mapping, Sequence, Set

from handover.sep2.listing import Listing
from handover.sep2.resources.device_capability import DeviceCapability
from handover.sep2.resources.end_device import EndDevice, EndDeviceList, Registration, SelfDevice
from handover.sep2.resources.function_set_assignments import FunctionSetAssignments
from handover.sep2.resources.metering_mirror import MirrorUsagePoint, MirrorUsagePointList
from handover.sep2.resources.response import Response, ResponseList
from handover.sep2.resources.time import Time
from handover.sep2.security.policy import Policy, Registering
from handover.sep2.security.rules import Role, Zone
from handover.sep2.store import Node, Store, links_of


class Zones:
    """The zones of one client, whose EndDevice (if any) is at `own`.

    `proxied` are the EndDevices of those it speaks for: they count as its own. `replies` says, for each list
    of responses, which events ask for answers there. The assignments are read once: whoever keeps this makes
    a new one when they change.
    """

    def __init__(
        self,
        store: Store,
        policy: Policy,
        replies: Mapping[str, Set[str]],
        lfdi: bytes,
        own: str | None,
        proxied: Sequence[str] = (),
    ) -> None:
        self._store = store
        self._replies = replies
        self._open = policy.registering is Registering.IN_BAND
        self._devices = store.of_class(EndDevice)
        self._mirrors = store.of_class(MirrorUsagePoint)
        self.own = own
        device = store.get(own) if own else None
        self.role = Role.REGISTERED if self._is_registered(device) else Role.COMMISSIONED
        speaks = proxied if self.role is Role.REGISTERED else ()
        self.devices = [path for path in (own, *speaks) if path is not None]
        """Paths of the EndDevices that the client stands for: its own first."""
        spoken = (store.get(path).lFDI for path in speaks)
        self.lfdis = frozenset([lfdi, *(known for known in spoken if known)])
        """The identities that the client may give as its own."""
        self._registrations, self._assignments = set[str](), list[str]()
        for path in self.devices:
            self._note(store.get(path))
        self._parts: list[Listing] = []
        self._anchors = dict.fromkeys(policy.public, Zone.PUBLIC)
        if self.role is Role.REGISTERED:
            self._collect_assignments()
        self._pieces: dict[str, list[str]] = {}
        for path in self._anchors:
            self._pieces.setdefault(path.rpartition("/")[0], []).append(path)
        self._anchors |= dict.fromkeys(store.of_class(SelfDevice), Zone.SELF_PARTS)

    def of(self, path: str) -> Zone:
        """Return what `path` is to the client. A list of which only items are given counts as they do."""
        zone = self.whole(path)
        if zone is Zone.UNGIVEN and path in self._pieces and self._store.listing(path) is not None:
            return self._anchors[self._pieces[path][0]]
        return zone

    def pieces(self, path: str) -> list[str]:
        """Return the items of a list that are given one by one."""
        return self._pieces.get(path, [])

    def whole(self, path: str) -> Zone:
        """Return what `path` is to the client; a list of which only items are given is not."""
        found = Zone.UNGIVEN
        anchors, devices, mirrors = self._anchors, self._devices, self._mirrors
        end = 0
        while end >= 0:
            end = path.find("/", end + 1)
            above = path if end < 0 else path[:end]
            # Devices and mirrors come first: no assignment and no setting opens those of others.
            if above in devices:
                return self._device_zone(above, path)
            if above in mirrors:
                own = mirrors[above].deviceLFDI in self.lfdis
                return Zone.OWN_MIRROR if own else Zone.OTHER_MIRROR
            if above in anchors and found is not Zone.ASSIGNED:
                found = anchors[above]
            if self._parts and any(above in part for part in self._parts):
                found = Zone.ASSIGNED
        node = self._store.find(path)
        return found if node is None else self._node_zone(node, found)

    def _node_zone(self, node: Node, found: Zone) -> Zone:
        """Return the zone of what stands at a path that is public, given, or neither: `found`."""
        cls = node.cls
        if cls is DeviceCapability:
            return Zone.CAPABILITY
        if cls is Time:
            return Zone.CLOCK
        if cls is SelfDevice:
            return Zone.SELF
        if cls is EndDeviceList:
            return Zone.DEVICE_LIST if self.own or self._open else Zone.CLOSED_LIST
        if cls is MirrorUsagePointList:
            return Zone.MIRROR_LIST
        if cls is ResponseList:
            may = found is Zone.ASSIGNED or self._is_asked_at(node.path)
            return Zone.RESPONSE_LIST if may else Zone.OTHER_RESPONSE
        if issubclass(cls, Response):
            own = node.resource is not None and node.resource.endDeviceLFDI in self.lfdis
            return Zone.OWN_RESPONSE if own else Zone.OTHER_RESPONSE
        return found

    def _device_zone(self, root: str, path: str) -> Zone:
        if root not in self.devices:
            return Zone.OTHER_DEVICE
        if path == root:
            return Zone.OWN_DEVICE
        if path in self._registrations:
            return Zone.OWN_REGISTRATION
        if any(path == given or path.startswith(given + "/") for given in self._assignments):
            return Zone.OWN_ASSIGNMENTS
        node = self._store.find(path)
        if node is not None and node.cls in (Registration, FunctionSetAssignments):
            return Zone.OWN_ASSIGNMENTS  # whatever the layout: never the client's to write
        return Zone.OWN_PARTS

    def _is_asked_at(self, path: str) -> bool:
        """Tell whether an event that was given to the client asks for responses at `path`."""
        return any(self.whole(event) is Zone.ASSIGNED for event in self._replies.get(path, ()))

    def _is_registered(self, device: EndDevice | None) -> bool:
        registration = _href(device, "RegistrationLink")
        if device is None or device.enabled is False or registration is None:
            return False
        return isinstance(self._store.get(registration), Registration)

    def _note(self, device: EndDevice) -> None:
        """Note where the registration and the assignments of a device are; none count before it has both."""
        registration = _href(device, "RegistrationLink")
        assignments = _href(device, "FunctionSetAssignmentsListLink")
        if registration is not None:
            self._registrations.add(registration)
        if assignments is not None and self._is_registered(device):
            self._assignments.append(assignments)

    def _collect_assignments(self) -> None:
        """Note what the function set assignments link to; parts of lists give the items that they hold."""
        for assignments in [item for path in self._assignments for item in self._store.items(path)]:
            for slot in links_of(type(assignments)):
                link = getattr(assignments, slot.name)
                if link is None or len(link.href) < 2:
                    continue
                self._anchors[link.href] = Zone.ASSIGNED
                listing = self._store.listing(link.href)
                if listing is not None and listing.source is not None:
                    self._parts.append(listing)


def _href(device: EndDevice | None, name: str) -> str | None:
    link = getattr(device, name, None)
    return None if link is None else link.href
