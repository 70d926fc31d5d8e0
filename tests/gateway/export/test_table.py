"""CSV: exact values, and texts that no spreadsheet runs."""

import csv
import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.export.conftest import Exporting
from gateway.export.reading import rows
from gateway.home import ESI, NOW, Home
from gateway.utility import ELECTRIC, GAS_METER, TEXT, U48, UTC, report
from handover.gateway.export.archive import Archive, Line, MeterLines, Point
from handover.gateway.export.formats import Format
from handover.gateway.export.table import COLUMNS, defused, table
from handover.model.metering import Meter, Reading, ReadingKind
from handover.model.units import Commodity, Flow, Unit
from handover.sep1.types import ZIGBEE_EPOCH


def of(document: list[dict[str, str]], series: str, meter: str = f"{ESI:016X}") -> list[dict[str, str]]:
    return [row for row in document if row["series"] == series and row["meter"] == meter]


def test_every_value_has_its_time_unit_and_meter(metered: Home, export: Exporting) -> None:
    document = rows(export(Format.CSV))
    registers = of(document, "register")
    assert registers[0] == {
        "time": "2012-07-17T18:00:00+00:00",
        "seconds": "0",
        "series": "register",
        "meter": f"{ESI:016X}",
        "site": "",
        "commodity": "electricity",
        "direction": "delivered",
        "value": "100000",
        "unit": "Wh",
    }
    assert len(registers) == 25
    intervals = of(document, "interval")
    assert [(row["seconds"], row["value"]) for row in intervals] == [("900", "30")] * 8
    demand = of(document, "demand")
    assert [row["value"] for row in demand[:2]] == ["-60", "120"]
    assert [(row["value"], row["unit"]) for row in of(document, "price", "")] == [("0.1134", "USD/kWh")]
    (gas,) = of(document, "register", f"{GAS_METER:016X}")
    assert (gas["value"], gas["unit"], gas["commodity"]) == ("12.34", "m³", "gas")


def test_two_electric_meters_leave_the_demand_to_nobody(metered: Home, export: Exporting) -> None:
    report(metered, ELECTRIC | {0x0400: (0x2A, 5)}, source=0x000D6F0000BBBBBB)
    assert [row for row in rows(export(Format.CSV)) if row["series"] == "demand"] == []


def test_the_history_of_registers_outlives_a_kill_and_is_thinned(home: Home, export: Exporting) -> None:
    report(home, ELECTRIC)
    for number in range(13):
        report(home, {0x0000: (U48, number)})
        home.passes(10)
    home.restart()
    assert [row["value"] for row in of(rows(export(Format.CSV)), "register")] == ["0", "6", "12"]


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "  =1", "\t=1", "\r\n=1", "＝1", '=HYPERLINK("x")']
)
def test_a_formula_in_a_text_is_a_text(home: Home, export: Exporting, text: str) -> None:
    report(home, ELECTRIC | {0x0000: (U48, 7), 0x0307: (TEXT, text.encode())})
    document = export(Format.CSV)
    (row,) = of(rows(document), "register")
    assert row["site"].startswith("'")
    assert document.count(b"\r\n") == 2


def test_a_time_far_in_the_future_is_kept_out_and_a_clock_that_is_ahead_is_not(
    home: Home, export: Exporting
) -> None:
    report(home, ELECTRIC)
    for ahead, value in ((10 * 86400, 1), (600, 2)):
        report(home, {0x0000: (U48, value), 0x0007: (UTC, NOW + ahead - ZIGBEE_EPOCH)})
    assert [row["value"] for row in of(rows(export(Format.CSV)), "register")] == ["2"]
    report(home, {0x0000: (U48, 3), 0x0007: (UTC, NOW + 10 * 86400 - ZIGBEE_EPOCH)})
    assert [row["value"] for row in of(rows(export(Format.CSV)), "register")] == ["2"]


@given(st.text())
def test_no_text_begins_like_a_formula(text: str) -> None:
    cell = defused(text)
    assert cell.isprintable()
    assert not cell.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))


@given(
    st.text(max_size=20),
    st.lists(
        st.tuples(st.integers(0, 2**31), st.decimals(allow_nan=False, allow_infinity=False, places=3)),
        max_size=5,
    ),
)
def test_whatever_the_names_the_table_is_read_back(site: str, values: list[tuple[int, Decimal]]) -> None:
    reading = Reading(
        register=0,
        kind=ReadingKind.SUMMATION,
        flow=Flow.DELIVERED,
        value=0,
        power=0,
        unit=Unit.WATT_HOUR,
        commodity=Commodity.ELECTRICITY,
    )
    points = [Point(at, value) for at, value in values]
    meter = Meter(commodity=Commodity.ELECTRICITY, site=site)
    archive = Archive("g", 1, NOW, [MeterLines(1, 1, 0, meter, [Line(reading, points)])])
    read = list(csv.reader(io.StringIO(table(archive), newline="")))
    assert tuple(read[0]) == COLUMNS
    assert [Decimal(row[7]) for row in read[1:] if row[2] == "register"] == [value for _, value in values]
