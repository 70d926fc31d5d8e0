"""Translates single frames and documents, for people: no journal, no gateway, the same translations.

What a translation needs to know comes from the frames or documents before it (the event that a cancellation
ends, the scale of a profile), and from `Facts`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from handover.errors import DecodeError, Untranslatable
from handover.mapping import (
    alarms,
    basic,
    load_answers,
    load_control,
    messaging,
    metering,
    metering_profile,
    power,
    price,
    time,
)
from handover.mapping.context import Context
from handover.mapping.losses import Loss
from handover.mapping.mrid import MridKind, parse
from handover.mapping.price_bundle import PriceBundle, Rate
from handover.mapping.units import FLOW
from handover.model.event import Event, EventKey, applied
from handover.model.load_control import cancel
from handover.model.units import Flow
from handover.sep1.clusters import CLUSTERS
from handover.sep1.clusters.alarms import Alarm, GetAlarmResponse
from handover.sep1.clusters.drlc import (
    CancelAllLoadControlEvents,
    CancelLoadControlEvent,
    LoadControlEvent,
    ReportEventStatus,
)
from handover.sep1.clusters.messaging import CancelMessage, DisplayMessage, MessageConfirmation
from handover.sep1.clusters.metering import GetProfileResponse
from handover.sep1.clusters.price import PriceAcknowledgement, PublishPrice
from handover.sep1.general import AttributeRecord, ReadAttributesResponse, ReportAttributes
from handover.sep1.types import ZIGBEE_EPOCH, Value
from handover.sep2.declaration import Edition
from handover.sep2.resources.common import Resource
from handover.sep2.resources.device_information import DeviceInformation
from handover.sep2.resources.drlc import EndDeviceControl
from handover.sep2.resources.log_event import LogEvent
from handover.sep2.resources.messaging import TextMessage
from handover.sep2.resources.metering import Reading, ReadingType
from handover.sep2.resources.power_status import PowerStatus
from handover.sep2.resources.pricing import (
    ConsumptionTariffInterval,
    RateComponent,
    TariffProfile,
    TimeTariffInterval,
)
from handover.sep2.resources.response import DrResponse, PriceResponse, TextResponse
from handover.sep2.resources.time import Time


@dataclass(slots=True)
class Facts:
    """What is not in a frame or document: the gateway's context, the time (Unix s), the answering device.

    `number` is the event id for what comes from SEP 2.0, None: that of the mRID where it is one of ours.
    """

    context: Context
    now: float
    device: bytes
    edition: Edition = Edition.E2018
    number: int | None = None


@dataclass(slots=True)
class Result:
    """What came out: resources, or bodies of frames by cluster (`to_client`); and what was lost."""

    resources: list[Resource] = field(default_factory=list)
    frames: list[tuple[int, Any, bool]] = field(default_factory=list)
    lost: list[Loss] = field(default_factory=list)


def to_sep2(bodies: Iterable[tuple[int, Any]], facts: Facts) -> Result:
    """Translate frames, given as cluster id and body. Raises DecodeError for what has no translation alone,
    Untranslatable where the standards differ.
    """
    made = _Upward(facts)
    for cluster_id, body in bodies:
        made.take(cluster_id, body)
    return made.result


def to_sep1(resources: Iterable[Any], facts: Facts) -> Result:
    """Translate documents. Raises as `to_sep2` does."""
    made = _Downward(facts)
    found = list(resources)
    for resource in found:
        made.take(resource)
    made.finish()
    return made.result


class _Upward:
    def __init__(self, facts: Facts) -> None:
        self.result = Result()
        self._facts = facts
        self._events: dict[int, Any] = {}
        self._attributes: dict[int, dict[int, Value]] = {}

    def take(self, cluster_id: int, body: Any) -> None:
        facts, lost = self._facts, self.result.lost
        context, now = facts.context, facts.now
        match body:
            case ReadAttributesResponse() | ReportAttributes():
                self._values(cluster_id, {r.attribute_id: r.value for r in body.records if not r.status})
            case PublishPrice():
                attributes = self._attributes.get(cluster_id)
                found = price.from_sep1(body, context, received=now, attributes=attributes, lost=lost)
                self._out(*price.to_sep2(found, context).resources())
            case PriceAcknowledgement():
                subject = self._subject(MridKind.TIME_TARIFF_INTERVAL, body.issuer_event_id)
                self._out(price.acknowledgement_to_sep2(body, device=facts.device, subject=subject))
            case LoadControlEvent():
                event = load_control.from_sep1(body, context, received=now, lost=lost)
                self._events[body.issuer_event_id] = event
                self._out(load_control.to_sep2(event, context))
            case CancelLoadControlEvent() | CancelAllLoadControlEvents():
                self._cancel(body)
            case ReportEventStatus():
                answer = load_answers.answer_from_sep1(body, device=facts.device, lost=lost)
                subject = self._subject(MridKind.END_DEVICE_CONTROL, body.issuer_event_id)
                if answer is not None:
                    self._out(load_answers.answer_to_sep2(answer, subject=subject))
            case DisplayMessage():
                message = messaging.from_sep1(body, context, received=now, lost=lost)
                self._events[body.message_id] = message
                self._out(messaging.to_sep2(message, context))
            case CancelMessage():
                known = self._known(body.message_id)
                state = known.state.CANCELLED
                gone = replace(known, state=state, changed=int(now), version=known.version + 1)
                self._out(messaging.to_sep2(gone, context))
            case MessageConfirmation():
                confirmed = messaging.answer_from_sep1(body, device=facts.device, lost=lost)
                subject = self._subject(MridKind.TEXT_MESSAGE, body.message_id)
                self._out(messaging.answer_to_sep2(confirmed, subject=subject))
            case GetProfileResponse():
                scale = metering.settings(self._attributes.get(cluster_id, {}), lost=lost)
                profile = metering_profile.from_sep1(body, scale, flow=Flow.DELIVERED)
                if profile is not None:
                    self._out(*metering_profile.to_sep2(profile, context).resources())
            case Alarm() | GetAlarmResponse():
                notice = alarms.from_sep1(body, received=now)
                if notice is not None:
                    self._out(alarms.to_sep2(notice, pen=context.pen, number=1))
            case _:
                raise DecodeError(f"{type(body).__name__} has no document of its own; see: handover map")

    def _values(self, cluster_id: int, values: dict[int, Value]) -> None:
        facts, lost = self._facts, self.result.lost
        known = self._attributes.setdefault(cluster_id, {})
        known.update(values)
        if cluster_id == 0x000A:
            self._out(time.to_sep2(time.from_sep1(values, lost=lost), facts.context))
        elif cluster_id == 0x0000:
            described = basic.from_sep1(values, serial=f"{facts.context.node:016X}", lost=lost)
            self._out(basic.to_sep2(described, facts.context, lfdi=facts.device))
        elif cluster_id == 0x0001:
            self._out(power.to_sep2(power.from_sep1(values, lost=lost), at=int(facts.now)))
        elif cluster_id == 0x0702:
            readings = metering.from_sep1(
                known, metering.settings(known, lost=lost), received=facts.now, lost=lost
            )
            bundle = metering.to_sep2(
                readings, metering.meter_from_sep1(known), facts.context, lfdi=facts.device
            )
            self._out(*bundle.resources())
        elif cluster_id != 0x0700:
            raise DecodeError(f"attributes of cluster 0x{cluster_id:04X} have no document; see: handover map")

    def _cancel(self, body: CancelLoadControlEvent | CancelAllLoadControlEvents) -> None:
        facts = self._facts
        order = load_control.cancel_from_sep1(body, facts.context, received=facts.now)
        known = [e for e in self._events.values() if hasattr(e, "categories")]
        if isinstance(body, CancelLoadControlEvent):
            known = [self._known(body.issuer_event_id)]
        for change in cancel(known, order, facts.now):
            held = next(e for e in known if e.key == change.event.key)
            self._out(load_control.to_sep2(applied(held, change), facts.context))

    def _known(self, number: int) -> Any:
        if number not in self._events:
            raise DecodeError(f"nothing is known of {number:#010x}: give the frame that it ends before it")
        return self._events[number]

    def _subject(self, kind: MridKind, number: int) -> bytes:
        context = self._facts.context
        return context.event(kind, EventKey(context.node, context.endpoint, 0, number))

    def _out(self, *resources: Resource) -> None:
        self.result.resources += resources


class _Downward:
    def __init__(self, facts: Facts) -> None:
        self.result = Result()
        self._facts = facts
        self._events: dict[bytes, Event] = {}
        self._types: list[ReadingType] = []
        self._readings: list[Any] = []
        self._price: dict[type, list[Any]] = {}

    def take(self, resource: Any) -> None:
        facts, lost = self._facts, self.result.lost
        match resource:
            case EndDeviceControl():
                event = load_control.from_sep2(resource, self._key(resource.mRID), facts.edition, lost=lost)
                self._events[resource.mRID] = event
                self._send(0x0701, load_control.to_sep1(event, lost=lost), True)
            case TextMessage():
                message = messaging.from_sep2(resource, self._key(resource.mRID))
                self._events[resource.mRID] = message
                self._send(0x0703, messaging.to_sep1(message, lost=lost), True)
            case DrResponse():
                known: Any = self._event(resource.subject)
                answer = load_answers.answer_from_sep2(resource, received=facts.now, lost=lost)
                body = load_answers.answer_to_sep1(answer, known, lost=lost)
                if body is not None:
                    self._send(0x0701, body, False)
            case TextResponse():
                confirmed = messaging.answer_from_sep2(resource, received=facts.now)
                text: Any = self._event(resource.subject)
                confirmation = messaging.answer_to_sep1(confirmed, text, lost=lost)
                if confirmation is not None:
                    self._send(0x0703, confirmation, False)
            case Time():
                self._report(0x000A, time.to_sep1(time.from_sep2(resource, lost=lost)))
            case DeviceInformation():
                self._report(0x0000, basic.to_sep1(basic.from_sep2(resource), lost=lost))
            case PowerStatus():
                self._report(0x0001, power.to_sep1(power.from_sep2(resource, lost=lost), lost=lost))
            case LogEvent():
                self._send(0x0009, alarms.to_sep1(alarms.from_sep2(resource)), True)
            case TariffProfile() | RateComponent() | TimeTariffInterval() | ConsumptionTariffInterval():
                self._price.setdefault(type(resource), []).append(resource)
            case ReadingType():
                self._types.append(resource)
            case Reading():
                if not self._types:
                    raise DecodeError(
                        "a Reading says nothing without its ReadingType: give that file before it"
                    )
                self._readings.append(metering.from_sep2(self._types[-1], resource, received=facts.now))
            case PriceResponse():
                number = self._key(resource.subject).id
                at = facts.now if resource.createdDateTime is None else resource.createdDateTime
                word = PriceAcknowledgement(0, number, int(at) - ZIGBEE_EPOCH, 1)
                self._send(0x0700, word, False)
            case _:
                raise DecodeError(f"{type(resource).__name__} has no frame of its own; see: handover map")

    def finish(self) -> None:
        """Translate what takes several documents: prices, readings."""
        lost = self.result.lost
        if self._readings:
            self._report(0x0702, metering.to_sep1(self._readings, lost=lost))
        if not self._price:
            return
        needed = (TariffProfile, RateComponent, TimeTariffInterval, ConsumptionTariffInterval)
        missing = [cls.__name__ for cls in needed if cls not in self._price]
        if not self._types:
            missing.append(ReadingType.__name__)
        if missing:
            raise DecodeError(f"a price is several documents; these are missing: {', '.join(missing)}")
        kind = next((t for t in self._types if t.flowDirection == FLOW[Flow.DELIVERED]), self._types[0])
        interval = self._price[TimeTariffInterval][0]
        steps = sorted(self._price[ConsumptionTariffInterval], key=lambda step: step.startValue)
        rate = Rate(self._price[RateComponent][0], kind, interval, steps)
        bundle = PriceBundle(self._price[TariffProfile][0], rate)
        found = price.from_sep2(bundle, self._key(interval.mRID), lost=lost)
        self._send(0x0700, price.to_sep1(found, now=self._facts.now, lost=lost), True)

    def _key(self, mrid: bytes) -> EventKey:
        """Return the SEP 1.x identity of an mRID: its own where it is one of ours, else what was given."""
        facts = self._facts
        number = facts.number
        if number is None:
            try:
                number = parse(mrid).id
            except Untranslatable:
                number = int(facts.now) - ZIGBEE_EPOCH
        return EventKey(facts.context.node, facts.context.endpoint, 0, number)

    def _event(self, subject: bytes) -> Event:
        known = self._events.get(subject)
        if known is None:
            raise DecodeError(
                f"nothing is known of {subject.hex().upper()}: give the event that it answers before it"
            )
        return known

    def _report(self, cluster_id: int, values: Any) -> None:
        declared = CLUSTERS[cluster_id].server_attributes
        records = [
            AttributeRecord(number, declared[number].type.code, value)
            for number, value in values.items()
            if number in declared
        ]
        self._send(cluster_id, ReportAttributes(records), True)

    def _send(self, cluster_id: int, body: Any, to_client: bool) -> None:
        self.result.frames.append((cluster_id, body, to_client))
