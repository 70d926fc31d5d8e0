"""The fast way to read: generated functions for elements that are exactly as the schema has them.

They read elements in schema order and give up (Flaw, without a path) at anything else: an unknown element,
another order, a bad value. `xml_reader` then reads the element again, tolerantly, and has the last word.
"""

from collections.abc import Callable
from typing import Any

from lxml.etree import _Element as Element

from handover.sep2.declaration import Edition, Field, attributes_of, elements_of, fields_of
from handover.sep2.device_category import renumbered, to_2018
from handover.sep2.lexical import Flaw, reader

Read = Callable[[Element], Any]


def reader_of(field: Field, editions: tuple[Edition, ...]) -> Callable[[str], Any]:
    """Return how the text of a field with a plain value is read in documents of `editions`."""
    assert not isinstance(field.type, type)
    read = reader(field.type)
    return (lambda text: to_2018(read(text))) if renumbered(field, editions) else read


class _End:
    """Stands after the last child."""

    tag = None


class QuickReaders:
    """The generated readers for one namespace. `polymorphic` reads elements that name their own type."""

    def __init__(
        self,
        namespace: str,
        editions: tuple[Edition, ...],
        polymorphic: Callable[[Element, type[Any]], type[Any]],
    ) -> None:
        self._namespace = namespace
        self._editions = editions
        self._real_type = polymorphic
        self._made: dict[type[Any], Read] = {}

    def reader(self, cls: type[Any]) -> Read:
        """Return the function that reads a well-ordered element as an instance of `cls`."""
        read = self._made.get(cls)
        if read is None:
            source, names = self._source(cls)
            exec(compile(source, f"<reader of {cls.__name__}>", "exec"), names)
            read = self._made[cls] = names["read"]
        return read

    def _source(self, cls: type[Any]) -> tuple[str, dict[str, Any]]:
        """Return the source of the reader of `cls`, and the names it uses."""
        names: dict[str, Any] = {"Flaw": Flaw, "new": object.__new__, "cls": cls, "END": _End()}
        lines = ["def read(e):", "    o = new(cls)"]
        lines += [
            f"    o.{field.name} = {'[]' if field.repeated else 'None'}"
            for field in fields_of(cls)
            if not any(map(field.known_in, self._editions))
        ]
        for field in attributes_of(cls, *self._editions):
            lines += _attribute(field, names)
        elements = elements_of(cls, *self._editions)
        if elements:
            lines += ["    advance = iter([*e, END]).__next__", "    c = advance(); tag = c.tag"]
            for field in elements:
                lines += self._element(field, names)
            lines.append("    if tag is not None: raise Flaw('unexpected')")
        lines.append("    return o")
        return "\n".join(lines), names

    def _element(self, field: Field, names: dict[str, Any]) -> list[str]:
        """Return the lines that read all occurrences of one element."""
        name, tag = field.name, f"'{{{self._namespace}}}{field.name}'"
        if isinstance(field.type, type):
            names[f"r_{name}"] = (
                self._polymorphic(field.type) if field.polymorphic else self.reader(field.type)
            )
            value, check = f"r_{name}(c)", ""
        else:
            names[f"r_{name}"] = reader_of(field, self._editions)
            value, check = f"r_{name}(c.text or '')", "if len(c): raise Flaw('not plain')"
        if field.repeated:
            lines = [f"    o.{name} = items = []", f"    while tag == {tag}:"]
            lines += [f"        {check}"] if check else []
            lines += [f"        items.append({value})", "        c = advance(); tag = c.tag"]
            if field.least or field.most:
                most = "" if field.most is None else f" <= {field.most}"
                lines.append(f"    if not {field.least} <= len(items){most}: raise Flaw('count')")
            return lines
        lines = [f"    if tag == {tag}:"]
        lines += [f"        {check}"] if check else []
        lines += [f"        o.{name} = {value}", "        c = advance(); tag = c.tag"]
        lines.append("    else: raise Flaw('missing')" if field.required else f"    else: o.{name} = None")
        return lines

    def _polymorphic(self, declared: type[Any]) -> Read:
        """Return the function that reads an element which names its own type."""

        def read(element: Element) -> Any:
            return self.reader(self._real_type(element, declared))(element)

        return read


def _attribute(field: Field, names: dict[str, Any]) -> list[str]:
    """Return the lines that read one attribute."""
    assert not isinstance(field.type, type)
    names[f"a_{field.name}"] = reader(field.type)
    absent = "raise Flaw('missing')" if field.required else f"o.{field.name} = None"
    return [
        f"    t = e.get('{field.name}')",
        f"    if t is None: {absent}",
        f"    else: o.{field.name} = a_{field.name}(t)",
    ]
