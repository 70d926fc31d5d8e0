"""The resource tree: every resource by its path, lists kept in order, changes told to listeners.

No request, no access rule and no XML is known here. A resource belongs to the store once it was put there:
to change it, put another one (`dataclasses.replace`).
"""

import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from handover.sep2 import routing
from handover.sep2.declaration import fields_of
from handover.sep2.listing import Listing, Where, is_active, span
from handover.sep2.resources.common import Event, Link, List, ListLink, SubscribableList
from handover.sep2.resources.entry import Entry

_PATH = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")


@dataclass(frozen=True, slots=True)
class LinkSlot:
    """A field of a resource that holds a link."""

    name: str
    is_list: bool
    required: bool


@dataclass(slots=True, eq=False)
class Node:
    """What is at one path: a resource, a function that makes it at answer time, or a list.

    `rendered` is for encodings of the present value; whoever answers requests may keep them there.
    """

    path: str
    cls: type[Any]
    entry: Entry | None
    links: tuple[LinkSlot, ...] = ()
    resource: Any = None
    live: Callable[[float], Any] | None = None
    listing: Listing | None = None
    rendered: dict[Any, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """A resource was put (`resource` is set), or deleted (`previous` is set).

    Both are None for what has no stored value: live resources, and parts of lists when they are made.
    """

    path: str
    cls: type[Any]
    resource: Any
    previous: Any


_links: dict[type[Any], tuple[LinkSlot, ...]] = {}


def links_of(cls: type[Any]) -> tuple[LinkSlot, ...]:
    """Return the fields of a resource class that hold links."""
    slots = _links.get(cls)
    if slots is None:
        slots = _links[cls] = tuple(
            LinkSlot(field.name, issubclass(field.type, ListLink), field.required)
            for field in fields_of(cls)
            if isinstance(field.type, type) and issubclass(field.type, Link)
        )
    return slots


class Store:
    """The tree. All paths are canonical: absolute, no trailing slash, no escapes."""

    def __init__(self) -> None:
        self.version = 0
        self._nodes: dict[str, Node] = {}
        self._children: dict[str, set[str]] = {}
        self._by_class: dict[type[Any], dict[str, Any]] = {}
        self._listeners: list[Callable[[Change], None]] = []
        self._moment = 0.0
        self._timed: dict[str, Listing] = {}

    # Reading

    def find(self, path: str) -> Node | None:
        """Return what is at `path`, or None."""
        return self._nodes.get(path)

    def get(self, path: str, now: float | None = None) -> Any:
        """Return the resource at `path`, or None. A live one is made for `now`, and None without it."""
        node = self._nodes.get(path)
        if node is None:
            return None
        if node.live is not None:
            return None if now is None else node.live(now)
        return node.resource

    def __contains__(self, path: str) -> bool:
        return path in self._nodes

    def __len__(self) -> int:
        return len(self._nodes)

    def listing(self, path: str) -> Listing | None:
        """Return the list at `path`, or None when there is none."""
        node = self._nodes.get(path)
        return None if node is None else node.listing

    def paths(self, list_path: str) -> list[str]:
        """Return the paths of a list's items in list order; empty when there is no such list."""
        listing = self.listing(list_path)
        return [] if listing is None else [path for _, path in listing.rows()]

    def items(self, list_path: str) -> list[Any]:
        """Return a list's items in list order; empty when there is no such list."""
        return [self._nodes[path].resource for path in self.paths(list_path)]

    def of_class(self, cls: type[Any]) -> dict[str, Any]:
        """Return path and resource of everything of exactly class `cls`; a live view, not to be changed."""
        return self._by_class.setdefault(cls, {})

    def subtree(self, path: str) -> list[str]:
        """Return the paths of everything at and below `path`, sorted."""
        return sorted(found for found in self._walk(path) if found in self._nodes)

    def _walk(self, path: str) -> Iterator[str]:
        yield path
        for child in self._children.get(path, ()):
            yield from self._walk(child)

    # Changing

    def put(self, path: str, resource: Any) -> None:
        """Set the resource at `path` (created or replaced) and make its `href` say so.

        Lists that it links to come into being, empty, and a resource below a list becomes its item.
        Raises ValueError for a path that is not canonical, and for lists: those are made of their items.
        """
        if isinstance(resource, List | SubscribableList):
            raise ValueError(f"{path}: a list is made of its items; use put_list for its attributes")
        kept = copy.copy(resource)
        kept.href = path
        node = self._place(path, type(kept))
        previous, node.resource = node.resource, kept
        self._by_class.setdefault(node.cls, {})[path] = kept
        parent = self._list_above(path, kept)
        if parent is not None:
            parent.put(path, kept)
        self._open_linked_lists(node)
        self._tell(Change(path, node.cls, kept, previous))

    def put_live(self, path: str, cls: type[Any], make: Callable[[float], Any]) -> None:
        """Set a resource that is made at answer time: `make(now)`, such as Time with its currentTime.

        It has no place in a list, because its sort key would not stand still. Raises ValueError there.
        """
        if self.listing(path.rpartition("/")[0]) is not None:
            raise ValueError(f"{path}: a live resource cannot be an item of a list")

        def made(now: float) -> Any:
            value = make(now)
            value.href = path
            return value

        node = self._place(path, cls)
        previous, node.resource, node.live = node.resource, None, made
        self._tell(Change(path, cls, None, previous))

    def put_list(
        self,
        path: str,
        name: str | None = None,
        *,
        poll_rate: int | None = None,
        subscribable: int | None = None,
    ) -> Listing:
        """Make sure that there is a list at `path`, and set its attributes where given.

        `name` is its name in RESOURCES, needed only where the path is not the standard's suggestion.
        `poll_rate` is in seconds; `subscribable` 0 to 3. Raises ValueError when `path` cannot be a list.
        """
        listing = self.listing(path)
        if listing is None:
            entry = routing.BY_NAME.get(name) if name else routing.list_row(path)
            if entry is None or entry.item is None:
                raise ValueError(f"{path}: no list is declared there; give its name in RESOURCES")
            listing = self._open(path, entry)
        if poll_rate is not None:
            listing.poll_rate = poll_rate
        if subscribable is not None:
            listing.subscribable = subscribable
        self._nodes[path].rendered.clear()
        self._tell(Change(path, listing.entry.resource, None, None))
        return listing

    def put_part(self, path: str, name: str, source: str, where: Where) -> Listing:
        """Make `path` a list of those items of the list `source` for which `where` is true.

        The items keep their own paths. It serves for assignments that give a device a part of a list.
        """
        entry = routing.BY_NAME[name]
        listing = self._open(path, entry, self.put_list(source, name), where)
        self._tell(Change(path, entry.resource, None, None))
        return listing

    def add(self, list_path: str, resource: Any) -> str:
        """Put `resource` into a list under an id that was never used there, and return its path."""
        path = self.new_path(list_path)
        self.put(path, resource)
        return path

    def new_path(self, list_path: str) -> str:
        """Return the path that the next item of a list gets. Numbers are not used again after a deletion."""
        listing = self.listing(list_path) or self.put_list(list_path)
        return f"{list_path}/{listing.next_id}"

    def delete(self, path: str) -> bool:
        """Remove `path` and everything below it; tell whether there was anything."""
        doomed = [found for found in self._walk(path) if found in self._nodes]
        for found in reversed(doomed):
            self._remove(found)
        return bool(doomed)

    def pass_time(self, now: float) -> None:
        """Bring up to `now` those lists of active items whose items have an interval and no status."""
        moment, self._moment = self._moment, now
        for listing in self._timed.values():
            edges = (edge for _, path in listing.rows() for edge in span(self._nodes[path].resource))
            if any(min(moment, now) < edge <= max(moment, now) for edge in edges):
                listing.touch()
                self.version += 1

    def next_edge(self) -> float | None:
        """Return when `pass_time` next changes something."""
        edges = [
            edge
            for listing in self._timed.values()
            for _, path in listing.rows()
            for edge in span(self._nodes[path].resource)
        ]
        return min((edge for edge in edges if self._moment < edge < float("inf")), default=None)

    def listen(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Call `listener` after every change from now on; returns the function that ends this."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    # How it is done

    def _tell(self, change: Change) -> None:
        self.version += 1
        for listener in tuple(self._listeners):
            listener(change)

    def _place(self, path: str, cls: type[Any]) -> Node:
        """Return a node for `path` with an empty cache, of class `cls`."""
        node = self._nodes.get(path)
        if node is None or node.cls is not cls:
            if not _PATH.fullmatch(path):
                raise ValueError(f"{path!r} is not a canonical path")
            previous = self._vacate(node) if node is not None else None
            node = Node(path, cls, routing.row_of(path, cls), links_of(cls), previous)
            self._nodes[path] = node
            self._adopt(path)
        node.live = None
        node.rendered.clear()
        return node

    def _vacate(self, node: Node) -> Any:
        """Make room for a resource of another class and return the present one."""
        if node.listing is not None:
            raise ValueError(f"{node.path} is a list; delete it before something else takes its place")
        self._by_class.get(node.cls, {}).pop(node.path, None)
        parent = self.listing(node.path.rpartition("/")[0])
        if parent is not None and parent.source is None:
            parent.remove(node.path)
        return node.resource

    def _adopt(self, path: str) -> None:
        """Enter `path` below all its ancestors."""
        while path:
            parent = path.rpartition("/")[0]
            siblings = self._children.setdefault(parent, set())
            if path in siblings:
                return
            siblings.add(path)
            path = parent

    def _list_above(self, path: str, resource: Any) -> Listing | None:
        """Return the list that a resource at `path` is an item of, made when the layout has one there."""
        parent = path.rpartition("/")[0]
        node = self._nodes.get(parent)
        if node is None:
            entry = routing.list_row(parent)
            if entry is None or entry.item is None or not isinstance(resource, entry.item):
                return None
            return self._open(parent, entry)
        listing = node.listing
        if listing is None or listing.source is not None or listing.entry.item is None:
            return None
        return listing if isinstance(resource, listing.entry.item) else None

    def _open(
        self, path: str, entry: Entry, source: Listing | None = None, where: Where | None = None
    ) -> Listing:
        node = self._place(path, entry.resource)
        node.entry = entry
        node.listing = Listing(path, entry, source=source, where=where)
        self.version += 1
        return node.listing

    def _open_linked_lists(self, node: Node) -> None:
        """Make the lists that a resource links to, so that no link leads nowhere."""
        for slot in node.links:
            link = getattr(node.resource, slot.name)
            if not slot.is_list or link is None or link.href in self._nodes or not _PATH.fullmatch(link.href):
                continue
            name = slot.name.removesuffix("Link")
            entry = routing.BY_NAME.get(name)
            if entry is None:
                continue
            if not name.startswith("Active"):
                self._open(link.href, entry)
                continue
            whole = getattr(node.resource, name.removeprefix("Active") + "Link", None)
            if whole is not None and _PATH.fullmatch(whole.href):
                source = self.put_list(whole.href, name.removeprefix("Active"))
                self._open(link.href, entry, source, self._active_in(source))

    def _active_in(self, source: Listing) -> Where:
        """Return what tells the active items of a list: their status, or else the time."""
        if source.entry.item is not None and issubclass(source.entry.item, Event):
            return is_active
        self._timed[source.path] = source

        def holds(item: Any) -> bool:
            start, end = span(item)
            return start <= self._moment < end

        return holds

    def _remove(self, path: str) -> None:
        node = self._nodes.pop(path)
        self._timed.pop(path, None)
        self._by_class.get(node.cls, {}).pop(path, None)
        parent = self.listing(path.rpartition("/")[0])
        if parent is not None and parent.source is None:
            parent.remove(path)
        self._prune(path)
        self._tell(Change(path, node.cls, None, node.resource))

    def _prune(self, path: str) -> None:
        """Forget `path` and those ancestors that hold nothing any more."""
        while path and path not in self._nodes and not self._children.get(path):
            self._children.pop(path, None)
            parent = path.rpartition("/")[0]
            self._children.get(parent, set()).discard(path)
            path = parent
