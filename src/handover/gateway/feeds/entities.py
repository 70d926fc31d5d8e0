"""The status document as entities of Home Assistant: what each is, its state, whether it may be believed.

Texts of meters and utilities are states and attributes here and nothing else: no topic, name, template or
identifier is made of them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from handover.gateway.feeds.quantities import quantity, shifted
from handover.gateway.texts import plain
from handover.model.event import EventState
from handover.model.units import CURRENCY_LETTERS

Document = Mapping[str, Any]

MESSAGE = "message"
NONE = "None"
"""The state that Home Assistant shows as unknown."""
LONGEST_STATE = 255
"""Characters; Home Assistant takes no longer state."""
MOST_LISTED = 24
"""Coming prices or events told with the present one."""

_REGISTERS = {
    "summation": "total_increasing",
    "demand": "measurement",
    "average_demand": "measurement",
    "max_demand": "measurement",
    "power_factor": "measurement",
}


@dataclass(frozen=True, slots=True)
class Entity:
    """One thing to show. `key` is unique in the gateway and safe in a topic; `meter` names its meter's
    device, empty for the gateway's own. `facts` go into its description as they are; `attributes` beside
    its state.
    """

    component: str
    key: str
    name: str
    state: str
    available: bool = True
    meter: str = ""
    commodity: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, Any] | None = None


def entities(document: Document, *, messages: bool) -> list[Entity]:
    """Return what a status document shows now; with `messages` also the texts of the utility."""
    found = [_esi(document), *_readings(document), *_price(document), _load_control(document)]
    return [*found, _message(document)] if messages else found


def _esi(document: Document) -> Entity:
    esi = document["esi"]
    return Entity(
        "binary_sensor",
        "esi",
        "Utility connection",
        _switch(esi["online"]),
        facts={"device_class": "connectivity", "entity_category": "diagnostic"},
    )


def _readings(document: Document) -> Iterator[Entity]:
    """Yield one entity a register and one for each demand; what a period consumed follows from registers."""
    for row in document["readings"]:
        state_class = _REGISTERS.get(row["kind"])
        if state_class is None:
            continue
        shown = quantity(row["unit"], row["commodity"])
        facts = {"state_class": state_class}
        if shown.device_class is not None:
            facts["device_class"] = shown.device_class
        if shown.unit is not None:
            facts["unit_of_measurement"] = shown.unit
        meter = f"{row['meter']}_{row['endpoint']}"
        # A net demand changes its direction and stays the same entity.
        flow = "net" if row["kind"] == "demand" else row["flow"]
        parts = [meter, row["register"], flow]
        parts += [f"{part}{row[part]}" for part in ("tier", "block") if row[part]]
        yield Entity(
            "sensor",
            "_".join(parts),
            row["name"],
            shifted(row["value"], shown.shift),
            available=not row["stale"],
            meter=meter,
            commodity=row["commodity"],
            facts=facts,
        )


def _price(document: Document) -> Iterator[Entity]:
    """Yield the price in force, while there is one."""
    active = [row for row in document["prices"] if row["status"] == EventState.ACTIVE]
    if not active:
        return
    row = max(active, key=lambda r: r["start"])
    code = row["currency"]
    unit = f"{CURRENCY_LETTERS.get(code, str(code))}/{row['unit']}" if code else f"1/{row['unit']}"
    coming = [r for r in document["prices"] if r["status"] == EventState.SCHEDULED]
    yield Entity(
        "sensor",
        "price",
        "Price",
        row["price"],
        facts={"unit_of_measurement": unit, "state_class": "measurement"},
        attributes={
            "label": plain(row["label"]),
            "tier": row["tier"],
            "start": _moment(row["start"]),
            "end": _moment(row["end"]),
            "coming": [
                {"start": _moment(r["start"]), "price": r["price"], "label": plain(r["label"])}
                for r in sorted(coming, key=lambda r: r["start"])[:MOST_LISTED]
            ],
        },
    )


def _load_control(document: Document) -> Entity:
    def told(state: EventState) -> list[dict[str, Any]]:
        rows = [row for row in document["events"] if row["status"] == state]
        return [
            {
                "description": plain(row["description"]),
                "controls": plain(row["controls"]),
                "start": _moment(row["start"]),
                "end": _moment(row["end"]),
            }
            for row in sorted(rows, key=lambda r: r["start"])[:MOST_LISTED]
        ]

    active = told(EventState.ACTIVE)
    return Entity(
        "binary_sensor",
        "load_control",
        "Load control",
        _switch(bool(active)),
        attributes={"active": active, "coming": told(EventState.SCHEDULED)},
    )


def _message(document: Document) -> Entity:
    """Return the newest message in force: cut to what a state holds, whole among the attributes."""
    active = [row for row in document["messages"] if row["status"] == EventState.ACTIVE]
    row = max(active, key=lambda r: r["start"]) if active else None
    if row is None:
        return Entity("sensor", MESSAGE, "Message", NONE, attributes={})
    attributes = {
        "text": plain(row["text"]),
        "priority": row["priority"],
        "start": _moment(row["start"]),
        "end": _moment(row["end"]),
        "confirm_required": row["confirm_required"],
        "confirmed": row["confirmed_by"] is not None,
    }
    text = plain(row["text"], LONGEST_STATE).strip()
    return Entity("sensor", MESSAGE, "Message", text or NONE, attributes=attributes)


def _switch(on: bool) -> str:
    return "ON" if on else "OFF"


def _moment(at: float | None) -> str | None:
    """Return Unix seconds as ISO 8601 in UTC; None for what has no end or lies beyond all calendars."""
    if at is None:
        return None
    try:
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
    except (OverflowError, ValueError, OSError):
        return None
