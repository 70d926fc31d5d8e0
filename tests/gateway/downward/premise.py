"""A home behind a SEP 2.0 server, in virtual time: the server, the gateway's engine and SEP 1.x devices."""

import hashlib
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from handover.gateway.adapters.journal import Journal
from handover.gateway.downward.adapters.restore import restore
from handover.gateway.downward.alg import FOLLOWED, Downward, Identity
from handover.gateway.step import Step
from handover.sep1.aps import ApsFrame
from handover.sep1.client import ClientSettings, HanClient, LoadControlAttributes
from handover.sep1.client.load_control import LoadController
from handover.sep1.client.load_control.outputs import EventEnded, EventStarted
from handover.sep1.client.message_board import MessageBoard
from handover.sep1.client.price_book import PriceBook
from handover.sep1.node import Send
from handover.sep2 import xml
from handover.sep2.client.follower import Settings
from handover.sep2.client.outputs import Answer, Ask, Failure
from handover.sep2.client.requests import answer_of, request_of
from handover.sep2.client.schedule import Draw
from handover.sep2.esi import RESPONSES, Esi
from handover.sep2.esi import Settings as ServerSettings
from handover.sep2.peer import Peer
from handover.sep2.resources.common import DateTimeInterval, EventStatus, Link, ListLink
from handover.sep2.resources.drlc import DemandResponseProgram, DutyCycle, EndDeviceControl, SetPoint
from handover.sep2.resources.file_download import File
from handover.sep2.resources.messaging import MessagingProgram, TextMessage
from handover.sep2.resources.metering import MeterReading, Reading, ReadingType, UsagePoint
from handover.sep2.resources.pricing import (
    ConsumptionTariffInterval,
    RateComponent,
    TariffProfile,
    TimeTariffInterval,
)
from handover.sep2.security.access import Policy
from handover.sep2.security.identity import sfdi
from handover.sep2.server import Request
from handover.sep2.server.blobs import Octets

NOW = 1_700_000_000
GATEWAY = 0x000D6F0000ABCDEF
THERMOSTAT, DISPLAY, SWITCH = 0x00124B0000000001, 0x00124B0000000002, 0x00124B0000000003
LFDI = hashlib.sha256(b"gateway").digest()[:20]
PEER = Peer(LFDI, sfdi(LFDI))
PIN = 111115
PEN = 32473


def mrid(number: int) -> bytes:
    return number.to_bytes(12, "big") + PEN.to_bytes(4, "big")


def no_draw(lfdi: bytes) -> Draw:
    return lambda seed, bound: 0


def hashed(lfdi: bytes) -> Draw:
    def draw(seed: str, bound: int) -> int:
        drawn = int.from_bytes(hashlib.sha256(lfdi + seed.encode()).digest()[:8], "big") % (abs(bound) + 1)
        return drawn if bound >= 0 else -drawn

    return draw


def _kind(behaviour: int, kind: int, uom: int, *, power: int = 0) -> ReadingType:
    return ReadingType(
        accumulationBehaviour=behaviour,
        commodity=1,
        flowDirection=1,
        kind=kind,
        powerOfTenMultiplier=power,
        uom=uom,
    )


class Utility:
    """The server above, with one program, one tariff, one message list and one meter."""

    def __init__(self, *, ahead: int = 0, proxies: bool = True, peer: Peer = PEER, now: float = NOW) -> None:
        self.ahead = ahead
        self.got: list[Any] = []
        self.esi = Esi(
            ServerSettings(pen=PEN, poll_rate=60, policy=Policy(proxies=proxies)),
            content=self,
            heard=lambda peer, response: self.got.append(response),
        )
        self.content: dict[str, Octets] = {}
        put = self.esi.store.put
        put(
            "/dr/0",
            DemandResponseProgram(
                mRID=mrid(700), primacy=1, EndDeviceControlListLink=ListLink(href="/dr/0/edc")
            ),
        )
        put(
            "/dr/1",
            DemandResponseProgram(
                mRID=mrid(701), primacy=0, EndDeviceControlListLink=ListLink(href="/dr/1/edc")
            ),
        )
        put(
            "/msg/0",
            MessagingProgram(
                mRID=mrid(600), locale="en-US", primacy=1, TextMessageListLink=ListLink(href="/msg/0/txt")
            ),
        )
        self._tariff()
        self._meter()
        self.gateway = self.esi.admit(peer, PIN, now)

    def _tariff(self) -> None:
        put = self.esi.store.put
        put(
            "/tp/0",
            TariffProfile(
                mRID=mrid(500),
                currency=840,
                pricePowerOfTenMultiplier=-4,
                primacy=1,
                rateCode="TOU",
                RateComponentListLink=ListLink(href="/tp/0/rc"),
                serviceCategoryKind=0,
            ),
        )
        put(
            "/tp/0/rc/0",
            RateComponent(
                mRID=mrid(501),
                ReadingTypeLink=Link(href="/tp/0/rc/0/rt"),
                roleFlags=b"\0\3",
                TimeTariffIntervalListLink=ListLink(href="/tp/0/rc/0/tti"),
            ),
        )
        put(
            "/tp/0/rc/0/rt",
            ReadingType(
                accumulationBehaviour=9, commodity=1, flowDirection=1, kind=12, powerOfTenMultiplier=3, uom=72
            ),
        )

    def _meter(self) -> None:
        put = self.esi.store.put
        put(
            "/upt/0",
            UsagePoint(
                mRID=mrid(400),
                roleFlags=b"\0\2",
                serviceCategoryKind=0,
                status=1,
                MeterReadingListLink=ListLink(href="/upt/0/mr"),
            ),
        )
        for number, (behaviour, kind, uom) in enumerate(((9, 12, 72), (12, 37, 38))):
            path = f"/upt/0/mr/{number}"
            put(
                path,
                MeterReading(
                    mRID=mrid(401 + number),
                    ReadingTypeLink=Link(href=f"{path}/rt"),
                    ReadingLink=Link(href=f"{path}/r"),
                ),
            )
            put(
                f"{path}/rt",
                ReadingType(
                    accumulationBehaviour=behaviour,
                    commodity=1,
                    flowDirection=1,
                    kind=kind,
                    powerOfTenMultiplier=0,
                    uom=uom,
                ),
            )
            self.reading(number, (98_765_432, 1500)[number])

    def reading(self, number: int, value: int) -> None:
        self.esi.store.put(f"/upt/0/mr/{number}/r", Reading(value=value))

    def _event(self, number: int, now: float, start: int, duration: int) -> dict[str, Any]:
        moment = int(now) + self.ahead
        return {
            "mRID": mrid(number),
            "creationTime": moment,
            "interval": DateTimeInterval(start=moment + start, duration=duration),
            "EventStatus": EventStatus(currentStatus=0, dateTime=moment, potentiallySuperseded=False),
            "replyTo": RESPONSES,
        }

    def control(
        self,
        number: int,
        now: float,
        *,
        start: int = 600,
        duration: int = 1800,
        program: int = 0,
        **fields: Any,
    ) -> str:
        """Issue a control that begins `start` seconds from `now`; return its path."""
        values = self._event(number, now, start, duration) | {
            "EventStatus": EventStatus(
                currentStatus=0, dateTime=int(now) + self.ahead, potentiallySuperseded=False
            ),
            "deviceCategory": (1).to_bytes(4, "big"),
            "drProgramMandatory": False,
            "loadShiftForward": False,
            "SetPoint": SetPoint(coolingSetpoint=2650),
            "responseRequired": b"\x07",
        }
        event = EndDeviceControl(**{**values, **fields})
        return self.esi.schedule.issue(f"/dr/{program}/edc", event, now + self.ahead)

    def price(
        self,
        number: int,
        now: float,
        *,
        start: int = 0,
        duration: int = 3600,
        value: int = 1134,
        **fields: Any,
    ) -> str:
        values = self._event(number, now, start, duration) | {
            "EventStatus": EventStatus(
                currentStatus=0, dateTime=int(now) + self.ahead, potentiallySuperseded=False
            ),
            "touTier": 2,
            "responseRequired": b"\x01",
        }
        path = f"/tp/0/rc/0/tti/{number}"
        event = TimeTariffInterval(**{**values, **fields})
        event.ConsumptionTariffIntervalListLink = ListLink(href=f"{path}/cti")
        self.esi.store.put(
            f"{path}/cti/0", ConsumptionTariffInterval(consumptionBlock=1, price=value, startValue=0)
        )
        self.esi.store.put(path, event)
        self.esi.schedule.tick(now + self.ahead)
        return path

    def message(self, number: int, now: float, *, start: int = 0, duration: int = 3600, **fields: Any) -> str:
        values = self._event(number, now, start, duration) | {
            "EventStatus": EventStatus(
                currentStatus=0, dateTime=int(now) + self.ahead, potentiallySuperseded=False
            ),
            "priority": 2,
            "textMessage": "Peak today 16-19h",
            "responseRequired": b"\x05",
        }
        return self.esi.schedule.issue("/msg/0/txt", TextMessage(**{**values, **fields}), now + self.ahead)

    def find(self, path: str) -> Octets | None:
        return self.content.get(path)

    def file(self, number: int, content: bytes, **fields: Any) -> str:
        """Offer a file."""
        path = f"/file/{number}"
        values: dict[str, Any] = {
            "fileURI": f"{path}/content",
            "mfID": PEN,
            "mfModel": "PCT-100",
            "mfVer": "00000007",
            "size": len(content),
            "type": b"\0\0",
        }
        etag = hashlib.sha256(content).hexdigest()[:16]
        self.content[f"{path}/content"] = Octets(content, f'"{etag}"')
        self.esi.store.put(path, File(**{**values, **fields}))
        return path

    def cancel(self, path: str, now: float, *, randomised: bool = False) -> None:
        self.esi.schedule.cancel(path, now + self.ahead, randomised=randomised)

    def statuses(self, number: int, lfdi: bytes | None = None) -> list[int]:
        """Return what was answered about an event, by one device or all."""
        return [r.status for r in self.got if r.subject == mrid(number) and lfdi in (None, r.endDeviceLFDI)]


@dataclass
class Appliance:
    """One SEP 1.x device with what a home has: loads, a price display and a message board."""

    client: HanClient
    controller: LoadController
    prices: PriceBook
    board: MessageBoard
    told: list[Any] = field(default_factory=list)


Lost = Callable[[ApsFrame, float], bool]


class Premise:
    """Everything together. `journal` keeps the gateway's rows, so that it can be killed and begun again."""

    def __init__(
        self,
        *,
        ahead: int = 0,
        proxies: bool = True,
        draw: Callable[[bytes], Draw] = no_draw,
        journal: Path | None = None,
        assigned: bool = True,
    ) -> None:
        self.now = float(NOW)
        self.utility = Utility(ahead=ahead, proxies=proxies)
        self.appliances: dict[int, Appliance] = {}
        self.frames: list[ApsFrame] = []
        self.reachable = True
        self.lost: Lost = lambda frame, now: False
        self.steps: list[Step] = []
        self._waiting: deque[ApsFrame | Ask] = deque()
        self._busy = False
        self._draw = draw
        self._assigned = assigned
        self.journal = Journal(journal) if journal is not None else None
        if self.journal is not None:
            self.journal.open()
        self.gateway = self._made()

    def _made(self) -> Downward:
        identity = Identity("home", GATEWAY, LFDI, PEER.sfdi, PEN)
        settings = Settings(LFDI, PEER.sfdi, pin=PIN, follow=FOLLOWED, floor=5.0)
        gateway = Downward(identity, settings, self._draw)
        if self.journal is not None:
            self.do(gateway.restore(restore(self.journal), self.now))
        return gateway

    # time

    def passes(self, seconds: float) -> None:
        end = self.now + seconds
        for _ in range(100_000):
            times = [
                self.gateway.deadline(self.now),
                *(a.client.deadline() for a in self.appliances.values()),
            ]
            due = min((t for t in times if t is not None), default=end)
            if due > end:
                break
            # A step that only moves by the smallest fraction must still move.
            self.now = max(self.now + 0.001, due)
            for eui64, appliance in self.appliances.items():
                self.does(eui64, appliance.client.tick(self.now))
            self.do(self.gateway.tick(self.now))
        else:
            raise AssertionError("the engines never come to rest")
        self.now = end

    # the gateway

    def start(self) -> None:
        self.do(self.gateway.start(self.now))

    def killed(self) -> None:
        """Take the gateway's memory away; only its journal is left."""
        assert self.journal is not None
        self.gateway = self._made()
        self.start()

    def do(self, step: Step) -> None:
        self.steps.append(step)
        if self.journal is not None:
            self.journal.commit(step.changes)
        self._waiting += step.frames
        self._waiting += step.asks
        self._work()

    def _work(self) -> None:
        """Carry what is on its way, one after the other: nothing happens inside of something else."""
        if self._busy:
            return
        self._busy = True
        try:
            while self._waiting:
                item = self._waiting.popleft()
                if isinstance(item, ApsFrame):
                    self._arrive(item)
                else:
                    self.do(self.gateway.answered(self._ask(item), self.now))
        finally:
            self._busy = False

    def _ask(self, ask: Ask) -> Answer | Failure:
        if not self.reachable:
            return Failure(ask, "no way to the server")
        request = request_of(ask)
        asked = Request(request.method, request.path, request.query, request.headers, request.body, PEER)
        return answer_of(ask, self.utility.esi.handle(asked, self.now + self.utility.ahead))

    # the HAN

    def add(self, eui64: int, device_class: int = 0) -> Appliance:
        """Put a device on the HAN, as if it had joined and established its key; admit it at the server."""
        client = HanClient(
            eui64,
            settings=ClientSettings(),
            load_control=LoadControlAttributes(device_class=device_class),
        )

        def utc(esi: int, now: float) -> int:
            return self.gateway.esi.utc(now)

        controller = LoadController(client.node, utc=utc, draw=lambda n: 0)
        prices, board = PriceBook(client.node, utc=utc, draw=lambda n: 0), MessageBoard(client.node, utc=utc)
        for service in (controller, prices, board):
            client.add(service)
        appliance = self.appliances[eui64] = Appliance(client, controller, prices, board)
        self.do(self.gateway.admit(eui64, self.now))
        if self._assigned:
            self.assign(eui64)
        self.does(eui64, client.start(GATEWAY, self.now))
        return appliance

    def assign(self, eui64: int) -> None:
        """Let the server's operator register a device behind the gateway."""
        device = self.gateway.devices.get(eui64)
        assert device is not None
        self.utility.esi.admit(Peer(device.lfdi, device.sfdi), PIN, self.now, behind=self.utility.gateway)

    def lfdi(self, eui64: int) -> bytes:
        device = self.gateway.devices.get(eui64)
        assert device is not None
        return device.lfdi

    def does(self, eui64: int, outputs: Iterable[Any]) -> None:
        for output in outputs:
            if isinstance(output, Send):
                self._waiting.append(output.frame)
            else:
                self.appliances[eui64].told.append(output)
        self._work()

    def _arrive(self, frame: ApsFrame) -> None:
        self.frames.append(frame)
        if self.lost(frame, self.now):
            return
        if frame.destination == GATEWAY:
            self.do(self.gateway.handle(frame, self.now))
        elif frame.destination in self.appliances:
            client = self.appliances[frame.destination].client
            self.does(frame.destination, client.handle(frame, self.now))

    def ran(self, eui64: int) -> list[tuple[str, int]]:
        """Return what a device did: started and ended events, with their ids."""
        names = {EventStarted: "started", EventEnded: "ended"}
        return [
            (names[type(told)], told.event.command.issuer_event_id)
            for told in self.appliances[eui64].told
            if type(told) in names
        ]


__all__ = [
    "DISPLAY",
    "GATEWAY",
    "NOW",
    "SWITCH",
    "THERMOSTAT",
    "DutyCycle",
    "Premise",
    "mrid",
    "xml",
]
