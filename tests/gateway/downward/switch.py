"""A premise whose meter goes over to SEP 2.0 while SEP 1.x devices live on: before, the change, and after.

All of it in virtual time, on radio frames with real keys. What the devices are, their engines, their install
codes and their certificates, is the same before and after.
"""

import random
from collections import deque
from collections.abc import Callable
from typing import Any

from gateway.downward.premise import LFDI, PEER, PEN, PIN, Appliance, Utility, no_draw
from handover.gateway.downward.alg import FOLLOWED, Downward, Identity
from handover.gateway.step import Step
from handover.sep1.client import AttributesReceived, BasicIdentity, HanClient, LoadControlAttributes
from handover.sep1.client.load_control import LoadController
from handover.sep1.client.message_board import MessageBoard
from handover.sep1.client.price_book import PriceBook
from handover.sep1.security.authority import Authority
from handover.sep1.security.install_code import InstallCode, with_crc
from handover.sep1.transports.radio_han import RadioHan
from handover.sep2.client.follower import Settings
from handover.sep2.client.outputs import Ask
from handover.sep2.client.requests import answer_of, request_of
from handover.sep2.peer import Peer
from handover.sep2.server import Request
from handover.sim.premise import ESI_EUI64, Premise

NOW = 1_700_000_000.0
GATEWAY = 0x000D6F0000ABCDE0
DISPLAY, THERMOSTAT, SWITCH = 0x00124B0000000001, 0x00124B0000000002, 0x00124B0000000003
CLASSES = {DISPLAY: 0x0000, THERMOSTAT: 0x0001, SWITCH: 0x0004}
METERING = 0x0702


class Home:
    """The premise. `readings` notes when each device heard a value of a meter."""

    def __init__(self) -> None:
        self.now = NOW
        self.random = random.Random(7)
        self.authority = Authority.new(self.random.randbytes)
        self.codes: dict[int, InstallCode] = {}
        self.wallets: dict[int, Any] = {}
        self.appliances: dict[int, Appliance] = {}
        self.readings: dict[int, list[float]] = {eui64: [] for eui64 in CLASSES}
        self.old = RadioHan(
            clock=lambda: self.now,
            draw=self.random.randbytes,
            coordinator=ESI_EUI64,
            authority=self.authority,
        )
        self.meter: Premise | None = Premise(3, NOW, han=self.old)
        self.gateway: Downward | None = None
        self._asks: deque[Ask] = deque()
        for eui64, device_class in CLASSES.items():
            self._build(eui64, device_class)

    def _build(self, eui64: int, device_class: int) -> None:
        client = HanClient(
            eui64,
            basic=BasicIdentity(manufacturer="Acme", model="HAN device", application_version=5),
            load_control=LoadControlAttributes(device_class=device_class),
        )

        def utc(esi: int, now: float) -> int:
            return int(now + (client.clock_offset(esi) or 0.0)) - 946684800

        controller = LoadController(client.node, utc=utc, draw=lambda n: 0)
        prices, board = PriceBook(client.node, utc=utc, draw=lambda n: 0), MessageBoard(client.node, utc=utc)
        for service in (controller, prices, board):
            client.add(service)
        self.appliances[eui64] = Appliance(client, controller, prices, board)
        self.codes[eui64] = with_crc(self.random.randbytes(16))
        self.wallets[eui64] = {
            suite: self.authority.issue(eui64, suite, self.random.randbytes) for suite in (1, 2)
        }
        self._join(self.old, eui64)

    def _join(self, han: RadioHan, eui64: int) -> None:
        appliance = self.appliances[eui64]
        han.host(appliance.client, code=self.codes[eui64], wallet=self.wallets[eui64])

    # the change

    def meter_moves(self) -> None:
        """The meter's ESI is replaced by one of SEP 2.0: its old network is gone."""
        self.meter = None
        for eui64 in self.old.nodes():
            self.old.detach(eui64)
        self.utility = Utility(now=self.now)
        identity = Identity("home", GATEWAY, LFDI, PEER.sfdi, PEN)
        settings = Settings(LFDI, PEER.sfdi, pin=PIN, follow=FOLLOWED, floor=5.0)
        self.gateway = Downward(identity, settings, no_draw)
        self.new = RadioHan(
            clock=lambda: self.now,
            draw=self.random.randbytes,
            coordinator=GATEWAY,
            authority=self.authority,
            registers=False,
        )
        self.new.admitted = self._admitted
        self.inbox = self.new.attach(GATEWAY)
        self.do(self.gateway.start(self.now))

    def _admitted(self, eui64: int) -> None:
        assert self.gateway is not None
        self.do(self.gateway.admit(eui64, self.now))
        device = self.gateway.devices.get(eui64)
        assert device is not None
        self.utility.esi.admit(Peer(device.lfdi, device.sfdi), PIN, self.now, behind=self.utility.gateway)

    def devices_follow(self) -> None:
        """The customer enters the codes on the labels at the gateway, and the devices look for a network."""
        for eui64 in CLASSES:
            self.new.expect(eui64, self.codes[eui64])
            self._join(self.new, eui64)

    # time

    def passes(self, seconds: float) -> None:
        end = self.now + seconds
        while True:
            due = min(self._due(), end)
            if due >= end:
                break
            self.now = max(self.now + 0.001, due)
            self._step()
        self.now = end
        self._step()

    def until(self, condition: Callable[[], object], seconds: float) -> float:
        """Let time pass until `condition` holds; return how long it took. Fails after `seconds`."""
        begun = self.now
        while not condition():
            assert self.now - begun < seconds, "it never came"
            self.passes(1.0)
        return self.now - begun

    def _due(self) -> float:
        times: list[float | None] = []
        if self.meter is not None:
            times.append(self.meter.deadline())
        if self.gateway is not None:
            times += [self.gateway.deadline(self.now), self.new.due()]
        return min((t for t in times if t is not None), default=self.now + 3600)

    def _step(self) -> None:
        if self.meter is not None:
            self.meter.step(self.now)
            self._listen(self.old)
        if self.gateway is not None:
            self.new.advance()
            for frame in self.inbox.take():
                self.do(self.gateway.handle(frame, self.now))
            self.do(self.gateway.tick(self.now))
            self._listen(self.new)

    def _listen(self, han: RadioHan) -> None:
        for eui64, appliance in self.appliances.items():
            if eui64 not in han.nodes():
                continue
            for told in han.told(eui64):
                appliance.told.append(told)
                if isinstance(told, AttributesReceived) and told.cluster_id == METERING:
                    self.readings[eui64].append(self.now)

    def do(self, step: Step) -> None:
        for frame in step.frames:
            self.new.carry(frame)
        self._asks += step.asks
        while self._asks:
            ask = self._asks.popleft()
            request = request_of(ask)
            asked = Request(request.method, request.path, request.query, request.headers, request.body, PEER)
            response = self.utility.esi.handle(asked, self.now)
            assert self.gateway is not None
            self.do(self.gateway.answered(answer_of(ask, response), self.now))
