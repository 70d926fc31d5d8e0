"""A small but real SEP 2.0 server to play against: its tree, what it publishes, the Responses that it got."""

from dataclasses import replace
from typing import Any

from handover.clock import VirtualClock
from handover.sep2.client.outputs import Output
from handover.sep2.peer import Peer
from handover.sep2.resources.common import DateTimeInterval, EventStatus, Link, ListLink
from handover.sep2.resources.device_capability import DeviceCapability
from handover.sep2.resources.drlc import DemandResponseProgram, EndDeviceControl
from handover.sep2.resources.end_device import EndDevice, Registration
from handover.sep2.resources.function_set_assignments import FunctionSetAssignments
from handover.sep2.resources.messaging import MessagingProgram, TextMessage
from handover.sep2.resources.metering import MeterReading, Reading, ReadingType, UsagePoint
from handover.sep2.resources.pricing import (
    ConsumptionTariffInterval,
    RateComponent,
    TariffProfile,
    TimeTariffInterval,
)
from handover.sep2.resources.response import ResponseSet
from handover.sep2.resources.time import Time
from handover.sep2.security.access import AccessRules
from handover.sep2.server import Created, Request, Response, Write
from handover.sep2.server.engine import Server
from handover.sep2.store import Store

NOW = 1_800_000_000
LFDI = bytes.fromhex("3E4F45AB31EDFE5B67E343E5E4562E31984E23E5")
PEER = Peer(LFDI, 167261211391)
PIN = 111115


def mrid(number: int) -> bytes:
    """Return an mRID under the enterprise number 32473."""
    return number.to_bytes(12, "big") + (32473).to_bytes(4, "big")


class Utility:
    """The server. `ahead` is how many seconds its clock is ahead of the client's."""

    def __init__(self, *, peer: Peer = PEER, pin: int = PIN, poll: int = 900, ahead: int = 0) -> None:
        self.clock = VirtualClock(float(NOW))
        self.ahead = ahead
        self.poll = poll
        self.store = Store()
        self.got: list[Any] = []
        self.requests: list[Request] = []
        self.refuse: dict[str, Response] = {}
        hooks = {("POST", "ResponseList"): self._take}
        self.server = Server(self.store, AccessRules(self.store), hooks)
        self._build()
        self.admit(peer, pin)

    @property
    def now(self) -> float:
        """The client's time; the server's is `ahead` of it."""
        return self.clock.now()

    def exchange(self, request: Request) -> Response:
        """Answer a request; paths in `refuse` get what stands there instead."""
        self.requests.append(request)
        refused = self.refuse.get(request.path)
        return refused if refused is not None else self.server.handle(request, self.now + self.ahead)

    def statuses(self, number: int = 1) -> list[int]:
        """Return the statuses that were responded about the event with this number, in order."""
        return [r.status for r in self.got if r.subject == mrid(number)]

    def _take(self, write: Write) -> Created:
        self.got.append(write.resource)
        path = self.store.new_path(write.path)
        self.store.put(path, write.resource)
        return Created(path)

    def _build(self) -> None:
        put = self.store.put
        put(
            "/dcap",
            DeviceCapability(
                pollRate=self.poll,
                EndDeviceListLink=ListLink(href="/edev"),
                TimeLink=Link(href="/tm"),
                TariffProfileListLink=ListLink(href="/tp"),
                UsagePointListLink=ListLink(href="/upt"),
                DemandResponseProgramListLink=ListLink(href="/dr"),
                MessagingProgramListLink=ListLink(href="/msg"),
            ),
        )
        self.store.put_live("/tm", Time, self._time)
        for path in ("/edev", "/dr", "/tp", "/msg", "/upt"):
            self.store.put_list(path, poll_rate=self.poll)
        responses = ListLink(href="/rsps/1/rsp")
        put("/rsps/1", ResponseSet(mRID=mrid(900), ResponseListLink=responses))

    def _time(self, now: float) -> Time:
        return Time(
            currentTime=int(now),
            dstEndTime=0,
            dstOffset=0,
            dstStartTime=0,
            quality=7,
            tzOffset=0,
            pollRate=900,
        )

    def admit(self, peer: Peer, pin: int = PIN, number: int = 1) -> None:
        """Register a device and assign everything to it."""
        path = f"/edev/{number}"
        self.store.put(
            path,
            EndDevice(
                lFDI=peer.lfdi,
                sFDI=peer.sfdi,
                changedTime=NOW,
                enabled=True,
                RegistrationLink=Link(href=f"{path}/rg"),
                FunctionSetAssignmentsListLink=ListLink(href=f"{path}/fsa"),
            ),
        )
        self.store.put(f"{path}/rg", Registration(dateTimeRegistered=NOW, pIN=pin))
        self.store.put(
            f"{path}/fsa/1",
            FunctionSetAssignments(
                mRID=mrid(800 + number),
                TimeLink=Link(href="/tm"),
                DemandResponseProgramListLink=ListLink(href="/dr"),
                TariffProfileListLink=ListLink(href="/tp"),
                MessagingProgramListLink=ListLink(href="/msg"),
                UsagePointListLink=ListLink(href="/upt"),
                ResponseSetListLink=ListLink(href="/rsps"),
            ),
        )

    def program(self, number: int = 1, primacy: int = 1) -> None:
        """Make a demand response program."""
        path = f"/dr/{number}"
        links = ListLink(href=f"{path}/edc"), ListLink(href=f"{path}/actedc")
        self.store.put(
            path,
            DemandResponseProgram(
                mRID=mrid(700 + number),
                primacy=primacy,
                EndDeviceControlListLink=links[0],
                ActiveEndDeviceControlListLink=links[1],
            ),
        )

    def control(
        self, number: int = 1, start: int = 600, duration: int = 1800, program: int = 1, **fields: Any
    ) -> str:
        """Publish an EndDeviceControl that starts `start` seconds after NOW on this server's clock."""
        if f"/dr/{program}" not in self.store:
            self.program(program)
        values = {
            "mRID": mrid(number),
            "creationTime": NOW + self.ahead + number,
            "EventStatus": self.status(0),
            "interval": DateTimeInterval(start=NOW + self.ahead + start, duration=duration),
            "deviceCategory": (1).to_bytes(4, "big"),
            "drProgramMandatory": False,
            "loadShiftForward": False,
            "replyTo": "/rsps/1/rsp",
            "responseRequired": b"\x03",
        }
        path = f"/dr/{program}/edc/{number}"
        self.store.put(path, EndDeviceControl(**{**values, **fields}))
        return path

    def message(self, number: int = 50, start: int = 0, duration: int = 3600, **fields: Any) -> str:
        """Publish a TextMessage."""
        if "/msg/1" not in self.store:
            program = MessagingProgram(
                mRID=mrid(600), locale="en-US", primacy=1, TextMessageListLink=ListLink(href="/msg/1/txt")
            )
            self.store.put("/msg/1", program)
        values = {
            "mRID": mrid(number),
            "creationTime": NOW + number,
            "EventStatus": self.status(0),
            "interval": DateTimeInterval(start=NOW + self.ahead + start, duration=duration),
            "priority": 2,
            "textMessage": "Peak day tomorrow",
            "replyTo": "/rsps/1/rsp",
            "responseRequired": b"\x05",
        }
        path = f"/msg/1/txt/{number}"
        self.store.put(path, TextMessage(**{**values, **fields}))
        return path

    def price(self, number: int, start: int, duration: int, value: int, **fields: Any) -> str:
        """Publish a price in ten-thousandths of a dollar for a kilowatt-hour."""
        component = "/tp/1/rc/1"
        if "/tp/1" not in self.store:
            profile = TariffProfile(
                mRID=mrid(500),
                currency=840,
                pricePowerOfTenMultiplier=-4,
                primacy=1,
                rateCode="TOU",
                serviceCategoryKind=0,
                RateComponentListLink=ListLink(href="/tp/1/rc"),
            )
            self.store.put("/tp/1", profile)
            rates = RateComponent(
                mRID=mrid(501),
                roleFlags=b"\x00\x03",
                ReadingTypeLink=Link(href="/upt/1/mr/1/rt"),
                TimeTariffIntervalListLink=ListLink(href=f"{component}/tti"),
            )
            self.store.put(component, rates)
            self.meter()
        path = f"{component}/tti/{number}"
        values = {
            "mRID": mrid(number),
            "creationTime": NOW + number,
            "EventStatus": self.status(0),
            "interval": DateTimeInterval(start=NOW + self.ahead + start, duration=duration),
            "touTier": 2,
            "description": "Peak",
            "ConsumptionTariffIntervalListLink": ListLink(href=f"{path}/cti"),
        }
        self.store.put(path, TimeTariffInterval(**{**values, **fields}))
        step = ConsumptionTariffInterval(consumptionBlock=0, startValue=0, price=value)
        self.store.put(f"{path}/cti/1", step)
        return path

    def meter(self) -> None:
        """Make the usage point with its delivered register."""
        if "/upt/1" in self.store:
            return
        point = UsagePoint(
            mRID=mrid(400),
            description="Utility meter",
            roleFlags=b"\x00\x03",
            serviceCategoryKind=0,
            status=1,
            MeterReadingListLink=ListLink(href="/upt/1/mr"),
        )
        self.store.put("/upt/1", point)
        self.store.put(
            "/upt/1/mr/1",
            MeterReading(
                mRID=mrid(401),
                ReadingTypeLink=Link(href="/upt/1/mr/1/rt"),
                ReadingLink=Link(href="/upt/1/mr/1/r"),
            ),
        )
        kind = ReadingType(accumulationBehaviour=9, flowDirection=1, kind=12, powerOfTenMultiplier=3, uom=72)
        self.store.put("/upt/1/mr/1/rt", kind)

    def read(self, value: int, at: int = 0) -> None:
        """Set the register to `value` kWh."""
        self.meter()
        period = DateTimeInterval(start=NOW + at, duration=0)
        self.store.put("/upt/1/mr/1/r", Reading(value=value, timePeriod=period, qualityFlags=b"\x00\x01"))

    def status(self, current: int) -> EventStatus:
        """Return an EventStatus as of now."""
        return EventStatus(
            currentStatus=current, dateTime=int(self.now + self.ahead), potentiallySuperseded=False
        )

    def mark(self, path: str, current: int) -> None:
        """Set the currentStatus of an event."""
        self.store.put(path, replace(self.store.get(path), EventStatus=self.status(current)))


def of(outputs: list[Output], kind: type[Any]) -> list[Any]:
    """Return the outputs of one kind."""
    return [output for output in outputs if isinstance(output, kind)]
