"""Frames into documents, one by one."""

from dataclasses import replace
from typing import Any

from handover.errors import DecodeError
from handover.mapping import (
    alarms,
    basic,
    billing,
    firmware,
    load_answers,
    load_control,
    messaging,
    metering,
    metering_profile,
    power,
    prepayment,
    price,
    time,
)
from handover.mapping.by_hand.facts import Facts, Result
from handover.mapping.mrid import MridKind
from handover.model.event import EventKey, applied
from handover.model.firmware import Image, Progress
from handover.model.load_control import cancel
from handover.model.units import Flow
from handover.sep1.clusters.alarms import Alarm, GetAlarmResponse
from handover.sep1.clusters.drlc import (
    CancelAllLoadControlEvents,
    CancelLoadControlEvent,
    LoadControlEvent,
    ReportEventStatus,
)
from handover.sep1.clusters.messaging import CancelMessage, DisplayMessage, MessageConfirmation
from handover.sep1.clusters.metering import GetProfileResponse
from handover.sep1.clusters.ota import (
    QueryNextImageResponse,
    QuerySpecificFileResponse,
    UpgradeEndRequest,
    UpgradeEndResponse,
)
from handover.sep1.clusters.prepayment import SelectAvailableEmergencyCredit
from handover.sep1.clusters.price import PriceAcknowledgement, PublishBlockPeriod, PublishPrice
from handover.sep1.general import ReadAttributesResponse, ReportAttributes
from handover.sep1.types import Value
from handover.sep2.resources.file_download import File

OFFSET, UPGRADE_STATUS = 0x0001, 0x0006
"""Attributes of an OTA client."""


class Upward:
    """Takes frames in order; `result` has what they say in SEP 2.0."""

    def __init__(self, facts: Facts) -> None:
        self.result = Result()
        self._facts = facts
        self._events: dict[int, Any] = {}
        self._attributes: dict[int, dict[int, Value]] = {}
        self._image: Image | None = None

    def take(self, cluster_id: int, body: Any) -> None:
        """Translate the body of a frame of this cluster."""
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
            case PublishBlockPeriod():
                period = billing.from_sep1(body, context, received=now, lost=lost)
                self._out(billing.to_sep2(period, context))
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
            case SelectAvailableEmergencyCredit():
                self._out(prepayment.selection(body, received=now))
            case QueryNextImageResponse() | QuerySpecificFileResponse():
                self._file(body)
            case UpgradeEndResponse():
                if self._image is None:
                    raise DecodeError("nothing is known of the image: give the frame that grants it first")
                at = firmware.activation(body, received=now)
                self._out(self._document(replace(self._image, activate=at)))
            case UpgradeEndRequest():
                self._progress(firmware.progress_of_end(body))
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
        elif cluster_id == 0x0705:
            account = prepayment.from_sep1(known, currency=facts.currency, digits=facts.digits, lost=lost)
            self._out(*prepayment.to_sep2(account, facts.context, lost=lost).resources())
        elif cluster_id == 0x0019:
            status, offset = (known.get(number) for number in (UPGRADE_STATUS, OFFSET))
            if isinstance(status, int):
                size = self._image.size if self._image is not None else 0
                done = offset if isinstance(offset, int) else 0
                self._progress(firmware.progress_of_attributes(status, done, size, lost=lost))
        elif cluster_id == 0x0700:
            period = billing.from_attributes(known, facts.context, received=facts.now)
            if period is not None:
                self._out(billing.to_sep2(period, facts.context))
        else:
            raise DecodeError(f"attributes of cluster 0x{cluster_id:04X} have no document; see: handover map")

    def _file(self, body: QueryNextImageResponse | QuerySpecificFileResponse) -> None:
        facts = self._facts
        device = facts.context.node if isinstance(body, QuerySpecificFileResponse) else None
        image = firmware.from_sep1(body, facts.products, device=device, lost=self.result.lost)
        if image is not None:
            self._image = image
            self._out(self._document(image))

    def _document(self, image: Image) -> File:
        lfdi = None if image.device is None else self._facts.device
        return firmware.to_sep2(image, self._facts.context, number=0, lfdi=lfdi)

    def _progress(self, progress: Progress) -> None:
        file = None if self._image is None else self._document(self._image)
        lost = self.result.lost
        self._out(firmware.progress_to_sep2(progress, at=self._facts.now, file=file, lost=lost))

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

    def _out(self, *resources: Any) -> None:
        self.result.resources += resources
