"""The terminal's view of a demo: readings, price, load control, messages, devices, journeys, log.

Pure: a status document goes in, something that rich can print comes out. Texts of meters and devices are
shown as plain text, never as markup.
"""

from collections.abc import Iterable, Mapping, Sequence

from rich import box
from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from handover.console import view

LOG_LINES = 8
ROWS = 3
BARS = "▁▂▃▄▅▆▇█"
BAR_COUNT = 40


def screen(document: view.Document, journeys: Mapping[str, bool], page: str | None) -> RenderableType:
    """Return the whole screen. `journeys` tells which have come through; `page` is the web page's URL."""
    return Group(
        _head(document, page),
        _figures(document),
        _rows(
            "Load control",
            view.event_rows(document)[:ROWS],
            ("what", "when", "status", "controls", "answers"),
        ),
        _rows(
            "Messages",
            view.message_rows(document)[:ROWS],
            ("text", "priority", "status", "confirmation"),
        ),
        _rows("SEP 2.0 devices", view.device_rows(document), ("name", "sfdi", "requests", "state")),
        journey_line(journeys),
        _log(document),
    )


def below(
    document: view.Document, doing: Iterable[tuple[str, str]], journeys: Mapping[str, bool]
) -> RenderableType:
    """Return the screen of the other direction: `doing` says what each SEP 1.x device does."""
    server, states = document.get("server", {}), dict(doing)
    head = Text("SEP 2.0 meter")
    head.append("  ⇄  Handover  ⇄  ", style="bold green")
    head.append(f"SEP 1.x devices on radio frames\nserver: {server.get('standing', '?')}")
    devices = [
        {
            "name": device["name"],
            "EUI-64": device["eui64"],
            "EndDevice": device["end_device"] or "not admitted yet",
            "does": states.pop(device["name"], ""),
        }
        for device in document.get("devices", [])
    ]
    devices += [
        {"name": name, "EUI-64": "", "EndDevice": "joins", "does": state} for name, state in states.items()
    ]
    events = [
        {
            "mRID": event["mrid"].lstrip("0"),
            "device": event["device"],
            "state": event["state"],
            "ids on the air": " ".join(event["ids"]),
            "answered": " ".join(map(str, event["answered"])),
        }
        for event in document.get("events", [])[-2 * ROWS :]
    ]
    return Group(
        Panel(head, box=box.ROUNDED, border_style="green"),
        _rows("SEP 1.x devices", devices, ("name", "EUI-64", "EndDevice", "does")),
        _rows("Load control", events, ("mRID", "device", "state", "ids on the air", "answered")),
        journey_line(journeys),
    )


def bars(values: Sequence[float]) -> str:
    """Return the last values as a line of block characters, lowest to highest; empty for none."""
    shown = values[-BAR_COUNT:]
    if not shown:
        return ""
    low, high = min(shown), max(shown)
    scale = (len(BARS) - 1) / (high - low) if high > low else 0
    return "".join(BARS[round((value - low) * scale)] for value in shown)


def journey_line(journeys: Mapping[str, bool]) -> Text:
    """Return the journeys with a tick for each that came through."""
    line = Text("  ")
    for name, done in journeys.items():
        line.append(f"{'✔' if done else '…'} {name.replace('_', ' ')}   ", style="green" if done else "dim")
    return line


def _head(document: view.Document, page: str | None) -> RenderableType:
    esi = document.get("esi", {})
    text = Text()
    text.append(f"SEP 1.x ESI {esi.get('eui64', '?')} ({esi.get('transport', '?')})")
    text.append("  ⇄  Handover  ⇄  ", style="bold green")
    text.append(f"SEP 2.0 {document.get('url', '?')}\n")
    text.append(f"{view.moment(document.get('now'))} by the ESI's clock")
    if page:
        text.append(f"   web page {page}", style="bold")
    return Panel(text, box=box.ROUNDED, border_style="green")


def _figures(document: view.Document) -> RenderableType:
    demand = [value for _, value in view.series(document, "demand")]
    price = [value for _, value in view.series(document, "price")]
    return Columns(
        [
            _figure("Demand", view.reading_text(view.reading(document, "Demand")), bars(demand)),
            _figure("Energy delivered", view.reading_text(view.reading(document, "Energy delivered")), ""),
            _figure("Energy received", view.reading_text(view.reading(document, "Energy received")), ""),
            _figure("Price", view.price_text(view.current_price(document)), bars(price)),
        ],
        expand=True,
    )


def _figure(title: str, value: str, line: str) -> Panel:
    return Panel(Text.assemble((value, "bold"), "\n", (line, "cyan")), title=title, box=box.ROUNDED)


def _rows(title: str, rows: Iterable[Mapping[str, str]], columns: Sequence[str]) -> RenderableType:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, expand=True, padding=(0, 1))
    for column in columns:
        table.add_column(column, overflow="fold")
    empty = True
    for row in rows:
        table.add_row(*(Text(row[column]) for column in columns))
        empty = False
    if empty:
        table.add_row(Text("none yet", style="dim"))
    return table


def _log(document: view.Document) -> RenderableType:
    lines = view.log_lines(document)[:LOG_LINES]
    return Text("\n".join(lines), style="dim", no_wrap=True, overflow="ellipsis")
