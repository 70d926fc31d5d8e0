"""Playbooks of metering: exact values, their age, and what is never shown."""

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.home import ESI, NOW, Home
from handover.gateway.status import snapshot
from handover.sep1.general import AttributeRecord, ReportAttributes
from handover.sep1.types import ZIGBEE_EPOCH

pytestmark = pytest.mark.req("REQ.GW.1")

U48, S24, UTC, U24, U8, MAP8, ENUM8 = 0x25, 0x2A, 0xE2, 0x22, 0x20, 0x18, 0x30
FORMAT = {0x0300: (ENUM8, 0), 0x0301: (U24, 1), 0x0302: (U24, 1000), 0x0306: (MAP8, 0)}
CASES = {
    row["n"].split()[0]: row
    for row in json.loads((Path(__file__).parents[1] / "data" / "golden.json").read_text())
}


def report(home: Home, values: dict[int, tuple[int, Any]], source: int = ESI) -> None:
    records = [AttributeRecord(number, kind, value) for number, (kind, value) in values.items()]
    home.says(ReportAttributes(records), 0x0702, source=source)


def value(home: Home, register: str, upt: int = 0) -> Any:
    return home.gets(f"/upt/{upt}/mr/{register}/r")


def test_a_register_is_shown_to_the_last_digit_with_its_own_time(home: Home) -> None:
    report(home, FORMAT | {0x0000: (U48, 102546839), 0x0007: (UTC, NOW - 5 - ZIGBEE_EPOCH)})
    reading = value(home, "0000-0")
    assert (reading.value, reading.timePeriod.start) == (102546839, NOW - 5)
    rows = {row["name"]: row for row in snapshot(home.gateway, home.now)["readings"]}
    assert rows["Energy delivered"]["value"] == "102546.839"
    assert rows["Energy delivered"]["unit"] == "kWh"


def test_a_negative_demand_is_the_reverse_reading(home: Home) -> None:
    report(home, FORMAT | {0x0400: (S24, -333)})
    assert value(home, "0400-0").value == 0
    assert value(home, "0400-1").value == 333
    demand = next(r for r in snapshot(home.gateway, home.now)["readings"] if r["name"] == "Demand")
    assert (demand["value"], demand["unit"], demand["flow"]) == ("-0.333", "kW", "received")
    assert home.gateway.history.points("demand", 0.0) == [(NOW, "-333")]
    report(home, {0x0400: (S24, -333)})
    assert home.gateway.history.points("demand", 0.0) == [(NOW, "-333")], "one point a moment"


def test_values_wait_until_the_unit_is_known(home: Home) -> None:
    report(home, {0x0000: (U48, 5)})
    assert home.gets("/upt?l=9").all == 0
    home.passes(30)
    report(home, FORMAT)
    assert value(home, "0000-0").value == 5
    assert home.gets("/upt/0/mr/0000-0/rt").powerOfTenMultiplier == 0


def test_invalid_markers_are_never_passed_on(home: Home) -> None:
    report(home, FORMAT | {0x0000: (U48, 7), 0x0007: (UTC, 0xFFFFFFFF), 0x0400: (S24, -0x800000)})
    assert value(home, "0000-0").timePeriod is None
    assert home.asks("/upt/0/mr/0400-0").status == 404
    report(home, {0x0000: (U48, 0xFFFFFFFFFFFF)})
    assert value(home, "0000-0").value == 7


def test_a_reading_grows_old_and_is_withdrawn(home: Home) -> None:
    report(home, FORMAT | {0x0000: (U48, 7), 0x000A: (U8, 30)})
    assert value(home, "0000-0").qualityFlags == b"\x00\x01"
    home.passes(90)
    assert value(home, "0000-0").qualityFlags == b"\x00\x01"
    home.passes(1)
    assert value(home, "0000-0").qualityFlags is None
    assert all(row["stale"] for row in snapshot(home.gateway, home.now)["readings"])
    home.passes(86400)
    assert home.asks("/upt/0/mr/0000-0/r").status == 404
    report(home, {0x0000: (U48, 8)})
    assert value(home, "0000-0").qualityFlags == b"\x00\x01"


def test_a_meter_that_reports_seldom_is_not_called_old(home: Home) -> None:
    report(home, FORMAT | {0x0000: (U48, 7)})
    home.passes(800)
    report(home, {0x0000: (U48, 8)})
    home.passes(2000)
    assert value(home, "0000-0").qualityFlags == b"\x00\x01"


def test_the_golden_gas_meter_beside_the_electric_one(home: Home) -> None:
    report(home, FORMAT | {0x0000: (U48, 7)})
    gas = {0x0300: (ENUM8, 0x82), 0x0303: (MAP8, 0x32), 0x0306: (MAP8, 1), 0x0000: (U48, 0x000012345678)}
    report(home, gas, source=0x000D6F0000AAAAAA)
    kind = home.gets("/upt/1/mr/0000-0/rt")
    assert (value(home, "0000-0", 1).value, kind.commodity, kind.uom, kind.powerOfTenMultiplier) == (
        12345678,
        7,
        119,
        -2,
    )
    assert home.gets("/upt/1").serviceCategoryKind == 1
    assert home.gets("/upt?l=9").all == 2


def test_a_usage_point_names_its_meter_by_a_virtual_lfdi(home: Home) -> None:
    report(home, FORMAT | {0x0000: (U48, 7), 0x0200: (MAP8, 0x40)})
    point = home.gets("/upt/0")
    assert len(point.deviceLFDI) == 20
    assert (point.roleFlags, point.status) == (b"\x00\x03", 0)


def test_readings_survive_a_kill_at_their_age(home: Home) -> None:
    report(home, FORMAT | {0x0000: (U48, 7), 0x0400: (S24, 1500)})
    point = home.gets("/upt/0").mRID
    home.passes(1000)
    home.restart()
    assert home.gets("/upt/0").mRID == point
    assert value(home, "0000-0").value == 7
    assert value(home, "0000-0").qualityFlags is None
    report(home, {0x0000: (U48, 9)})
    assert value(home, "0000-0").value == 9
    assert home.gateway.history.points("demand", 0.0) == [(NOW, "1500")]


def test_an_unsecured_report_is_dropped_and_counted(home: Home) -> None:
    report(home, FORMAT | {0x0000: (U48, 7)})
    home.says(ReportAttributes([AttributeRecord(0x0000, U48, 8)]), 0x0702, secured=False)
    assert value(home, "0000-0").value == 7
    assert any("dropped" in line for line in home.logs)


def test_a_crowd_of_meters_is_bounded(home: Home) -> None:
    for number in range(40):
        report(home, FORMAT | {0x0000: (U48, 7)}, source=0x1000 + number)
    assert home.gets("/upt?l=255").all <= 16
