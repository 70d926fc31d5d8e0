"""A tree with every row of RESOURCES in it, once for each of two devices, made from the declarations.

Nothing here knows an access rule; what who may do is written down in the tests themselves.
"""

import re
from itertools import count
from typing import Any

from handover.sep2.declaration import fields_of
from handover.sep2.peer import Peer
from handover.sep2.resources import RESOURCES
from handover.sep2.resources.common import Link, ListLink
from handover.sep2.resources.device_capability import DeviceCapability
from handover.sep2.resources.end_device import EndDevice
from handover.sep2.resources.entry import Entry
from handover.sep2.resources.function_set_assignments import FunctionSetAssignments
from handover.sep2.resources.metering_mirror import MirrorUsagePoint
from handover.sep2.resources.response import Response
from handover.sep2.routing import BY_NAME
from handover.sep2.store import Store, links_of
from handover.sep2.types import Boolean, Characters, HexBinary, Integer, Uri

OWN = Peer(bytes.fromhex("3E4F45AB31EDFE5B67E343E5E4562E31984E23E5"), 167261211391)
OTHER = Peer(bytes.fromhex("00000000000000000000000000000000000000AA"), 9)
STRANGER = Peer(bytes.fromhex("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"), 687194767358)
PEERS = {"own": OWN, "other": OTHER, "commissioned": STRANGER, "nobody": None}

RESPONSES = [entry for entry in RESOURCES if entry.item is None and issubclass(entry.resource, Response)]
_numbers = count(1)


def value_of(wire: Any) -> Any:
    """Return a valid value of a wire type."""
    match wire:
        case Integer():
            return 1
        case HexBinary(octets=octets, name=name):
            return next(_numbers).to_bytes(octets) if "128" in name else bytes(octets)
        case Characters():
            return "x"
        case Boolean():
            return True
        case Uri():
            return "/x"
    return sample(wire)


def sample(cls: type[Any]) -> Any:
    """Return an instance with the mandatory fields only."""
    return cls(
        **{
            f.name: [value_of(f.type) for _ in range(f.least)] if f.repeated else value_of(f.type)
            for f in fields_of(cls)
            if f.least
        }
    )


def fill(pattern: str, *ids: int | str) -> str:
    """Put ids into a path pattern; 0 where none is given."""
    left = iter(ids)
    return re.sub(r"\{id\d\}", lambda _: str(next(left, 0)), pattern)


def with_list_links(resource: Any, path: str) -> Any:
    """Set every ListLink that the layout has below `path`."""
    for slot in links_of(type(resource)):
        entry = BY_NAME.get(slot.name.removesuffix("Link"))
        if not slot.is_list or entry is None:
            continue
        ids = re.findall(r"/(\d+)", path)
        href = fill(entry.path, *ids)
        if href.startswith(path + "/") or "{" not in entry.path:
            setattr(resource, slot.name, ListLink(href=href))
    return resource


def place(store: Store, entry: Entry, path: str, peer: Peer) -> None:
    """Put a sample of a row at `path`, belonging to `peer` where resources name their device."""
    if entry.item is not None:
        if store.find(path) is None:
            store.put_list(path)
        return
    resource = sample(entry.resource)
    if not isinstance(resource, DeviceCapability | FunctionSetAssignments):
        with_list_links(resource, path)
    for field in ("lFDI", "endDeviceLFDI", "deviceLFDI"):
        if hasattr(resource, field):
            setattr(resource, field, peer.lfdi)
    if isinstance(resource, EndDevice):
        resource.sFDI = peer.sfdi
        resource.RegistrationLink = Link(href=f"{path}/rg")
    store.put(path, resource)


def paths_of(entry: Entry) -> list[tuple[str, Peer]]:
    """Return where a row stands in the tree, and whose it is there."""
    if issubclass(entry.resource, Response):
        number = RESPONSES.index(entry)
        return [(fill(entry.path, 0, 2 * number), OWN), (fill(entry.path, 0, 2 * number + 1), OTHER)]
    if entry.path.startswith("/edev/{id1}") or entry.resource is MirrorUsagePoint:
        return [(fill(entry.path, 0), OWN), (fill(entry.path, 1), OTHER)]
    return [(fill(entry.path), OWN)]


GIVEN = {
    "/edev/0/fsa/0": ("/dr", "/msg", "/rsps", "/tp", "/tm", "/upt"),
    "/edev/1/fsa/0": ("/tp", "/tm"),
}
_LINK_NAMES = {
    "/dr": "DemandResponseProgramListLink",
    "/msg": "MessagingProgramListLink",
    "/rsps": "ResponseSetListLink",
    "/tp": "TariffProfileListLink",
    "/tm": "TimeLink",
    "/upt": "UsagePointListLink",
}


def assign(store: Store, path: str, hrefs: tuple[str, ...]) -> None:
    """Put function set assignments that link to `hrefs`."""
    assignments = sample(FunctionSetAssignments)
    for href in hrefs:
        name = _LINK_NAMES[href]
        link = ListLink(href=href) if name.endswith("ListLink") else Link(href=href)
        setattr(assignments, name, link)
    store.put(path, assignments)


def full_tree() -> Store:
    """Return the tree: device 0 (OWN) is given everything, device 1 (OTHER) prices and time."""
    store = Store()
    for entry in RESOURCES:
        for path, peer in paths_of(entry):
            place(store, entry, path, peer)
    capability = with_list_links(sample(DeviceCapability), "")
    capability.TimeLink, capability.SelfDeviceLink = Link(href="/tm"), Link(href="/sdev")
    store.put("/dcap", capability)
    for path, hrefs in GIVEN.items():
        assign(store, path, hrefs)
    return store
