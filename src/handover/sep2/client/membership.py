"""Who we are on a server: our EndDevice, the PIN, the assignments, and so which function sets we follow."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from handover.sep2.client import links
from handover.sep2.client.links import followed, local
from handover.sep2.client.paging import is_list, items_of
from handover.sep2.client.tree import Node as Node
from handover.sep2.client.tree import Tree, Wish
from handover.sep2.resources.device_capability import DeviceCapability
from handover.sep2.resources.end_device import EndDevice, EndDeviceList, Registration
from handover.sep2.resources.function_set_assignments import (
    FunctionSetAssignments,
    FunctionSetAssignmentsList,
)
from handover.sep2.security.identity import same_pin

_SETS = frozenset(links.FUNCTION_SETS)


@dataclass(frozen=True, slots=True)
class Standing:
    """What we are to a server: `path` is that of our EndDevice, None (with a `reason`) when not admitted.

    `confirmed` tells that the server's PIN was compared with ours, `foreign` that it is another one: such a
    server is not the one that we belong to, and nothing is taken from it.
    """

    path: str | None
    reason: str = ""
    confirmed: bool = False
    foreign: bool = False


class Membership:
    """What one device, with this LFDI, SFDI and PIN (None: not compared), may and wants to follow.

    `behind` are the LFDIs of the devices that it speaks for.
    """

    def __init__(
        self,
        lfdi: bytes,
        sfdi: int,
        pin: int | None,
        wanted: frozenset[str],
        *,
        behind: Collection[bytes] = (),
    ) -> None:
        self._lfdi = lfdi
        self._sfdi = sfdi
        self._pin = pin
        self._wanted = wanted
        self.behind = set(behind)

    def own(self, devices: EndDeviceList) -> EndDevice | None:
        """Return our EndDevice: by LFDI, or by SFDI where the server does not give an LFDI."""
        for device in devices.EndDevice:
            if device.lFDI == self._lfdi or (not device.lFDI and device.sFDI == self._sfdi):
                return device
        return None

    def complete(self, devices: EndDeviceList) -> bool:
        """Tell whether every EndDevice that matters to us is on this part of the list."""
        listed = {device.lFDI for device in devices.EndDevice}
        return self.own(devices) is not None and self.behind <= listed

    def _ours(self, devices: EndDeviceList) -> list[EndDevice]:
        """Return our EndDevice and those that we speak for."""
        own = self.own(devices)
        if own is None:
            return []
        return [own, *(d for d in devices.EndDevice if d is not own and d.lFDI in self.behind)]

    def standing(self, tree: Tree) -> Standing | None:
        """Return what we are to the server as far as has been read; None while that is not known."""
        capability = tree.root.resource
        if capability is None:
            return None
        node = tree.node_behind(tree.root, capability.EndDeviceListLink)
        if node is None:
            return Standing(
                None, "the server offers us no EndDeviceList; its operator must admit this device"
            )
        if node.resource is None:
            return None if node.attempts == 0 else Standing(None, "the server's EndDeviceList cannot be read")
        device = self.own(node.resource)
        if device is None:
            reason = f"the server has no EndDevice with our SFDI {self._sfdi}; its operator must admit it"
            return Standing(None, reason)
        path = local(device.href or node.path, node.path, tree.authority) or node.path
        if self._pin is None or device.RegistrationLink is None:
            return Standing(path)
        registration = tree.node_behind(node, device.RegistrationLink)
        if registration is None or not isinstance(registration.resource, Registration):
            failed = registration is not None and registration.attempts > 0
            return Standing(None, "our Registration cannot be read") if failed else None
        if not same_pin(registration.resource.pIN, self._pin):
            reason = "another PIN than ours is registered: this may not be the server that we belong to"
            return Standing(None, reason, foreign=True)
        return Standing(path, confirmed=True)

    def wishes(self, tree: Tree, node: Node) -> tuple[list[Wish], list[str]]:
        """Return the documents that `node` leads us to, and the hrefs that lead away from the server."""
        resource = node.resource
        items: Iterable[Any] = items_of(resource) if is_list(node.kind) else (resource,)
        if isinstance(resource, EndDeviceList):
            items = self._ours(resource)
        found: dict[str, Wish] = {}
        strange = []
        for item in items:
            clock = self._clock(tree, node, item)
            for name, link in followed(item, self._names(tree, item)):
                path = local(link.href, node.path, tree.authority)
                if path is None:
                    strange.append(link.href)
                else:
                    found.setdefault(path, Wish(path, links.TARGETS[name], item, clock))
        return list(found.values()), strange

    def _names(self, tree: Tree, item: Any) -> frozenset[str]:
        """Return the names of the links that we follow from `item`."""
        if isinstance(item, EndDevice):
            standing = self.standing(tree)
            admitted = standing is not None and standing.path is not None
            return self._wanted if admitted else self._wanted - {"FunctionSetAssignmentsListLink"}
        if isinstance(item, DeviceCapability):
            return (self._wanted - _SETS) | (self._wanted & self._public(tree))
        return self._wanted

    def _public(self, tree: Tree) -> frozenset[str]:
        """Return the function sets to take from DeviceCapability: those that no assignment of ours gives.

        None before it is clear what is assigned to us: what is public may be less, or something else.
        """
        standing = self.standing(tree)
        if standing is None or standing.foreign:
            return frozenset()
        if standing.path is None:
            return _SETS
        given = set()
        for node in tree:
            if node.kind is FunctionSetAssignmentsList:
                if node.resource is None and node.attempts == 0:
                    return frozenset()
                for assignment in items_of(node.resource) if node.resource is not None else ():
                    given |= {name for name in _SETS if getattr(assignment, name) is not None}
        return _SETS - given

    @staticmethod
    def _clock(tree: Tree, node: Node, item: Any) -> str | None:
        """Return the path of the Time that is valid below `item`: its own, or the one of its surroundings."""
        own = isinstance(item, FunctionSetAssignments | DeviceCapability) and item.TimeLink
        if own:
            return local(own.href, node.path, tree.authority) or node.clock
        return node.clock
