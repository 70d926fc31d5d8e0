"""What a client has read of a server: documents by path, and which of them leads to which.

A list is one document, however many pages it came in; its items are not documents of their own. Which links
are followed is decided in `membership` and `links`; when documents are read again, in `pace`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from handover.sep2.client.links import local
from handover.sep2.client.paging import Pages

T = TypeVar("T")

MOST_DOCUMENTS = 5000
"""A device keeps no more documents of a server than this, whatever the server links to."""


@dataclass(slots=True)
class Node:
    """One document, read or still to be read.

    `owner` is the resource (often an item of a list) whose link led here, `parent` the path of the document
    that it is in, `clock` the path of the Time resource that is valid here. Times are Unix seconds.
    """

    path: str
    kind: type[Any]
    owner: Any = None
    parent: str = ""
    clock: str | None = None
    inherited: float = 900.0
    poll: float = 900.0
    due: float = 0.0
    attempts: int = 0
    target: str = ""
    asked: float | None = None
    pages: Pages | None = None
    resource: Any = None
    observed: bool = False
    """Whether its events have been taken in at least once."""
    children: dict[str, None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.target = self.target or self.path


@dataclass(slots=True)
class Wish:
    """A document that another one leads to."""

    path: str
    kind: type[Any]
    owner: Any
    clock: str | None


class Tree:
    """All documents of one server that are of interest, starting from `root`."""

    def __init__(self, root: Node, authority: str | None) -> None:
        self.root = root
        self.authority = authority
        self._nodes = {root.path: root}

    def __iter__(self) -> Iterator[Node]:
        return iter(self._nodes.values())

    def __len__(self) -> int:
        return len(self._nodes)

    @property
    def full(self) -> bool:
        """Whether further documents are left out."""
        return len(self._nodes) >= MOST_DOCUMENTS

    def get(self, path: str) -> Node | None:
        """Return the document at `path`."""
        return self._nodes.get(path)

    def behind(self, node: Node, link: Any, kind: type[T]) -> T | None:
        """Return the resource behind a link that was found in `node`, when it has been read."""
        path = local(link.href, node.path, self.authority) if link is not None else None
        found = self._nodes.get(path) if path is not None else None
        return found.resource if found is not None and isinstance(found.resource, kind) else None

    def node_behind(self, node: Node, link: Any) -> Node | None:
        """Return the document behind a link that was found in `node`."""
        path = local(link.href, node.path, self.authority) if link is not None else None
        return self._nodes.get(path) if path is not None else None

    def of_kind(self, kind: type[Any]) -> list[Node]:
        """Return the documents of a kind that have been read."""
        return [node for node in self._nodes.values() if node.kind is kind and node.resource is not None]

    def grow(self, parent: Node, wishes: list[Wish], now: float) -> list[Node]:
        """Make `wishes` the documents that `parent` leads to, and return those that are no longer reached."""
        for wish in wishes:
            node = self._nodes.get(wish.path)
            if node is None and self.full:
                continue
            if node is None:
                self._nodes[wish.path] = Node(
                    wish.path, wish.kind, wish.owner, parent.path, wish.clock, parent.poll, parent.poll, now
                )
            elif node.parent == parent.path and node is not self.root:
                node.owner, node.clock, node.inherited = wish.owner, wish.clock, parent.poll
        before = parent.children
        parent.children = {wish.path: None for wish in wishes}
        return self._prune() if before.keys() - parent.children.keys() else []

    def _prune(self) -> list[Node]:
        """Drop what cannot be reached from the root any more."""
        reached = {self.root.path: ""}
        frontier = [self.root]
        while frontier:
            node = frontier.pop()
            for path in node.children:
                if path not in reached and path in self._nodes:
                    reached[path] = node.path
                    frontier.append(self._nodes[path])
        dropped = [node for path, node in self._nodes.items() if path not in reached]
        self._nodes = {path: node for path, node in self._nodes.items() if path in reached}
        for node in self._nodes.values():
            if node is not self.root and (node.parent not in self._nodes or not self._leads(node)):
                node.parent = reached[node.path]
        return dropped

    def _leads(self, node: Node) -> bool:
        return node.path in self._nodes[node.parent].children
