"""Orientation B: what a native ESI refuses to a device, the gateway refuses to it.

Two native ESIs are asked beside the gateway: one that offers what the gateway offers, and one that offers
every cluster. Each command of every cluster goes to all three, in both directions, from every kind of sender.
"""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.downward.premise import DISPLAY, GATEWAY, LFDI, PEER, PEN, PIN, THERMOSTAT, Premise, no_draw
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
from handover.gateway.downward.alg import FOLLOWED, Downward, Identity
from handover.gateway.downward.meters import UNKNOWN
from handover.gateway.downward.rates import Rates
from handover.gateway.outputs import Audit
from handover.sep1.client.alarms import AlarmClient
from handover.sep1.clusters import CLUSTERS
from handover.sep1.clusters.drlc import LoadControlEvent
from handover.sep1.clusters.messaging import DisplayMessage
from handover.sep1.clusters.price import PublishPrice
from handover.sep1.clusters.tunneling import NO_MANUFACTURER, Protocol
from handover.sep1.frame import parse
from handover.sep1.metering.fast_poll import FastPollServer
from handover.sep1.metering.mirror import MirrorHost
from handover.sep1.metering.profile_log import ProfileLog
from handover.sep1.metering.profiles import ProfileServer
from handover.sep1.node import LINK_KEY_CLUSTERS
from handover.sep1.ota.server import OtaServer
from handover.sep1.prepayment.server import PrepaymentServer
from handover.sep1.server import Esi
from handover.sep1.server.tariff import TariffServer
from handover.sep1.tunneling.server import TunnelServer
from handover.sep2.client.follower import Settings

pytestmark = pytest.mark.req("REQ.GW.8")

NOW = 1_700_000_000.0
TIME = 0x000A
PAUSE = 20.0
"""Seconds between words: nobody here floods."""
STRANGER = 0x00124B00000000EE
CALLERS = {
    Caller.COMMISSIONED: (STRANGER, False),
    Caller.UNSECURED: (THERMOSTAT, False),
    Caller.REGISTERED: (THERMOSTAT, True),
    Caller.STRANGER: (STRANGER, True),
}
UNTRUSTED = [caller for caller in Caller if caller is not Caller.REGISTERED]


def alike() -> Esi:
    """Return a native ESI with the clusters that the gateway serves."""
    esi = Esi(GATEWAY, metering=UNKNOWN)
    for service in (
        TunnelServer(esi.node, protocols=()),
        MirrorHost(esi.node),
        OtaServer(esi.node),
        AlarmClient(esi.node),
    ):
        esi.add(service)
    esi.admit(THERMOSTAT)
    return esi


def complete() -> Esi:
    """Return a native ESI with every cluster."""
    esi = Esi(GATEWAY, metering=UNKNOWN)
    for service in (
        TariffServer(esi.node, utc=esi.utc, push=esi.push),
        TunnelServer(esi.node, protocols=[Protocol(NO_MANUFACTURER, 0)]),
        PrepaymentServer(esi.node, credit=500),
        OtaServer(esi.node),
        ProfileServer(esi.node, ProfileLog(8)),
        FastPollServer(esi.node),
        MirrorHost(esi.node),
        AlarmClient(esi.node),
    ):
        esi.add(service)
    esi.admit(THERMOSTAT)
    return esi


def gateway() -> Downward:
    """Return the gateway with the same device."""
    identity = Identity("home", GATEWAY, LFDI, PEER.sfdi, PEN)
    settings = Settings(LFDI, PEER.sfdi, pin=PIN, follow=FOLLOWED, floor=5.0)
    made = Downward(identity, settings, no_draw)
    made.admit(THERMOSTAT, NOW)
    return made


def words(cluster_id: int) -> list[Said]:
    return [*cluster_commands(cluster_id), *general_commands(cluster_id)]


def state(engine: Downward) -> Any:
    """Return everything of the gateway that a command could change (the clock is made when it is read)."""
    node = engine.esi.node
    return copy.deepcopy(
        (
            [(place, table.values) for place, table in node.tables.items() if place[0] != TIME],
            list(node.more),
            list(engine.devices),
            engine.esi.devices,
            engine.loads.of(THERMOSTAT),
            engine.messages.all(),
        )
    )


@pytest.mark.parametrize("caller", Caller, ids=lambda caller: caller.name.lower())
@pytest.mark.parametrize("cluster_id", CLUSTERS, ids=lambda cluster_id: CLUSTERS[cluster_id].name)
def test_no_command_gets_further_than_at_a_native_esi(cluster_id: int, caller: Caller) -> None:
    source, secured = CALLERS[caller]
    said = words(cluster_id)
    for number, word in enumerate(said):
        ours = gateway()  # what was said before must not count on one side only
        frame = word.frame(source=source, destination=GATEWAY, secured=secured, sequence=number % 200)
        natively = min(native(frame, made().handle(frame, NOW)) for made in (alike, complete))
        before = state(ours)
        outcome, step = through(frame, ours, NOW + PAUSE)
        assert no_weaker(outcome, natively), f"{word.name}: {outcome.name}, natively {natively.name}"
        if caller is not Caller.REGISTERED:
            assert state(ours) == before, f"{word.name} has changed something"
            assert not [change for change in step.changes if not isinstance(change, Audit)], word.name
            assert not step.asks, word.name
            if cluster_id in LINK_KEY_CLUSTERS:
                assert outcome is (Outcome.REFUSED if secured else Outcome.DROPPED), word.name
    assert len(said) >= 4


class Living:
    """The gateway with everything in play, and a native ESI that has given its device the same."""

    def __init__(self) -> None:
        self.home = Premise()
        self.home.utility.price(10, self.home.now)
        self.home.utility.message(20, self.home.now)
        self.home.start()
        for eui64 in (THERMOSTAT, DISPLAY):
            self.home.add(eui64, device_class=1)
        self.home.utility.control(1, self.home.now, start=600, duration=1800)
        self.home.passes(300)
        self.esi = alike()
        self.esi.set_metering(self.home.gateway.esi.meter.table.values, self.home.now)
        self.esi.clock_offset = self.home.gateway.esi.clock_offset
        for body in self.given():
            match body:
                case PublishPrice():
                    self.esi.publish_price(body, self.home.now)
                case LoadControlEvent():
                    self.esi.publish_event(body, self.home.now)
                case DisplayMessage():
                    self.esi.display(body, self.home.now)
        for _ in range(20):
            self.esi.tick(self.home.now + 1e6)

    def given(self) -> Iterator[Any]:
        """Give each event that the gateway has told the thermostat, once."""
        seen = set()
        for frame in self.home.frames:
            if (frame.source, frame.destination) != (GATEWAY, THERMOSTAT):
                continue
            body = parse(frame.cluster_id, frame.payload).body
            number = getattr(body, "issuer_event_id", getattr(body, "message_id", None))
            told = isinstance(body, PublishPrice | LoadControlEvent | DisplayMessage)
            if told and number not in seen:
                seen.add(number)
                yield body

    def about(self, cluster_id: int) -> Iterator[Said]:
        """Give the words of a cluster as they are, and about what there really is."""
        numbers = [getattr(b, "issuer_event_id", getattr(b, "message_id", 0)) for b in self.given()]
        assert len(numbers) == 3
        for word in words(cluster_id):
            yield word
            for number in numbers:
                for field in ("issuer_event_id", "message_id"):
                    if hasattr(word.body, field):
                        body = copy.copy(word.body)
                        setattr(body, field, number)
                        yield Said(cluster_id, body, word.to_client)


@pytest.mark.parametrize("caller", UNTRUSTED, ids=lambda caller: caller.name.lower())
def test_a_living_home_is_closed_to_strangers(caller: Caller) -> None:
    living = Living()
    source, secured = CALLERS[caller]
    ours = living.home.gateway
    answered = len(living.home.utility.got)
    for cluster_id in sorted(LINK_KEY_CLUSTERS):
        for word in living.about(cluster_id):
            frame = word.frame(source=source, destination=GATEWAY, secured=secured)
            before, ours.rates = state(ours), Rates()
            outcome, step = through(frame, ours, living.home.now)
            assert outcome is not Outcome.ACCEPTED, word.name
            assert not step.asks, word.name
            assert state(ours) == before, word.name
    assert len(living.home.utility.got) == answered


def test_a_living_home_gives_a_registered_device_no_more_than_an_esi() -> None:
    living = Living()
    for cluster_id in CLUSTERS:
        for word in living.about(cluster_id):
            frame = word.frame(source=THERMOSTAT, destination=GATEWAY, secured=True, sequence=201)
            natively = native(frame, living.esi.handle(frame, living.home.now))
            living.home.gateway.rates = Rates()
            ours, _ = through(frame, living.home.gateway, living.home.now)
            assert no_weaker(ours, natively), f"{word.name}: {ours.name}, natively {natively.name}"


def test_the_event_of_one_device_is_unknown_to_another() -> None:
    """Natively every device hears every event; here it is told its own, and may answer only these."""
    living = Living()
    home = living.home
    (part,) = [part for order in home.gateway.loads.of(THERMOSTAT) for part in order.parts]
    home.gateway.loads.forget(home.steps[-1], DISPLAY)
    for word in living.about(0x0701):
        if getattr(word.body, "issuer_event_id", None) != part.id or word.to_client:
            continue
        frame = word.frame(source=DISPLAY, destination=GATEWAY, secured=True)
        before = len(home.utility.got)
        outcome, step = through(frame, home.gateway, home.now)
        assert outcome is Outcome.REFUSED
        home.do(step)
        assert len(home.utility.got) == before


def test_an_expelled_device_is_a_stranger_again() -> None:
    ours = gateway()
    ours.expel(THERMOSTAT, NOW)
    for cluster_id in sorted(LINK_KEY_CLUSTERS):
        for word in words(cluster_id):
            frame = word.frame(source=THERMOSTAT, destination=GATEWAY, secured=True)
            ours.rates = Rates()
            assert through(frame, ours, NOW)[0] is not Outcome.ACCEPTED, word.name
