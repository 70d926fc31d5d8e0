"""One line of the resource table: where a resource is, which methods it offers, how a list is ordered."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE")


@dataclass(frozen=True, slots=True)
class Key:
    """A sort key: `path` names a field of the item ("interval.start"), largest first when `descending`."""

    path: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A resource as the method table of the standard has it.

    `support` holds one letter for each of METHODS: M mandatory, O optional, D discouraged, E error (405).
    `item` is the class of a list's items; `query` its parameters; `order` its sort keys, first one first.
    `posts` are the classes that a POST may carry.
    """

    name: str
    resource: type[Any]
    path: str
    support: str
    item: type[Any] | None = None
    query: tuple[str, ...] = ()
    order: tuple[Key, ...] = ()
    posts: tuple[type[Any], ...] = ()

    @property
    def methods(self) -> Mapping[str, str]:
        """Return the letter of each method: `{"GET": "M", ...}`."""
        return dict(zip(METHODS, self.support, strict=True))


def keys(text: str) -> tuple[Key, ...]:
    """Read sort keys: `keys("primacy -mRID")` is ascending primacy, then descending mRID."""
    return tuple(Key(key.removeprefix("-"), key.startswith("-")) for key in text.split())
