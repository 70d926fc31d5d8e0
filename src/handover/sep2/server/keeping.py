"""Hooks for what a device writes about itself and the server only keeps: description, status, log, locales.

Who needs more (a journal, consequences) puts hooks of its own in their place.
"""

from handover.errors import NotNow
from handover.sep2.server.hooks import Created, Done, Existing, Hook, Outcome, Write
from handover.sep2.store import Store

PUTS = ("DeviceInformation", "DeviceStatus", "PowerStatus", "SupportedLocale")
LISTS = {
    "SupportedLocaleList": "SupportedLocale",
    "LogEventList": "LogEvent",
    "LoadShedAvailabilityList": "LoadShedAvailability",
}
ROOM = 255
"""Items kept in one list; of log events the oldest goes, the other lists are full then."""


def keeping(store: Store, *, room: int = ROOM) -> dict[tuple[str, str], Hook]:
    """Return the hooks, over `store`."""

    def put(write: Write) -> Outcome:
        new = write.path not in store
        store.put(write.path, write.resource)
        return Created(write.path) if new else Done()

    def post(write: Write) -> Outcome:
        paths = store.paths(write.path)
        for path, item in zip(paths, store.items(write.path), strict=True):
            write.resource.href = path
            if item == write.resource:
                return Existing(path)
        if len(paths) >= room:
            if write.name != "LogEventList":
                raise NotNow(f"{write.path} holds {room} items and is full; delete some first")
            items = store.items(write.path)
            oldest = min(range(len(items)), key=lambda index: items[index].createdDateTime)
            store.delete(paths[oldest])
        return Created(store.add(write.path, write.resource))

    def delete(write: Write) -> Outcome:
        store.delete(write.path)
        return Done()

    hooks: dict[tuple[str, str], Hook] = {("PUT", name): put for name in PUTS}
    hooks |= {("POST", name): post for name in LISTS}
    hooks |= {("DELETE", name): delete for name in LISTS.values()}
    return hooks
