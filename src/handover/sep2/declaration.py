"""How a resource class is declared, and how codecs read the declaration.

A class decorated with `resource` reads like its table in the standard: one line a field, in schema order,
the base type's fields inherited. `fields_of` gives the flattened table. Nothing here knows XML or EXI.

- A plain annotation is an element; `Attribute[...]` is an attribute.
- `T` is mandatory, `T | None = None` optional, `list[T]` repeated. `Occurs` narrows a repetition.
- `None` always means "absent", also for an attribute that has a `Default`.
- `Polymorphic` marks elements that say their real type with xsi:type.
- `Since` and `Until` tell the editions of the standard that know the field.

A field named like its own class would hide the class inside the class body, so such classes have an alias
with a trailing underscore: `EventStatus: EventStatus_`.
"""

import dataclasses
from dataclasses import dataclass, field
from enum import IntEnum
from inspect import get_annotations
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, dataclass_transform, get_args, get_origin

from handover.sep2.types import Boolean, Characters, Named, Scalar

T = TypeVar("T")


class Edition(IntEnum):
    """The editions of IEEE 2030.5, by year; each has a schema of its own."""

    E2013 = 2013
    E2018 = 2018
    E2023 = 2023


@dataclass(frozen=True, slots=True)
class AttributeMark:
    """Marks an XML attribute."""


@dataclass(frozen=True, slots=True)
class PolymorphicMark:
    """Marks an element whose content may be any declared subclass, named by xsi:type."""


@dataclass(frozen=True, slots=True)
class Default:
    """The value that an absent attribute stands for."""

    value: int | bytes


@dataclass(frozen=True, slots=True)
class Occurs:
    """How often a repeated element may stand; `most` None means without limit."""

    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class Since:
    """The first edition that knows the field."""

    edition: Edition


@dataclass(frozen=True, slots=True)
class Until:
    """The last edition that knows the field."""

    edition: Edition


Attribute = Annotated[T, AttributeMark()]
Polymorphic = Annotated[T, PolymorphicMark()]


@dataclass_transform(kw_only_default=True, field_specifiers=(field,))
def resource(cls: type[T]) -> type[T]:
    """Make `cls` a keyword-only dataclass with slots."""
    return dataclass(slots=True, kw_only=True)(cls)


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a resource's table."""

    name: str
    type: Scalar | type[Any]
    """The wire type, or the class of a structured element."""
    type_name: str
    """The schema's name of the type."""
    attribute: bool = False
    required: bool = False
    repeated: bool = False
    least: int = 0
    most: int | None = 1
    polymorphic: bool = False
    default: int | bytes | None = None
    since: Edition = Edition.E2013
    until: Edition = Edition.E2023

    def known_in(self, edition: Edition) -> bool:
        """Tell whether `edition` of the standard has this field."""
        return self.since <= edition <= self.until


_PLAIN: dict[Any, Scalar] = {bool: Boolean(), str: Characters("xs:string")}
_tables: dict[type[Any], tuple[Field, ...]] = {}


def fields_of(cls: type[Any]) -> tuple[Field, ...]:
    """Return the table of `cls`: inherited fields first, each class's own in schema order.

    Raises TypeError when the class is not a declaration, which is a mistake in this program.
    """
    table = _tables.get(cls)
    if table is None:
        if not dataclasses.is_dataclass(cls):
            raise TypeError(f"{cls.__name__} is not declared as a resource")
        table = _tables[cls] = tuple(
            _field(name, annotation)
            for base in reversed(cls.__mro__)
            if base is not object
            for name, annotation in get_annotations(base).items()
        )
    return table


def attributes_of(cls: type[Any], *editions: Edition) -> list[Field]:
    """Return the attributes of `cls` that any of `editions` knows, by name, which is EXI's order."""
    return sorted((f for f in _known(cls, editions) if f.attribute), key=lambda f: f.name)


def elements_of(cls: type[Any], *editions: Edition) -> list[Field]:
    """Return the elements of `cls` that any of `editions` knows, in schema order."""
    return [f for f in _known(cls, editions) if not f.attribute]


def _known(cls: type[Any], editions: tuple[Edition, ...]) -> list[Field]:
    """Return the fields known in any of `editions`, all of them when none is given."""
    return [f for f in fields_of(cls) if not editions or any(map(f.known_in, editions))]


def _field(name: str, annotation: Any) -> Field:
    """Read one annotated line."""
    kind, marks = _unwrap(annotation)
    required, repeated = True, False
    if get_origin(kind) in (Union, UnionType):
        (kind,) = (a for a in get_args(kind) if a is not NoneType)
        required = False
    elif get_origin(kind) is list:
        (kind,) = get_args(kind)
        required, repeated = False, True
    kind, inner = _unwrap(kind)
    marks += inner
    wire, type_name = _wire(name, kind, marks)
    occurs = _find(marks, Occurs) or Occurs(int(required), None if repeated else 1)
    default, since, until = _find(marks, Default), _find(marks, Since), _find(marks, Until)
    return Field(
        name,
        wire,
        type_name,
        attribute=_find(marks, AttributeMark) is not None,
        required=required,
        repeated=repeated,
        least=occurs.least,
        most=occurs.most,
        polymorphic=_find(marks, PolymorphicMark) is not None,
        default=default.value if default else None,
        since=since.edition if since else Edition.E2013,
        until=until.edition if until else Edition.E2023,
    )


def _wire(name: str, kind: Any, marks: list[Any]) -> tuple[Scalar | type[Any], str]:
    """Return the wire type, or the class, and the schema's name of it."""
    if dataclasses.is_dataclass(kind):
        assert isinstance(kind, type)
        # Every link has an empty type of its own in the schema, named like the element that carries it.
        is_link = kind.__name__ in ("Link", "ListLink")
        named = _find(marks, Named)
        return kind, named.name if named else name if is_link else kind.__name__
    wire = next((m for m in marks if isinstance(m, Scalar)), None) or _PLAIN.get(kind)
    if wire is None:
        raise TypeError(f"{name}: {kind!r} has no wire type")
    named = _find(marks, Named)
    return wire, named.name if named else wire.name


def _unwrap(annotation: Any) -> tuple[Any, list[Any]]:
    """Split Annotated[X, ...] into X and its marks."""
    if get_origin(annotation) is Annotated:
        kind, *marks = get_args(annotation)
        return kind, marks
    return annotation, []


def _find(marks: list[Any], kind: type[T]) -> T | None:
    """Return the last mark of `kind`: the outermost, which refines the inner ones."""
    return next((m for m in reversed(marks) if isinstance(m, kind)), None)
