"""What is to come through from end to end, and whether it did: judged from both ends, never from the middle.

Each function compares what the SEP 1.x side had or got with what a SEP 2.0 device showed or did.
"""

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any

from handover.sep1.clusters.drlc import EventStatus

State = Mapping[str, Any]
"""A device's snapshot (`handover.device`)."""

READINGS, PRICE, MESSAGE, LOAD_CONTROL = "readings", "price", "message", "load_control"

ANSWERED = (EventStatus.RECEIVED, EventStatus.STARTED, EventStatus.COMPLETED)


def reading_arrived(display: State, registers: Collection[Decimal]) -> bool:
    """Tell whether the display shows an energy register with a value (kWh) that the meter really had."""
    return any(
        reading["register"] and not reading["received"] and Decimal(reading["value"]) in registers
        for reading in display.get("readings", ())
        if reading["valid"]
    )


def price_arrived(display: State, prices: Collection[Decimal]) -> bool:
    """Tell whether the display shows one of these prices (currency per kWh) as the one in force."""
    return any(
        not price["received"] and Decimal(price["price"]) in prices
        for price in display.get("prices", {}).get("now", ())
    )


def event_obeyed(event_id: int, statuses: Iterable[tuple[int, int]], obeyed: bool) -> bool:
    """Tell whether an event was received, started and completed in the eyes of its issuer, and `obeyed`.

    `statuses` are (event id, event status) in the order in which the ESI got them.
    """
    told = [status for number, status in statuses if number == event_id]
    return obeyed and [status for status in told if status in ANSWERED] == list(ANSWERED)
