"""The history as CSV: one row a value, exact decimals, times in UTC.

Spreadsheets run a text cell that begins like a formula; such texts get an apostrophe in front.
"""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from handover.gateway.export.archive import Archive, MeterLines
from handover.gateway.export.intervals import intervals
from handover.gateway.texts import plain
from handover.model.units import Unit

COLUMNS = ("time", "seconds", "series", "meter", "site", "commodity", "direction", "value", "unit")

_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
LONGEST_CELL = 80

Cell = str | int | Decimal


def table(archive: Archive) -> str:
    """Return the whole history, series after series, each oldest first.

    `seconds` is how long the time of a row lasts: 0 for what held at a moment.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in _rows(archive):
        writer.writerow([_cell(cell) for cell in row])
    return out.getvalue()


def defused(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula, as one line."""
    line = plain(text, LONGEST_CELL)
    return f"'{line}" if line.lstrip().startswith(_FORMULA) else line


def _cell(cell: Cell) -> str:
    """Return numbers as they are, a minus sign included; texts are defused."""
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    return str(cell) if isinstance(cell, int) else defused(cell)


def _rows(archive: Archive) -> Iterator[tuple[Cell, ...]]:
    for meter in archive.meters:
        yield from _meter(meter)
    for at, value in archive.prices:
        yield (_time(at), 0, "price", "", "", "", "", value, archive.price_unit)


def _meter(lines: MeterLines) -> Iterator[tuple[Cell, ...]]:
    place = (f"{lines.source:016X}", lines.meter.site or "", lines.meter.commodity.value)
    for line in lines.registers:
        about = (*place, line.reading.flow.value)
        unit = line.reading.unit.value
        for at, value in line.points:
            yield (_time(at), 0, "register", *about, value, unit)
        for start, duration, value in intervals(line.points):
            yield (_time(start), duration, "interval", *about, value, unit)
    if lines.demand is not None:
        for at, value in lines.demand.points:
            yield (_time(at), 0, "demand", *place, "net", value, Unit.WATT.value)


def _time(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()
