"""What a line of the map is: one thing of one application, and what becomes of it in each orientation."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from handover.sep1.declaration import Command


class Fate(Enum):
    """What becomes of something on its way to the other application."""

    EXACT = "translated, nothing lost"
    LOSSY = "translated, with losses"
    LOCAL = "answered by the gateway itself"
    NONE = "no equal: refused or left out"
    LATER = "has an equal, is not carried yet"


EXACT, LOSSY, LOCAL, NONE, LATER = Fate.EXACT, Fate.LOSSY, Fate.LOCAL, Fate.NONE, Fate.LATER


@dataclass(frozen=True, slots=True)
class Row:
    """One line for some attributes, commands or resources.

    `counterpart` names what they become, "-" where there is nothing; `a` and `b` are the fates with SEP 2.0
    clients below a SEP 1.x ESI, and with SEP 1.x devices below a SEP 2.0 server. `told` is what the peer is
    told of what is not translated, by its own application's codes.
    """

    counterpart: str
    a: Fate
    b: Fate
    rule: str
    told: str = ""
    server: frozenset[int] = frozenset()
    client: frozenset[int] = frozenset()
    commands: frozenset[type[Command]] = frozenset()


def server(ids: Iterable[int], counterpart: str, a: Fate, b: Fate, rule: str, told: str = "") -> Row:
    """Return the line of attributes of a cluster's server side."""
    return Row(counterpart, a, b, rule, told, server=frozenset(ids))


def client(ids: Iterable[int], counterpart: str, a: Fate, b: Fate, rule: str, told: str = "") -> Row:
    """Return the line of attributes of a cluster's client side."""
    return Row(counterpart, a, b, rule, told, client=frozenset(ids))


def commands(
    types: Iterable[type[Command]], counterpart: str, a: Fate, b: Fate, rule: str, told: str = ""
) -> Row:
    """Return the line of commands."""
    return Row(counterpart, a, b, rule, told, commands=frozenset(types))


def span(first: int, last: int) -> range:
    """Return the attribute ids from `first` to `last`, both included."""
    return range(first, last + 1)
