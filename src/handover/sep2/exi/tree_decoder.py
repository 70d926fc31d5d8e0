"""Any EXI stream of SEP 2.0 to an XML tree: what the schema has, and what it does not know.

It follows the grammars production by production and therefore reads everything that may legally stand in a
stream. `quick_decoder` is faster and reads only what is exactly as the schema has it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from lxml import etree

from handover.errors import DecodeError
from handover.sep2.exi import builtin, header
from handover.sep2.exi.bits import BitReader
from handover.sep2.exi.builtin import Builtin
from handover.sep2.exi.grammar import START, Escape, Grammar, Kind, Production, State, grammar_of, width
from handover.sep2.exi.names import GLOBALS, NS, TYPES, XSI
from handover.sep2.exi.strings import QName, StringsRead
from handover.sep2.exi.values import reader

Element = etree._Element

MOST_NESTED: Final = 32
"""Elements within elements."""

XSI_TYPE: Final = (XSI, "type")
XSI_NIL: Final = (XSI, "nil")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a stream may cost: octets, elements and attributes together, characters of all text."""

    octets: int = 1024 * 1024
    pieces: int = 20_000
    characters: int = 1024 * 1024


LIMITS = Limits()


def decode(data: bytes, limits: Limits = LIMITS) -> Element:
    """Return the root element of the document in `data`. Raises DecodeError for anything else."""
    if len(data) > limits.octets:
        raise DecodeError(f"the EXI stream has {len(data)} octets; at most {limits.octets} are accepted")
    return _Decoder(header.body(data), limits).document()


class _Decoder:
    def __init__(self, stream: BitReader, limits: Limits) -> None:
        self._stream = stream
        self._strings = StringsRead(limits.characters)
        self._builtins: dict[QName, Builtin] = {}
        self._pieces = limits.pieces

    def document(self) -> Element:
        names = list(GLOBALS)
        code = self._stream.bits(width(len(names) + 1))
        if code < len(names):
            name = (NS, names[code])
        elif code == len(names):
            name = self._strings.qname(self._stream)
        else:
            raise self._unknown(code)
        prefixes = {None: name[0]} if name[0] else None
        root = self._make(lambda tag: etree.Element(tag, nsmap=prefixes), name)
        self._fill(root, name, 1)
        return root

    def _fill(self, element: Element, name: QName, depth: int) -> None:
        """Read an element whose name was read: by the schema where it declares the name globally."""
        if depth > MOST_NESTED:
            raise DecodeError(f"the EXI stream nests elements more than {MOST_NESTED} deep")
        content = GLOBALS.get(name[1]) if name[0] == NS else None
        if content is not None:
            self._declared(element, name, grammar_of(content), depth)
        else:
            self._unheard_of(element, name, depth)

    # elements of the schema

    def _declared(self, element: Element, name: QName, grammar: Grammar, depth: int) -> None:
        stream, state = self._stream, START
        while True:
            offered = grammar.offered(state)
            code = stream.bits(width(offered + 1))
            if code < offered:
                place = state.place + code
                if place == len(grammar.line):
                    return
                self._production(element, name, grammar.line[place], depth)
                state = grammar.after(state, code)
                continue
            if code > offered:
                raise self._unknown(code)
            escapes = grammar.escapes(state)
            code = stream.bits(width(len(escapes)))
            if code >= len(escapes):
                raise self._unknown(code)
            escape = escapes[code]
            if escape is Escape.END:
                return
            if escape is Escape.TYPE:
                grammar = self._another_type(element)
                state = START
            elif escape is Escape.NIL:
                raise DecodeError(f"EXI bit {stream.position}: no element of SEP 2.0 may be xsi:nil")
            elif escape is Escape.ANY_ATTRIBUTE:
                self._attribute(element, self._strings.qname(stream))
            elif escape is Escape.UNTYPED_ATTRIBUTE:
                state = self._untyped_attribute(element, grammar, state)
            else:
                if escape is Escape.TEXT:
                    self._add_text(element, self._strings.value(stream, name))
                else:
                    self._child(element, self._strings.qname(stream), depth)
                state = grammar.after_any(state)

    def _production(self, element: Element, name: QName, production: Production, depth: int) -> None:
        content = production.content
        if production.kind is Kind.ELEMENT:
            child_name = (NS, production.name)
            child = self._make(lambda tag: etree.SubElement(element, tag), child_name)
            if depth >= MOST_NESTED:
                raise DecodeError(f"the EXI stream nests elements more than {MOST_NESTED} deep")
            self._declared(child, child_name, grammar_of(content), depth + 1)
            return
        assert not isinstance(content, type)
        carrier = ("", production.name) if production.kind is Kind.ATTRIBUTE else name
        read = reader(content)
        text = read(self._stream) if read else self._strings.value(self._stream, carrier)
        if production.kind is Kind.ATTRIBUTE:
            self._set(element, carrier, text)
        else:
            self._add_text(element, text)

    def _another_type(self, element: Element) -> Grammar:
        """Read xsi:type and return the grammar of the type that it names."""
        uri, name = self._strings.qname(self._stream)
        content = TYPES.get(name) if uri == NS else None
        if content is None:
            raise DecodeError(f"EXI bit {self._stream.position}: xsi:type names no type of SEP 2.0")
        self._set(element, XSI_TYPE, name)
        return grammar_of(content)

    def _untyped_attribute(self, element: Element, grammar: Grammar, state: State) -> State:
        offered = grammar.attributes(state)
        code = self._stream.bits(width(len(offered) + 1))
        if code > len(offered):
            raise self._unknown(code)
        if code == len(offered):
            self._attribute(element, self._strings.qname(self._stream))
            return state
        name = ("", offered[code].name)
        self._set(element, name, self._strings.value(self._stream, name))
        return grammar.after(state, code)

    # elements of somebody else

    def _unheard_of(self, element: Element, name: QName, depth: int) -> None:
        stream, in_tag = self._stream, True
        grammar = self._builtins.setdefault(name, Builtin())
        while True:
            offered = grammar.offered(in_tag)
            code = stream.bits(width(len(offered) + 1))
            if code < len(offered):
                kind, what = offered[code]
            elif code == len(offered):
                kind, what = self._new(grammar, in_tag)
            else:
                raise self._unknown(code)
            if kind is builtin.Kind.END:
                return
            if kind is builtin.Kind.ATTRIBUTE:
                assert what is not None
                self._attribute(element, what)
                continue
            in_tag = False
            if kind is builtin.Kind.TEXT:
                self._add_text(element, self._strings.value(stream, name))
            else:
                assert what is not None
                self._child(element, what, depth)

    def _new(self, grammar: Builtin, in_tag: bool) -> builtin.Production:
        """Read a production of the second level and let the grammar learn it."""
        kinds = builtin.IN_TAG if in_tag else builtin.IN_CONTENT
        kind = kinds[self._stream.bits(width(len(kinds)))]
        named = kind in (builtin.Kind.ATTRIBUTE, builtin.Kind.ELEMENT)
        production = (kind, self._strings.qname(self._stream) if named else None)
        grammar.learn(in_tag, production)
        return production

    # the tree

    def _child(self, element: Element, name: QName, depth: int) -> None:
        child = self._make(lambda tag: etree.SubElement(element, tag), name)
        self._fill(child, name, depth + 1)

    def _attribute(self, element: Element, name: QName) -> None:
        if name in (XSI_TYPE, XSI_NIL):
            raise DecodeError(f"EXI bit {self._stream.position}: xsi:{name[1]} where it has no meaning")
        self._set(element, name, self._strings.value(self._stream, name))

    def _make(self, make: Callable[[str], Element], name: QName) -> Element:
        self._count()
        try:
            return make(f"{{{name[0]}}}{name[1]}" if name[0] else name[1])
        except ValueError as error:
            raise self._not_xml(error) from None

    def _set(self, element: Element, name: QName, text: str) -> None:
        self._count()
        key = f"{{{name[0]}}}{name[1]}" if name[0] else name[1]
        try:
            if key in element.attrib:
                raise DecodeError(f"EXI bit {self._stream.position}: the attribute {name[1]!r} twice")
            element.set(key, text)
        except ValueError as error:
            raise self._not_xml(error) from None

    def _add_text(self, element: Element, text: str) -> None:
        try:
            if len(element):
                element[-1].tail = (element[-1].tail or "") + text
            else:
                element.text = (element.text or "") + text
        except ValueError as error:
            raise self._not_xml(error) from None

    def _count(self) -> None:
        self._pieces -= 1
        if self._pieces < 0:
            raise DecodeError("the EXI stream has more elements and attributes than are accepted")

    def _unknown(self, code: int) -> DecodeError:
        return DecodeError(f"EXI bit {self._stream.position}: the code {code} stands for nothing here")

    def _not_xml(self, error: ValueError) -> DecodeError:
        return DecodeError(f"EXI bit {self._stream.position}: not for an XML document: {error}")
