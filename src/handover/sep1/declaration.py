"""What a cluster is declared with: commands, attributes, and the revision of Smart Energy they came with.

A command is a slots dataclass whose fields carry their wire type in the annotation. A cluster binds command
ids to those classes. Not here: turning declarations into octets (`codec`), the clusters (`clusters`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from handover.sep1.types import DataType

REVISIONS: Final = ("1.0", "1.1", "1.1a", "1.1b", "1.2", "1.2a", "1.2b", "1.4")
"""Revisions of Smart Energy, oldest first."""

REVISION: Final = "1.1b"
"""The revision whose fields are sent unless told otherwise."""


def not_later(revision: str, limit: str) -> bool:
    """Tell whether `revision` came no later than `limit`; both are members of REVISIONS."""
    return REVISIONS.index(revision) <= REVISIONS.index(limit)


@dataclass(slots=True)
class Command:
    """Base of every cluster command.

    `fields_present` is set by decoding: how many declared fields the payload held, counted up to the last
    one. Encoding reproduces it; None (a command built here) sends the fields of the chosen revision.
    """

    fields_present: int | None = field(default=None, kw_only=True, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Since:
    """Beside a wire type: the revision that put the field behind the others.

    Such a field has a default, and a sender may stop before it.
    """

    revision: str


@dataclass(frozen=True, slots=True)
class Until:
    """Beside a wire type: the revision that took the field out again; its layout decodes it as 0.

    A field at the end that stands beside Since as well is read whether it came or not.
    """

    revision: str


@dataclass(frozen=True, slots=True)
class When:
    """Beside a wire type: the field is sent only if the earlier field `by` has a bit, a value or at least it.

    Such a field has the default None, which is its value whenever it is not sent.
    """

    by: str
    test: Literal["&", "==", ">="]
    value: int

    def expression(self, prefix: str = "") -> str:
        """Return the condition as Python source; `prefix` stands before the name of the field."""
        return f"{prefix}{self.by} {self.test} {self.value}"

    def holds(self, number: int) -> bool:
        """Tell whether the field is sent when `by` has the value `number`."""
        if self.test == "&":
            return bool(number & self.value)
        return number == self.value if self.test == "==" else number >= self.value


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute: `access` is "R" or "RW" over the air, `max_length` the limit of a string in octets."""

    id: int
    name: str
    type: DataType
    access: str = "R"
    mandatory: bool = False
    since: str = "1.0"
    max_length: int | None = None


def numbered(
    first: int,
    name: str,
    numbers: Iterable[int],
    type: DataType,
    access: str = "R",
    *,
    step: int = 1,
    since: str = "1.0",
    max_length: int | None = None,
) -> list[Attribute]:
    """Return a run of attributes that differ in a number: `{}` in `name`, ids from `first` in steps."""
    return [
        Attribute(first + step * index, name.format(number), type, access, False, since, max_length)
        for index, number in enumerate(numbers)
    ]


def tiers_by_blocks(first: int, no_tier: str, tiered: str, type: DataType, *, since: str) -> list[Attribute]:
    """Return the 256 attributes of no tier and tiers 1 to 15, each with blocks 1 to 16."""
    names = [no_tier.format(block=block) for block in range(1, 17)]
    names += [tiered.format(tier=tier, block=block) for tier in range(1, 16) for block in range(1, 17)]
    return [Attribute(first + index, name, type, since=since) for index, name in enumerate(names)]


def attributes(*rows: Attribute) -> dict[int, Attribute]:
    """Return attributes by id, in table order."""
    return {row.id: row for row in rows}


@dataclass(frozen=True, slots=True)
class CommandRow:
    """One command of a cluster, in one direction."""

    id: int
    type: type[Command]
    mandatory: bool = False
    since: str = "1.0"


def commands(*rows: CommandRow) -> dict[int, CommandRow]:
    """Return commands by id, in table order."""
    return {row.id: row for row in rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A cluster: its attributes on either side and its commands in either direction.

    `to_server` are the commands a server receives, `to_client` those it generates. `link_key` tells whether
    its frames need APS security with a link key, or the network key alone.
    """

    id: int
    name: str
    link_key: bool
    server_attributes: Mapping[int, Attribute] = field(default_factory=dict)
    client_attributes: Mapping[int, Attribute] = field(default_factory=dict)
    to_server: Mapping[int, CommandRow] = field(default_factory=dict)
    to_client: Mapping[int, CommandRow] = field(default_factory=dict)

    def attributes(self, *, client: bool = False) -> Mapping[int, Attribute]:
        """Return the attributes of the server side, or of the client side."""
        return self.client_attributes if client else self.server_attributes

    def commands(self, to_client: bool) -> Mapping[int, CommandRow]:
        """Return the commands of one direction by id."""
        return self.to_client if to_client else self.to_server

    def attribute_id(self, name: str, *, client: bool = False) -> int:
        """Return the id of the attribute called `name`. Raises KeyError when the table has none."""
        for row in self.attributes(client=client).values():
            if row.name == name:
                return row.id
        raise KeyError(name)
