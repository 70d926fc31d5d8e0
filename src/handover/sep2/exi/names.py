"""The names that the schema gives to every EXI coder before a document begins, in the order of their codes.

All of it follows from the declarations, for the edition of 2018; only links that no field uses are listed.
"""

from typing import Any, Final

from handover.sep2 import types
from handover.sep2.declaration import Edition, attributes_of, elements_of
from handover.sep2.resources import CLASSES
from handover.sep2.resources.common import Link, ListLink
from handover.sep2.types import Named, Scalar

NS: Final = "urn:ieee:std:2030.5:ns"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_XML, _XSD = "http://www.w3.org/XML/1998/namespace", "http://www.w3.org/2001/XMLSchema"

EDITION: Final = Edition.E2018

_UNUSED_LINKS = """
ActiveFlowReservationListLink CustomerAccountLink DERLink DERProgramLink DeviceCapabilityLink EndDeviceLink
MeterReadingLink NotificationListLink
"""
_XSD_NAMES = """
ENTITIES ENTITY ID IDREF IDREFS NCName NMTOKEN NMTOKENS NOTATION Name QName anySimpleType anyType anyURI
base64Binary boolean byte date dateTime decimal double duration float gDay gMonth gMonthDay gYear gYearMonth
hexBinary int integer language long negativeInteger nonNegativeInteger nonPositiveInteger normalizedString
positiveInteger short string time token unsignedByte unsignedInt unsignedLong unsignedShort
"""

Content = Scalar | type[Any]
"""What an element holds: a plain value, or the fields of a class."""


def _link_class(name: str) -> type[Any]:
    return ListLink if name.endswith("ListLink") else Link


def _wire_types() -> tuple[dict[str, Scalar], dict[str, Scalar]]:
    """Return the schema's plain types and its complex types with a plain value, by name."""
    simple: dict[str, Scalar] = {}
    named: dict[str, Scalar] = {}
    for member in vars(types).values():
        marks = getattr(member, "__metadata__", ())
        wire = next((mark for mark in marks if isinstance(mark, Scalar)), None)
        if wire is None or wire.name.startswith("xs:"):
            continue
        simple[wire.name] = wire
        for mark in marks:
            if isinstance(mark, Named):
                named[mark.name] = wire
    simple["SubscribableType"] = named.pop("SubscribableType")
    return simple, named


_FIELDS = [field for cls in CLASSES.values() for field in elements_of(cls, EDITION)]
_LINKS = {f.type_name for f in _FIELDS if f.type in (Link, ListLink)} | set(_UNUSED_LINKS.split())
_SIMPLE, _NAMED = _wire_types()

GLOBALS: dict[str, Content] = dict(
    sorted((dict(CLASSES) | {name: _link_class(name) for name in _LINKS} | _NAMED).items())
)
"""The global elements by name, in the order of their codes; each is also a complex type."""

TYPES: dict[str, Content] = {**GLOBALS, **_SIMPLE}
"""What xsi:type may name."""

_ATTRIBUTES = sorted({field.name for cls in CLASSES.values() for field in attributes_of(cls, EDITION)})

URIS = ("", _XML, XSI, _XSD, NS)
"""The namespaces in the order of their codes."""

LOCAL_NAMES: dict[str, tuple[str, ...]] = {
    "": tuple(_ATTRIBUTES),
    _XML: ("base", "id", "lang", "space"),
    XSI: ("nil", "type"),
    _XSD: tuple(_XSD_NAMES.split()),
    NS: tuple(sorted({field.name for field in _FIELDS} | set(TYPES))),
}
"""The local names of each namespace in the order of their codes."""
