"""Every cluster held against a table of facts that was made independently of the declarations."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from handover.sep1.clusters import CLUSTERS
from handover.sep1.declaration import REVISIONS, Attribute, Cluster, not_later
from handover.sep1.layout import Field, fields
from handover.sep1.types import Counted, CountedOctets, CountedRows, DataType, Octets, Rest, RestBy

SPEC: dict[int, Any] = {
    int(key, 16): value
    for key, value in json.loads((Path(__file__).parents[1] / "data/se_spec.json").read_text())[
        "clusters"
    ].items()
}
IDS = [f"{cluster:04X}" for cluster in SPEC]

UNTAGGED = "the table has no revision tag here and calls it 1.0; SE 1.0 headers do not have it"
SINCE_DIFFERS: dict[tuple[int, str, range], tuple[str, str]] = {
    (0x0700, "server", range(0x0100, 0x0200)): ("1.1", UNTAGGED),
    (0x0700, "server", range(0x0200, 0x0300)): ("1.1", UNTAGGED),
    (0x0700, "server", range(0x0300, 0x0302)): ("1.1", UNTAGGED),
    (0x0700, "server", range(0x0400, 0x0500)): ("1.1", UNTAGGED),
    (0x0700, "client", range(0x0003)): ("1.1", UNTAGGED),
    (0x0702, "server", range(0x0600, 0x0700)): ("1.1", UNTAGGED),
    (0x0702, "server", range(0x0C00, 0x0D00)): ("1.2", UNTAGGED),
}

FIELD_DIFFERS: dict[tuple[str, str], tuple[dict[str, Any], str]] = {
    ("ReportEventStatus", "coolingTemperatureSetPointApplied"): (
        {"type": "int16"},
        "applied set points are those of the event, which are signed",
    ),
    ("ReportEventStatus", "heatingTemperatureSetPointApplied"): (
        {"type": "int16"},
        "applied set points are those of the event, which are signed",
    ),
    ("ReportEventStatus", "signature"): (
        {"type": "octets 42", "since": "1.0", "default": b"\xff" * 42},
        "old senders leave it out, so it has a default",
    ),
    ("GetBlockPeriods", "tariffType"): (
        {"since": "1.2", "default": 0xFF},
        "SE 1.1 has two fields; the table has no tag",
    ),
    ("GetScheduledEvents", "issuerEventId"): ({"default": 0xFFFFFFFF}, "all ones: field not used"),
    ("PublishBlockPeriod", "blockPeriodDurationType"): ({"default": 0}, "0: minutes"),
    ("PublishBlockPeriod", "tariffType"): ({"default": 0xFF}, "all ones: not known"),
    ("PublishBlockPeriod", "tariffResolutionPeriod"): ({"default": 0xFF}, "all ones: not known"),
    ("MessageConfirmation", "messageConfirmationControl"): ({"default": 0}, "no bit set: not used"),
    ("MessageConfirmation", "messageResponse"): ({"default": None}, "invalid string: no answer"),
    ("RequestTunnel", "maximumIncomingTransferSize"): ({"default": 1500}, "what SE 1.1a takes for granted"),
    ("RequestTunnelResponse", "maximumIncomingTransferSize"): ({"default": 1500}, "as in the request"),
    ("SelectAvailableEmergencyCredit", "siteId"): (
        {"since": "1.1", "default": None},
        "the form of SE 1.2, which ends before it, is read with the same layout",
    ),
    ("SelectAvailableEmergencyCredit", "meterSerialNumber"): (
        {"since": "1.1", "default": None},
        "as siteId",
    ),
}

FIELDS_MORE: dict[str, dict[str, str]] = {
    "ImageBlockRequest": {"block_request_delay": "later ZCL, gated by a bit that older senders leave 0"},
    "ImageBlockResponse": {
        "current_time": "of the form with status WAIT_FOR_DATA, which the table leaves out",
        "request_time": "of the form with status WAIT_FOR_DATA, which the table leaves out",
        "minimum_block_request_period": "of the same form, later ZCL",
    },
}
"""Fields declared here that the table does not have, and why."""

NAMED_BY_DIRECTION = {"TerminateKeyEstablishmentToClient": "TerminateKeyEstablishment"}
"""One class stands in one place, so a command of both directions has two."""

STRUCTURES = {
    "Identity": "octets 48 or 74",
    "EphemeralData": "octets 22 or 37",
    "Smac": "octets 16",
    "Protocol": "rows of manufacturer_code, protocol_id",
}
"""Structures of the table, as they are declared here: both suites of key establishment in one."""


def snake(name: str) -> str:
    return re.sub(r"([A-Z])", lambda match: "_" + match[1].lower(), name)


def attribute_name(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"\((minutes|client|server)\)", "", name.lower())).strip("_")


def expected_since(cluster_id: int, side: str, attribute_id: int, tagged: str) -> str:
    for (cluster, where, ids), (since, _) in SINCE_DIFFERS.items():
        if (cluster, where) == (cluster_id, side) and attribute_id in ids:
            assert since != tagged, "the difference is gone; take it off the list"
            return since
    return tagged


def as_row(side: str, a: Attribute) -> list[Any]:
    return [side, a.id, a.name, a.type.name, a.max_length, a.access == "RW", a.mandatory, a.since]


@pytest.mark.parametrize("cluster_id", SPEC, ids=IDS)
def test_attributes(cluster_id: int) -> None:
    cluster = CLUSTERS[cluster_id]
    declared = [as_row("server", a) for a in cluster.server_attributes.values()]
    declared += [as_row("client", a) for a in cluster.client_attributes.values()]
    expected = [
        [side, id_, attribute_name(name), *rest, expected_since(cluster_id, side, id_, since)]
        for side, id_, name, *rest, since in SPEC[cluster_id]["attributes"]
    ]
    assert sorted(declared, key=lambda r: r[:2]) == sorted(expected, key=lambda r: r[:2])


def wire_name(field: Field) -> str:
    if isinstance(field.wire, DataType):
        return field.wire.name
    if isinstance(field.wire, Octets):
        return f"octets {field.wire.size}"
    if isinstance(field.wire, RestBy):
        return "octets " + " or ".join(str(size) for _, size in field.wire.sizes)
    if isinstance(field.wire, Rest) and field.wire.sizes:
        return "octets " + " or ".join(map(str, field.wire.sizes))
    if isinstance(field.wire, CountedOctets | Rest):
        return "uint8[]"
    if isinstance(field.wire, CountedRows):
        return "rows of " + ", ".join(field.wire.row.__annotations__)
    assert isinstance(field.wire, Counted)
    return f"{field.wire.item.name}[]"


def described(command: type, field: Field) -> dict[str, Any]:
    default = command.__dataclass_fields__[field.name].default if field.since else None  # type: ignore[attr-defined]
    return {
        "type": wire_name(field),
        "since": field.since,
        "removed": field.until,
        "default": default,
    }


@pytest.mark.parametrize("cluster_id", SPEC, ids=IDS)
@pytest.mark.parametrize("to_client", [False, True], ids=["to-server", "to-client"])
def test_commands(cluster_id: int, to_client: bool) -> None:
    rows = CLUSTERS[cluster_id].commands(to_client)
    source = "server" if to_client else "client"
    expected = {
        row["id"]: row
        for row in SPEC[cluster_id]["commands"]
        if row["source"] == source and not_later(row["since"], "1.1b")
    }
    assert set(rows) == set(expected)
    for row in rows.values():
        spec = expected[row.id]
        declared_name = row.type.__name__
        name = NAMED_BY_DIRECTION.get(declared_name, declared_name)
        assert (name, row.mandatory, row.since) == (spec["name"], spec["mandatory"], spec["since"])
        more = FIELDS_MORE.get(name, {})
        declared = {f.name: described(row.type, f) for f in fields(row.type) if f.name not in more}
        assert len(declared) + len(more) == len(fields(row.type))
        assert list(declared) == [snake(f[0]) for f in spec["fields"]]
        for field_name, kind, since, removed, default in spec["fields"]:
            wanted = {
                "type": STRUCTURES.get(kind, kind),
                "since": since,
                "removed": removed,
                "default": int(default, 16) if default else None,
            }
            changes, _ = FIELD_DIFFERS.get((name, field_name), ({}, ""))
            assert all(wanted[key] != value for key, value in changes.items() if value is not None)
            assert declared[snake(field_name)] == wanted | changes, f"{name}.{field_name}"


def test_the_commands_left_out_are_those_of_later_revisions() -> None:
    """Whole commands that SE 1.2 added are answered as unsupported; their number is held."""
    later = [
        (cluster_id, row["name"])
        for cluster_id, cluster in SPEC.items()
        for row in cluster["commands"]
        if not not_later(row["since"], "1.1b")
    ]
    assert len(later) == 62


def test_the_table_lists_every_cluster_under_its_id() -> None:
    assert {key: cluster.id for key, cluster in CLUSTERS.items()} == {key: key for key in SPEC}
    assert {cluster.name for cluster in CLUSTERS.values()} == {c["name"] for c in SPEC.values()}
    assert [f"{c.id:04X}" for c in CLUSTERS.values() if not c.link_key] == [
        "0000",
        "0001",
        "0003",
        "0009",
        "0800",
    ]


@pytest.mark.parametrize("cluster", CLUSTERS.values(), ids=IDS)
def test_names_and_ids_are_used_once(cluster: Cluster) -> None:
    for table in (cluster.server_attributes, cluster.client_attributes):
        assert len({a.name for a in table.values()}) == len(table)
        assert all(key == a.id for key, a in table.items())
        assert all(a.since in REVISIONS for a in table.values())


def test_an_attribute_is_found_by_name() -> None:
    metering, drlc = CLUSTERS[0x0702], CLUSTERS[0x0701]
    assert metering.attribute_id("instantaneous_demand") == 0x0400
    assert metering.attribute_id("current_tier_15_block_16_summation_delivered") == 0x07FF
    assert drlc.attribute_id("utility_enrollment_group", client=True) == 0
    with pytest.raises(KeyError):
        metering.attribute_id("no_such_attribute")
