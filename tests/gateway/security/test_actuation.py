"""Who may switch something: the ESI or the server above, once keys are established, and nobody else."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.downward.premise import DISPLAY, GATEWAY, THERMOSTAT, Premise
from gateway.home import DISPLAY as OTHER_CLIENT
from gateway.home import ESI, OWN, Home
from gateway.home import STRANGER as UNREGISTERED
from gateway.home import THERMOSTAT as CLIENT
from gateway.running import fast_clock, make_config, running, until
from gateway.security.pairs import Outcome, Said, cluster_commands, general_commands, through
from gateway.security.test_server import WRITES, all_paths, asked, bodies, entry_at
from handover.gateway.alg import Gateway
from handover.gateway.downward.rates import Rates
from handover.sep1 import frame as zcl
from handover.sep1.client import LoadControlAttributes
from handover.sep1.clusters import CLUSTERS
from handover.sep1.clusters.drlc import (
    CancelAllLoadControlEvents,
    CancelLoadControlEvent,
    LoadControlEvent,
    ReportEventStatus,
)
from handover.sep1.clusters.messaging import MessageConfirmation
from handover.sep1.clusters.price import PriceAcknowledgement
from handover.sep1.declaration import Command
from handover.sep1.general import AttributeRecord, GeneralCommand, WriteAttributes
from handover.sep2.peer import Peer
from handover.sep2.resources.response import DrResponse
from handover.sep2.security.access import AccessRules
from handover.sep2.security.policy import Policy
from handover.sep2.server import Server
from handover.sim.premise import Premise as SimulatedPremise

pytestmark = pytest.mark.req("REQ.GW.8")

EVENT = LoadControlEvent(9, 1, 0, 0, 30, 4, 20, 0xFF, -32768, -32768, -128, 0xFF, 0)
ORDERS = [EVENT, CancelLoadControlEvent(9, 1, 0, 0, 0), CancelAllLoadControlEvents(0)]
ANSWERS = (ReportEventStatus, MessageConfirmation, PriceAcknowledgement)
NEIGHBOUR = 0x00124B00000000EE


def actuating() -> Iterator[Said]:
    """Give every word that could switch, load, cancel or configure something."""
    for order in ORDERS:
        yield Said(0x0701, order, True)
    for attribute_id, code, value in ((0, 0x20, 5), (1, 0x20, 0), (2, 0x20, 0), (3, 0x21, 0xFFFF)):
        yield Said(0x0701, WriteAttributes([AttributeRecord(attribute_id, code, value)]), True)
    for cluster_id in (0x0015, 0x0019, 0x0700, 0x0702, 0x0703, 0x0704, 0x0705):
        yield from cluster_commands(cluster_id)
        yield from (w for w in general_commands(cluster_id) if "Write" in type(w.body).__name__)


# Orientation A


def test_a_neighbour_on_the_han_commands_nothing(home: Home) -> None:
    """One with a link key of ours and one without; and the ESI's own words without its key."""
    before = home.gateway._client.load_control
    for source, secured in ((NEIGHBOUR, True), (NEIGHBOUR, False), (ESI, False)):
        for word in actuating():
            frame = word.frame(source=source, destination=OWN, secured=secured)
            outcome, step = through(frame, home.gateway, home.now)
            assert outcome is not Outcome.ACCEPTED or "NoResponse" in word.name, (hex(source), word.name)
            assert not step.changes, word.name
    assert home.gateway._client.load_control == before
    assert home.gateway.events.book.listed() == []
    assert home.gets("/dr/0/edc").all == 0


def test_nothing_is_obeyed_before_there_is_an_esi(tmp_path: Path) -> None:
    """Until the transport names the ESI that we share a key with, nobody is one."""
    home = Home(tmp_path)
    for word in actuating():
        outcome, step = through(word.frame(source=ESI, destination=OWN, secured=True), home.gateway, home.now)
        assert outcome is not Outcome.ACCEPTED or "NoResponse" in word.name, word.name
        assert not step.changes, word.name
    assert home.gateway._client.load_control == LoadControlAttributes()
    home.close()


def test_the_words_are_real_ones(home: Home) -> None:
    """From the ESI, under its key, the same event is served: the refusals above are about who speaks."""
    home.says(EVENT)
    assert home.gets("/dr/0/edc?l=9").all == 1


def test_a_device_below_can_answer_its_esi_and_do_nothing_else(home: Home) -> None:
    """Whatever it writes, wherever: what leaves for the HAN is a report, a confirmation or the like."""
    home.says(EVENT)
    home.told()
    home.server = Server(home.gateway.store, AccessRules(home.gateway.store, Policy()), home.gateway.hooks())
    left: list[Any] = []
    for peer in (CLIENT, OTHER_CLIENT, UNREGISTERED):
        for path in all_paths(home):
            for method in WRITES:
                for body in bodies(entry_at(home, path), method, [peer]):
                    home.server.handle(asked(method, path, peer, body), home.now)
                    left += [frame for step in home.gateway.done() for frame in step.frames]
    (control,) = home.gateway.store.items("/dr/0/edc")
    word = DrResponse(
        endDeviceLFDI=CLIENT.lfdi, status=2, subject=control.mRID, createdDateTime=int(home.now)
    )
    assert home.server.handle(asked("POST", "/rsps/0/rsp", CLIENT, word), home.now).status == 201
    left += [frame for step in home.gateway.done() for frame in step.frames]
    assert {frame.destination for frame in left} == {ESI}
    said = [zcl.parse(frame.cluster_id, frame.payload) for frame in left]
    assert {type(frame.body) for frame in said} <= set(ANSWERS)
    assert ReportEventStatus in {type(frame.body) for frame in said}
    assert not any(frame.header.to_client for frame in said)


# Orientation B


@pytest.fixture
def below() -> Premise:
    made = Premise()
    made.start()
    for eui64 in (THERMOSTAT, DISPLAY):
        made.add(eui64, device_class=1)
    made.passes(120)
    return made


def test_a_device_behind_the_gateway_commands_no_other(below: Premise) -> None:
    """A registered one, an unknown one, and one without its key: nothing goes to others, nothing goes up."""
    given, lived = list(below.utility.got), below.ran(DISPLAY)
    zone, clock = below.gateway.esi.zone, below.gateway.esi.clock_offset
    for source, secured in ((THERMOSTAT, True), (THERMOSTAT, False), (NEIGHBOUR, True)):
        for word in actuating():
            below.gateway.rates = Rates()
            step = below.gateway.handle(
                word.frame(source=source, destination=GATEWAY, secured=secured), below.now
            )
            assert {frame.destination for frame in step.frames} <= {source}, word.name
            assert not step.asks, word.name
            below.do(step)
    below.passes(600)
    assert (below.utility.got, below.ran(DISPLAY), below.ran(THERMOSTAT)) == (given, lived, [])
    assert (below.gateway.esi.zone, below.gateway.esi.clock_offset) == (zone, clock)
    assert below.gateway.loads.of(THERMOSTAT) == below.gateway.loads.of(DISPLAY) == []


def test_no_order_comes_from_a_server_that_has_not_admitted_us() -> None:
    home = Premise(assigned=False)
    home.utility.esi.dismiss(home.utility.gateway)
    home.start()
    home.add(THERMOSTAT, device_class=1)
    home.utility.control(1, home.now, start=60, duration=900)
    home.passes(1800)
    assert home.ran(THERMOSTAT) == []
    assert home.gateway.loads.of(THERMOSTAT) == []


def test_no_order_comes_for_a_device_that_the_server_has_not_registered() -> None:
    home = Premise(assigned=False)
    home.start()
    home.add(THERMOSTAT, device_class=1)
    home.utility.control(1, home.now, start=60, duration=900)
    home.passes(1800)
    assert home.ran(THERMOSTAT) == []
    home.assign(THERMOSTAT)
    home.utility.control(2, home.now, start=300, duration=900)
    home.passes(1800)
    assert [what for what, _ in home.ran(THERMOSTAT)] == ["started", "ended"]


# The local interface


async def test_the_local_interface_orders_nothing(tmp_path: Path) -> None:
    config, clock = make_config(tmp_path), fast_clock()
    premise = SimulatedPremise(seed=3, start=clock.now())
    premise.admit(config.eui64)
    async with running(config, premise, clock) as service:
        await until(lambda: service.gateway.presence.online)
        base = service.local.url.removesuffix("/api/status")
        assert base.startswith("http://127.0.0.1:")
        token = config.token_path.read_text().strip()
        asked_of = ["/api/status", "/", "/healthz", "/api/control", "/dr/0/edc", "/edev/1", "/../journal.db"]
        statuses: dict[str, set[int]] = {}
        before = _held(service.gateway)
        async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session:
            for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "LOCK", "GET"):
                for path in asked_of:
                    async with session.request(method, base + path, data=b"{}") as response:
                        statuses.setdefault(method, set()).add(response.status)
        assert statuses.pop("GET") == {200, 404}
        assert set().union(*statuses.values()) <= {404, 405}
        assert _held(service.gateway) == before
        async with aiohttp.ClientSession() as session, session.get(service.local.url) as response:
            assert response.status == 401


def _held(gateway: Gateway) -> tuple[Any, ...]:
    return (
        gateway.events.book.listed(),
        gateway.messages.book.listed(),
        len(gateway.devices),
        gateway._client.load_control,
    )


def test_every_command_is_one_or_the_other() -> None:
    """What the tests above call a word is declared: no cluster has a command that they do not know."""
    known = {type(word.body) for cluster_id in CLUSTERS for word in cluster_commands(cluster_id)}
    declared = {
        row.type
        for cluster in CLUSTERS.values()
        for way in (False, True)
        for row in cluster.commands(way).values()
    }
    assert known == declared
    assert all(issubclass(kind, Command) and not issubclass(kind, GeneralCommand) for kind in known)
    assert isinstance(CLIENT, Peer)
