"""Resources to XML elements, by functions generated once from each declaration.

Elements come in schema order, attributes by name. A generated function holds no diagnosis: it raises Flaw
without a path (or stumbles over a wrong type), and `explain` then finds the field. The document around the
root element is `xml`'s.
"""

from collections.abc import Callable
from typing import Any

from handover.sep2.declaration import Edition, Field, attributes_of, elements_of
from handover.sep2.device_category import renumbered, to_2013
from handover.sep2.lexical import Flaw, shown, writer
from handover.sep2.types import Boolean, Characters, HexBinary, Integer, Scalar, Uri

Write = Callable[[Any, str, str], str]
"""(value, element name, further attributes) to the element's text."""

_PLAIN = (
    "x.__class__ is str and x.isprintable()"
    " and '&' not in x and '<' not in x and '>' not in x and '\"' not in x"
)
"""The test for text that needs no escape."""

_writers: dict[tuple[type[Any], Edition], Write] = {}


def element_writer(cls: type[Any], edition: Edition) -> Write:
    """Return the function that writes an instance of `cls` as an element of `edition`.

    It raises Flaw, TypeError or AttributeError for values that do not fit.
    """
    write = _writers.get((cls, edition))
    if write is None:
        source, names = _source(cls, edition)
        exec(compile(source, f"<writer of {cls.__name__}>", "exec"), names)
        write = _writers[cls, edition] = names["write"]
    return write


def explain(value: Any, edition: Edition) -> Flaw | None:
    """Return the first flaw of `value` with its path, or None."""
    cls = type(value)
    for field in (*attributes_of(cls, edition), *elements_of(cls, edition)):
        flaw = _explain_field(field, getattr(value, field.name, None), edition)
        if flaw:
            return flaw
    return None


def _explain_field(field: Field, value: Any, edition: Edition) -> Flaw | None:
    """Return the first flaw of one field."""
    name = f"@{field.name}" if field.attribute else field.name
    if value is None:
        return Flaw("is mandatory").at(name) if field.required or field.repeated else None
    if not field.repeated:
        flaw = _explain_one(field, value, edition)
        return flaw.at(name) if flaw else None
    if not isinstance(value, list):
        return Flaw(f"must be a list, not {shown(value)}").at(name)
    if len(value) < field.least or (field.most is not None and len(value) > field.most):
        return Flaw(f"has {len(value)} items, not {field.least} to {field.most}").at(name)
    for index, item in enumerate(value):
        flaw = _explain_one(field, item, edition)
        if flaw:
            return flaw.at(f"{name}[{index}]")
    return None


def _explain_one(field: Field, value: Any, edition: Edition) -> Flaw | None:
    """Return the first flaw of one occurrence."""
    if isinstance(field.type, type):
        if type(value) is field.type or (field.polymorphic and isinstance(value, field.type)):
            return explain(value, edition)
        return Flaw(f"must be of type {field.type.__name__}, not {shown(value)}")
    try:
        writer(field.type)(value)
    except Flaw as flaw:
        return flaw
    return None


def _source(cls: type[Any], edition: Edition) -> tuple[str, dict[str, Any]]:
    """Return the source of the writer of `cls`, and the names it uses."""
    names: dict[str, Any] = {"Flaw": Flaw, "cls": cls}
    lines = [
        "def write(v, tag, extra):",
        "    if v.__class__ is not cls: raise Flaw('is of another type')",
        "    s = f'<{tag}{extra}'",
    ]
    for field in attributes_of(cls, edition):
        lines += _attribute(field, names, "v", "s")
    elements = elements_of(cls, edition)
    if not elements:
        return "\n".join((*lines, "    return s + '/>'")), names
    lines.append("    b = ''")
    for field in elements:
        lines += _element(field, names, edition)
    lines.append("    return f'{s}>{b}</{tag}>' if b else s + '/>'")
    return "\n".join(lines), names


def _attribute(field: Field, names: dict[str, Any], owner: str, text: str) -> list[str]:
    """Return the lines that add one attribute of `owner` to `text`."""
    assert not isinstance(field.type, type)
    value = _simple(field.type, names, f' {field.name}="', '"')
    return _optional(field, owner, [f"{text} += {value}"])


def _element(field: Field, names: dict[str, Any], edition: Edition) -> list[str]:
    """Return the lines that write all occurrences of one element."""
    if not isinstance(field.type, type):
        lines = [f"b += {_simple(field.type, names, f'<{field.name}>', f'</{field.name}>')}"]
        if renumbered(field, (edition,)):
            lines.insert(0, f"x = {_name(names, to_2013)}(x)")
    elif field.polymorphic or elements_of(field.type, edition):
        make = _polymorphic if field.polymorphic else element_writer
        write = _name(names, make(field.type, edition))
        lines = [f"b += {write}(x, '{field.name}', '')"]
    else:
        # A link: half of what a server sends, so it is written in line.
        lines = [f"if x.__class__ is not {_name(names, field.type)}: raise Flaw('is of another type')"]
        lines += ["y = x", f"b += '<{field.name}'"]
        for attribute in attributes_of(field.type, edition):
            lines += (line[4:] for line in _attribute(attribute, names, "y", "b"))
        lines.append("b += '/>'")
    if not field.repeated:
        return _optional(field, "v", lines)
    loop = [f"    for x in v.{field.name}:", *(f"        {line}" for line in lines)]
    if field.least or field.most:
        most = "" if field.most is None else f" <= {field.most}"
        loop.insert(0, f"    if not {field.least} <= len(v.{field.name}){most}: raise Flaw('count')")
    return loop


def _optional(field: Field, owner: str, lines: list[str]) -> list[str]:
    """Return `lines`, which write x, for a field of `owner` that stands at most once."""
    head = [f"    x = {owner}.{field.name}", "    if x is not None:"]
    tail = ["    else: raise Flaw('is mandatory')"] if field.required else []
    return [*head, *(f"        {line}" for line in lines), *tail]


def _name(names: dict[str, Any], member: Any) -> str:
    """Return a name for `member` in the generated source."""
    name = f"n{len(names)}"
    names[name] = member
    return name


def _simple(scalar: Scalar, names: dict[str, Any], start: str, end: str) -> str:
    """Return the expression of a plain value: the common case in line, everything else by a function."""
    other = f"f'{start}{{{_name(names, writer(scalar))}(x)}}{end}'"
    match scalar:
        case Integer(low=low, high=high):
            test, text = f"x.__class__ is int and {low} <= x <= {high}", "{x}"
        case HexBinary(octets=octets, padded=padded):
            relation = "==" if padded else "<="
            test, text = f"x.__class__ is bytes and len(x) {relation} {octets}", "{x.hex().upper()}"
        case Characters(longest=int(longest)):
            test, text = f"{_PLAIN} and len(x) <= {longest}", "{x}"
        case Characters() | Uri():
            test, text = _PLAIN, "{x}"
        case Boolean():
            test, text = "x is True", "true"
    return f"f'{start}{text}{end}' if {test} else {other}"


def _polymorphic(declared: type[Any], edition: Edition) -> Write:
    """Return a function that writes any subclass of `declared`, naming it."""

    def write(value: Any, tag: str, extra: str) -> str:
        cls = type(value)
        if cls is not declared:
            if not issubclass(cls, declared):
                raise Flaw("is of another type")
            extra += f' xsi:type="{cls.__name__}"'
        return element_writer(cls, edition)(value, tag, extra)

    return write
