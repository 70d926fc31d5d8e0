"""Documents into frames, one by one, and those together that say one thing only together."""

from typing import Any

from handover.errors import DecodeError, Untranslatable
from handover.mapping import (
    alarms,
    basic,
    billing,
    firmware,
    load_answers,
    load_control,
    messaging,
    metering,
    power,
    prepayment,
    price,
    time,
)
from handover.mapping.by_hand.facts import Facts, Result
from handover.mapping.mrid import parse
from handover.mapping.price_bundle import PriceBundle, Rate
from handover.mapping.units import FLOW
from handover.model.event import Event, EventKey
from handover.model.firmware import Image
from handover.model.units import Flow
from handover.sep1.clusters import CLUSTERS
from handover.sep1.clusters.price import PriceAcknowledgement
from handover.sep1.general import AttributeRecord, ReportAttributes
from handover.sep1.types import ENUM8_TYPE, ZIGBEE_EPOCH
from handover.sep2.resources.billing import BillingPeriod
from handover.sep2.resources.device_information import DeviceInformation
from handover.sep2.resources.drlc import EndDeviceControl
from handover.sep2.resources.file_download import File, FileStatus
from handover.sep2.resources.log_event import LogEvent
from handover.sep2.resources.messaging import TextMessage
from handover.sep2.resources.metering import Reading, ReadingType
from handover.sep2.resources.power_status import PowerStatus
from handover.sep2.resources.prepayment import (
    AccountBalance,
    CreditRegister,
    Prepayment,
    PrepayOperationStatus,
)
from handover.sep2.resources.pricing import (
    ConsumptionTariffInterval,
    RateComponent,
    TariffProfile,
    TimeTariffInterval,
)
from handover.sep2.resources.response import DrResponse, PriceResponse, TextResponse
from handover.sep2.resources.time import Time

UPGRADE_STATUS = 0x0006
"""Attribute of an OTA client."""


class Downward:
    """Takes documents in order; `result` has what they say in SEP 1.x."""

    def __init__(self, facts: Facts) -> None:
        self.result = Result()
        self._facts = facts
        self._events: dict[bytes, Event] = {}
        self._types: list[ReadingType] = []
        self._readings: list[Any] = []
        self._price: dict[type, list[Any]] = {}
        self._periods: list[BillingPeriod] = []
        self._credit: dict[type, list[Any]] = {}
        self._image: Image | None = None

    def take(self, resource: Any) -> None:
        """Translate a document, or keep it for others."""
        facts, lost = self._facts, self.result.lost
        match resource:
            case EndDeviceControl():
                event = load_control.from_sep2(
                    resource, self._key(resource.mRID), facts.context.edition, lost=lost
                )
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
            case BillingPeriod():
                self._periods.append(resource)
            case Prepayment() | AccountBalance() | PrepayOperationStatus() | CreditRegister():
                self._credit.setdefault(type(resource), []).append(resource)
            case File():
                self._file(resource)
            case FileStatus():
                self._progress(resource)
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
        for period in self._periods:
            self._send(0x0700, billing.to_sep1(self._period(period), lost=lost), True)
        if self._credit:
            account = prepayment.from_sep2(self._account(), lost=lost)
            self._report(0x0705, prepayment.to_sep1(account, digits=self._facts.digits, lost=lost))
        if self._price:
            self._priced()

    def _priced(self) -> None:
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
        lost = self.result.lost
        found = price.from_sep2(bundle, self._key(interval.mRID), lost=lost)
        self._send(0x0700, price.to_sep1(found, now=self._facts.now, lost=lost), True)

    def _period(self, period: BillingPeriod) -> Any:
        facts = self._facts
        number = facts.number if facts.number is not None else int(facts.now) - ZIGBEE_EPOCH
        key = EventKey(facts.context.node, facts.context.endpoint, 0, number)
        kind = self._types[-1] if self._types else None
        return billing.from_sep2(
            period,
            key,
            tiers=0 if kind is None else kind.numberOfTouTiers or 0,
            blocks=1 if kind is None else kind.numberOfConsumptionBlocks or 1,
        )

    def _account(self) -> prepayment.PrepaymentBundle:
        missing = [cls.__name__ for cls in (Prepayment, PrepayOperationStatus) if cls not in self._credit]
        if missing:
            raise DecodeError(f"an account is several documents; these are missing: {', '.join(missing)}")
        return prepayment.PrepaymentBundle(
            self._credit[Prepayment][0],
            next(iter(self._credit.get(AccountBalance, ())), None),
            self._credit[PrepayOperationStatus][0],
            self._credit.get(CreditRegister, []),
        )

    def _file(self, file: File) -> None:
        facts = self._facts

        def device_of(lfdi: bytes) -> int | None:
            return facts.context.node if lfdi == facts.device else None

        image = firmware.from_sep2(file, facts.products, device_of=device_of, lost=self.result.lost)
        self._image = image
        self._send(0x0019, firmware.to_sep1(image), True)
        if image.activate is not None:
            self._send(0x0019, firmware.end_to_sep1(image, now=facts.now), True)

    def _progress(self, status: FileStatus) -> None:
        if self._image is None:
            raise DecodeError("a FileStatus says nothing without its File: give that file before it")
        lost, progress = self.result.lost, firmware.progress_from_sep2(status)
        end = firmware.progress_to_end(progress, self._image, lost=lost)
        if end is not None:
            self._send(0x0019, end, False)
            return
        attribute = firmware.progress_to_attribute(progress, lost=lost)
        record = AttributeRecord(UPGRADE_STATUS, ENUM8_TYPE.code, attribute)
        self._send(0x0019, ReportAttributes([record]), False)

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
