"""Which rows of RESOURCES a path belongs to. What there really is, the store knows."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from handover.sep2.resources import RESOURCES
from handover.sep2.resources.entry import Entry


@dataclass(slots=True)
class _Step:
    """A node of the tree of path segments; a placeholder such as {id1} is the segment None."""

    entries: list[Entry] = field(default_factory=list)
    next: dict[str | None, "_Step"] = field(default_factory=dict)


def _tree(entries: Iterable[Entry]) -> _Step:
    root = _Step()
    for entry in entries:
        step = root
        for segment in entry.path[1:].split("/"):
            step = step.next.setdefault(None if segment.startswith("{") else segment, _Step())
        step.entries.append(entry)
    return root


_ROOT = _tree(RESOURCES)
BY_NAME = {entry.name: entry for entry in RESOURCES}
_BY_CLASS: dict[type[Any], Entry] = {}
for _entry in RESOURCES:
    _BY_CLASS.setdefault(_entry.resource, _entry)
for _entry in RESOURCES:
    if _entry.name == _entry.resource.__name__:
        _BY_CLASS[_entry.resource] = _entry


def rows(path: str) -> list[Entry]:
    """Return the rows whose path pattern `path` has; several where an item may be of several classes."""
    step = _ROOT
    for segment in path[1:].split("/"):
        following = step.next.get(segment) or step.next.get(None)
        if following is None:
            return []
        step = following
    return step.entries


def row_of(path: str, cls: type[Any]) -> Entry | None:
    """Return the row of a resource of class `cls` at `path`: by path and class, otherwise by class alone.

    Layouts other than the standard's suggestion are allowed, therefore the second step.
    """
    for entry in rows(path):
        if entry.resource is cls:
            return entry
    return _BY_CLASS.get(cls)


def list_row(path: str) -> Entry | None:
    """Return the row of the list that the standard's layout has at `path`, if it has one there."""
    return next((entry for entry in rows(path) if entry.item is not None), None)
