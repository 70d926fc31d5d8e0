"""The events on a server's lists, for a client that lets others live through them.

Kept for every list: what it shows, and what has vanished from it and is gone. Whoever owns this decides what
an event means, and for whom: `Reach` tells which lists lead to which EndDevice.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from handover.errors import DecodeError
from handover.sep2 import xml
from handover.sep2.client import events
from handover.sep2.client.events import Sighting
from handover.sep2.client.follower import Parts
from handover.sep2.client.links import local
from handover.sep2.client.outputs import Answer, Fetch, Output, Trouble
from handover.sep2.client.paging import items_of
from handover.sep2.client.seeing import EVENT_LISTS, sighting
from handover.sep2.client.tree import Node, Tree
from handover.sep2.client.vanished import Vanished
from handover.sep2.resources.end_device import EndDevice, EndDeviceList


@dataclass(slots=True)
class Listed:
    """An event on a list. `history`: it was there at the first look; `gone`: the server has it no more."""

    seen: Sighting
    history: bool
    gone: bool = False

    @property
    def latest_end(self) -> float:
        """When it is over for everybody, on its own clock."""
        event = self.seen.event
        spread = sum(max(value or 0, 0) for value in events.randomisation(event))
        return float(event.interval.start + event.interval.duration + spread)


class Sightings:
    """All events of one server; `changed` is set whenever there may be something new."""

    def __init__(self, parts: Parts) -> None:
        self._tree = parts.tree
        self._clocks = parts.clocks
        self._vanished: Vanished[tuple[str, int]] = Vanished(parts.tree.authority)
        self._lists: dict[str, dict[int, Listed]] = {}
        self.changed = False

    def __iter__(self) -> Iterator[Listed]:
        for listed in self._lists.values():
            yield from listed.values()

    def on(self, path: str) -> list[Listed]:
        """Return the events of the list at `path`."""
        return list(self._lists.get(path, {}).values())

    @property
    def under_way(self) -> int:
        """How many events have been asked for one by one."""
        return self._vanished.under_way

    @property
    def questions(self) -> bool:
        """Whether `ask` would return anything."""
        return self._vanished.questions

    def tick(self, now: float) -> list[Output]:
        """Nothing is due by itself: whoever owns this has clocks of its own."""
        return []

    def deadline(self) -> float | None:
        """Nothing is due by itself."""
        return None

    def observe(self, node: Node, now: float) -> list[Output]:
        """Take in the events of a list that has been read, once its clock is known."""
        offset = self._clocks.offset(node.clock)
        if node.kind not in EVENT_LISTS or offset is None:
            return []
        history, node.observed = not node.observed, True
        self.changed |= history
        known = self._lists.setdefault(node.path, {})
        shown = {events.number(event.mRID): event for event in items_of(node.resource)}
        for key, event in shown.items():
            before = known.get(key)
            if before is None or before.gone or before.seen.event != event:
                self.changed = True
            seen = sighting(self._tree, node, event)
            known[key] = Listed(seen, before.history if before is not None else history)
        for key, listed in list(known.items()):
            if key in shown or listed.gone:
                continue
            if now + offset > listed.latest_end:
                del known[key]
            elif not self._vanished.add(listed.seen.event.href or "", node.path, (node.path, key)):
                listed.gone = self.changed = True
        return []

    def observe_waiting(self, clock: str, now: float) -> list[Output]:
        """Take in the events that waited for their clock."""
        for node in self._tree:
            if node.clock == clock and not node.observed and node.resource is not None:
                self.observe(node, now)
        return []

    def end_all(self, node: Node, now: float) -> list[Output]:
        """Take the events of a list that is not ours any more as gone."""
        for listed in self._lists.get(node.path, {}).values():
            listed.gone = self.changed = True
        return []

    def ask(self, room: int) -> list[Fetch]:
        """Return at most `room` requests for events that have vanished from their lists."""
        return self._vanished.ask(room)

    def failed(self, fetch: Fetch) -> None:
        """Take in that a request got no answer."""
        self._vanished.failed(fetch)

    def asked(self, fetch: Fetch) -> bool:
        """Tell whether a request is one of ours."""
        return fetch in self._vanished

    def answered(self, answer: Answer, now: float) -> list[Output]:
        """Take in what became of a vanished event: gone means gone, anything else leaves it as it is."""
        assert isinstance(answer.ask, Fetch)
        path, key = self._vanished.take(answer.ask)
        listed = self._lists.get(path, {}).get(key)
        if listed is None:
            return []
        if answer.status in (403, 404, 410):
            listed.gone = self.changed = True
        elif answer.status == 200:
            try:
                resource = xml.decode(answer.body, type(listed.seen.event))
            except DecodeError as error:
                return [Trouble(answer.ask.path, f"the event cannot be used: {error}")]
            if events.number(resource.mRID) != key:
                listed.gone = True
            else:
                listed.seen.event = resource
            self.changed = True
        return []

    def edges(self, after: float, until: float) -> list[str]:
        """Return the lists whose events begin or end, as the server sees it, in (after, until]."""
        return [
            path
            for path, listed in self._lists.items()
            if any(after < edge <= until for one in listed.values() for edge in self._edges(one))
        ]

    def next_edge(self, after: float) -> float | None:
        """Return the first moment after `after` that `edges` would report."""
        times = (edge for listed in self for edge in self._edges(listed) if edge > after)
        return min(times, default=None)

    def _edges(self, listed: Listed) -> tuple[float, ...]:
        offset = self._clocks.offset(listed.seen.clock)
        if offset is None or listed.gone:
            return ()
        event = listed.seen.event
        earliest = event.interval.start + min(events.randomisation(event)[0] or 0, 0)
        return earliest - offset, listed.latest_end - offset


def end_devices(tree: Tree) -> dict[bytes, tuple[str, EndDevice]]:
    """Return path and resource of every EndDevice that the server shows, by LFDI."""
    found: dict[bytes, tuple[str, EndDevice]] = {}
    for node in tree.of_kind(EndDeviceList):
        for device in items_of(node.resource):
            path = local(device.href or "", node.path, tree.authority)
            if device.lFDI and path is not None:
                found[device.lFDI] = path, device
    return found


def reach(tree: Tree, device: EndDevice) -> set[str]:
    """Return the paths of all documents that the assignments of `device` lead to."""
    link = device.FunctionSetAssignmentsListLink
    first = local(link.href, tree.root.path, tree.authority) if link is not None else None
    found: set[str] = set()
    waiting = [first] if first is not None else []
    while waiting:
        path = waiting.pop()
        node = tree.get(path)
        if node is not None and path not in found:
            found.add(path)
            waiting += node.children
    return found
