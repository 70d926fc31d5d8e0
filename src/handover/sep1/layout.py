"""Reads the fields of a command class from its annotations: the order and the wire type of each.

Not here: the code that is made of a layout (`compiler`).
"""

import dataclasses
from dataclasses import dataclass
from typing import get_type_hints

from handover.sep1.declaration import REVISIONS, Command, Since, Until, When, not_later
from handover.sep1.types import Counted, CountedOctets, CountedRows, DataType, Kind, Octets, Rest, RestBy

Wire = DataType | Octets | Counted | CountedOctets | CountedRows | Rest | RestBy


@dataclass(frozen=True, slots=True)
class Field:
    """One declared field. `number` counts from 1 in declared order; `since` is None when it must be there.

    A field that must be there may still depend on an earlier one, as `when` says.
    """

    number: int
    name: str
    wire: Wire
    since: str | None = None
    until: str | None = None
    when: When | None = None

    @property
    def is_integer(self) -> bool:
        """Tell whether the value is an integer of fixed size."""
        return isinstance(self.wire, DataType) and self.wire.kind in (Kind.UNSIGNED, Kind.SIGNED)

    @property
    def size(self) -> int | None:
        """The number of octets, None when it varies."""
        return self.wire.size if self.is_integer and isinstance(self.wire, DataType) else None


@dataclass(frozen=True, slots=True)
class Layout:
    """The fields of a command as they follow one another in its payload, from revision `since` on."""

    command: type[Command]
    fields: tuple[Field, ...]
    since: str = REVISIONS[0]

    @property
    def size(self) -> int | None:
        """The number of octets of all fields, None when it varies."""
        sizes = [f.size if f.when is None else None for f in self.fields]
        return None if None in sizes else sum(s for s in sizes if s is not None)

    def present(self, revision: str) -> int:
        """Return the number of the last field that `revision` sends."""
        begun = [f for f in self.fields if f.since is None or not_later(f.since, revision)]
        sent = [f.number for f in begun if f.until is None or not not_later(f.until, revision)]
        return max(sent, default=0)

    @property
    def last(self) -> int:
        """The number of the last field."""
        return self.fields[-1].number if self.fields else 0

    def counts(self) -> list[int]:
        """Return the numbers of fields with which a payload may end."""
        return [self.mandatory, *(f.number for f in self.fields if f.since is not None)]

    def prefix(self, present: int) -> int:
        """Return the octets of the fields of fixed size up to number `present`."""
        return sum(f.size or 0 for f in self.fields if f.number <= present)

    @property
    def mandatory(self) -> int:
        """The number of the last field that must be there."""
        return max((f.number for f in self.fields if f.since is None), default=0)


def fields(command: type[Command]) -> list[Field]:
    """Return the declared fields of a command class."""
    hints = get_type_hints(command, include_extras=True)
    found: list[Field] = []
    for declared in dataclasses.fields(command):
        if declared.name == "fields_present":
            continue
        since: str | None = None
        until: str | None = None
        when: When | None = None
        wire: Wire | None = None
        for mark in hints[declared.name].__metadata__:
            if isinstance(mark, Since):
                since = mark.revision
            elif isinstance(mark, Until):
                until = mark.revision
            elif isinstance(mark, When):
                when = mark
            elif isinstance(mark, Wire):
                wire = mark
        if wire is None:
            raise TypeError(f"{command.__name__}.{declared.name} is annotated without a wire type")
        found.append(Field(len(found) + 1, declared.name, wire, since, until, when))
    return found


def columns(wire: CountedRows) -> list[tuple[str, DataType]]:
    """Return the members of a row with their data types, in order."""
    hints = get_type_hints(wire.row, include_extras=True)
    return [(name, hint.__metadata__[0]) for name, hint in hints.items()]


def layouts(command: type[Command]) -> tuple[Layout, Layout | None]:
    """Return the layout, and the later one when a revision took a field out of the middle."""
    every = fields(command)
    ends = [f.until for f in every if f.until is not None and f.since is None]
    if not ends:
        return Layout(command, tuple(every)), None
    turn = min(ends, key=REVISIONS.index)
    before = [f for f in every if f.since is None or not not_later(turn, f.since)]
    after = [f for f in every if f.until is None]
    return Layout(command, tuple(before)), Layout(command, tuple(after), turn)
