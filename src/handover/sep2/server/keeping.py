"""Hooks for what a device writes about itself and the server only keeps: description, states, settings, log.

Which resources these are follows from the method table: everything below an EndDevice, except what is the
server's to say (registration, assignments, reservations granted) or has consequences (subscriptions). Who
needs more (a journal, consequences) puts hooks of its own in their place.
"""

from dataclasses import replace
from typing import Any

from handover.errors import NotNow
from handover.sep2.resources import RESOURCES
from handover.sep2.resources.common import Link
from handover.sep2.resources.der_device import DER
from handover.sep2.resources.entry import Entry
from handover.sep2.server.hooks import Created, Done, Existing, Hook, Outcome, Write
from handover.sep2.store import Store

_SERVER_SAYS = frozenset(
    {
        "AssociatedDERProgramList",
        "AssociatedUsagePoint",
        "CurrentDERProgram",
        "FlowReservationResponse",
        "FlowReservationResponseList",
        "FunctionSetAssignments",
        "FunctionSetAssignmentsList",
        "ProxiedDevice",
        "ProxiedDeviceList",
        "Registration",
        "Subscription",
        "SubscriptionList",
    }
)
_OFFERED = "MO"
_DER_PARTS = {
    "DERAvailabilityLink": "dera",
    "DERCapabilityLink": "dercap",
    "DERSettingsLink": "derg",
    "DERStatusLink": "ders",
}
ROOM = 255
"""Items kept in one list; of log events the oldest goes, the other lists are full then."""


def _kept(entry: Entry) -> bool:
    return entry.path.startswith("/edev/{id1}/") and entry.name not in _SERVER_SAYS


def _makes_sense(method: str, entry: Entry) -> bool:
    """Tell whether a method that the table leaves to us is offered here.

    What has happened is not rewritten, and what a device has once and for all is not deleted.
    """
    if method == "DELETE":
        return entry.path.endswith("}")
    return (method, entry.name) != ("PUT", "LogEvent")


def keeping(store: Store, *, room: int = ROOM) -> dict[tuple[str, str], Hook]:
    """Return the hooks, over `store`."""

    def put(write: Write) -> Outcome:
        store.put(write.path, write.resource)
        return Done()  # for a new one too: clients take 201 for a refusal here

    def post(write: Write) -> Outcome:
        paths = store.paths(write.path)
        for path, item in zip(paths, store.items(write.path), strict=True):
            if _same(item, write.resource):
                return Existing(path)
        if len(paths) >= room:
            if write.name != "LogEventList":
                raise NotNow(f"{write.path} holds {room} items and is full; delete some first")
            items = store.items(write.path)
            oldest = min(range(len(items)), key=lambda index: items[index].createdDateTime)
            store.delete(paths[oldest])
        path = store.new_path(write.path)
        if isinstance(write.resource, DER):
            _give_places(write.resource, path)
        store.put(path, write.resource)
        return Created(path)

    def delete(write: Write) -> Outcome:
        store.delete(write.path)
        return Done()

    hooks: dict[tuple[str, str], Hook] = {}
    for entry in filter(_kept, RESOURCES):
        for method, hook in (("PUT", put), ("POST", post), ("DELETE", delete)):
            if entry.methods[method] in _OFFERED and _makes_sense(method, entry):
                hooks[method, entry.name] = hook
    return hooks


def _same(kept: Any, posted: Any) -> bool:
    """Tell whether a client sends again what is here already, because our answer was lost."""
    if type(kept) is not type(posted):
        return False
    if isinstance(kept, DER):
        return False  # two resources of a device may look alike: their links are ours
    return bool(replace(kept, href=None) == posted)


def _give_places(der: DER, path: str) -> None:
    """Say where the parts of a DER are to be PUT; what the client proposed does not count."""
    for name, part in _DER_PARTS.items():
        setattr(der, name, Link(href=f"{path}/{part}"))
