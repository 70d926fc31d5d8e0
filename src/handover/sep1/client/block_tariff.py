"""`BlockTariff`: the client side of Price beside prices themselves, on a device that shows or reckons costs.

It asks an ESI for its block periods, conversion factors, calorific values and the attributes of its tariff,
one question at a time and again each hour, takes what is published meanwhile, and answers in which block a
consumption lies and what that block costs.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

from handover.errors import NotNow, Refused
from handover.sep1.block_periods import BlockPeriods, HeldPeriod
from handover.sep1.clusters.price import (
    PRICE,
    BlockPeriodControl,
    GetBlockPeriods,
    GetCalorificValue,
    GetConversionFactor,
    PriceAcknowledgement,
    PublishBlockPeriod,
    PublishCalorificValue,
    PublishConversionFactor,
)
from handover.sep1.codec import PLACES
from handover.sep1.conversions import ANY_EVENT, Timeline
from handover.sep1.declaration import Command
from handover.sep1.exchange import Request, Retry
from handover.sep1.general import ReadAttributes, ReadAttributesResponse
from handover.sep1.node import Body, Node, Received
from handover.sep1.records import collect
from handover.sep1.services import Indication, Output, Service, Ticket
from handover.sep1.tariff import BLOCKS, LABELS, THRESHOLDS, Tariff, price_id, tariff_of
from handover.sep1.types import Status, Value

HOUR = 3600.0
READ_LIMIT = 8
"""Attributes asked for at once: what a short frame answers with labels of 12 octets."""

ANSWERS: dict[type[Command], type[Command]] = {
    GetBlockPeriods: PublishBlockPeriod,
    GetConversionFactor: PublishConversionFactor,
    GetCalorificValue: PublishCalorificValue,
}
GENERAL = (0x0202, 0x0203, 0x0300, 0x0301, 0x0700, 0x0701)


@dataclass(slots=True)
class BlockPeriodPublished(Indication):
    """An ESI published a block period that is new here."""

    esi: int
    command: PublishBlockPeriod


@dataclass(slots=True)
class TariffRead(Indication):
    """All that an ESI tells of its tariff has been read."""

    esi: int
    tariff: Tariff


@dataclass(slots=True)
class View:
    """What one ESI has published. `tariff` is that of the last complete reading."""

    esi: int
    endpoint: int
    periods: BlockPeriods = field(default_factory=BlockPeriods)
    conversion_factors: Timeline[PublishConversionFactor] = field(default_factory=Timeline)
    calorific_values: Timeline[PublishCalorificValue] = field(default_factory=Timeline)
    tariff: Tariff = field(default_factory=Tariff)
    questions: deque[Body] = field(default_factory=deque)
    values: dict[int, Value] = field(default_factory=dict)
    reading: bool = False
    asked: Body | None = None
    due: float | None = None

    def block(self, consumption: Fraction | int) -> int:
        """Return the block, from 1, of a consumption since the block period began, in units (kWh, say)."""
        return self.tariff.block(consumption)

    def price(self, tier: int, block: int) -> int | None:
        """Return the raw price of a block in a tier (0: none), where the tariff has one."""
        return self.tariff.price(tier, block)


class BlockTariff(Service):
    """The tariffs that a device follows. `utc(esi, now)` gives an ESI's clock in ZigBee seconds."""

    cluster_id = PRICE.id
    client = True
    takes = frozenset({PublishBlockPeriod, PublishConversionFactor, PublishCalorificValue})

    def __init__(
        self,
        node: Node,
        *,
        utc: Callable[[int, float], int],
        period: float = HOUR,
        retry: Retry | None = None,
    ) -> None:
        super().__init__(node)
        self._utc = utc
        self._period = max(period, HOUR)
        self._retry = retry or Retry()
        self._views: dict[int, View] = {}

    def start(self, esi: int, now: float, *, endpoint: int = 1) -> list[Output]:
        """Begin to follow an ESI's tariff, or ask it everything again."""
        view = self._views.setdefault(esi, View(esi, endpoint))
        view.endpoint = endpoint
        self._plan(view, now)
        return self._ask(view, now)

    def view(self, esi: int) -> View | None:
        """Return what an ESI has published."""
        return self._views.get(esi)

    def current_period(self, esi: int, now: float) -> HeldPeriod | None:
        """Return the block period in force at an ESI."""
        view = self._views.get(esi)
        return view.periods.current(self._utc(esi, now)) if view else None

    def command(
        self, received: Received, command: Command, request: Request | None, now: float
    ) -> list[Output]:
        """Take what an ESI publishes, asked or not."""
        frame = received.frame
        view = self._views.setdefault(frame.source, View(frame.source, frame.source_endpoint))
        utc = self._utc(frame.source, now)
        outputs: list[Output] = []
        try:
            if isinstance(command, PublishBlockPeriod):
                outputs += self._period_published(view, received, command, now)
            elif isinstance(command, PublishConversionFactor):
                view.conversion_factors.add(command, utc)
            elif isinstance(command, PublishCalorificValue):
                view.calorific_values.add(command, utc)
            else:
                return self.unsupported(received)
            status = Status.SUCCESS
        except Refused:  # it is known, over or outdone by a newer one: nothing is wrong with that
            status = Status.SUCCESS
        except NotNow:
            status = Status.INSUFFICIENT_SPACE
        outputs += self.node.default_response(received, status)
        if request is not None and _is_asked(view, request):
            outputs += self._next(view, now)
        return outputs

    def answered(self, request: Request, received: Received | None, now: float) -> list[Output]:
        """Take the end of a question: attributes, a refusal (NOT_FOUND, say), or silence."""
        view = self._views.get(request.destination)
        if view is None or not _is_asked(view, request):
            return []
        if received is None:  # the ESI does not answer: the rest waits for the next round
            view.asked = None
            view.questions.clear()
            return []
        body = received.body
        if isinstance(body, ReadAttributesResponse):
            view.values |= collect(PRICE.id, body.records)[0]
        return self._next(view, now)

    def tick(self, now: float) -> list[Output]:
        """Ask again what is due."""
        outputs: list[Output] = []
        for view in self._views.values():
            if view.due is not None and view.due <= now:
                self._plan(view, now)
                outputs += self._ask(view, now)
        return outputs

    def deadline(self) -> float | None:
        """Return when `tick` is next worth calling."""
        return min((view.due for view in self._views.values() if view.due is not None), default=None)

    def forget(self, peer: int) -> None:
        """Forget an ESI and what it published."""
        self._views.pop(peer, None)

    def _period_published(
        self, view: View, received: Received, command: PublishBlockPeriod, now: float
    ) -> list[Output]:
        outputs: list[Output] = []
        utc = self._utc(view.esi, now)
        if not view.periods.knows(command.issuer_event_id):
            view.periods.add(command, utc)
            outputs.append(BlockPeriodPublished(view.esi, command))
        control = command.block_period_control & BlockPeriodControl.ACKNOWLEDGEMENT_REQUIRED
        if control:
            body = PriceAcknowledgement(command.provider_id, command.issuer_event_id, utc, control)
            endpoint = received.frame.source_endpoint
            outputs.append(
                self.request(body, destination=view.esi, endpoint=endpoint, now=now, retry=self._retry)
            )
        return outputs

    def _plan(self, view: View, now: float) -> None:
        """Queue the questions of a round; the attributes to read follow from the block period."""
        view.due = now + self._period
        view.questions = deque(
            [GetBlockPeriods(0, 0), GetConversionFactor(0, ANY_EVENT, 0), GetCalorificValue(0, ANY_EVENT, 0)]
        )
        view.reading, view.values = False, {}

    def _ask(self, view: View, now: float) -> list[Output]:
        if view.asked is not None or not view.questions:
            return []
        body = view.questions.popleft()
        answer = ANSWERS.get(type(body)) if isinstance(body, Command) else None
        try:
            sent = self.request(
                body,
                destination=view.esi,
                endpoint=view.endpoint,
                now=now,
                retry=self._retry,
                expects=frozenset({PLACES[answer].command_id}) if answer else frozenset(),
                token=body,
            )
        except NotNow:
            view.questions.clear()  # too much is in flight: the next round asks again
            return []
        view.asked = body
        return [sent]

    def _next(self, view: View, now: float) -> list[Output]:
        """A question has ended: ask the next one, or conclude the round."""
        view.asked = None
        if not view.questions and not view.reading:
            view.reading = True
            ids = _attribute_ids(view.periods.current(self._utc(view.esi, now)))
            view.questions += [
                ReadAttributes(ids[i : i + READ_LIMIT]) for i in range(0, len(ids), READ_LIMIT)
            ]
        if view.questions:
            return self._ask(view, now)
        view.tariff = tariff_of(view.values)
        return [TariffRead(view.esi, view.tariff)]


def _is_asked(view: View, request: Request) -> bool:
    """Tell whether it is the question that awaits its end: the one before may be answered several times."""
    return isinstance(request.token, Ticket) and view.asked is not None and request.token.token is view.asked


def _attribute_ids(period: HeldPeriod | None) -> list[int]:
    """Return the attributes worth reading: those of the tiers and thresholds that a block period names."""
    counts = period.command.number_of_price_tiers_and_number_of_block_thresholds if period else 0
    tiers, thresholds = counts >> 4, counts & 0x0F
    ids = [LABELS + i for i in range(tiers)] + [*GENERAL]
    if period is not None:
        ids += [THRESHOLDS + i for i in range(thresholds)]
        for tier in range(1, tiers + 1) if tiers else (0,):
            ids += [price_id(tier, block) for block in range(1, min(thresholds + 1, BLOCKS) + 1)]
    return ids
