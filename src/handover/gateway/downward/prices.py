"""Prices on their way down: tariff intervals become prices that never overlap, under growing ids.

One Price server has one tariff, which its owner chooses. Devices are told the present price and the next one;
what comes later they may ask for.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from hashlib import sha256

from handover.errors import HandoverError, Untranslatable
from handover.gateway.downward.devices import HanDevice
from handover.gateway.downward.numbers import Numbers
from handover.gateway.outputs import Forget, Keep
from handover.gateway.step import Step
from handover.mapping import price as mapping
from handover.mapping.price_bundle import PriceBundle
from handover.model.event import EventKey
from handover.model.price import Price
from handover.model.timeline import Claim, Segment, segments
from handover.sep1.clusters.price import PublishPrice
from handover.sep1.server import Esi, Output, PriceAcknowledged
from handover.sep1.types import ZIGBEE_EPOCH

RECORD = "down.price"
PRICE = 0x0700
HELD = 5
"""Prices that are kept for devices that ask; two of them are told."""
TOLD = 2
MINUTE = 60
ENDED = 86400.0
CANCELLED, CANCELLED_RANDOM = 2, 3

Acknowledge = Callable[[Step, HanDevice, "Published", int], None]
"""Tells the server that a device has a price: the device, the price, when (Unix seconds)."""


@dataclass(slots=True)
class Offer:
    """A tariff interval that is assigned to us: its resources, its primacy, and its clock's distance to ours.

    `gone`: the server has it no more.
    """

    bundle: PriceBundle
    primacy: int
    skew: int
    gone: bool = False


@dataclass(slots=True)
class Published:
    """A price under the id that our HAN knows it by. Times are Unix seconds of the HAN's clock.

    `subject` is the mRID of its interval as the server sent it. `acknowledged` are the devices whose word has
    gone up.
    """

    id: int
    subject: str
    reply_to: str | None
    required: int
    price: Price
    content: str
    told: bool = False
    withdrawn: bool = False
    acknowledged: list[int] = field(default_factory=list)


class Prices:
    """The prices of our HAN. Times are Unix seconds of the HAN's clock, which is `step.now`."""

    def __init__(self, esi: Esi, numbers: Numbers, acknowledge: Acknowledge) -> None:
        self._esi = esi
        self._numbers = numbers
        self._acknowledge = acknowledge
        self._published: dict[int, Published] = {}
        self._offers: list[Offer] = []
        self._due = float("inf")

    def restore(self, step: Step, records: dict[str, Published]) -> None:
        """Take over what the journal holds, and serve it again; devices know it already."""
        self._published = {record.id: record for record in records.values()}
        for published in sorted(self._published.values(), key=lambda p: p.id):
            if not published.withdrawn and published.price.end > step.now:
                self._serve(step, published)

    def all(self) -> list[Published]:
        """Return every price that was given an id."""
        return list(self._published.values())

    def observe(self, step: Step, offers: Iterable[Offer]) -> list[Output]:
        """Take in what the server has, and tell what has changed by it."""
        self._offers = list(offers)
        return self.plan(step)

    def plan(self, step: Step) -> list[Output]:
        """Bring what is held and told in line with the timeline of the tariff."""
        wanted = self._wanted(step)
        known = [self._same(price, step.now, segment) for segment, price, _ in wanted[:HELD]]
        kept = {published.id for published in known if published is not None}
        for published in self._published.values():
            if published.id not in kept and not published.withdrawn and published.price.start > step.now:
                published.withdrawn = True
                self._esi.prices.remove(published.id)
                step.changes.append(Keep(RECORD, f"{published.id:08X}", published))
        outputs: list[Output] = []
        for place, ((_, price, offer), same) in enumerate(zip(wanted, known, strict=False)):
            if same is None or self._shadowed(same, step.now):
                same = self._publish(step, price, offer)
            if place < TOLD and not same.told:
                outputs += self._tell(step, same)
        edges = [edge for segment, *_ in wanted for edge in (segment.start, segment.end)]
        self._due = min((edge for edge in edges if edge > step.now), default=float("inf"))
        return outputs

    def _shadowed(self, published: Published, now: float) -> bool:
        """Tell whether devices hold a newer price over this one, which was taken back since."""
        return any(
            other.withdrawn and other.told and other.id > published.id
            for other in self._published.values()
            if other.price.end > now and other.price.overlaps(published.price)
        )

    def _wanted(self, step: Step) -> list[tuple[Segment, Price, Offer]]:
        by_name: dict[str, tuple[Price, Offer]] = {}
        claims = []
        for offer in self._offers:
            event = offer.bundle.delivered.interval
            status = event.EventStatus.currentStatus
            if offer.gone or status in (CANCELLED, CANCELLED_RANDOM):
                continue
            try:
                price = mapping.from_sep2(offer.bundle, EventKey(0, 1, 0, 0))
            except Untranslatable as error:
                step.log("debug", f"a price cannot be translated: {error}", subject=event.mRID.hex().upper())
                continue
            price = replace(price, start=price.start + offer.skew)
            name = event.mRID.hex().upper().zfill(32)
            by_name[name] = price, offer
            claims.append(
                Claim(name, price.start, price.duration, primacy=offer.primacy, created=price.created)
            )
        found = [s for s in segments(claims) if s.end > step.now]
        return [(s, _cut(by_name[s.name][0], s), by_name[s.name][1]) for s in found]

    def _same(self, price: Price, now: float, segment: Segment) -> Published | None:
        """Return the price that says this already; a running one may say that it lasts longer."""
        content = _content(price)
        for known in self._published.values():
            if known.withdrawn or known.content != content or known.price.start != price.start:
                continue
            ends_alike = known.price.duration == price.duration
            if ends_alike or (price.start <= now and segment.cut_by and known.price.end > price.end):
                return known
        return None

    def _publish(self, step: Step, price: Price, offer: Offer) -> Published:
        event = offer.bundle.delivered.interval
        number = self._numbers.next(step)
        provider = _provider(offer)
        required = event.responseRequired[-1] if event.responseRequired else 0
        published = Published(
            id=number,
            subject=event.mRID.hex().upper(),
            reply_to=event.replyTo,
            required=required,
            price=replace(price, key=EventKey(0, 1, provider, number), acknowledge=bool(required & 1)),
            content=_content(price),
        )
        self._published[number] = published
        step.changes.append(Keep(RECORD, f"{number:08X}", published))
        step.audit("price taken", subject=published.subject, id=f"{number:08X}")
        self._serve(step, published)
        return published

    def _serve(self, step: Step, published: Published) -> None:
        try:
            self._esi.prices.add(self._command(step, published), self._esi.utc(step.wall))
        except HandoverError as error:
            step.log("warning", f"a price cannot be served: {error}", id=f"{published.id:08X}")

    def _tell(self, step: Step, published: Published) -> list[Output]:
        published.told = True
        step.changes.append(Keep(RECORD, f"{published.id:08X}", published))
        command = self._command(step, published)

        def make(utc: int) -> PublishPrice | None:
            gone = published.withdrawn or published.price.end - ZIGBEE_EPOCH <= utc
            return None if gone else replace(command, current_time=utc)

        return self._esi.push(PRICE, make, step.wall)

    def _command(self, step: Step, published: Published) -> PublishPrice:
        return mapping.to_sep1(published.price, now=step.now)

    def resume(self, step: Step, device: int) -> list[Output]:
        """Tell a device that has come the present price and the next one."""
        outputs: list[Output] = []
        for held in self._esi.prices.held(self._esi.utc(step.wall))[:TOLD]:
            outputs += self._esi.push(PRICE, held.served, step.wall, to=device)
        return outputs

    def acknowledged(self, step: Step, device: HanDevice, output: PriceAcknowledged) -> None:
        """Take in that a device has stored a price."""
        published = self._published.get(output.command.issuer_event_id)
        if published is None or device.eui64 in published.acknowledged:
            return
        published.acknowledged.append(device.eui64)
        step.changes.append(Keep(RECORD, f"{published.id:08X}", published))
        self._acknowledge(step, device, published, output.command.price_ack_time + ZIGBEE_EPOCH)

    def advance(self, step: Step) -> list[Output]:
        """Do what has become due, and forget what ended a day ago."""
        for number, published in list(self._published.items()):
            if published.price.end + ENDED <= step.now:
                del self._published[number]
                step.changes.append(Forget(RECORD, f"{number:08X}"))
        return self.plan(step) if self._due <= step.now else []

    def deadline(self) -> float | None:
        """Return when `advance` is next worth calling (the HAN's clock)."""
        return None if self._due == float("inf") else self._due


def _cut(price: Price, segment: Segment) -> Price:
    """Return a price as long as its segment."""
    if segment.cut_by is None and price.open_ended:
        return price
    return replace(price, start=segment.start, duration=segment.end - segment.start)


def _content(price: Price) -> str:
    """Return a digest of what a price says, without its time, its state and its identity."""
    amounts = (price.price, price.power, price.generation_price, price.carbon, price.currency)
    tariff = (price.tier, price.tiers, price.register_tier, price.blocks, price.steps)
    unit = (price.unit.value, price.unit_power, price.commodity.value, price.label)
    return sha256(repr((amounts, tariff, unit)).encode()).hexdigest()[:12]


def _provider(offer: Offer) -> int:
    """Return the provider's number: 32 bits of a digest of its tariff's mRID, the same over restarts."""
    return int.from_bytes(sha256(offer.bundle.profile.mRID).digest()[:4], "big") & 0x7FFFFFFF
