"""The order of list items as sort keys. Which keys a list has is said in RESOURCES."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from handover.sep2.resources.entry import Key
from handover.sep2.versions import version_key

SortKey = tuple[tuple[bool, Any], ...]
"""What items are compared by; the last part is the item's path, so that no two are equal."""

TIMES = frozenset({"interval.start", "timePeriod.start", "createdDateTime", "intervalRequested.start"})
"""Sort fields that are times: lists that have one answer the query parameter `a` (after)."""


@dataclass(frozen=True, slots=True)
class _Reversed:
    """Sorts the other way round."""

    value: Any

    def __lt__(self, other: "_Reversed") -> bool:
        return bool(other.value < self.value)


def _ascending(value: Any) -> tuple[bool, Any]:
    """Make values comparable: absent ones first, octet strings as the numbers that they are."""
    if value is None:
        return False, 0
    return True, int.from_bytes(value) if isinstance(value, bytes) else value


def _descending(value: Any) -> tuple[bool, Any]:
    """Like `_ascending`, turned round: absent ones last."""
    if value is None:
        return True, 0
    if isinstance(value, str):
        return False, _Reversed(version_key(value))  # the one such key is a version
    return False, -(int.from_bytes(value) if isinstance(value, bytes) else value)


def _reader(field: str) -> Callable[[Any], Any]:
    """Return a function that reads a dotted field and gives None where something on the way is absent."""
    first, _, rest = field.partition(".")
    if not rest:
        return attrgetter(first)
    outer, inner = attrgetter(first), _reader(rest)

    def read(item: Any) -> Any:
        value = outer(item)
        return None if value is None else inner(value)

    return read


def sort_key(order: Sequence[Key]) -> Callable[[Any, str], SortKey]:
    """Return the function (item, path) -> key for `order`; the path settles what the order leaves open."""
    parts = [
        (_reader(key.path), _descending if key.descending else _ascending)
        for key in order
        if key.path != "href"  # the path, which comes last anyway
    ]

    def key(item: Any, path: str) -> SortKey:
        return (*(turn(read(item)) for read, turn in parts), (True, path))

    return key


def time_reader(order: Sequence[Key]) -> Callable[[Any], Any] | None:
    """Return how to read the time that `order` sorts by first, or None when it does not."""
    return _reader(order[0].path) if order and order[0].path in TIMES else None
