"""Instances of any resource class, made from its declaration: minimal, maximal, and drawn by hypothesis."""

from typing import Any

from hypothesis import strategies as st

from handover.sep2.declaration import Edition, Field, fields_of
from handover.sep2.resources import CLASSES
from handover.sep2.resources.drlc import EndDeviceControlList
from handover.sep2.resources.metering import Reading
from handover.sep2.resources.metering_mirror import MirrorUsagePoint
from handover.sep2.resources.response import Response
from handover.sep2.resources.time import Time
from handover.sep2.types import Boolean, Characters, HexBinary, Integer, Scalar, Uri

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"))
PATHS = st.text("abcdefghijklmnopqrstuvwxyzABC0123456789-_.~/", max_size=24).map(lambda t: f"/{t}")
SUBCLASSES: dict[str, list[type[Any]]] = {
    "Response": [cls for cls in CLASSES.values() if issubclass(cls, Response)],
    "Resource": [Time, Reading, EndDeviceControlList, MirrorUsagePoint],
}
"""What the polymorphic elements may hold here."""


def _fields(cls: type[Any]) -> list[Field]:
    return [f for f in fields_of(cls) if f.known_in(Edition.E2018)]


def minimal(cls: type[Any]) -> Any:
    """Return an instance with the mandatory fields only, each at the bottom of its range."""
    return cls(
        **{
            f.name: [_sample(f, minimal, 0)] * f.least if f.repeated else _sample(f, minimal, 0)
            for f in fields_of(cls)
            if f.least
        }
    )


def maximal(cls: type[Any]) -> Any:
    """Return an instance with every field, each at the top of its range, and two items in every list."""
    return cls(
        **{
            f.name: [_sample(f, maximal, 1), _sample(f, maximal, 1)] if f.repeated else _sample(f, maximal, 1)
            for f in _fields(cls)
        }
    )


def _sample(field: Field, structure: Any, top: int) -> Any:
    if isinstance(field.type, type):
        return structure(
            SUBCLASSES[field.type.__name__][-1 if top else 0] if field.polymorphic else field.type
        )
    return _value(field.type, top)


def _value(scalar: Scalar, top: int) -> Any:
    match scalar:
        case Integer(low=low, high=high):
            return (low, high)[top]
        case HexBinary(octets=octets, padded=padded):
            return (bytes(octets) if padded else b"", b"\xfe" * octets)[top]
        case Characters(longest=longest):
            return ("", ("&<>\"'\t\n\r é\U0001f50c" + "x" * 181)[: longest or 300])[top]
        case Uri():
            return ("", "/a/b?c=d&e=%20")[top]
        case Boolean():
            return bool(top)


def _kinds(field: Field) -> list[type[Any]]:
    """Return the classes that an element may hold."""
    assert isinstance(field.type, type)
    return SUBCLASSES[field.type.__name__] if field.polymorphic else [field.type]


def anything(cls: type[Any]) -> st.SearchStrategy[Any]:
    """Draw instances of `cls`."""
    return st.deferred(lambda: st.builds(cls, **{f.name: _drawn(f) for f in _fields(cls)}))


def _drawn(field: Field) -> st.SearchStrategy[Any]:
    if isinstance(field.type, type):
        one = (
            st.one_of(*map(anything, SUBCLASSES[field.type.__name__]))
            if field.polymorphic
            else anything(field.type)
        )
    else:
        one = _values(field.type)
    if field.repeated:
        return st.lists(one, min_size=field.least, max_size=min(3, field.most or 3))
    return one if field.required else st.none() | one


def _values(scalar: Scalar) -> st.SearchStrategy[Any]:
    match scalar:
        case Integer(low=low, high=high):
            return st.integers(low, high)
        case HexBinary(octets=octets, padded=padded):
            return st.binary(min_size=octets if padded else 0, max_size=octets)
        case Characters(longest=longest):
            return TEXT.map(lambda text: text[: longest or 40])
        case Uri():
            return PATHS
        case Boolean():
            return st.booleans()
