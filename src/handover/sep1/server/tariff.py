"""`TariffServer`: what an ESI publishes of its tariff beside prices, and the attributes of the Price cluster.

Block periods, conversion factors and calorific values are pushed to every device when they are issued, and
given to whoever asks. Prices themselves are the engine's own.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from handover.sep1.attributes import AttributeTable, Check
from handover.sep1.block_periods import BlockPeriods
from handover.sep1.clusters.price import (
    PRICE,
    GetBlockPeriods,
    GetCalorificValue,
    GetConversionFactor,
    PriceAcknowledgement,
    PublishBlockPeriod,
    PublishCalorificValue,
    PublishConversionFactor,
)
from handover.sep1.conversions import Timeline
from handover.sep1.declaration import Command
from handover.sep1.exchange import Request
from handover.sep1.node import Body, Node, Received
from handover.sep1.server.outputs import Output as Issued
from handover.sep1.services import Indication, Output, Service
from handover.sep1.tariff import LABELS, TIERS, Tariff, tariff_values
from handover.sep1.types import Status, Value

QUERIES = frozenset({GetBlockPeriods, GetConversionFactor, GetCalorificValue})
LABEL_LIMIT = 12
MEMORY = 16
"""Block periods whose acknowledgement is still known."""

Make = Callable[[int], Body | None]
Push = Callable[[int, Make, float], list[Issued]]
"""(cluster id, what to send at a ZigBee time, now) -> frames to send: `Esi.push`."""


@dataclass(slots=True)
class BlockPeriodAcknowledged(Indication):
    """A device has a block period that asked for acknowledgement."""

    source: int
    command: PriceAcknowledgement


class TariffServer(Service):
    """The tariff of one ESI. `utc(now)` is its clock in ZigBee seconds, `push` its way to the devices.

    `labels_writable` lets admitted devices write tier labels, as the attribute table of the standard has it;
    the utility's labels are nobody's to change unless it is set.
    """

    cluster_id = PRICE.id
    client = False

    def __init__(
        self,
        node: Node,
        *,
        utc: Callable[[float], int],
        push: Push,
        tariff: Tariff | None = None,
        labels_writable: bool = False,
    ) -> None:
        super().__init__(node)
        self.periods = BlockPeriods()
        self.conversion_factors: Timeline[PublishConversionFactor] = Timeline()
        self.calorific_values: Timeline[PublishCalorificValue] = Timeline()
        self._utc = utc
        self._push = push
        self._static: dict[int, Value] = tariff_values(tariff or Tariff())
        self._period_ids: deque[int] = deque(maxlen=MEMORY)
        writable: dict[int, Check] = {LABELS + i: _is_label for i in range(TIERS)} if labels_writable else {}
        self._table = AttributeTable(PRICE.server_attributes, self._static, writable)
        node.tables[PRICE.id, False] = self._table

    def publish_block_period(self, command: PublishBlockPeriod, now: float) -> list[Issued]:
        """Hold a block period and tell every device. Raises as `BlockPeriods.add` does."""
        held = self.periods.add(command, self._utc(now))
        self._period_ids.append(command.issuer_event_id)
        return self._push(
            PRICE.id, lambda utc: held.served(utc) if self.periods.holds(held, utc) else None, now
        )

    def publish_conversion_factor(self, command: PublishConversionFactor, now: float) -> list[Issued]:
        """Hold a conversion factor and tell every device. Raises as `Timeline.add` does."""
        issued = self.conversion_factors.add(command, self._utc(now))
        return self._push(
            PRICE.id, lambda utc: command if self.conversion_factors.holds(issued) else None, now
        )

    def publish_calorific_value(self, command: PublishCalorificValue, now: float) -> list[Issued]:
        """Hold a calorific value and tell every device. Raises as `Timeline.add` does."""
        issued = self.calorific_values.add(command, self._utc(now))
        return self._push(PRICE.id, lambda utc: command if self.calorific_values.holds(issued) else None, now)

    def set_prices_table(self, tariff: Tariff) -> None:
        """Serve another tariff from now on. Raises EncodeError when it does not fit its attributes."""
        self._static = tariff_values(tariff)
        self._table.values = dict(self._static)

    def accepts(self, command: Command) -> bool:
        """Take the queries of a tariff, and the acknowledgement of a block period."""
        if isinstance(command, PriceAcknowledgement):
            return command.issuer_event_id in self._period_ids
        return type(command) in QUERIES

    def command(
        self, received: Received, command: Command, request: Request | None, now: float
    ) -> list[Output]:
        """Answer a query with what is held, or with NOT_FOUND."""
        utc = self._utc(now)
        found: list[Command] = []
        if isinstance(command, PriceAcknowledgement):
            indication = BlockPeriodAcknowledged(received.frame.source, command)
            return [indication, *self.node.default_response(received, Status.SUCCESS)]
        if isinstance(command, GetBlockPeriods):
            held = self.periods.scheduled(command.start_time, command.number_of_events, utc)
            found += [period.served(utc) for period in held]
        elif isinstance(command, GetConversionFactor):
            found += self.conversion_factors.since(*_asked(command), utc)
        elif isinstance(command, GetCalorificValue):
            found += self.calorific_values.since(*_asked(command), utc)
        else:
            return self.unsupported(received)
        answers: list[Output] = [send for body in found for send in self.node.answer(received, body)]
        return answers or [*self.node.default_response(received, Status.NOT_FOUND)]

    def general(self, received: Received, now: float) -> list[Output] | None:
        """Bring the attributes that follow the clock up to date before the engine serves them."""
        utc = self._utc(now)
        moving: dict[int, Value] = {}
        period = self.periods.current(utc)
        if period is not None:
            moving |= {0x0200: period.begin(utc), 0x0201: period.command.block_period_duration}
        factor = self.conversion_factors.current(utc)
        if factor is not None:
            moving |= {0x0302: factor.conversion_factor, 0x0303: factor.conversion_factor_trailing_digit}
        calorific = self.calorific_values.current(utc)
        if calorific is not None:
            moving |= {0x0304: calorific.calorific_value, 0x0305: calorific.calorific_value_unit}
            moving |= {0x0306: calorific.calorific_value_trailing_digit}
        labels = {i: v for i, v in self._table.values.items() if i < LABELS + TIERS}
        self._table.values = self._static | labels | moving
        return None


def _asked(command: GetConversionFactor | GetCalorificValue) -> tuple[int, int, int]:
    return command.earliest_start_time, command.min_issuer_event_id, command.number_of_commands


def _is_label(value: Value) -> bool:
    return isinstance(value, bytes) and len(value) <= LABEL_LIMIT
