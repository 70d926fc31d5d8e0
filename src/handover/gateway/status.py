"""The status document of the gateway: everything that a local page shows, as JSON-able values.

Amounts are decimal texts, exact to the last digit; times are Unix seconds of the ESI's clock.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from handover.gateway import history, tree
from handover.gateway.alg import Gateway
from handover.gateway.book import name_of
from handover.gateway.metering import KnownMeter, amount, is_valid
from handover.mapping.mrid import MridKind
from handover.model.load_control import Controls, LoadControl, Reduction
from handover.model.metering import Reading, ReadingKind
from handover.model.units import Flow, Unit

KILO = {Unit.WATT_HOUR: "kWh", Unit.WATT: "kW", Unit.VAR_HOUR: "kvarh", Unit.VAR: "kvar"}
_NAMES = {
    ReadingKind.SUMMATION: "Energy",
    ReadingKind.DEMAND: "Demand",
    ReadingKind.AVERAGE_DEMAND: "Average demand",
    ReadingKind.MAX_DEMAND: "Highest demand",
    ReadingKind.INTERVAL: "Interval",
    ReadingKind.DAY: "Day",
    ReadingKind.BLOCK_PERIOD: "Block period",
    ReadingKind.PARTIAL_INTERVAL: "Running interval",
    ReadingKind.POWER_FACTOR: "Power factor",
}


def snapshot(gateway: Gateway, wall: float) -> dict[str, Any]:
    """Return what the engine knows at `wall` (our clock); the shell adds what only it knows."""
    now = gateway.time.now(wall)
    time = gateway.time.state(wall)
    esi = gateway.esi
    return {
        "now": now,
        "gateway": {
            "name": gateway.identity.name,
            "lfdi": gateway.identity.lfdi.hex().upper(),
            "sfdi": gateway.identity.sfdi,
            "version": gateway.identity.version,
        },
        "esi": {
            "eui64": f"{esi.eui64:016X}" if esi else None,
            "online": gateway.presence.online,
            "last_seen": gateway.presence.last,
        },
        "time": {
            "synchronized": gateway.time.synchronized,
            "offset": gateway.time.offset,
            "zone": time.zone,
            "local": time.now + time.offset(time.now),
        },
        "readings": _readings(gateway, now),
        "history": {
            series: [[at, float(value)] for at, value in gateway.history.points(series, now - history.WINDOW)]
            for series in history.SERIES
        },
        "prices": _prices(gateway),
        "messages": _messages(gateway),
        "events": _events(gateway),
        "devices": _devices(gateway),
        "counts": counts(gateway),
    }


def counts(gateway: Gateway) -> dict[str, int]:
    """Return how many things stand in each function set."""
    store = gateway.store
    return {
        "devices": len(gateway.devices),
        "usage_points": len(store.paths(tree.USAGE_POINTS)),
        "readings": len(gateway.meters.shown(0.0)),
        "tariffs": len(store.paths(tree.TARIFFS)),
        "prices": len(gateway.prices.book.listed()),
        "messages": len(gateway.messages.book.listed()),
        "events": len(gateway.events.book.listed()),
        "responses": len(store.paths(tree.RESPONSES)),
        "waiting_for_esi": len(gateway.outbox),
    }


def _readings(gateway: Gateway, now: float) -> list[dict[str, Any]]:
    shown = gateway.meters.shown(now)
    rows = [
        {
            "name": _reading_name(reading),
            "value": f"{_in_kilo(reading, amount(reading)):f}",
            "unit": KILO.get(reading.unit, reading.unit.value),
            "at": reading.at or reading.received,
            "stale": not is_valid(reading),
            "flow": reading.flow.value,
            **_register(meter, reading),
        }
        for meter, reading in shown
        if reading.kind is not ReadingKind.DEMAND
    ]
    return [*_net_demand(shown), *rows]


def _register(meter: KnownMeter, reading: Reading) -> dict[str, Any]:
    """Return which register of which meter a reading is of."""
    return {
        "meter": f"{meter.source:016X}",
        "endpoint": meter.endpoint,
        "register": f"{reading.register:04X}",
        "kind": reading.kind.name.lower(),
        "commodity": reading.commodity.value,
        "tier": reading.tier,
        "block": reading.block,
    }


def _net_demand(shown: Iterable[tuple[KnownMeter, Reading]]) -> list[dict[str, Any]]:
    """Return one row a meter for its demand: positive when energy is delivered, negative when received."""
    parts = [(m, r) for m, r in shown if r.kind is ReadingKind.DEMAND and r.value is not None]
    rows: list[dict[str, Any]] = []
    for (meter, one), (_, other) in zip(parts[::2], parts[1::2], strict=False):
        delivered, received = (one, other) if one.flow is Flow.DELIVERED else (other, one)
        net = amount(delivered) - amount(received)
        rows.append(
            {
                "name": "Demand",
                "value": f"{_in_kilo(delivered, net):f}",
                "unit": KILO.get(delivered.unit, delivered.unit.value),
                "at": delivered.at or delivered.received,
                "stale": not is_valid(delivered),
                "flow": (received if net < 0 else delivered).flow.value,
                **_register(meter, delivered),
            }
        )
    return rows


def _reading_name(reading: Reading) -> str:
    name = _NAMES[reading.kind]
    if reading.flow is not Flow.NONE:
        name += f" {reading.flow.value}"
    if reading.tier:
        name += f", tier {reading.tier}"
    return name + (f", block {reading.block}" if reading.block else "")


def _in_kilo(reading: Reading, value: Decimal) -> Decimal:
    return value.scaleb(-3) if reading.unit in KILO else value


def _prices(gateway: Gateway) -> list[dict[str, Any]]:
    return [
        {
            "id": name_of(price.key),
            "label": price.label,
            "price": f"{Decimal(price.price).scaleb(price.power):f}",
            "unit": KILO.get(price.unit, price.unit.value) if price.unit_power == 3 else price.unit.value,
            "currency": price.currency,
            "start": price.start,
            "end": None if price.open_ended else price.end,
            "status": int(price.state),
            "tier": price.tier or None,
        }
        for price in gateway.prices.book.listed()
    ]


def _messages(gateway: Gateway) -> list[dict[str, Any]]:
    rows = []
    for message in reversed(gateway.messages.book.events()):
        confirmed = gateway.messages.confirmed.get(name_of(message.key))
        rows.append(
            {
                "id": name_of(message.key),
                "text": message.text,
                "priority": int(message.importance),
                "status": int(message.state),
                "start": message.start,
                "end": None if message.open_ended else message.end,
                "confirm_required": message.confirm,
                "confirmed_by": gateway.devices.label(confirmed.device) if confirmed else None,
            }
        )
    return rows


def _events(gateway: Gateway) -> list[dict[str, Any]]:
    rows = []
    for event in gateway.events.book.events():
        row = gateway.events.reports.rows.get(name_of(event.key, event.part))
        context = gateway.events.context
        rows.append(
            {
                "id": context.event(MridKind.END_DEVICE_CONTROL, event.key, sub=event.part).hex().upper(),
                "description": event.description,
                "start": event.start,
                "end": event.end,
                "status": int(event.state),
                "controls": controls_text(event),
                "reported": [int(status) for status in row.told] if row else [],
                "responses": [
                    {
                        "device": gateway.devices.label(bytes.fromhex(lfdi)),
                        "status": int(w.status),
                        "at": w.at,
                    }
                    for lfdi, words in (row.answers.items() if row else ())
                    for w in words
                ],
            }
        )
    return rows


def controls_text(event: LoadControl) -> str:
    """Return in words what an event asks for."""
    controls: Controls = event.controls
    parts = [
        (controls.cooling_offset, "cooling {} K higher", 10),
        (controls.heating_offset, "heating {} K lower", 10),
        (controls.cooling_setpoint, "cooling to {} °C", 100),
        (controls.heating_setpoint, "heating to {} °C", 100),
        (controls.load_adjustment, "{} % less than average", 1),
        (controls.duty_cycle, "on for {} % of the time", 1),
    ]
    words = [text.format(Decimal(value) / divisor) for value, text, divisor in parts if value is not None]
    if controls.reduction is not None:
        words.append("delay" if controls.reduction is Reduction.DELAY else "reduce for a while")
    return ", ".join(words)


def _devices(gateway: Gateway) -> list[dict[str, Any]]:
    rows = []
    for device in gateway.devices.all():
        seen = gateway.devices.seen.get(device.sfdi)
        rows.append(
            {
                "name": device.name,
                "sfdi": device.sfdi,
                "lfdi": device.lfdi.hex().upper() or None,
                "registered_at": device.admitted_at,
                "last_seen": seen.last if seen else None,
                "requests": seen.requests if seen else 0,
                "state": "waits for admission" if device.pending else "registered",
            }
        )
    return rows
