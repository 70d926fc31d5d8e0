"""The map covers everything that is declared, and nothing else; docs/map.md is made of it."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from handover.cli.main import app
from handover.mapping import MAPPINGS
from handover.mapping.chart import CLUSTER_ROWS, FUNCTION_SETS, Fate, Row, rendering
from handover.sep1.clusters import CLUSTERS
from handover.sep1.clusters.drlc import EventStatus
from handover.sep1.types import Status
from handover.sep2.resources.classes import CLASSES, LATER_CLASSES
from handover.sep2.resources.table import RESOURCES

pytestmark = pytest.mark.req("REQ.GW.1")

ROOT = Path(__file__).parents[2]
ROWS = [(cluster_id, row) for cluster_id, rows in CLUSTER_ROWS.items() for row in rows]


@pytest.mark.parametrize("cluster_id", CLUSTERS, ids=lambda cluster_id: CLUSTERS[cluster_id].name)
def test_every_attribute_and_command_has_one_line_and_no_other_has(cluster_id: int) -> None:
    cluster, rows = CLUSTERS[cluster_id], CLUSTER_ROWS[cluster_id]
    for declared, told in (
        (set(cluster.server_attributes), [row.server for row in rows]),
        (set(cluster.client_attributes), [row.client for row in rows]),
        (
            {c.type for c in (*cluster.to_server.values(), *cluster.to_client.values())},
            [row.commands for row in rows],
        ),
    ):
        every = [one for ids in told for one in ids]
        assert set(every) == declared
        assert len(every) == len(set(every)), "a line too many"


def test_every_resource_belongs_to_a_function_set_of_the_map() -> None:
    classes = [*_values(CLASSES), *_values(LATER_CLASSES)]
    assert {cls.__module__.rpartition(".")[2] for cls in classes} == set(FUNCTION_SETS)


def _values(classes: object) -> list[type]:
    return list(classes.values()) if isinstance(classes, dict) else list(classes)  # type: ignore[call-overload]


@pytest.mark.parametrize(("cluster_id", "row"), ROWS)
def test_what_is_not_translated_says_why_and_what_is_told(cluster_id: int, row: Row) -> None:
    assert row.rule
    if {Fate.NONE, Fate.LATER} & {row.a, row.b}:
        assert row.told, row.rule
    if row.counterpart == "-":
        assert {row.a, row.b} <= {Fate.NONE, Fate.LOCAL}


@pytest.mark.parametrize("module", FUNCTION_SETS)
def test_what_stands_apart_is_in_its_function_set_once(module: str) -> None:
    entry = FUNCTION_SETS[module]
    names = [name for group in entry.apart for name in group.names]
    assert set(names) <= set(rendering.resources_of(module))
    assert len(names) == len(set(names))
    for line in (entry, *entry.apart):
        assert line.rule
        if {Fate.NONE, Fate.LATER} & {line.a, line.b}:
            assert line.told, line.rule


def test_every_resource_of_the_method_table_is_on_the_map() -> None:
    told = {name for row in rendering.document()["function_sets"] for name in row["resources"]}
    served = {entry.resource.__name__ for entry in RESOURCES}
    assert {name.removesuffix("List") for name in served} <= told


@pytest.mark.parametrize("cluster_id", CLUSTER_ROWS, ids=lambda cluster_id: CLUSTERS[cluster_id].name)
def test_what_is_lossy_has_a_list_of_losses(cluster_id: int) -> None:
    if any(Fate.LOSSY in (row.a, row.b) for row in CLUSTER_ROWS[cluster_id]):
        assert rendering.losses(cluster_id)


TOLD = sorted(
    {row.told for _, row in ROWS}
    | {line.told for entry in FUNCTION_SETS.values() for line in (entry, *entry.apart)}
    | {loss.told for mapping in MAPPINGS.values() for loss in mapping.losses}
)
ZCL = {int(status) for status in Status} | {int(status) for status in EventStatus} | {0xFFFF}
HTTP = {200, 201, 204, 400, 404, 405, 413, 503}
RESPONSES = {252, 253, 254}


@pytest.mark.parametrize("told", TOLD)
def test_codes_that_are_told_exist(told: str) -> None:
    assert {int(code, 16) for code in re.findall(r"0x([0-9A-F]+)", told)} <= ZCL
    assert {int(code) for code in re.findall(r"\b(\d{3})\b", told)} <= HTTP | RESPONSES
    for code, name in re.findall(r"0x([0-9A-F]{2}) ([A-Z_]{3,})", told):
        assert Status(int(code, 16)).name == name


def test_the_page_of_the_documentation_is_the_map() -> None:
    run = CliRunner().invoke(app, ["map", "--format", "markdown"])
    assert run.exit_code == 0
    assert (ROOT / "docs" / "map.md").read_text() == run.output


def test_other_forms_tell_the_same() -> None:
    plain = json.loads(CliRunner().invoke(app, ["map", "--format", "json"]).output)
    assert [cluster["id"] for cluster in plain["clusters"]] == sorted(CLUSTERS)
    page = CliRunner().invoke(app, ["map", "--format", "html"]).output
    text = CliRunner().invoke(app, ["map"]).output
    for cluster in plain["clusters"]:
        for row in cluster["rows"]:
            assert row["sep1"] in text
    assert page.count("<table>") == page.count("<caption>") > 14
    assert "<script" not in page


def test_one_cluster_of_it() -> None:
    run = CliRunner().invoke(app, ["map", "--cluster", "0x0701", "--format", "json"])
    (cluster,) = json.loads(run.output)["clusters"]
    assert cluster["name"] == "Demand Response and Load Control"
    for wrong in ("0x0999", "load"):
        assert CliRunner().invoke(app, ["map", "--cluster", wrong]).exit_code == 2
