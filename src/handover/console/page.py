"""The gateway's page: cards, a chart of demand and price on one time axis, events, messages, devices, log.

Widgets only. Every text is set as text, never as markup, since names and messages come from meters and
devices.
"""

from dataclasses import dataclass
from typing import Any

from nicegui import ui

from handover.console import view
from handover.console.feed import Feed

STYLE = """
:root { --ink: #16302b; --paper: #f4f6f3; --accent: #0b7a5c; --warm: #c2571a; }
body { background: var(--paper); color: var(--ink); }
.nicegui-content { padding: 0; }
.card { background: white; border-radius: 14px; border: 1px solid #dfe5e0; padding: 16px 20px; }
.figure { font-size: 1.9rem; font-weight: 650; font-variant-numeric: tabular-nums; line-height: 1.2; }
.label { font-size: .8rem; color: #51655f; }
.heading { font-size: 1rem; font-weight: 650; }
.log { font-family: ui-monospace, monospace; font-size: .78rem; }
.log { white-space: pre-wrap; overflow-wrap: anywhere; }
.q-table td { white-space: normal; }
"""

EVENT_COLUMNS = ("what", "when", "status", "controls", "answers")
MESSAGE_COLUMNS = ("text", "priority", "status", "confirmation")
PRICE_COLUMNS = ("label", "price", "tier", "when", "status")
DEVICE_COLUMNS = ("name", "sfdi", "registered", "seen", "requests", "state")
TITLES = {"sfdi": "SFDI", "seen": "last seen", "what": "event"}


def chart_options() -> dict[str, Any]:
    """Return the empty chart: demand on the left axis, price on the right, one time axis below."""
    return {
        "animation": False,
        "color": ["#0b7a5c", "#c2571a"],
        "legend": {"top": 0, "data": ["Demand (kW)", "Price (per kWh)"]},
        "grid": {"left": 48, "right": 56, "top": 36, "bottom": 28},
        "tooltip": {"trigger": "axis", "renderMode": "richText"},
        "useUTC": True,
        "xAxis": {"type": "time", "axisLabel": {"hideOverlap": True}, "axisLine": {"onZero": False}},
        "yAxis": [
            {"type": "value", "name": "kW", "scale": True},
            {"type": "value", "name": "price", "scale": True, "splitLine": {"show": False}},
        ],
        "series": [
            {
                "name": "Demand (kW)",
                "type": "line",
                "showSymbol": False,
                "areaStyle": {"opacity": 0.12},
                "data": [],
            },
            {
                "name": "Price (per kWh)",
                "type": "line",
                "step": "end",
                "showSymbol": False,
                "yAxisIndex": 1,
                "data": [],
            },
        ],
    }


@dataclass
class Figure:
    """One large number with its label and a line below."""

    value: ui.label
    note: ui.label

    @classmethod
    def draw(cls, label: str) -> "Figure":
        """Draw an empty figure."""
        with ui.element("div").classes("card col-span-1"):
            ui.label(label).classes("label")
            value = ui.label("–").classes("figure")
            return cls(value, ui.label("").classes("label"))

    def show(self, value: str, note: str = "") -> None:
        """Set both texts."""
        self.value.set_text(value)
        self.note.set_text(note)


def table(title: str, columns: tuple[str, ...], empty: str, classes: str) -> ui.table:
    """Draw a titled table that says what it means when it is empty."""
    with ui.element("div").classes(f"card {classes}"):
        ui.label(title).classes("heading").props("role=heading aria-level=2")
        return (
            ui.table(
                columns=[
                    {
                        "name": c,
                        "label": TITLES.get(c, c).capitalize() if c != "sfdi" else "SFDI",
                        "field": c,
                        "align": "left",
                    }
                    for c in columns
                ],
                rows=[],
                row_key="id",
            )
            .props(f'flat dense hide-pagination :rows-per-page-options="[0]" no-data-label="{empty}"')
            .classes("w-full")
        )


class GatewayPage:
    """One open page. `refresh` copies the feed's newest document into the widgets."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        ui.add_css(STYLE)
        with ui.header().classes("items-center justify-between px-6 py-3").style("background: #16302b"):
            with ui.row().classes("items-baseline gap-3"):
                ui.label("Handover").classes("text-xl font-bold").props("role=heading aria-level=1")
                self._name = ui.label("").classes("opacity-80")
            with ui.row().classes("items-baseline gap-4"):
                ui.link("Admit devices", "/pair").classes("text-white underline")
                self._now = ui.label("").classes("opacity-90 tabular-nums")
        self._problem = ui.label("").classes("w-full px-6 py-2 bg-orange-100").props("role=status")
        with ui.element("main").classes(
            "w-full grid grid-cols-1 md:grid-cols-2 lg:grid-cols-4 gap-4 p-4 md:p-6"
        ):
            self._demand = Figure.draw("Demand now")
            self._delivered = Figure.draw("Energy delivered")
            self._received = Figure.draw("Energy received")
            self._price = Figure.draw("Price now")
            with ui.element("div").classes("card col-span-1 md:col-span-2 lg:col-span-4"):
                ui.label("Readings and prices").classes("heading").props("role=heading aria-level=2")
                self._chart = ui.echart(chart_options()).classes("w-full h-72")
            wide = "col-span-1 md:col-span-2"
            self._events = table("Load control", EVENT_COLUMNS, "No load control event", wide)
            self._messages = table("Messages", MESSAGE_COLUMNS, "No message", wide)
            self._prices = table("Prices", PRICE_COLUMNS, "No price", wide)
            self._devices = table("SEP 2.0 devices", DEVICE_COLUMNS, "No device is admitted", wide)
            with ui.element("div").classes("card col-span-1 md:col-span-2 lg:col-span-4"):
                ui.label("Log").classes("heading").props("role=heading aria-level=2")
                self._log = ui.label("").classes("log max-h-72 overflow-y-auto").props("tabindex=0")
        self.refresh()

    def refresh(self) -> None:
        """Show the newest document."""
        document = self._feed.document
        self._problem.set_text(self._feed.problem or "")
        self._problem.set_visibility(self._feed.problem is not None)
        if not document:
            return
        self._header(document)
        self._figures(document)
        self._plot(document)
        for widget, rows in (
            (self._events, view.event_rows(document)),
            (self._messages, view.message_rows(document)),
            (self._prices, view.price_rows(document)),
            (self._devices, view.device_rows(document)),
        ):
            if widget.rows != rows:
                widget.rows = rows
        self._log.set_text("\n".join(view.log_lines(document)))

    def _header(self, document: view.Document) -> None:
        esi = document.get("esi", {})
        link = "online" if esi.get("online") else "silent"
        self._name.set_text(
            f"{document.get('gateway', {}).get('name', '')} · SEP 1.x ESI {esi.get('eui64', '?')} {link} "
            f"({esi.get('transport', '?')}) · SEP 2.0 at {document.get('url', '?')}"
        )
        self._now.set_text(view.moment(document.get("now")))

    def _figures(self, document: view.Document) -> None:
        for figure, name in (
            (self._demand, "Demand"),
            (self._delivered, "Energy delivered"),
            (self._received, "Energy received"),
        ):
            found = view.reading(document, name)
            note = (
                f"{'stale, ' if found.get('stale') else ''}read at {view.clock(found.get('at'))}"
                if found
                else ""
            )
            figure.show(view.reading_text(found), note)
        coming = view.next_price(document)
        note = f"from {view.clock(coming.get('start'))}: {view.price_text(coming)}" if coming else ""
        self._price.show(view.price_text(view.current_price(document)), note)

    def _plot(self, document: view.Document) -> None:
        demand, price = self._chart.options["series"]
        demand["data"] = [[at, watts / 1000] for at, watts in view.series(document, "demand")]
        price["data"] = view.price_steps(document, document.get("now") or 0)
        self._chart.update()
