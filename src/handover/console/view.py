"""What a person reads on the page, made from a gateway's status document. Pure functions, no widgets.

The status document is the JSON of the gateway's local API (`handover.gateway.status`). Every text in it may
come from a meter or a device, so it is hostile until shown: these functions return plain text and numbers,
never markup.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from handover.model.units import CURRENCY_LETTERS

Document = Mapping[str, Any]

EVENT_STATUS = {0: "scheduled", 1: "active", 2: "cancelled", 3: "cancelled", 4: "superseded", 5: "completed"}
PRIORITY = {0: "low", 1: "normal", 2: "high", 3: "critical"}
RESPONSE_STATUS = {
    1: "received",
    2: "started",
    3: "completed",
    4: "opted out",
    5: "opted in",
    6: "cancelled",
    7: "superseded",
    8: "partly, opted out",
    9: "partly, opted in",
    10: "did not take part",
    11: "confirmed by the user",
    12: "cannot be displayed",
    13: "aborted",
    14: "aborted",
    252: "does not apply",
    253: "invalid",
    254: "expired",
}


def clock(at: float | None) -> str:
    """Return a time of day as HH:MM:SS UTC, or a dash."""
    return "–" if at is None else datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S")


def moment(at: float | None) -> str:
    """Return a date and time in UTC, or a dash."""
    return "–" if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def span(start: float | None, end: float | None) -> str:
    """Return an interval as two times; an end that is decades away is "until changed"."""
    if start is None:
        return "–"
    if end is None or end - start > 3650 * 86400:
        return f"{clock(start)} until changed"
    return f"{clock(start)} to {clock(end)}"


def currency(code: int | None) -> str:
    """Return the usual letters of an ISO 4217 numeric code, or the number."""
    if not code:
        return ""
    return CURRENCY_LETTERS.get(code, f"currency {code}")


def price_text(price: Document | None) -> str:
    """Return a price per unit such as "0.1134 USD/kWh", or a dash."""
    if not price:
        return "–"
    return f"{price.get('price')} {currency(price.get('currency'))}/{price.get('unit') or 'kWh'}".replace(
        " /", "/"
    )


def current_price(document: Document) -> Document | None:
    """Return the price now in force: the newest of the active ones."""
    active = [p for p in document.get("prices", ()) if p.get("status") == 1]
    return max(active, key=lambda p: p.get("start") or 0, default=None)


def next_price(document: Document) -> Document | None:
    """Return the next scheduled price."""
    scheduled = [p for p in document.get("prices", ()) if p.get("status") == 0]
    return min(scheduled, key=lambda p: p.get("start") or 0, default=None)


def reading(document: Document, name: str) -> Document | None:
    """Return the reading with this name."""
    return next((r for r in document.get("readings", ()) if r.get("name") == name), None)


def reading_text(found: Document | None) -> str:
    """Return a reading with its unit, or a dash."""
    return (
        "–"
        if not found or found.get("value") is None
        else f"{found['value']} {found.get('unit', '')}".strip()
    )


def series(document: Document, name: str) -> list[list[float]]:
    """Return a history as [milliseconds, value] pairs, in time order, as ECharts wants it."""
    pairs = sorted(document.get("history", {}).get(name, ()), key=lambda pair: pair[0])
    return [[float(at) * 1000, float(value)] for at, value in pairs]


def price_steps(document: Document, now: float) -> list[list[float]]:
    """Return the price history drawn out to `now`, so that the last step is visible."""
    points = series(document, "price")
    if points and points[-1][0] < now * 1000:
        points.append([now * 1000, points[-1][1]])
    return points


def responses_text(responses: Sequence[Document]) -> str:
    """Return what devices answered to an event, oldest first."""
    parts = [
        f"{r.get('device')}: {RESPONSE_STATUS.get(r.get('status', -1), r.get('status'))}" for r in responses
    ]
    return ", ".join(parts) or "no answer yet"


def event_rows(document: Document) -> list[dict[str, str]]:
    """Return the load control events, newest first."""
    return [
        {
            "id": str(e.get("id", index)),
            "what": str(e.get("description") or "Load control"),
            "when": span(e.get("start"), e.get("end")),
            "status": EVENT_STATUS.get(e.get("status", -1), str(e.get("status"))),
            "controls": str(e.get("controls") or "–"),
            "answers": responses_text(e.get("responses", ())),
        }
        for index, e in enumerate(sorted(document.get("events", ()), key=lambda e: -(e.get("start") or 0)))
    ]


def message_rows(document: Document) -> list[dict[str, str]]:
    """Return the messages, newest first as the gateway lists them."""
    rows = []
    for index, message in enumerate(document.get("messages", ())):
        confirmed = message.get("confirmed_by")
        if confirmed:
            state = f"confirmed by {confirmed}"
        elif message.get("confirm_required"):
            state = "waits for a confirmation"
        else:
            state = "no confirmation asked"
        rows.append(
            {
                "id": str(message.get("id", index)),
                "text": str(message.get("text", "")),
                "priority": PRIORITY.get(message.get("priority", -1), "–"),
                "status": EVENT_STATUS.get(message.get("status", -1), "–"),
                "confirmation": state,
            }
        )
    return rows


def price_rows(document: Document) -> list[dict[str, str]]:
    """Return the prices by start."""
    return [
        {
            "id": str(p.get("id", index)),
            "label": str(p.get("label") or "–"),
            "price": price_text(p),
            "tier": str(p.get("tier") or "–"),
            "when": span(p.get("start"), p.get("end")),
            "status": EVENT_STATUS.get(p.get("status", -1), "–"),
        }
        for index, p in enumerate(sorted(document.get("prices", ()), key=lambda p: p.get("start") or 0))
    ]


def device_rows(document: Document) -> list[dict[str, str]]:
    """Return the admitted SEP 2.0 devices."""
    return [
        {
            "id": str(d.get("sfdi") or index),
            "name": str(d.get("name") or "–"),
            "sfdi": str(d.get("sfdi", "")),
            "registered": moment(d.get("registered_at")),
            "seen": clock(d.get("last_seen")),
            "requests": str(d.get("requests", 0)),
            "state": str(d.get("state") or "–"),
        }
        for index, d in enumerate(document.get("devices", ()))
    ]


def log_lines(document: Document) -> list[str]:
    """Return the last log lines, newest first."""
    return [f"{clock(line.get('at'))}  {line.get('text', '')}" for line in reversed(document.get("log", ()))]
