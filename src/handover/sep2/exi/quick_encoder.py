"""Resources to EXI, by functions generated once from each declaration.

They write the first level of the grammars only: a resource has nothing else. A generated function holds no
diagnosis; `handover.sep2.xml_writer.explain` finds the field when it raises Flaw.
"""

from collections.abc import Callable
from typing import Any

from handover.sep2.declaration import fields_of
from handover.sep2.exi import bits
from handover.sep2.exi.grammar import START, Escape, Grammar, Kind, Production, State, grammar_of, width
from handover.sep2.exi.names import NS
from handover.sep2.exi.strings import QName, StringsWritten
from handover.sep2.exi.values import fixed_width
from handover.sep2.lexical import Flaw, writer
from handover.sep2.types import Boolean, Characters, HexBinary, Integer, Scalar

Add = Callable[[str], None]
Write = Callable[[Any, Add, StringsWritten], None]
"""(resource, what takes the bits, string tables)."""

_EMPTY = bits.number(1, 1) + bits.number(0, 3)
"""An element whose value has no characters: an escape, and the end."""

_made: dict[type[Any], Write] = {}


def encoder(cls: type[Any]) -> Write:
    """Return the function that writes an instance of `cls`, without the code of its name."""
    write = _made.get(cls)
    if write is None:
        source, names = _source(cls)
        exec(compile(source, f"<EXI encoder of {cls.__name__}>", "exec"), names)
        write = _made[cls] = names["write"]
    return write


def _source(cls: type[Any]) -> tuple[str, dict[str, Any]]:
    grammar = grammar_of(cls)
    fields = {f.name: f for f in fields_of(cls)}
    names: dict[str, Any] = {
        "cls": cls,
        "Flaw": Flaw,
        "unsigned": bits.unsigned,
        "octets": bits.octets,
        "EMPTY": _EMPTY,
    }
    lines = ["def write(v, a, s):", "    if v.__class__ is not cls: raise Flaw('is of another type')"]
    lines.append("    i = 0")
    for place, production in enumerate(grammar.line):
        polymorphic = fields[production.name].polymorphic
        lines += _production(grammar, place, production, names, polymorphic)
    end = len(grammar.line)
    lines.append(f"    a({_code_of(grammar, end, names)})")
    return "\n".join(lines), names


def _production(
    grammar: Grammar, place: int, production: Production, names: dict[str, Any], polymorphic: bool
) -> list[str]:
    """Return the lines that write one attribute or element."""
    name = production.name
    value = _value(production, names, polymorphic)
    head = [f"    x = v.{name}"]
    if production.most == 1:
        lines = [f"a({_code_of(grammar, place, names)})", *value, f"i = {place + 1}"]
        tail = ["    else: raise Flaw('is mandatory')"] if production.least else []
        return [*head, "    if x is not None:", *(f"        {line}" for line in lines), *tail]
    if production.most is None and not production.least:
        again = grammar.after(State(place), 0)
        names[f"again_{name}"] = bits.number(0, width(grammar.offered(again) + 1))
        return [
            f"    code = {_code_of(grammar, place, names)}",
            f"    for x in v.{name}:",
            "        a(code)",
            *(f"        {line}" for line in value),
            f"        code = again_{name}; i = {place}",
        ]
    names[f"more_{name}"] = [
        bits.number(0, width(grammar.offered(state) + 1)) for state in _bounded(grammar, place)[1:-1]
    ]
    return [
        *head,
        f"    if not {production.least} <= len(x) <= {production.most}: raise Flaw('count')",
        "    n = len(x)",
        f"    for x, code in zip(x, ({_code_of(grammar, place, names)}, *more_{name})):",
        "        a(code)",
        *(f"        {line}" for line in value),
        f"    i = ({place}, n)",
    ]


def _bounded(grammar: Grammar, place: int) -> list[State]:
    """Return the states of a list of bounded length: before each of its items, and when it is full."""
    production = grammar.line[place]
    assert production.least, "a list of bounded length that may be empty has no place in SEP 2.0"
    assert production.most, "a list that may not be empty has a greatest length in SEP 2.0"
    states = [State(place)]
    while states[-1].place == place:
        states.append(grammar.after(states[-1], 0))
    return states


def _code_of(grammar: Grammar, place: int, names: dict[str, Any]) -> str:
    """Return the expression of the code of the production at `place`, in any state before it."""
    codes: dict[object, str] = {}
    for before in range(place + 1):
        production = grammar.line[before] if before < len(grammar.line) else None
        bounded = production is not None and production.most != 1 and bool(production.least)
        states = _bounded(grammar, before) if bounded else [State(before)]
        for count, state in enumerate(states):
            if state.place <= place < state.place + grammar.offered(state):
                code = bits.number(place - state.place, width(grammar.offered(state) + 1))
                codes[(before, count) if count else before] = code
    if len(set(codes.values())) == 1:
        return repr(next(iter(codes.values())))
    names[f"c{place}"] = codes
    return f"c{place}[i]"


def _value(production: Production, names: dict[str, Any], polymorphic: bool) -> list[str]:
    """Return the lines that write x."""
    content, key = production.content, f"f_{production.name}"
    if isinstance(content, type):
        names[key] = _any_of(content) if polymorphic else encoder(content)
        return [f"{key}(x, a, s)"]
    check = f"check_{production.name}"
    names[check] = writer(content)
    return _scalar(content, names, check, production)


def _scalar(scalar: Scalar, names: dict[str, Any], check: str, production: Production) -> list[str]:
    attribute = production.kind is Kind.ATTRIBUTE
    open_, close = ("", "") if attribute else ("0", "0")
    match scalar:
        case Boolean():
            return [f"{check}(x)", f"a('{open_}1{close}' if x else '{open_}0{close}')"]
        case Integer(low=low, high=high):
            guard = f"if x.__class__ is not int or not {low} <= x <= {high}: {check}(x)"
            width_ = fixed_width(scalar)
            if width_ is not None:
                shifted = f"x + {-low}" if low else "x"
                return [guard, f"a(f'{open_}{{{shifted}:0{width_}b}}{close}')"]
            function = "signed" if low < 0 else "unsigned"
            names[function] = getattr(bits, function)
            return [guard, f"a(f'{open_}{{{function}(x)}}{close}')"]
        case HexBinary(octets=octets, padded=padded):
            lines = [f"{check}(x)"]
            if padded:
                lines.append(f"if len(x) < {octets}: x = x.rjust({octets}, b'\\0')")
            value = f"f'{open_}{{unsigned(len(x))}}{{octets(x)}}{close}'"
            return [*lines, f"a({value})" if attribute else f"a({value} if x else EMPTY)"]
        case _:
            return _text(scalar, names, check, production)


def _text(scalar: Scalar, names: dict[str, Any], check: str, production: Production) -> list[str]:
    attribute = production.kind is Kind.ATTRIBUTE
    carrier: QName = ("" if attribute else NS, production.name)
    names[f"carrier_{production.name}"] = carrier
    longest = f" or len(x) > {scalar.longest}" if isinstance(scalar, Characters) and scalar.longest else ""
    guard = f"if x.__class__ is not str or not x.isprintable(){longest}: {check}(x)"
    value = f"s.value(x, carrier_{production.name})"
    if attribute:
        return [guard, f"a({value})"]
    return [guard, f"a(f'0{{{value}}}0' if x else EMPTY)"]


def _any_of(declared: type[Any]) -> Write:
    """Return the function that writes an instance of any kind of `declared`, naming its type."""
    grammar = grammar_of(declared)
    escapes = grammar.escapes(START)
    head = bits.number(grammar.offered(START), width(grammar.offered(START) + 1))
    head += bits.number(escapes.index(Escape.TYPE), width(len(escapes)))

    def write(value: Any, add: Add, strings: StringsWritten) -> None:
        cls = type(value)
        if cls is not declared:
            if not issubclass(cls, declared):
                raise Flaw("is of another type")
            add(head + strings.qname((NS, cls.__name__)))
        encoder(cls)(value, add, strings)

    return write
