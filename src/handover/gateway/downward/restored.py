"""Everything that the downward gateway takes over from its journal. How it is read is not said here."""

from dataclasses import dataclass, field
from typing import Any

from handover.gateway.downward import (
    describing,
    devices,
    firmware,
    load_controls,
    mail,
    messages,
    meters,
    mirrors,
    numbers,
    prices,
)
from handover.gateway.downward.describing import About
from handover.gateway.downward.devices import HanDevice
from handover.gateway.downward.firmware import Stored
from handover.gateway.downward.messages import Text
from handover.gateway.downward.meters import Place
from handover.gateway.downward.mirrors import Mirror
from handover.gateway.downward.numbers import Latest
from handover.gateway.downward.orders import Order
from handover.gateway.downward.prices import Published
from handover.sep2.client.outbox import Pending


@dataclass(slots=True)
class Restored:
    """The rows by key; empty for a gateway that starts for the first time."""

    devices: dict[str, HanDevice] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    prices: dict[str, Published] = field(default_factory=dict)
    texts: dict[str, Text] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    numbers: dict[str, Latest] = field(default_factory=dict)
    mirrors: dict[str, Mirror] = field(default_factory=dict)
    files: dict[str, Stored] = field(default_factory=dict)
    about: dict[str, About] = field(default_factory=dict)
    mail: dict[str, Pending] = field(default_factory=dict)


KINDS: dict[str, tuple[str, type[Any]]] = {
    "devices": (devices.RECORD, HanDevice),
    "orders": (load_controls.RECORD, Order),
    "prices": (prices.RECORD, Published),
    "texts": (messages.RECORD, Text),
    "places": (meters.RECORD, Place),
    "numbers": (numbers.RECORD, Latest),
    "mirrors": (mirrors.RECORD, Mirror),
    "files": (firmware.RECORD, Stored),
    "about": (describing.RECORD, About),
    "mail": (mail.RECORD, Pending),
}
"""The kind of record and its class, by field of `Restored`."""
