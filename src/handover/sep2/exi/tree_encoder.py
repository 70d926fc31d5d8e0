"""Any XML tree to EXI: what the schema has in its short form, everything else as it comes.

Values that are not of their type, elements out of place and names that the schema does not know are sent
through the second level of the grammars. `quick_encoder` is faster and writes resources only.
"""

from collections.abc import Iterator

from lxml import etree

from handover.errors import EncodeError
from handover.sep2.exi import bits, builtin
from handover.sep2.exi.builtin import Builtin
from handover.sep2.exi.grammar import START, Escape, Grammar, Kind, State, grammar_of, width
from handover.sep2.exi.header import HEADER
from handover.sep2.exi.names import GLOBALS, NS, TYPES, XSI
from handover.sep2.exi.strings import QName, StringsWritten
from handover.sep2.exi.values import writer
from handover.sep2.lexical import SPACE

Element = etree._Element

_CODES = {name: code for code, name in enumerate(GLOBALS)}
_ROOT_WIDTH = width(len(GLOBALS) + 1)
_TYPE, _NIL = (XSI, "type"), (XSI, "nil")


def encode(root: Element) -> bytes:
    """Return the document with this root as a stream. Raises EncodeError for an xsi:type of no meaning."""
    return _Encoder().document(root)


def _name(tag: object) -> QName:
    uri, brace, local = str(tag).rpartition("}")
    return (uri[1:], local) if brace else ("", str(tag))


def _texts_and_children(element: Element) -> Iterator[str | Element]:
    """Yield the content in its order, without comments and processing instructions."""
    text = element.text or ""
    for child in element:
        if isinstance(child.tag, str):
            if text:
                yield text
            text = ""
            yield child
        text += child.tail or ""
    if text:
        yield text


class _Encoder:
    def __init__(self) -> None:
        self._parts = [HEADER]
        self._strings = StringsWritten()
        self._builtins: dict[QName, Builtin] = {}

    def document(self, root: Element) -> bytes:
        name = _name(root.tag)
        code = _CODES.get(name[1]) if name[0] == NS else None
        if code is None:
            self._put(bits.number(len(GLOBALS), _ROOT_WIDTH), self._strings.qname(name))
        else:
            self._put(bits.number(code, _ROOT_WIDTH))
        self._element(root, name)
        return bits.packed("".join(self._parts))

    def _put(self, *parts: str) -> None:
        self._parts += parts

    def _element(self, element: Element, name: QName) -> None:
        """Write an element whose name was written: by the schema where it declares the name globally."""
        content = GLOBALS.get(name[1]) if name[0] == NS else None
        if content is not None:
            self._declared(element, name, grammar_of(content))
        else:
            self._unheard_of(element, name)

    # elements of the schema

    def _declared(self, element: Element, name: QName, grammar: Grammar) -> None:
        state = START
        attributes = {_name(key): str(value) for key, value in element.attrib.items()}
        type_name = attributes.pop(_TYPE, None)
        if type_name is not None:
            self._escape(grammar, state, Escape.TYPE)
            grammar = self._another_type(element, type_name)
        for (uri, local), text in sorted(attributes.items(), key=lambda item: item[0][::-1]):
            state = self._attribute(grammar, state, (uri, local), text)
        plain = not isinstance(grammar.line[0].content, type) if grammar.line else False
        valued = plain and grammar.line[0].kind is Kind.VALUE
        for piece in _texts_and_children(element):
            if not isinstance(piece, str):
                state = self._child(grammar, state, piece)
            elif valued or piece.strip(SPACE):
                state = self._text(grammar, state, name, piece)
        if grammar.offers_end(state):
            self._code(grammar, state, len(grammar.line) - state.place)
        else:
            self._escape(grammar, state, Escape.END)

    def _attribute(self, grammar: Grammar, state: State, name: QName, text: str) -> State:
        code = None if name[0] else grammar.find(state, Kind.ATTRIBUTE, name[1])
        if code is None:
            if name == _NIL:
                raise EncodeError("no element of SEP 2.0 may be xsi:nil")
            self._escape(grammar, state, Escape.ANY_ATTRIBUTE)
            self._put(self._strings.qname(name), self._strings.value(text, name))
            return state
        content = grammar.line[state.place + code].content
        assert not isinstance(content, type)
        write = writer(content)
        try:
            value = write(text) if write else self._strings.value(text, name)
            self._code(grammar, state, code)
        except ValueError:
            self._escape(grammar, state, Escape.UNTYPED_ATTRIBUTE)
            self._put(bits.number(code, width(len(grammar.attributes(state)) + 1)))
            value = self._strings.value(text, name)
        self._put(value)
        return grammar.after(state, code)

    def _child(self, grammar: Grammar, state: State, child: Element) -> State:
        name = _name(child.tag)
        code = grammar.find(state, Kind.ELEMENT, name[1]) if name[0] == NS else None
        if code is None:
            self._escape(grammar, state, Escape.ANY_ELEMENT)
            self._put(self._strings.qname(name))
            self._element(child, name)
            return grammar.after_any(state)
        self._code(grammar, state, code)
        self._declared(child, name, grammar_of(grammar.line[state.place + code].content))
        return grammar.after(state, code)

    def _text(self, grammar: Grammar, state: State, name: QName, text: str) -> State:
        code = grammar.find(state, Kind.VALUE, "")
        if code is not None:
            content = grammar.line[state.place].content
            assert not isinstance(content, type)
            write = writer(content)
            try:
                value = write(text) if write else self._strings.value(text, name)
            except ValueError:
                pass
            else:
                self._code(grammar, state, code)
                self._put(value)
                return grammar.after(state, code)
        self._escape(grammar, state, Escape.TEXT)
        self._put(self._strings.value(text, name))
        return grammar.after_any(state)

    def _another_type(self, element: Element, text: str) -> Grammar:
        prefix, _, local = text.strip(SPACE).rpartition(":")
        uri = element.nsmap.get(prefix or None, "")
        content = TYPES.get(local) if uri == NS else None
        if content is None:
            raise EncodeError(f"xsi:type {text!r} is not a type of SEP 2.0")
        self._put(self._strings.qname((uri, local)))
        return grammar_of(content)

    def _code(self, grammar: Grammar, state: State, code: int) -> None:
        self._put(bits.number(code, width(grammar.offered(state) + 1)))

    def _escape(self, grammar: Grammar, state: State, escape: Escape) -> None:
        self._code(grammar, state, grammar.offered(state))
        escapes = grammar.escapes(state)
        self._put(bits.number(escapes.index(escape), width(len(escapes))))

    # elements of somebody else

    def _unheard_of(self, element: Element, name: QName) -> None:
        grammar = self._builtins.setdefault(name, Builtin())
        attributes = sorted(((_name(k), str(v)) for k, v in element.attrib.items()), key=lambda a: a[0][::-1])
        for attribute, text in attributes:
            if attribute in (_TYPE, _NIL):
                raise EncodeError(f"xsi:{attribute[1]} stands where the schema knows no type")
            self._learned(grammar, True, (builtin.Kind.ATTRIBUTE, attribute))
            self._put(self._strings.value(text, attribute))
        in_tag = True
        for piece in _texts_and_children(element):
            if isinstance(piece, str):
                if len(element) and not piece.strip(SPACE):
                    continue
                self._learned(grammar, in_tag, builtin.TEXT)
                self._put(self._strings.value(piece, name))
            else:
                child = _name(piece.tag)
                self._learned(grammar, in_tag, (builtin.Kind.ELEMENT, child))
                self._element(piece, child)
            in_tag = False
        self._learned(grammar, in_tag, builtin.END)

    def _learned(self, grammar: Builtin, in_tag: bool, production: builtin.Production) -> None:
        """Write the code of a production, through the second level when it is new."""
        offered = grammar.offered(in_tag)
        bit_width = width(len(offered) + 1)
        if production in offered:
            self._put(bits.number(offered.index(production), bit_width))
            return
        kinds = builtin.IN_TAG if in_tag else builtin.IN_CONTENT
        kind, name = production
        self._put(bits.number(len(offered), bit_width), bits.number(kinds.index(kind), width(len(kinds))))
        if name is not None:
            self._put(self._strings.qname(name))
        grammar.learn(in_tag, production)
