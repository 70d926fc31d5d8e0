"""A SEP 1.x device of a home: what it hears of prices, messages, readings and events, and what it does."""

from collections.abc import Callable
from decimal import Decimal

from handover.sep1.client import AttributesReceived, BasicIdentity, HanClient, LoadControlAttributes
from handover.sep1.client.load_control import LoadController
from handover.sep1.client.message_board import MessageBoard
from handover.sep1.client.price_book import PriceBook
from handover.sep1.types import ZIGBEE_EPOCH

METERING, SUMMATION, DIVISOR = 0x0702, 0x0000, 0x0302
UNKNOWN = 0xFFFF_FFFF_FFFF


class Appliance:
    """One device. `draw(n)` gives an integer uniform in 0..n, for what it randomises itself."""

    def __init__(self, eui64: int, name: str, device_class: int, draw: Callable[[int], int]) -> None:
        self.name = name
        self.client = HanClient(
            eui64,
            basic=BasicIdentity(manufacturer="Acme", model=name, application_version=5),
            load_control=LoadControlAttributes(device_class=device_class),
        )
        self.loads = LoadController(self.client.node, utc=self.utc, draw=draw)
        self.prices = PriceBook(self.client.node, utc=self.utc, draw=draw)
        self.board = MessageBoard(self.client.node, utc=self.utc)
        for service in (self.loads, self.prices, self.board):
            self.client.add(service)
        self.obeyed: set[int] = set()
        self._register: int | None = None
        self._divisor = 1000

    @property
    def eui64(self) -> int:
        """Its IEEE address."""
        return self.client.eui64

    def utc(self, esi: int, now: float) -> int:
        """Return the ESI's time in ZigBee seconds, as far as the device knows it."""
        return int(now + (self.client.clock_offset(esi) or 0.0)) - ZIGBEE_EPOCH

    @property
    def register(self) -> Decimal | None:
        """The energy register that it shows, in kWh."""
        return None if self._register is None else Decimal(self._register) / self._divisor

    def hear(self, told: list[object]) -> None:
        """Take what the engine has indicated."""
        for output in told:
            if isinstance(output, AttributesReceived) and output.cluster_id == METERING:
                value, divisor = output.values.get(SUMMATION), output.values.get(DIVISOR)
                if isinstance(divisor, int) and divisor:
                    self._divisor = divisor
                if isinstance(value, int) and value != UNKNOWN:
                    self._register = value
        self.obeyed |= {event.command.issuer_event_id for event in self.loads.obeyed}

    def doing(self, esi: int, now: float) -> str:
        """Return what it does, in words."""
        shown = []
        if self.register is not None:
            shown.append(f"shows {self.register} kWh")
        price = self.prices.current(esi, now)
        if price is not None:
            digits = price.price_trailing_digit_and_price_tier >> 4
            shown.append(f"at {Decimal(price.price).scaleb(-digits)}")
        if self.board.shown is not None:
            shown.append(f"reads: {self.board.shown.text!r}")
        if self.loads.obeyed:
            shown.append("obeys a load control event")
        return ", ".join(shown) or "listens"
