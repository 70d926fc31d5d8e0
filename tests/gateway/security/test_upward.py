"""Orientation A: what a native HAN device refuses to whoever commands it, the gateway refuses too.

Native beside the gateway stand a device with the services that the gateway has, and one with every service.
"""

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.home import ESI, NOW, OWN, QUIET, THERMOSTAT, Home, registered
from gateway.security.pairs import (
    Caller,
    Outcome,
    Said,
    cluster_commands,
    general_commands,
    native,
    no_weaker,
    through,
)
from handover.gateway.outputs import Audit
from handover.sep1.client import HanClient, LoadControlAttributes
from handover.sep1.client.alarms import AlarmClient
from handover.sep1.client.block_tariff import BlockTariff
from handover.sep1.client.commissioning import CommissioningClient
from handover.sep1.client.identify import IdentifyClient
from handover.sep1.client.load_control import LoadController
from handover.sep1.client.message_board import MessageBoard
from handover.sep1.client.power import PowerClient
from handover.sep1.client.price_book import PriceBook
from handover.sep1.clusters import CLUSTERS
from handover.sep1.clusters.drlc import LoadControlEvent
from handover.sep1.clusters.messaging import DisplayMessage
from handover.sep1.clusters.price import PublishPrice
from handover.sep1.metering.fast_poll import FastPoller
from handover.sep1.metering.profiles import ProfileReader
from handover.sep1.node import LINK_KEY_CLUSTERS
from handover.sep1.prepayment.client import PrepaymentClient
from handover.sep1.server.alarms import AlarmServer
from handover.sep1.server.commissioning import CommissioningServer
from handover.sep1.server.identify import IdentifyServer
from handover.sep1.server.power import PowerServer
from handover.sep1.tunneling.client import TunnelClient
from handover.sep1.types import ZIGBEE_EPOCH
from sep1.samples import commands

pytestmark = pytest.mark.req("REQ.GW.8")

STRANGER = 0x00124B00000000EE
CALLERS = {
    Caller.COMMISSIONED: (STRANGER, False),
    Caller.UNSECURED: (ESI, False),
    Caller.REGISTERED: (ESI, True),
    Caller.STRANGER: (STRANGER, True),
}
ANY_CLASS = LoadControlAttributes(device_class=0x0FFF)


class Device:
    """A native device; `complete` gives it every service."""

    def __init__(self, *, complete: bool = False) -> None:
        self.client = HanClient(OWN, settings=QUIET, load_control=ANY_CLASS)
        node = self.client.node
        self.loads = LoadController(node, utc=_utc, draw=lambda n: 0)
        self.prices = PriceBook(node, utc=_utc, draw=lambda n: 0)
        self.board = MessageBoard(node, utc=_utc)
        services = [self.loads, self.prices, self.board]
        if complete:
            services += [
                BlockTariff(node, utc=_utc),
                ProfileReader(node),
                FastPoller(node),
                TunnelClient(node),
                PrepaymentClient(node),
                AlarmClient(node),
                IdentifyClient(node),
                PowerClient(node),
                CommissioningClient(node),
                IdentifyServer(node),
                PowerServer(node, alarms=AlarmServer(node, utc=lambda now: 0, partners=lambda: [(ESI, 1)])),
                CommissioningServer(node, random=lambda: 0.0),
            ]
        for service in services:
            self.client.add(service)
        self.client.start(ESI, NOW)

    def takes(self, word: Said, source: int, secured: bool, sequence: int) -> Outcome:
        frame = word.frame(source=source, destination=OWN, secured=secured, sequence=sequence)
        outputs = self.client.handle(frame, NOW)
        return native(frame, [*outputs, *self.client.tick(NOW)])


def _utc(esi: int, now: float) -> int:
    return int(now) - ZIGBEE_EPOCH


def state(home: Home) -> Any:
    """Return what of the gateway a command could change: the tree, what it holds, its own attributes."""
    gateway = home.gateway
    tree = [(path, gateway.store.get(path)) for path in gateway.store.subtree("")]
    return copy.deepcopy((tree, gateway._client.load_control, len(gateway.outbox)))


@pytest.mark.parametrize("caller", Caller, ids=lambda caller: caller.name.lower())
@pytest.mark.parametrize("cluster_id", CLUSTERS, ids=lambda cluster_id: CLUSTERS[cluster_id].name)
def test_no_command_gets_further_than_at_a_native_device(home: Home, cluster_id: int, caller: Caller) -> None:
    source, secured = CALLERS[caller]
    words = [*cluster_commands(cluster_id), *general_commands(cluster_id)]
    if caller is Caller.STRANGER and CLUSTERS[cluster_id].name == "Simple Metering":
        # A meter with a link key of ours introduces itself by its reports, natively too.
        words = [word for word in words if type(word.body).__name__ != "ReportAttributes"]
    devices = Device(), Device(complete=True)
    for number, word in enumerate(words):
        sequence = 100 + number % 100
        natively = min(device.takes(word, source, secured, sequence) for device in devices)
        before = state(home)
        frame = word.frame(source=source, destination=OWN, secured=secured, sequence=sequence)
        outcome, step = through(frame, home.gateway, home.now)
        assert no_weaker(outcome, natively), f"{word.name}: {outcome.name}, natively {natively.name}"
        if caller is not Caller.REGISTERED:
            assert state(home) == before, f"{word.name} has changed something"
            assert not [change for change in step.changes if not isinstance(change, Audit)], word.name
            if cluster_id in LINK_KEY_CLUSTERS and not secured:
                assert outcome is Outcome.DROPPED, word.name


class Pair:
    """A gateway and a native device, both new."""

    def __init__(self, folder: Path) -> None:
        self.device = Device()
        self.home = Home(folder)
        self.home.join(registered(THERMOSTAT, 1, "tstat"))

    def hear(self, body: Any, cluster_id: int) -> tuple[Outcome, Outcome]:
        """Give both the same command of their ESI."""
        word = Said(cluster_id, body, True)
        frame = word.frame(source=ESI, destination=OWN, secured=True, sequence=200)
        self.home.answering = False
        natively = self.device.takes(word, ESI, True, 200)
        ours, _ = through(frame, self.home.gateway, self.home.now)
        self.home.close()
        return natively, ours


EVENT = {
    "issuer_event_id": 7, "device_class": 1, "utility_enrollment_group": 0, "start_time": 0,
    "duration_in_minutes": 30, "criticality_level": 1, "cooling_temperature_offset": 20,
    "heating_temperature_offset": 0xFF, "cooling_temperature_set_point": -0x8000,
    "heating_temperature_set_point": -0x8000, "average_load_adjustment_percentage": -128,
    "duty_cycle": 0xFF, "event_control": 0,
}  # fmt: skip
FOUL = [
    {"duration_in_minutes": 0},
    {"duration_in_minutes": 1441},
    {"criticality_level": 0},
    {"criticality_level": 16},
    {"criticality_level": 255},
    {"duty_cycle": 101},
    {"duty_cycle": 254},
    {"average_load_adjustment_percentage": 101},
    {"average_load_adjustment_percentage": 127},
    {"average_load_adjustment_percentage": -101},
    {"cooling_temperature_set_point": -27316},
    {"heating_temperature_set_point": -0x7FFF},
]


@pytest.mark.parametrize("foul", FOUL, ids=lambda foul: "{}={}".format(*next(iter(foul.items()))))
def test_an_event_that_a_device_rejects_is_served_to_nobody(tmp_path: Path, foul: dict[str, int]) -> None:
    pair = Pair(tmp_path)
    natively, ours = pair.hear(LoadControlEvent(**{**EVENT, **foul}), 0x0701)
    assert pair.device.loads.events == []
    assert pair.home.gateway.events.book.listed() == []
    assert natively is ours is Outcome.REFUSED


def test_the_event_that_the_foul_ones_are_made_of_is_taken_by_both(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    assert pair.hear(LoadControlEvent(**EVENT), 0x0701) == (Outcome.ACCEPTED, Outcome.ACCEPTED)
    assert len(pair.device.loads.events) == len(pair.home.gateway.events.book.listed()) == 1


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(body=st.one_of(*(commands(kind) for kind in (LoadControlEvent, PublishPrice, DisplayMessage))))
def test_no_drawn_event_is_taken_that_a_device_leaves(
    tmp_path_factory: pytest.TempPathFactory, body: Any
) -> None:
    pair = Pair(tmp_path_factory.mktemp("pair"))
    cluster = {LoadControlEvent: 0x0701, PublishPrice: 0x0700, DisplayMessage: 0x0703}[type(body)]
    natively, ours = pair.hear(body, cluster)
    assert no_weaker(ours, natively)
    gateway, device = pair.home.gateway, pair.device
    if not device.loads.events:
        assert gateway.events.book.listed() == []
    if device.prices.current(ESI, NOW) is None and not device.prices.coming(ESI, NOW):
        assert gateway.prices.book.listed() == []
    if device.board._notice is None:
        assert gateway.messages.book.listed() == []
