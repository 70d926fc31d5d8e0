"""EXI documents as a whole: resources to streams and back, and streams to XML documents and back.

Streams have a fast way and a complete one. What the fast way does not read is read again by the complete one,
which also knows why something is refused.
"""

from typing import Any, TypeVar, overload

from lxml import etree

from handover.errors import DecodeError, EncodeError
from handover.sep2 import xml
from handover.sep2.exi import header, tree_decoder, tree_encoder
from handover.sep2.exi.bits import number, packed
from handover.sep2.exi.grammar import width
from handover.sep2.exi.names import EDITION, GLOBALS
from handover.sep2.exi.quick_decoder import Deviation, Source, decoder
from handover.sep2.exi.quick_encoder import encoder
from handover.sep2.exi.strings import StringsRead, StringsWritten
from handover.sep2.exi.tree_decoder import LIMITS, Limits
from handover.sep2.lexical import Flaw
from handover.sep2.resources import CLASSES
from handover.sep2.xml_writer import explain

T = TypeVar("T")

_ROOT_WIDTH = width(len(GLOBALS) + 1)
_BODY = len(header.HEADER) + _ROOT_WIDTH
_ROOTS = [CLASSES.get(name) for name in GLOBALS]
_HEADS = {name: header.HEADER + number(code, _ROOT_WIDTH) for code, name in enumerate(GLOBALS)}


def encode(resource: object) -> bytes:
    """Return `resource` as an EXI document of the edition of 2018.

    Raises EncodeError, naming the field, for a value that does not fit its type, a mandatory field without
    a value, or something that is not a declared resource.
    """
    cls = type(resource)
    name = cls.__name__
    if CLASSES.get(name) is not cls:
        raise EncodeError(f"{name} is not a SEP 2.0 resource; see handover.sep2.resources")
    parts = [_HEADS[name]]
    try:
        encoder(cls)(resource, parts.append, StringsWritten())
    except (Flaw, TypeError, AttributeError) as error:
        raise EncodeError(f"{name}/{explain(resource, EDITION) or error}") from None
    return packed("".join(parts))


@overload
def decode(data: bytes, expected: type[T], *, limits: Limits = LIMITS) -> T: ...
@overload
def decode(data: bytes, expected: None = None, *, limits: Limits = LIMITS) -> Any: ...


def decode(data: bytes, expected: type[Any] | None = None, *, limits: Limits = LIMITS) -> Any:
    """Return the resource that the stream `data` holds; with `expected`, an instance of that class.

    Raises DecodeError for anything else, and for what exceeds `limits`. What the schema does not know is
    skipped, elements may stand in any order, and numbers may be sent as text.
    """
    try:
        resource = _quick(data, limits)
    except (Deviation, Flaw, IndexError, DecodeError):
        return xml.read(tree_decoder.decode(data, limits), expected)
    if expected is not None and not isinstance(resource, expected):
        raise DecodeError(
            f"the document holds a {type(resource).__name__} where a {expected.__name__} is expected"
        )
    return resource


def _quick(data: bytes, limits: Limits) -> Any:
    if len(data) > limits.octets:
        raise Deviation
    data = data.removeprefix(header.COOKIE)
    source = Source(data, 0, StringsRead(limits.characters), limits.pieces)
    if source.bits(len(header.HEADER)) != header.NUMBER:
        raise Deviation
    code = source.bits(_ROOT_WIDTH)
    cls = _ROOTS[code]
    if cls is None:
        raise Deviation
    resource = decoder(cls)(source, _BODY)
    if source.position > source.end:
        raise Deviation
    return resource


def to_xml(data: bytes, *, limits: Limits = LIMITS) -> bytes:
    """Return the XML document that the stream `data` stands for, extensions included. Raises DecodeError."""
    return etree.tostring(tree_decoder.decode(data, limits))


def from_xml(document: bytes) -> bytes:
    """Return the EXI stream for any XML document of SEP 2.0, extensions included.

    Raises DecodeError for what is not XML or not acceptable, EncodeError for an xsi:type of no meaning.
    """
    return tree_encoder.encode(xml.parse(document))
