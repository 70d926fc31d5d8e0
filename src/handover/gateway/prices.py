"""The Price service: PublishPrice in, tariff profiles and their intervals out, acknowledgements back.

Which of two prices counts is the model's rule, and what a price becomes is the mapping's. Here prices are
kept, tariff profiles (one for each provider and currency) are given one multiplier, and the tree follows.
"""

from dataclasses import dataclass, replace
from decimal import Decimal

from handover.errors import HandoverError, Untranslatable
from handover.gateway import history, intake
from handover.gateway.book import Book, Held, name_of
from handover.gateway.events import Cause, State
from handover.gateway.history import History
from handover.gateway.identities import Identities
from handover.gateway.outbox import Outbox
from handover.gateway.outputs import Answer, Keep
from handover.gateway.step import Step
from handover.mapping import price as mapping
from handover.mapping.context import Context
from handover.mapping.losses import Loss
from handover.mapping.mrid import MridKind
from handover.mapping.scalars import INT32_MAX, rescale
from handover.model import price as rules
from handover.model.event import Status, Verdict, next_created
from handover.model.price import Price
from handover.sep1.client.outputs import CommandReceived
from handover.sep1.clusters.price import PublishPrice
from handover.sep1.codec import encode
from handover.sep1.types import Value
from handover.sep2.store import Store

CLUSTER = 0x0700
TARIFF = "tariff"
SUCCESS, INVALID_FIELD, DUPLICATE_EXISTS = 0x00, 0x85, 0x8A
ACKNOWLEDGEMENT = 0x02
CLOCK_SKEW = 60
ANSWER_TIME = 3600


@dataclass(slots=True)
class Tariff:
    """What one TariffProfile must remember: a change of `currency` is a new generation."""

    issuer: int
    endpoint: int
    provider: int
    generation: int
    currency: int
    power: int
    version: int
    rate_code: str


class Prices:
    """The prices of the ESI, and the tariff profiles that they stand in."""

    def __init__(self, store: Store, identities: Identities, outbox: Outbox, past: History) -> None:
        self.book: Book[Price] = Book("price", self._moved)
        self.context = Context(node=0, pen=0)
        self.device_type: int | None = None
        self.resync = False
        self._store = store
        self._identities = identities
        self._outbox = outbox
        self._past = past
        self._tariffs: dict[str, Tariff] = {}
        self._attributes: dict[int, Value] = {}

    def restore(self, records: dict[str, Held[Price]], tariffs: dict[str, Tariff]) -> None:
        """Take over what the journal holds, and publish it."""
        self._tariffs = dict(tariffs)
        self.book.restore(records)
        for held in self.book:
            if held.listed:
                self._publish(held.event)

    def receive(self, step: Step, indication: CommandReceived, command: PublishPrice) -> int:
        """Take a PublishPrice and return the ZCL status to conclude it with."""
        if command.current_time and abs(command.current_time + 946684800 - step.now) > CLOCK_SKEW:
            self.resync = True
        arrival = intake.arrive(
            self._identities, self.book, indication, provider=command.provider_id, id_=command.issuer_event_id
        )
        if arrival.known is not None:
            return SUCCESS if indication.answer else DUPLICATE_EXISTS
        context = self._of(indication)
        lost: list[Loss] = []
        try:
            price = mapping.from_sep1(
                command,
                context,
                received=step.now,
                created=next_created(intake.last_created(self.book, indication.source), step.now),
                generation=arrival.key.generation,
                device_type=self.device_type,
                attributes=self._attributes,
                lost=lost,
            )
        except Untranslatable as error:
            self.book.refuse(step, arrival.key, Cause.UNUSABLE)
            step.log("warning", f"a price was refused: {error}", about=command.issuer_event_id)
            return error.zcl_status
        placed = rules.place(self.book.events(), price, step.now, superseding=context.marks_superseded)
        if placed.verdict is Verdict.EXPIRED:
            if not indication.answer:
                self.book.refuse(step, arrival.key, Cause.LATE)
                step.log("info", "a price came after its end and is left out", about=price.key.id)
            return SUCCESS
        if placed.verdict is not Verdict.ACCEPTED:
            step.log("info", "an older price does not displace a newer one", about=price.key.id)
            return DUPLICATE_EXISTS if placed.verdict is Verdict.DUPLICATE else INVALID_FIELD
        self._tariff_of(step, price)
        intake.accept(step, self._identities, self.book, indication, arrival, price)
        self.book.change(step, placed.changes, by=name_of(price.key))
        self._report(step, price, context, lost)
        return SUCCESS

    def attributes(self, step: Step, values: dict[int, Value]) -> None:
        """Take attributes of the Price server: tier labels, blocks."""
        self._attributes.update(values)

    def current(self, now: float) -> Price | None:
        """Return the price that counts at `now`."""
        return rules.current(self.book.events(), now)

    def subject(self, mrid: bytes) -> Held[Price] | None:
        """Return the price whose interval (of either direction) has this mRID."""
        for held in self.book:
            context = self._for(held.event)
            for kind in (
                MridKind.TIME_TARIFF_INTERVAL,
                MridKind.TIME_TARIFF_INTERVAL_RECEIVED,
            ):
                if context.event(kind, held.event.key) == mrid:
                    return held
        return None

    def _report(self, step: Step, price: Price, context: Context, lost: list[Loss]) -> None:
        name = intake.describe(price)
        for loss in lost:
            step.log("info", f"not carried over: {loss.field}: {loss.reason}", about=name)
        mrid = context.event(MridKind.TIME_TARIFF_INTERVAL, price.key)
        step.audit("translated", command="PublishPrice", sep1=name, sep2=mrid.hex().upper(), lost=len(lost))
        amount = Decimal(price.price).scaleb(price.power)
        step.log("info", f"a price has come: {amount:f}", about=name, label=price.label, start=price.start)
        if price.acknowledge:
            payload = encode(mapping.acknowledgement_to_sep1(price, now=step.now))
            self._outbox.add(
                step,
                Answer(
                    key=f"{name_of(price.key)}/acknowledged",
                    subject=name_of(price.key),
                    destination=price.key.issuer,
                    endpoint=price.key.endpoint,
                    cluster_id=CLUSTER,
                    command_id=ACKNOWLEDGEMENT,
                    payload=payload,
                    deadline=min(price.end, step.now + 86400) + ANSWER_TIME,
                ),
            )

    def _of(self, indication: CommandReceived) -> Context:
        return replace(self.context, node=indication.source, endpoint=indication.endpoint)

    def _for(self, price: Price) -> Context:
        tariff = self._tariffs.get(_tariff_key(price))
        generation = tariff.generation if tariff else 0
        return replace(
            self.context, node=price.key.issuer, endpoint=price.key.endpoint, generation=generation
        )

    def _tariff_of(self, step: Step, price: Price) -> None:
        """Make sure that the profile exists and is as fine as the price; a change republishes it all."""
        key = _tariff_key(price)
        tariff = self._tariffs.get(key)
        if tariff is None:
            same = [t for t in self._tariffs.values() if _same_provider(t, price)]
            tariff = Tariff(*price.key[:3], len(same), price.currency, price.power, 0, price.label[:20])
        else:
            power = self._shared_power(tariff, key, price)
            if power == tariff.power:
                return
            tariff = replace(tariff, power=power, version=tariff.version + 1)
        self._tariffs[key] = tariff
        step.changes.append(Keep(TARIFF, key, tariff))
        for held in self.book:
            if held.listed and _tariff_key(held.event) == key:
                self._publish(held.event)

    def _shared_power(self, tariff: Tariff, key: str, price: Price) -> int:
        """Return the finest multiplier at which every listed price of the profile fits 32 bits."""
        listed = [p for p in self.book.listed() if _tariff_key(p) == key]
        power = min(tariff.power, price.power)
        while any(rescale(_largest(p), p.power, power) > INT32_MAX for p in [*listed, price]):
            power += 1
        return power

    def _moved(self, step: Step, held: Held[Price], report: Status | None) -> None:
        if held.state is State.ACTIVE:
            price = held.event
            self._past.add(step, history.PRICE, price.start, Decimal(price.price).scaleb(price.power))
        if held.listed and held.state is not State.COMPLETED:
            self._publish(held.event)
        else:
            self._withdraw(held.event)

    def _publish(self, price: Price) -> None:
        for resource in self._bundle(price).resources():
            self._store.put(str(resource.href), resource)

    def _bundle(self, price: Price) -> mapping.PriceBundle:
        tariff = self._tariffs[_tariff_key(price)]
        return mapping.to_sep2(
            price,
            self._for(price),
            power=tariff.power,
            rate_code=tariff.rate_code or None,
            version=tariff.version,
        )

    def _withdraw(self, price: Price) -> None:
        try:
            rates = self._bundle(price).rates()
        except HandoverError:
            return
        for rate in rates:
            self._store.delete(str(rate.interval.href))


def _tariff_key(price: Price) -> str:
    issuer, endpoint, provider = price.key[:3]
    return f"{issuer:016X}/{endpoint}/{provider:X}/{price.currency}"


def _largest(price: Price) -> int:
    return max(price.price, price.generation_price or 0, *(step.price for step in price.steps))


def _same_provider(tariff: Tariff, price: Price) -> bool:
    return (tariff.issuer, tariff.endpoint, tariff.provider) == tuple(price.key[:3])
