"""`PriceBook`: the client side of Price on a device that follows prices.

It holds each ESI's present price and those to come, on that ESI's clock, and tells when one takes force and
when the device is to react: a device spreads its reaction over the minutes that its Price client attributes
allow. Block periods and the tariff's attributes are another matter (`block_tariff`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from handover.errors import NotNow, Refused
from handover.sep1.attributes import AttributeTable, within
from handover.sep1.clusters.price import PRICE, PriceAcknowledgement, PriceControl, PublishPrice
from handover.sep1.declaration import Command
from handover.sep1.exchange import Request, Retry
from handover.sep1.node import Node, Received
from handover.sep1.prices import HeldPrice, PriceTable
from handover.sep1.services import Indication, Output, Service
from handover.sep1.timing import FOREVER
from handover.sep1.types import Status

INCREASE_MINUTES, DECREASE_MINUTES, COMMODITY = 0x0000, 0x0001, 0x0002
LONGEST_RANDOMISATION = 60


@dataclass(slots=True)
class PriceInForce(Indication):
    """Another price is in force at an ESI, or (None) none is.

    `react_at` is when the device is to follow it, Unix seconds: now, or drawn within the minutes allowed
    where the price rose or fell. `utc` is the ESI's time in ZigBee seconds.
    """

    esi: int
    price: PublishPrice | None
    before: PublishPrice | None
    utc: int
    react_at: float


@dataclass(slots=True)
class PriceScheduled(Indication):
    """An ESI announced a price to come; times in ZigBee seconds."""

    esi: int
    price: PublishPrice
    start: int
    end: int


@dataclass(slots=True)
class _Page:
    """The prices of one ESI."""

    table: PriceTable = field(default_factory=PriceTable)
    shown: HeldPrice | None = None


class PriceBook(Service):
    """The prices of one device.

    `utc(esi, now)` gives an ESI's clock in ZigBee seconds, `draw(n)` an integer uniform in 0..n (seconds).
    The client attributes are those of `node.tables[0x0700, True]`; the ESI may write the minutes (0 to 60).
    """

    cluster_id = PRICE.id
    client = True
    takes = frozenset({PublishPrice})

    def __init__(
        self,
        node: Node,
        *,
        utc: Callable[[int, float], int],
        draw: Callable[[int], int],
        increase_minutes: int = 5,
        decrease_minutes: int = 15,
        commodity: int = 0,
        retry: Retry | None = None,
    ) -> None:
        super().__init__(node)
        self._utc = utc
        self._draw = draw
        self._retry = retry or Retry()
        self._pages: dict[int, _Page] = {}
        self._due: float | None = None
        minutes = within(0, LONGEST_RANDOMISATION)
        self._attributes = AttributeTable(
            PRICE.client_attributes,
            {INCREASE_MINUTES: increase_minutes, DECREASE_MINUTES: decrease_minutes, COMMODITY: commodity},
            {INCREASE_MINUTES: minutes, DECREASE_MINUTES: minutes},
        )
        node.tables[PRICE.id, True] = self._attributes

    def current(self, esi: int, now: float) -> PublishPrice | None:
        """Return the price in force at an ESI."""
        page = self._pages.get(esi)
        held = page.table.current(self._utc(esi, now)) if page else None
        return held.command if held else None

    def coming(self, esi: int, now: float) -> list[HeldPrice]:
        """Return the prices to come at an ESI, the next one first."""
        page, utc = self._pages.get(esi), self._utc(esi, now)
        return [held for held in page.table.scheduled(0, 0, utc) if held.start > utc] if page else []

    def command(
        self, received: Received, command: Command, request: Request | None, now: float
    ) -> list[Output]:
        """Take a price; one that has ended, or that a newer one outdoes, changes nothing."""
        if not isinstance(command, PublishPrice):
            return self.unsupported(received)
        esi, status = received.frame.source, Status.SUCCESS
        utc = self._utc(esi, now)
        table = self._pages.setdefault(esi, _Page()).table
        outputs: list[Output] = []
        if not table.knows(command.issuer_event_id):
            try:
                held = table.add(command, utc)
            except Refused:
                return [*self.node.default_response(received, Status.SUCCESS)]
            except NotNow:
                return [*self.node.default_response(received, Status.INSUFFICIENT_SPACE)]
            if held.start > utc:
                outputs.append(PriceScheduled(esi, command, held.start, held.end))
        if command.price_control & PriceControl.ACKNOWLEDGEMENT_REQUIRED:
            outputs += self._acknowledge(received, command, utc, now)
        return [*self._advance(now), *outputs, *self.node.default_response(received, status)]

    def tick(self, now: float) -> list[Output]:
        """Tell of the prices that take force or end."""
        return self._advance(now)

    def deadline(self) -> float | None:
        """Return when `tick` is next worth calling."""
        return self._due

    def forget(self, peer: int) -> None:
        """Forget an ESI and its prices."""
        self._pages.pop(peer, None)

    def _acknowledge(self, received: Received, command: PublishPrice, utc: int, now: float) -> list[Output]:
        """Acknowledge a price; when that cannot leave now, its repetition will be acknowledged."""
        body = PriceAcknowledgement(command.provider_id, command.issuer_event_id, utc, command.price_control)
        frame = received.frame
        try:
            return [
                self.request(
                    body,
                    destination=frame.source,
                    endpoint=frame.source_endpoint,
                    now=now,
                    retry=self._retry,
                )
            ]
        except NotNow:
            return []

    def _advance(self, now: float) -> list[Output]:
        outputs: list[Output] = []
        times: list[float] = []
        for esi, page in self._pages.items():
            utc = self._utc(esi, now)
            held, before = page.table.current(utc), page.shown
            if held is not before:
                page.shown = held
                price = held.command if held else None
                old = before.command if before else None
                outputs.append(PriceInForce(esi, price, old, utc, now + self._spread(price, old)))
            changes = [held.end] if held else []
            changes += [later.start for later in page.table.scheduled(0, 0, utc) if later.start > utc]
            times += [now + change - utc for change in changes if change < FOREVER]
        self._due = min(times, default=None)
        return outputs

    def _spread(self, price: PublishPrice | None, before: PublishPrice | None) -> int:
        """Return after how many seconds to react to a change of price; it is drawn once."""
        if price is None or before is None or price.price == before.price:
            return 0
        attribute_id = INCREASE_MINUTES if price.price > before.price else DECREASE_MINUTES
        minutes = self._attributes.values[attribute_id]
        return self._draw(60 * minutes) if isinstance(minutes, int) and minutes else 0
