"""What the downward gateway shows of itself: a document for pages and the command line. No secrets in it."""

from typing import Any

from handover.gateway.downward.alg import Downward
from handover.gateway.events import LIVE


def snapshot(engine: Downward, wall: float) -> dict[str, Any]:
    """Return the state as JSON-able values; times are Unix seconds."""
    now = wall + engine.esi.clock_offset
    shown = engine.messages.shown
    return {
        "server": {"online": engine.online, "heard": engine.heard, "standing": engine.standing},
        "now": now,
        "devices": [
            {
                "eui64": device.id,
                "name": device.name,
                "lfdi": device.lfdi.hex().upper(),
                "sfdi": device.sfdi,
                "end_device": device.path,
                "shared": device.shared,
                "heard": device.heard or None,
            }
            for device in engine.devices
        ],
        "events": [
            {
                "device": f"{order.device:016X}",
                "mrid": order.subject,
                "state": order.state.value,
                "start": order.event.start + order.shift,
                "end": order.latest_end,
                "ids": [f"{part.id:08X}" for part in order.parts if not part.withdrawn],
                "answered": list(order.given),
            }
            for order in engine.loads.all()
        ],
        "prices": [
            {
                "mrid": published.subject,
                "id": f"{published.id:08X}",
                "price": published.price.price,
                "power": published.price.power,
                "start": published.price.start,
                "end": published.price.end,
                "acknowledged_by": len(published.acknowledged),
            }
            for published in engine.prices.all()
            if not published.withdrawn and published.price.end > now
        ],
        "message": None if shown is None else {"text": shown.message.text, "id": f"{shown.id:08X}"},
        "waiting": len(engine.mail.waiting()),
        "live_events": sum(order.state in LIVE for order in engine.loads.all()),
    }
