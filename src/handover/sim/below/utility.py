"""The SEP 2.0 ESI of a meter that has moved: one tariff, one programme, one list of texts, one usage point.

What is issued, and when, is said by whoever owns it. Times are Unix seconds of the meter's clock.
"""

from typing import Any

from handover.mapping import metering as mapping
from handover.mapping.context import Context
from handover.mapping.hrefs import Hrefs
from handover.mapping.metering_scale import settings
from handover.sep2.esi import RESPONSES, Esi, Settings
from handover.sep2.peer import Peer
from handover.sep2.resources.common import DateTimeInterval, EventStatus, Link, ListLink
from handover.sep2.resources.drlc import DemandResponseProgram, EndDeviceControl, SetPoint
from handover.sep2.resources.messaging import MessagingProgram, TextMessage
from handover.sep2.resources.metering import ReadingType
from handover.sep2.resources.pricing import (
    ConsumptionTariffInterval,
    RateComponent,
    TariffProfile,
    TimeTariffInterval,
)
from handover.sep2.resources.response import Response
from handover.sep2.security.access import Policy
from handover.sep2.security.identity import with_check_digit
from handover.sim.meter import VirtualMeter
from handover.sim.zone import us_eastern

PEN = 32473
POLL = 60
PIN = with_check_digit(11111)
PROGRAMME, TEXTS, TARIFF, USAGE_POINT = "/dr/0", "/msg/0", "/tp/0", "/upt/0"
_ALWAYS = b"\x07"


class MovedMeter:
    """The server of a meter, as an engine. `answers` are the responses of devices, oldest first."""

    def __init__(self, seed: int, now: float, *, lfdi: bytes = bytes(20), sfdi: int = 0) -> None:
        self.answers: list[Response] = []
        self.meter = VirtualMeter(seed, now, us_eastern(now))
        self.registers: set[int] = set()
        self.esi = Esi(
            Settings(lfdi=lfdi, sfdi=sfdi, pen=PEN, poll_rate=POLL, policy=Policy(proxies=True)),
            heard=lambda _, response: self.answers.append(response),
        )
        self._numbers = 0
        self._node = Context(node=0, pen=PEN, lfdi=lfdi, hrefs=Hrefs(usage_point=USAGE_POINT))
        self._plant()
        self.read(now)

    def _plant(self) -> None:
        put = self.esi.store.put
        controls = ListLink(href=f"{PROGRAMME}/edc")
        put(
            PROGRAMME,
            DemandResponseProgram(mRID=self._mrid(), primacy=1, EndDeviceControlListLink=controls),
        )
        put(
            TEXTS,
            MessagingProgram(
                mRID=self._mrid(),
                locale="en-US",
                primacy=1,
                TextMessageListLink=ListLink(href=f"{TEXTS}/txt"),
            ),
        )
        put(
            TARIFF,
            TariffProfile(
                mRID=self._mrid(),
                currency=840,
                pricePowerOfTenMultiplier=-4,
                primacy=1,
                rateCode="HOME",
                RateComponentListLink=ListLink(href=f"{TARIFF}/rc"),
                serviceCategoryKind=0,
            ),
        )
        rate = f"{TARIFF}/rc/0"
        put(
            rate,
            RateComponent(
                mRID=self._mrid(),
                ReadingTypeLink=Link(href=f"{rate}/rt"),
                roleFlags=b"\0\3",
                TimeTariffIntervalListLink=ListLink(href=f"{rate}/tti"),
            ),
        )
        kind = ReadingType(
            accumulationBehaviour=9,
            commodity=1,
            flowDirection=1,
            kind=12,
            powerOfTenMultiplier=3,
            uom=72,
        )
        put(f"{rate}/rt", kind)

    def admit(self, gateway: Peer, now: float) -> str:
        """Register the gateway; return the path of its EndDevice."""
        return self.esi.admit(gateway, PIN, now)

    def admit_behind(self, gateway: str, device: Peer, now: float) -> str:
        """Register a device without a certificate, for which the gateway at that path speaks."""
        return self.esi.admit(device, PIN, now, behind=gateway)

    def read(self, now: float) -> None:
        """Read the meter and serve what it says."""
        self.meter.advance(now)
        raw = self.meter.fixed() | self.meter.readings(now)
        readings = mapping.from_sep1(raw, settings(raw), received=now)
        bundle = mapping.to_sep2(readings, mapping.meter_from_sep1(raw), self._node)
        for resource in bundle.resources():
            assert resource.href is not None
            self.esi.store.put(resource.href, resource)
        self.registers.add(self.meter.registers.delivered)

    def price(self, now: float, *, value: int, minutes: int) -> bytes:
        """Issue a price (ten-thousandths of a dollar per kWh) from now on, and return its mRID."""
        event = TimeTariffInterval(
            **self._event(now, 0, 60 * minutes), responseRequired=b"\x01", touTier=1, description="NOW"
        )
        path = f"{TARIFF}/rc/0/tti/{self._numbers}"
        event.ConsumptionTariffIntervalListLink = ListLink(href=f"{path}/cti")
        step = ConsumptionTariffInterval(consumptionBlock=1, price=value, startValue=0)
        self.esi.store.put(f"{path}/cti/0", step)
        self.esi.store.put(path, event)
        self.esi.schedule.tick(now)
        return event.mRID

    def text(self, now: float, words: str, *, minutes: int = 60) -> bytes:
        """Show a text that asks for confirmation, and return its mRID."""
        event = TextMessage(
            **self._event(now, 0, 60 * minutes), responseRequired=b"\x05", priority=2, textMessage=words
        )
        self.esi.schedule.issue(f"{TEXTS}/txt", event, now)
        return event.mRID

    def control(
        self,
        now: float,
        *,
        category: int,
        start: int,
        minutes: int,
        cooling: int | None = None,
        **fields: Any,
    ) -> bytes:
        """Issue a control for devices of `category` that begins in `start` seconds; return its mRID."""
        point = None if cooling is None else SetPoint(coolingSetpoint=cooling)
        event = EndDeviceControl(
            **self._event(now, start, 60 * minutes),
            responseRequired=_ALWAYS,
            deviceCategory=category.to_bytes(4, "big"),
            drProgramMandatory=False,
            loadShiftForward=False,
            SetPoint=point,
            **fields,
        )
        self.esi.schedule.issue(f"{PROGRAMME}/edc", event, now)
        return event.mRID

    def statuses(self, mrid: bytes) -> list[int | None]:
        """Return what was answered about an event."""
        return [answer.status for answer in self.answers if answer.subject == mrid]

    def _event(self, now: float, start: int, seconds: int) -> dict[str, Any]:
        return {
            "mRID": self._mrid(),
            "creationTime": int(now),
            "interval": DateTimeInterval(start=int(now) + start, duration=seconds),
            "EventStatus": EventStatus(currentStatus=0, dateTime=int(now), potentiallySuperseded=False),
            "replyTo": RESPONSES,
        }

    def _mrid(self) -> bytes:
        self._numbers += 1
        return self._numbers.to_bytes(12, "big") + PEN.to_bytes(4, "big")
