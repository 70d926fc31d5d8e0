"""Resources to XML documents and back (clause 5.6).

Only this module knows what a document is: namespaces, the limits on what a peer may send, and what no
document may contain. Documents leave without a prolog, because some clients fail on one. The two editions
2018 and 2023 share a namespace; 2013 has its own, and both are understood.
"""

import re
from dataclasses import dataclass
from typing import Any, TypeVar, overload

from lxml import etree

from handover.errors import DecodeError, EncodeError
from handover.sep2.declaration import Edition, elements_of
from handover.sep2.lexical import Flaw, shown
from handover.sep2.resources import CLASSES, LATER_CLASSES
from handover.sep2.xml_reader import Readers
from handover.sep2.xml_writer import element_writer, explain

T = TypeVar("T")

NS_2013 = "http://ieee.org/2030.5"
NS_2018 = "urn:ieee:std:2030.5:ns"
XSI = "http://www.w3.org/2001/XMLSchema-instance"

EDITIONS = {NS_2018: (Edition.E2018, Edition.E2023), NS_2013: (Edition.E2013,)}
"""The editions that use a namespace. Documents are written for the first one and read for all of them."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a document may cost. `octets` bounds its length, `pieces` its tags and attributes together.

    Depth is bounded by the parser (256) and, for what is read, by the declarations.
    """

    octets: int = 1024 * 1024
    pieces: int = 20_000


LIMITS = Limits()

_PROLOG = re.compile(rb"\s*<\?xml\s[^>]*?encoding\s*=\s*[\"']([^\"'>]*)[\"']", re.IGNORECASE)
_ENCODINGS = frozenset((b"utf-8", b"utf8", b"us-ascii", b"ascii"))
_ROOT = re.compile(r"\{([^}]*)\}(.*)", re.DOTALL)

_parser = etree.XMLParser(
    encoding="utf-8",
    resolve_entities=False,
    load_dtd=False,
    no_network=True,
    huge_tree=False,
    remove_comments=True,
    remove_pis=True,
)
_CLASSES = CLASSES | LATER_CLASSES
_readers = {namespace: Readers(namespace, editions, _CLASSES) for namespace, editions in EDITIONS.items()}
_polymorphic: dict[type[Any], bool] = {}


def encode(resource: object, namespace: str = NS_2018, edition: Edition | None = None) -> bytes:
    """Return `resource` as an XML document in `namespace`, by an `edition` that uses it.

    Without an edition the first one that knows the resource is taken.

    Raises EncodeError, naming the field, for a value that does not fit its type, a mandatory field without
    a value, or something that is not a declared resource.
    """
    cls = type(resource)
    name = cls.__name__
    if _CLASSES.get(name) is not cls:
        raise EncodeError(f"{name} is not a SEP 2.0 resource; see handover.sep2.resources")
    editions = EDITIONS.get(namespace)
    if editions is None:
        raise EncodeError(f"the namespace {shown(namespace)} is not one of SEP 2.0: {', '.join(EDITIONS)}")
    if edition is None:
        edition = editions[-1] if name in LATER_CLASSES else editions[0]
    if edition not in editions or (name in LATER_CLASSES and edition < Edition.E2023):
        raise EncodeError(f"{name} cannot be written in {namespace} by the edition of {edition}")
    extra = f' xmlns="{namespace}" xmlns:xsi="{XSI}"' if _names_types(cls) else f' xmlns="{namespace}"'
    try:
        return element_writer(cls, edition)(resource, name, extra).encode()
    except (Flaw, TypeError, AttributeError) as error:
        raise EncodeError(f"{name}/{explain(resource, edition) or error}") from None


@overload
def decode(data: bytes, expected: type[T], *, limits: Limits = LIMITS) -> T: ...
@overload
def decode(data: bytes, expected: None = None, *, limits: Limits = LIMITS) -> Any: ...


def decode(data: bytes, expected: type[Any] | None = None, *, limits: Limits = LIMITS) -> Any:
    """Return the resource that the document `data` holds; with `expected`, an instance of that class.

    Raises DecodeError, naming the path, for anything that is not a valid resource: bad XML, DOCTYPE,
    another encoding than UTF-8, an unknown root, values out of range, missing mandatory fields, and whatever
    exceeds `limits`. Unknown elements and attributes are ignored, and so is the order of elements.
    """
    return read(parse(data, limits), expected)


def read(root: etree._Element, expected: type[Any] | None = None) -> Any:
    """Return the resource that a parsed document holds; errors as with `decode`."""
    namespace, name = _name_of(root)
    readers = _readers.get(namespace)
    if readers is None:
        raise DecodeError(f"the namespace {shown(namespace)} is not one of SEP 2.0: {', '.join(EDITIONS)}")
    cls = _CLASSES.get(name)
    if cls is None:
        raise DecodeError(f"the root element {shown(name)} is not a resource known here")
    try:
        cls = readers.real_type(root, cls)
        if expected is not None and not issubclass(cls, expected):
            raise DecodeError(f"the document holds a {cls.__name__} where a {expected.__name__} is expected")
        try:
            return readers.quick.reader(cls)(root)
        except Flaw:
            return readers.reader(cls)(root)
    except Flaw as flaw:
        raise DecodeError(f"{name}/{flaw}" if flaw.path else f"{name}: {flaw}") from None
    except RecursionError:
        raise DecodeError(f"{name} holds notifications within notifications, too many to follow") from None


def namespace_of(data: bytes, *, limits: Limits = LIMITS) -> str:
    """Return the namespace of a document, so that a peer is answered in its own. Raises DecodeError."""
    namespace, _ = _name_of(parse(data, limits))
    if namespace not in EDITIONS:
        raise DecodeError(f"the namespace {shown(namespace)} is not one of SEP 2.0: {', '.join(EDITIONS)}")
    return namespace


def parse(data: bytes, limits: Limits = LIMITS) -> etree._Element:
    """Return the root of a document, after refusing all that a parser should not even see: DecodeError."""
    if len(data) > limits.octets:
        raise DecodeError(f"the document has {len(data)} octets; at most {limits.octets} are accepted")
    # A piece takes two octets at the very least, so that short documents need no count.
    if len(data) > 2 * limits.pieces and data.count(b"<") + data.count(b"=") > limits.pieces:
        raise DecodeError(f"the document has more than {limits.pieces} tags and attributes")
    # NUL octets betray UTF-16 and UTF-32, in which the next two tests would see nothing.
    prolog = _PROLOG.match(data.removeprefix(b"\xef\xbb\xbf"))
    if b"\0" in data or (prolog and prolog[1].lower() not in _ENCODINGS):
        raise DecodeError("the document is not in UTF-8")
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise DecodeError("the document has a DOCTYPE or an entity; neither is accepted")
    try:
        return etree.fromstring(data, _parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DecodeError(f"the document is not well-formed XML: {shown(str(error))}") from None


def _name_of(root: etree._Element) -> tuple[str, str]:
    """Split the root's name into namespace and local name."""
    match = _ROOT.fullmatch(str(root.tag))
    return (match[1], match[2]) if match else ("", str(root.tag))


def _names_types(cls: type[Any]) -> bool:
    """Tell whether documents with root `cls` may need xsi:type."""
    known = _polymorphic.get(cls)
    if known is None:
        fields = elements_of(cls)
        _polymorphic[cls] = any(field.polymorphic for field in fields)
        known = _polymorphic[cls] = _polymorphic[cls] or any(
            isinstance(field.type, type) and _names_types(field.type) for field in fields
        )
    return known
