"""Elements of a parsed document to typed resources, by functions that are made once from each declaration.

Unknown elements and attributes are skipped, as the schema's extension level S1 asks for. Elements are
accepted in any order: the schema fixes one, but some peers do not keep it, and nothing hangs on it.
"""

from collections.abc import Callable
from typing import Any

from lxml.etree import _Element as Element

from handover.sep2.declaration import Edition, Field, attributes_of, elements_of
from handover.sep2.lexical import Flaw, reader, shown
from handover.sep2.xml_quick import QuickReaders, reader_of

XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"

Read = Callable[[Element], Any]
Classes = dict[str, type[Any]]


class Readers:
    """The readers for one namespace and the editions that use it. `classes` are what xsi:type may name."""

    def __init__(self, namespace: str, editions: tuple[Edition, ...], classes: Classes) -> None:
        self.quick = QuickReaders(namespace, editions, self.real_type)
        self._editions = editions
        self._prefix = f"{{{namespace}}}"
        self._classes = classes
        self._made: dict[type[Any], Read] = {}

    def reader(self, cls: type[Any]) -> Read:
        """Return the function that reads an element as an instance of `cls`. It raises Flaw."""
        read = self._made.get(cls)
        if read is None:
            read = self._made[cls] = self._structure_reader(cls)
        return read

    def real_type(self, element: Element, declared: type[Any]) -> type[Any]:
        """Return the subclass of `declared` that xsi:type names, or `declared` itself."""
        name = element.get(XSI_TYPE)
        if name is None:
            return declared
        cls = self._classes.get(name.rpartition(":")[2].strip())
        if cls is None or not issubclass(cls, declared):
            raise Flaw(f"xsi:type {shown(name)} is not a kind of {declared.__name__}")
        return cls

    def _structure_reader(self, cls: type[Any]) -> Read:
        """Make the reader of one class."""
        attributes = [
            (f.name, reader(f.type))
            for f in attributes_of(cls, *self._editions)
            if not isinstance(f.type, type)
        ]
        elements = elements_of(cls, *self._editions)
        table = {self._prefix + f.name: (f.name, self._field_reader(f), f.repeated) for f in elements}
        bounded = [f for f in elements if f.repeated and (f.least or f.most)]
        find: Callable[[Any], Any] = table.get

        def read(element: Element) -> Any:
            values: dict[str, Any] = {}
            for name, convert in attributes:
                text = element.get(name)
                if text is not None:
                    try:
                        values[name] = convert(text)
                    except Flaw as flaw:
                        raise flaw.at(f"@{name}") from None
            for child in element:
                entry = find(child.tag)
                if entry is None:
                    continue
                name, read_child, repeated = entry
                try:
                    if repeated:
                        if name in values:
                            values[name].append(read_child(child))
                        else:
                            values[name] = [read_child(child)]
                    elif name in values:
                        raise Flaw("stands there twice")
                    else:
                        values[name] = read_child(child)
                except Flaw as flaw:
                    raise flaw.at(f"{name}[{len(values.get(name, ()))}]" if repeated else name) from None
            for field in bounded:
                _count(field, len(values.get(field.name, ())))
            try:
                return cls(**values)
            except TypeError:
                raise _missing(cls, values) from None

        return read

    def _field_reader(self, field: Field) -> Read:
        """Make the reader of one occurrence of an element field."""
        if not isinstance(field.type, type):
            return _simple(reader_of(field, self._editions))
        if field.polymorphic:
            return self._polymorphic(field.type)
        return self.reader(field.type)

    def _polymorphic(self, declared: type[Any]) -> Read:
        """Make the reader of an element that names its own type."""

        def read(element: Element) -> Any:
            return self.reader(self.real_type(element, declared))(element)

        return read


def _simple(convert: Callable[[str], Any]) -> Read:
    """Make the reader of an element with a plain value."""

    def read(element: Element) -> Any:
        if len(element):
            raise Flaw("contains elements where a plain value is expected")
        return convert(element.text or "")

    return read


def _count(field: Field, times: int) -> None:
    if times < field.least or (field.most is not None and times > field.most):
        raise Flaw(f"stands there {times} times, not {field.least} to {field.most}").at(field.name)


def _missing(cls: type[Any], values: dict[str, Any]) -> Flaw:
    """Return the flaw of the first mandatory field that has no value."""
    for field in (*attributes_of(cls), *elements_of(cls)):
        if field.required and field.name not in values:
            return Flaw("is mandatory but missing").at(f"@{field.name}" if field.attribute else field.name)
    raise AssertionError(f"{cls.__name__} cannot be made from {sorted(values)}")
