"""A day of a home: an ESI and a device with every cluster, on a HAN of radio frames."""

import random
from collections.abc import Iterable
from typing import Any

from handover.sep1.client import HanClient
from handover.sep1.client.alarms import AlarmClient
from handover.sep1.client.block_tariff import BlockTariff
from handover.sep1.client.commissioning import CommissioningClient
from handover.sep1.client.identify import IdentifyClient
from handover.sep1.client.load_control import LoadController
from handover.sep1.client.message_board import MessageBoard
from handover.sep1.client.power import PowerClient
from handover.sep1.client.price_book import PriceBook
from handover.sep1.clusters.drlc import LoadControlEvent
from handover.sep1.clusters.messaging import DisplayMessage
from handover.sep1.clusters.price import PublishBlockPeriod, PublishPrice
from handover.sep1.clusters.tunneling import NO_MANUFACTURER, Protocol
from handover.sep1.metering.fast_poll import FastPoller, FastPollServer
from handover.sep1.metering.mirror import MirrorFeed, MirrorHost
from handover.sep1.metering.profile_log import ProfileLog
from handover.sep1.metering.profiles import ProfileReader, ProfileServer
from handover.sep1.node import Send
from handover.sep1.ota.client import OtaClient
from handover.sep1.ota.image import Header
from handover.sep1.ota.integrity import with_integrity
from handover.sep1.ota.server import OtaServer
from handover.sep1.ota.verify import Target
from handover.sep1.prepayment.client import PrepaymentClient
from handover.sep1.prepayment.server import PrepaymentServer
from handover.sep1.security.report_signature import signer
from handover.sep1.server import Esi
from handover.sep1.server.alarms import AlarmServer
from handover.sep1.server.commissioning import CommissioningServer
from handover.sep1.server.identify import IdentifyServer
from handover.sep1.server.power import PowerServer
from handover.sep1.server.tariff import TariffServer
from handover.sep1.stack import Role, Settings
from handover.sep1.tariff import Tariff
from handover.sep1.transports.radio_han import RadioHan
from handover.sep1.tunneling.client import TunnelClient
from handover.sep1.tunneling.server import TunnelServer
from handover.sep1.types import ZIGBEE_EPOCH

NOW = 1_342_548_000.0
ESI, DEVICE, ROUTER = 0x000D6F0000123456, 0x00124B0000ABCD01, 0x00124B0000ABCD02
DLMS = Protocol(NO_MANUFACTURER, 0)
SUMMATION, DEMAND = 0x0000, 0x0400
FIRMWARE = with_integrity(Header(0x1234, 1, 7, 0), [(0, random.Random(5).randbytes(600))])
TARIFF = Tariff(
    labels=(b"day", b"night"),
    thresholds=(100, 300),
    prices={(t, b): 10 * t + b for t in (1, 2) for b in (1, 2, 3)},
)


class Day:
    """The home. `frames` is all that was on the air; `heard` what the engines indicated."""

    def __init__(self, role: Role = Role.END_DEVICE, *, suites: tuple[int, ...] = (1, 2)) -> None:
        self.now = NOW
        self.random = random.Random(1)
        self.frames: list[tuple[float, bytes]] = []
        self.heard: list[tuple[int, Any]] = []
        self.han = RadioHan(
            clock=lambda: self.now,
            draw=self.random.randbytes,
            coordinator=ESI,
            suites=suites,
            tap=lambda when, octets: self.frames.append((when, octets)),
            settings=Settings(rescan=5),
        )
        self.han.admitted = lambda device: self.esi.admit(device)
        self.role = role
        self.esi = Esi(ESI, metering={SUMMATION: 1_234_567, 0x0200: 0, 0x0300: 0, DEMAND: 1500})
        self.device = HanClient(DEVICE)
        self._serve()
        self._use()
        self.inboxes = {ESI: self.han.attach(ESI)}

    def _serve(self) -> None:
        node = self.esi.node
        self.tariff = TariffServer(node, utc=self.esi.utc, push=self.esi.push, tariff=TARIFF)
        self.tunnels = TunnelServer(node, protocols=[DLMS])
        self.prepayment = PrepaymentServer(node, credit=500)
        self.ota = OtaServer(node)
        self.log = ProfileLog(8)
        for minute in range(4):
            utc = int(NOW) - ZIGBEE_EPOCH
            self.log.feed(0, 1_234_000 + 10 * minute, utc - utc % 60 + 60 * minute - 300)
        self.identify = IdentifyClient(node)
        self.alarms = AlarmClient(node)
        self.power = PowerClient(node)
        self.commissioning = CommissioningClient(node)
        for service in (
            self.tariff,
            self.tunnels,
            self.prepayment,
            self.ota,
            ProfileServer(node, self.log),
            FastPollServer(node),
            MirrorHost(node),
            self.identify,
            self.alarms,
            self.power,
            self.commissioning,
        ):
            self.esi.add(service)

    def _use(self) -> None:
        node = self.device.node
        self.tunnel = TunnelClient(node)
        self.credit = PrepaymentClient(node)
        self.profiles = ProfileReader(node)
        self.poller = FastPoller(node)
        self.feed = MirrorFeed(node, lambda: {0x0000: 42, 0x0300: 0, 0x0306: 1})
        self.blocks = BlockTariff(node, utc=self.utc)
        self.upgrade = OtaClient(node, Target(DEVICE, 0x1234, 1, version=6), draw=lambda: 0.0)
        self.alarm = AlarmServer(node, utc=lambda now: int(now) - ZIGBEE_EPOCH, partners=lambda: [(ESI, 1)])
        self.battery = PowerServer(node, alarms=self.alarm, values={0x0020: 60, 0x0035: 1, 0x0036: 50})
        for service in (
            self.tunnel,
            self.credit,
            self.profiles,
            self.poller,
            self.feed,
            self.blocks,
            PriceBook(node, utc=self.utc, draw=lambda n: 0),
            LoadController(
                node,
                utc=self.utc,
                draw=lambda n: 0,
                signer=signer(self.han._authority.issue(DEVICE, 1, self.random.randbytes)),
            ),
            MessageBoard(node, utc=self.utc),
            self.upgrade,
            self.alarm,
            self.battery,
            IdentifyServer(node),
            CommissioningServer(node, random=self.random.random),
        ):
            self.device.add(service)

    def utc(self, esi: int, now: float) -> int:
        return self.esi.utc(now)

    # time

    def does(self, outputs: Iterable[Any], who: int) -> None:
        for output in outputs:
            if isinstance(output, Send):
                self.han.carry(output.frame)
            else:
                self.heard.append((who, output))

    def _read(self) -> None:
        for eui64, engine in ((ESI, self.esi), (DEVICE, self.device)):
            inbox = self.inboxes.get(eui64)
            for frame in inbox.take() if inbox is not None else ():
                self.does(engine.handle(frame, self.now), eui64)

    def passes(self, seconds: float) -> None:
        end = self.now + seconds
        for _ in range(1_000_000):
            times = [self.han.due(), self.esi.deadline(), self.device.deadline()]
            due = min((t for t in times if t is not None), default=end)
            if due > end:
                break
            self.now = max(self.now, due)
            self.han.advance()
            self._read()
            self.does(self.esi.tick(self.now), ESI)
            self.does(self.device.tick(self.now), DEVICE)
        self.now = end

    def of(self, kind: Any) -> list[Any]:
        return [output for _, output in self.heard if isinstance(output, kind)]

    # what happens

    def join(self) -> None:
        self.inboxes[DEVICE] = self.han.attach(DEVICE, role=self.role)
        for _ in range(60):
            self.passes(1)
            if self.inboxes[DEVICE].ready:
                break
        self.does(self.device.start(ESI, self.now), DEVICE)
        self.passes(120)

    def evening(self) -> None:
        """Everything that the clusters are for, once."""
        utc, now, esi, device = self.esi.utc(self.now), self.now, self.esi, self.device
        price = PublishPrice(1, b"day", 5, utc, 0, 978, 0x41, 0x30, 0, 60, 2345, 0xFF, 1200, 0xFF)
        self.does(esi.publish_price(price, now), ESI)
        event = LoadControlEvent(9, 1, 0, 0, 2, 4, 20, 0xFF, 2600, -32768, -128, 0xFF, 0)
        self.does(esi.publish_event(event, now), ESI)
        self.does(esi.display(DisplayMessage(77, 0x80, 0, 60, b"Peak until 20:00"), now), ESI)
        period = PublishBlockPeriod(1, 6, utc, 43200, 0x22, 0)
        self.does(self.tariff.publish_block_period(period, now), ESI)
        self.does(esi.set_metering({SUMMATION: 1_234_999, DEMAND: -700}, now), ESI)
        self.passes(60)
        basic = self.device.read([0x0004, 0x0005], destination=ESI, cluster_id=0x0000, now=self.now)
        self.does(basic, DEVICE)
        self.does(self.blocks.start(ESI, self.now), DEVICE)
        self.does(self.credit.read(ESI, self.now), DEVICE)
        self.does(self.credit.select_emergency_credit(ESI, utc, self.now), DEVICE)
        self.does(self.profiles.backfill(ESI, 0, self.now), DEVICE)
        self.does(self.poller.poll(ESI, self.now, minutes=1), DEVICE)
        self.does(self.feed.start(ESI, self.now), DEVICE)
        self.does(self.tunnel.list_protocols(ESI, self.now), DEVICE)
        self.does(self.tunnel.open(ESI, 0, self.now), DEVICE)
        self.does(self.identify.query(), ESI)
        self.does(self.identify.identify(DEVICE, 30, self.now), ESI)
        self.does(self.power.read(DEVICE, self.now, attributes=(0x0020,)), ESI)
        self.does(self.battery.measured(self.now, battery_voltage=40), DEVICE)
        self.does(self.commissioning.save(DEVICE, 0, self.now), ESI)
        self.passes(60)
        self.does(self.tunnel.write(ESI, 0, bytes(range(200)), self.now), DEVICE)
        self.does(self.alarms.read_log(DEVICE, self.now), ESI)
        self.does(self.alarms.reset_all(DEVICE, self.now), ESI)
        self.ota.publish(FIRMWARE)
        self.does(self.upgrade.query(ESI, self.now), DEVICE)
        self.passes(300)
        self.does(self.tunnel.close(ESI, 0, self.now), DEVICE)
        self.does(self.feed.remove(self.now), DEVICE)
        self.passes(10)
        assert device.dropped["unsecured"] == 0

    def night(self) -> None:
        """The network key is changed, and the device comes back after it was switched off."""
        esi = self.han.node(ESI)
        self.han._do(esi, esi.do(esi.stack.rotate(self.now), self.now))
        self.passes(60)
        self.han.switch_off(DEVICE)
        self.passes(3600)
        self.han.switch_on(DEVICE)
        self.passes(3600)
