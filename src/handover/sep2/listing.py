"""One list of the resource tree: its items in order, and lists that are parts of other lists.

A list is never stored as such. It is made of the resources below it, so that `all` cannot be wrong.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from handover.sep2.ordering import SortKey, sort_key, time_reader
from handover.sep2.resources.entry import Entry

Where = Callable[[Any], bool]
Row = tuple[SortKey, str]
"""A sort key and the path of the item that it belongs to."""


def is_active(event: Any) -> bool:
    """Tell whether an event's EventStatus says active (1)."""
    status = event.EventStatus
    return status is not None and status.currentStatus == 1


def span(item: Any) -> tuple[float, float]:
    """Return from when to when an item without a status is the active one (Unix seconds).

    A credit is effective from its time on; what has no time at all always is.
    """
    interval = getattr(item, "interval", None)
    if interval is not None:
        return interval.start, interval.start + interval.duration
    return getattr(item, "effectiveTime", float("-inf")), float("inf")


@dataclass(slots=True, eq=False)
class Listing:
    """A list with its items in order.

    `version` grows with every change of the membership or of an item. With `source`, the list is a part of
    that one: the items for which `where` is true.
    """

    path: str
    entry: Entry
    poll_rate: int | None = None
    subscribable: int | None = None
    source: "Listing | None" = None
    where: Where | None = None
    version: int = 0
    next_id: int = 0
    _rows: list[Row] = field(default_factory=list)
    _items: dict[str, Any] = field(default_factory=dict)
    _keys: dict[str, SortKey] = field(default_factory=dict)
    _key: Callable[[Any, str], SortKey] = field(init=False)
    _time: Callable[[Any], Any] | None = field(init=False)
    _seen: int = -1

    def __post_init__(self) -> None:
        self._key = sort_key(self.entry.order)
        self._time = time_reader(self.entry.order) if "a" in self.entry.query else None

    @property
    def stamp(self) -> int:
        """A number that changes whenever the list's answer may change."""
        return self.source.stamp if self.source is not None else self.version

    def rows(self) -> list[Row]:
        """Return the items' keys and paths in list order; not to be changed by the caller."""
        if self.source is not None and self._seen != self.source.stamp:
            self._derive(self.source)
        return self._rows

    def _derive(self, source: "Listing") -> None:
        where, rows = self.where or (lambda _: True), source.rows()
        self._items = {path: item for path, item in source._items.items() if where(item)}
        self._keys = {path: source._keys[path] for path in self._items}
        self._rows = [row for row in rows if row[1] in self._items]
        self._seen = source.stamp

    def put(self, path: str, item: Any) -> None:
        """Add or replace the item at `path`."""
        key = self._key(item, path)
        previous = self._keys.get(path)
        if previous != key:
            if previous is not None:
                del self._rows[bisect_left(self._rows, (previous, path))]
            insort(self._rows, (key, path))
            self._keys[path] = key
        self._items[path] = item
        self.version += 1
        last = path.rpartition("/")[2]
        if last.isascii() and last.isdigit():
            self.next_id = max(self.next_id, int(last) + 1)

    def touch(self) -> None:
        """Say that parts of this list may have changed, although no item has."""
        self.version += 1

    def remove(self, path: str) -> None:
        """Take the item at `path` out, if it is one."""
        key = self._keys.pop(path, None)
        if key is not None:
            del self._rows[bisect_left(self._rows, (key, path))]
            del self._items[path]
            self.version += 1

    def __contains__(self, path: str) -> bool:
        self.rows()
        return path in self._keys

    def __len__(self) -> int:
        return len(self.rows())

    def part(self, paths: Sequence[str]) -> list[Row]:
        """Return the rows of those `paths` that are items, in list order."""
        self.rows()
        return sorted((self._keys[path], path) for path in paths if path in self._keys)

    def later(self, rows: list[Row], after: int) -> list[Row]:
        """Return the `rows` whose time is greater than `after`; all of them when the list has no times."""
        if self._time is None or not rows:
            return rows
        if self.entry.order[0].descending:
            return rows[: bisect_left(rows, (False, -after), key=lambda row: row[0][0])]
        return rows[bisect_right(rows, (True, after), key=lambda row: row[0][0]) :]
