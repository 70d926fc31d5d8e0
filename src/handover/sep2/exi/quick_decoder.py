"""The fast way from EXI to resources: generated functions for streams that are just as the schema has them.

They follow the first level of the grammars only and give up (Deviation) at any escape, bad value or limit;
the stream is then read again by `tree_decoder`, which has the last word and gives the reasons.
"""

from collections.abc import Callable
from typing import Any

from handover.sep2.declaration import fields_of
from handover.sep2.exi.bits import GROUPS, BitReader
from handover.sep2.exi.grammar import START, Escape, Grammar, Kind, Production, State, grammar_of, width
from handover.sep2.exi.names import EDITION, NS, TYPES
from handover.sep2.exi.strings import MISS, QName, StringsRead
from handover.sep2.exi.values import fixed_width
from handover.sep2.lexical import escape
from handover.sep2.lexical import reader as text_reader
from handover.sep2.types import Boolean, HexBinary, Integer, Scalar

MOST_NESTED = 32


class Deviation(Exception):
    """The stream is not what the fast way reads."""


class Source(BitReader):
    """A stream with its string tables. `left` is how many elements and attributes may still come."""

    __slots__ = ("depth", "left", "strings")

    def __init__(self, data: bytes, start: int, strings: StringsRead, pieces: int) -> None:
        super().__init__(data, start)
        self.strings = strings
        self.left = pieces
        self.depth = 0


Read = Callable[[Source, int], Any]
"""(stream, position) to the resource; the position after it is left in the stream."""

_made: dict[type[Any], Read] = {}


def decoder(cls: type[Any]) -> Read:
    """Return the function that reads an instance of `cls`.

    It raises Deviation, Flaw, IndexError or DecodeError for whatever it does not read.
    """
    read = _made.get(cls)
    if read is None:
        source, names = _source(cls)
        exec(compile(source, f"<EXI decoder of {cls.__name__}>", "exec"), names)
        read = _made[cls] = names["read"]
    return read


def _source(cls: type[Any]) -> tuple[str, dict[str, Any]]:
    grammar = grammar_of(cls)
    fields = fields_of(cls)
    polymorphic = {f.name for f in fields if f.polymorphic}
    repeated = {f.name for f in fields if f.repeated}
    names: dict[str, Any] = {"cls": cls, "new": object.__new__, "Deviation": Deviation, "groups": _groups}
    lines = ["def read(r, p):", "    o = new(cls)", "    rows = r.rows"]
    required = {p.name for p in grammar.line if p.least and p.most == 1}
    lines += [
        f"    o.{f.name} = {'[]' if f.repeated else 'None'}"
        for f in fields
        if f.name not in required or not f.known_in(EDITION)
    ]
    lines += [
        f"    r.left -= {len(grammar.line) or 1}",
        "    if r.left < 0: raise Deviation",
        *_code(grammar, START, "    "),
    ]
    for place, production in enumerate(grammar.line):
        value, tail = _value(production, names, production.name in polymorphic)
        if production.name in repeated:
            lines += _repeated(grammar, place, production, names, value, tail)
            continue
        # What may not be left out is always reached.
        indent = "    " if production.least else "        "
        if not production.least:
            lines.append(f"    if n == {place}:")
        lines += [indent + line for line in value]
        lines.append(f"{indent}o.{production.name} = x")
        lines += _code(grammar, grammar.after(State(place), 0), indent, tail)
    lines += ["    r.position = p", "    return o"]
    return "\n".join(lines), names


def _repeated(
    grammar: Grammar,
    place: int,
    production: Production,
    names: dict[str, Any],
    value: list[str],
    tail: int,
) -> list[str]:
    """Return the lines that read all occurrences of a list's items."""
    if production.least or production.most is not None:
        return _counted(grammar, place, production, names, value, tail)
    after = grammar.after(State(place), 0)
    return [
        f"    items = o.{production.name}",
        f"    while n == {place}:",
        *(f"        {line}" for line in value),
        "        items.append(x)",
        *_code(grammar, after, "        ", tail),
    ]


def _counted(
    grammar: Grammar,
    place: int,
    production: Production,
    names: dict[str, Any],
    value: list[str],
    tail: int,
) -> list[str]:
    """Return the lines for a list with bounds: what may follow depends on how many items there are."""
    assert production.least, "a list of bounded length that may be empty has no place in SEP 2.0"
    states = [State(place)]
    while states[-1].place == place:
        states.append(grammar.after(states[-1], 0))
    names[f"states_{production.name}"] = [
        (8 - width(grammar.offered(state) + 1) - tail, grammar.offered(state), state.place)
        for state in states[1:]
    ]
    return [
        f"    items = o.{production.name}",
        f"    for shift, offered, place in states_{production.name}:",
        *(f"        {line}" for line in value),
        "        items.append(x)",
        "        n = rows[p & 7][p >> 3] >> shift",
        "        if n >= offered: raise Deviation",
        "        p += 8 - shift; n += place",
        f"        if n != {place}: break",
    ]


def _code(grammar: Grammar, state: State, indent: str, tail: int = 0) -> list[str]:
    """Return the lines that read the next code, after `tail` bits that end a plain value and are zero."""
    offered = grammar.offered(state)
    bits = width(offered + 1) + tail
    return [
        f"{indent}n = rows[p & 7][p >> 3] >> {8 - bits}",
        f"{indent}if n >= {offered}: raise Deviation",
        f"{indent}p += {bits}",
        *([f"{indent}n += {state.place}"] if state.place else []),
    ]


def _value(production: Production, names: dict[str, Any], polymorphic: bool) -> tuple[list[str], int]:
    """Return the lines that read one value into x, and how many bits end it."""
    content, key = production.content, f"f_{production.name}"
    if isinstance(content, type):
        names[key] = _any_of(content) if polymorphic else decoder(content)
        return [f"x = {key}(r, p)", "p = r.position"], 0
    carrier = ("" if production.kind is Kind.ATTRIBUTE else NS, production.name)
    lines = _scalar(content, names, key, carrier)
    if production.kind is Kind.ATTRIBUTE:
        return lines, 0
    return ["if rows[p & 7][p >> 3] > 127: raise Deviation", "p += 1", *lines], 1


def _scalar(scalar: Scalar, names: dict[str, Any], key: str, carrier: QName) -> list[str]:
    match scalar:
        case Boolean():
            return ["x = rows[p & 7][p >> 3] > 127", "p += 1"]
        case Integer(low=low, high=high):
            return _integer(scalar, low, high)
        case HexBinary(octets=octets, padded=padded):
            lines = ["q = rows[p & 7]; j = p >> 3; n = q[j]", f"if n > {octets}: raise Deviation"]
            lines += ["x = q[j + 1:j + 1 + n]", "p += 8 + 8 * n"]
            if padded:
                lines.append(f"if n < {octets}: x = x.rjust({octets}, b'\\0')")
            return lines
        case _:
            names[key] = _text(scalar, carrier)
            return [f"x = {key}(r, p)", "p = r.position"]


def _integer(scalar: Integer, low: int, high: int) -> list[str]:
    bits = fixed_width(scalar)
    if bits is not None:
        assert bits == 8
        return ["x = rows[p & 7][p >> 3]" + (f" - {-low}" if low else ""), "p += 8"]
    lines = ["q = rows[p & 7]; j = p >> 3; x = q[j]", "if x < 128: p += 8", "else: x, p = groups(q, j, p)"]
    if low < 0:
        lines = ["minus = rows[p & 7][p >> 3] > 127", "p += 1", *lines, "if minus: x = -x - 1"]
    return [*lines, f"if not {low} <= x <= {high}: raise Deviation"]


def _groups(row: bytes, first: int, position: int) -> tuple[int, int]:
    """Return an Unsigned Integer of several groups, and the position after it."""
    value = shift = 0
    for octet in row[first : first + GROUPS]:
        value |= (octet & 0x7F) << shift
        shift += 7
        position += 8
        if octet < 0x80:
            return value, position
    raise Deviation


def _text(scalar: Scalar, carrier: QName) -> Read:
    """Return the function that reads text of one type, carried by one attribute or element."""
    convert = text_reader(scalar)

    def read(stream: Source, position: int) -> str:
        row, first = stream.rows[position & 7], position >> 3
        length = row[first]
        strings = stream.strings
        if MISS < length < 0x80:
            plain = row[first + 1 : first + length - 1]
            if plain.isascii():
                text = plain.decode("ascii")
                strings.spend(length)
                known = strings.local.get(carrier)
                if known is None:
                    known = strings.local[carrier] = []
                known.append(text)
                strings.everywhere.append(text)
                stream.position = position + 8 * (length - 1)
                return _checked(text, convert)
        stream.position = position
        return _checked(strings.value(stream, carrier), convert)

    return read


def _checked(text: str, convert: Callable[[str], Any]) -> str:
    """Return text as its type has it. Raises Flaw for what is too long or cannot stand in an XML document."""
    if not text.isprintable():
        escape(text)
    value: str = convert(text)
    return value


def _any_of(declared: type[Any]) -> Read:
    """Return the function that reads an element which may name its own type."""
    grammar = grammar_of(declared)
    escaped, bits = grammar.offered(START), width(grammar.offered(START) + 1)
    escapes = grammar.escapes(START)
    type_code, escape_bits = escapes.index(Escape.TYPE), width(len(escapes))

    def read(stream: Source, position: int) -> Any:
        stream.position = position
        cls: Any = declared
        if stream.bits(bits) == escaped:
            if stream.bits(escape_bits) != type_code:
                raise Deviation
            uri, name = stream.strings.qname(stream)
            cls = TYPES.get(name) if uri == NS else None
            position = stream.position
        if not isinstance(cls, type) or not issubclass(cls, declared) or stream.depth >= MOST_NESTED:
            raise Deviation
        stream.depth += 1
        value = decoder(cls)(stream, position)
        stream.depth -= 1
        return value

    return read
