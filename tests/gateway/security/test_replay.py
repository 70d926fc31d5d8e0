"""What was recorded and is played again counts for nothing, and who never joined is not heard at all."""

from pathlib import Path
from typing import Any

import pytest

from gateway.downward.premise import DISPLAY, GATEWAY, THERMOSTAT, Premise
from gateway.home import ESI as UTILITY_ESI
from gateway.home import IDENTITY, OWN, Home
from gateway.security.pairs import Said, cluster_commands, general_commands
from gateway.security.radio import DEVICE, ESI, Down, Native, OnAir, Up
from handover.gateway.alg import Gateway, Identity
from handover.sep1 import frame as zcl
from handover.sep1.aps import ApsFrame
from handover.sep1.client import HanClient, LoadControlAttributes
from handover.sep1.client.load_control import LoadController
from handover.sep1.client.load_control.outputs import EventEnded, EventStarted
from handover.sep1.clusters import CLUSTERS
from handover.sep1.clusters.drlc import LoadControlEvent, ReportEventStatus
from handover.sep1.clusters.messaging import DisplayMessage
from handover.sep1.clusters.price import PublishPrice
from handover.sep1.general import AttributeRecord, ReportAttributes
from handover.sep1.network import aps, mac, nwk
from handover.sep1.server import Esi
from handover.sep1.types import SE_PROFILE, ZIGBEE_EPOCH
from handover.sep2.peer import Peer

pytestmark = pytest.mark.req("REQ.GW.8")

EVENT = LoadControlEvent(9, 1, 0, 0, 30, 4, 20, 0xFF, -32768, -32768, -128, 0xFF, 0)
FORMAT = {0x0300: 0, 0x0301: 1, 0x0302: 1000, 0x0306: 0, 0x0200: 0}


METER = {**FORMAT, 0x0000: 1_234_567, 0x0400: 1500}


def every_word() -> list[Said]:
    return [
        word
        for cluster_id in CLUSTERS
        for word in (*cluster_commands(cluster_id), *list(general_commands(cluster_id))[:6])
    ]


def below() -> tuple[OnAir, Down, Native]:
    """Return a HAN of the gateway's with a load switch that has obeyed, all of it recorded."""
    down = Down()
    client = HanClient(DEVICE, load_control=LoadControlAttributes(device_class=1))
    utc = lambda esi, now: down.gateway.esi.utc(now)  # noqa: E731
    client.add(LoadController(client.node, utc=utc, draw=lambda n: 0))
    device = Native(client)
    air = OnAir(down, device)
    air.carry(down.does(down.gateway.start(air.now), air.now))
    air.join()
    air.carry(down.does(down.gateway.admit(DEVICE, air.now), air.now))
    known = down.gateway.devices.get(DEVICE)
    assert known is not None
    down.utility.esi.admit(Peer(known.lfdi, known.sfdi), 111115, air.now, behind=down.utility.gateway)
    air.carry(device.does(client.start(ESI, air.now)))
    down.utility.control(1, air.now, start=300, duration=900)
    down.utility.price(10, air.now)
    air.passes(1800)
    return air, down, device


def ran(device: Native) -> list[str]:
    return [type(told).__name__ for told in device.heard if isinstance(told, EventStarted | EventEnded)]


def test_a_recorded_day_below_the_gateway_is_not_heard_again() -> None:
    air, down, device = below()
    assert ran(device) == ["EventStarted", "EventEnded"]
    given = list(down.utility.got)
    assert [response.status for response in given if response.subject[-8:-4] == b"\0\0\0\1"] == [1, 2, 3]
    recorded, drops = list(air.frames), dict(device.engine.dropped)
    assert len(recorded) > 100
    assert air.attacked(recorded) == []
    assert (down.utility.got, ran(device)) == (given, ["EventStarted", "EventEnded"])
    assert dict(device.engine.dropped) == drops
    air.passes(600)
    assert down.utility.got == given


def over() -> tuple[OnAir, Native, Up]:
    """Return a HAN of a native ESI with a meter, and the gateway as a device on it."""
    up, esi = Up(Gateway(Identity(*_as_device()))), Esi(ESI, metering=METER)
    above = Native(esi)
    air = OnAir(above, up)
    air.join()
    esi.admit(DEVICE)
    air.carry(up.does(up.gateway.start(ESI, air.now)))
    air.passes(60)
    return air, above, up


def test_a_recorded_day_above_the_gateway_is_not_heard_again() -> None:
    air, above, up = over()
    gateway, esi = up.gateway, above.engine
    assert isinstance(esi, Esi)
    utc = esi.utc(air.now)
    price = PublishPrice(1, b"day", 5, utc, 0, 978, 0x41, 0x30, 0, 60, 2345, 0xFF, 1200, 0xFF)
    air.carry(above.does(esi.publish_price(price, air.now)))
    air.carry(above.does(esi.display(DisplayMessage(77, 0, 0, 60, b"Peak until 20:00"), air.now)))
    air.carry(above.does(esi.set_metering({0x0000: 1_234_999, 0x0400: -700}, air.now)))
    air.passes(300)
    air.rests()
    shown = [(r.register, r.value, r.received, r.at) for _, r in gateway.meters.shown(air.now)]
    assert {value for _, value, _, _ in shown} >= {1_234_999}
    steps = len(up.steps)
    recorded = list(air.frames)
    assert len(recorded) > 50
    assert air.attacked(recorded) == []
    assert [(r.register, r.value, r.received, r.at) for _, r in gateway.meters.shown(air.now)] == shown
    assert len(up.steps) == steps
    assert len(gateway.prices.book.listed()) == len(gateway.messages.book.listed()) == 1


def _as_device() -> tuple[Any, ...]:
    return ("gateway", DEVICE, IDENTITY.lfdi, IDENTITY.sfdi, IDENTITY.pen)


def foreign(source: int, destination: int) -> list[bytes]:
    """Return what a node of another home, with that home's keys, sends: every word of every cluster."""
    home = OnAir(Native(Esi(ESI)), Native(HanClient(DEVICE)), seed=2)
    home.join()
    home.frames.clear()
    for number, word in enumerate(every_word()):
        home.carry([word.frame(source=source, destination=destination, secured=True, sequence=number % 256)])
        home.settles(0.5)
    return list(home.frames)


def bare(source: int, destination: int, pan_id: int) -> list[bytes]:
    """Return every word of every cluster from somebody who has no key at all, by short addresses."""
    made = []
    for number, word in enumerate(every_word()):
        frame = word.frame(source=DEVICE, destination=ESI, secured=False, sequence=number % 256)
        data = aps.ApsData(
            destination_endpoint=1,
            cluster_id=frame.cluster_id,
            profile_id=SE_PROFILE,
            source_endpoint=1,
            counter=number % 256,
            payload=frame.payload,
        )
        inner = nwk.NwkFrame(
            destination=destination, source=source, radius=5, sequence=number % 256, payload=aps.build(data)
        )
        outer = mac.MacFrame(
            sequence=number % 256,
            pan_id=pan_id,
            destination=destination,
            source=source,
            payload=nwk.build(inner),
        )
        made.append(mac.build(outer))
    return [octets for octets in made if len(octets) <= 125]


def test_who_has_not_joined_is_not_heard() -> None:
    """Unjoined: no network key, or another home's. The engines see nothing of it, so nothing is answered."""
    air, down, _ = below()
    node = air.han.node(ESI)
    air.rests()
    heard, steps = len(down.utility.got), len(down.steps)
    theirs = foreign(DEVICE, ESI)
    keyless = bare(air.han.node(DEVICE).stack.short, 0, node.stack.pan_id)
    assert len(theirs) > len(every_word())
    assert len(keyless) > 100
    assert air.attacked([*theirs, *keyless]) == []
    assert (len(down.utility.got), len(down.steps)) == (heard, steps)
    assert air.han.node(DEVICE).ready


def test_an_esi_of_another_home_is_not_heard() -> None:
    """The same towards the gateway as a device: another home's ESI of the same name, and one without keys."""
    air, _, up = over()
    node = air.han.node(DEVICE)
    air.rests()
    steps, load = len(up.steps), up.gateway._client.load_control
    theirs, keyless = foreign(ESI, DEVICE), bare(0, node.stack.short, node.stack.pan_id)
    assert len(theirs) > len(every_word())
    assert air.attacked([*theirs, *keyless]) == []
    assert (len(up.steps), up.gateway._client.load_control) == (steps, load)
    assert node.ready


@pytest.mark.parametrize("killed", [False, True])
def test_even_past_the_counters_a_day_below_is_lived_once(tmp_path: Path, killed: bool) -> None:
    """The engine alone, without the stack's counters: what is over stays over, also after a restart."""
    home = Premise(journal=tmp_path / "journal.db")
    home.utility.price(10, home.now)
    home.utility.message(20, home.now)
    home.start()
    for eui64, device_class in ((THERMOSTAT, 1), (DISPLAY, 0)):
        home.add(eui64, device_class)
    home.utility.control(1, home.now, start=600, duration=1800)
    home.passes(400)
    board = home.appliances[DISPLAY].board
    assert board.shown is not None
    home.does(DISPLAY, board.confirm(board.shown.command.message_id, home.now))
    home.passes(2 * 3600)
    recorded, given, lived = list(home.frames), list(home.utility.got), home.ran(THERMOSTAT)
    assert len(given) >= 6
    if killed:
        home.killed()
        home.passes(60)
    for frame in recorded:
        if frame.destination == GATEWAY:
            home.do(home.gateway.handle(frame, home.now))
        else:
            home.does(frame.destination, home.appliances[frame.destination].client.handle(frame, home.now))
        home.passes(1)
    home.passes(3600)
    assert home.utility.got == given
    assert home.ran(THERMOSTAT) == lived


@pytest.mark.parametrize("killed", [False, True])
def test_even_past_the_counters_an_event_from_above_is_one_event(home: Home, killed: bool) -> None:
    frames: list[ApsFrame] = []
    heard = home.gateway.handle

    def noting(frame: ApsFrame, wall: float) -> Any:
        frames.append(frame)
        return heard(frame, wall)

    home.gateway.handle = noting  # type: ignore[method-assign]
    home.says(EVENT)
    home.says(DisplayMessage(77, 0, 0, 60, b"Peak until 20:00"))
    assert len(home.told(ReportEventStatus)) == 1
    home.gateway.handle = heard  # type: ignore[method-assign]
    home.passes(3 * 3600)
    home.told()
    if killed:
        home.restart()
        home.told()
    listed = [home.gateway.events.book.listed(), home.gateway.messages.book.listed()]
    assert len(frames) >= 2
    for frame in frames:
        if zcl.parse(frame.cluster_id, frame.payload).header.to_client:
            home.carries(frame.payload, frame.cluster_id)
    assert [home.gateway.events.book.listed(), home.gateway.messages.book.listed()] == listed
    assert home.told(ReportEventStatus) == []
    assert frames[0].source == UTILITY_ESI
    assert frames[0].destination == OWN


def metered(home: Home, value: int, at: float | None = None) -> None:
    kinds = {0x0300: 0x30, 0x0301: 0x22, 0x0302: 0x22, 0x0306: 0x18}
    records = [AttributeRecord(number, kind, FORMAT[number]) for number, kind in kinds.items()]
    records.append(AttributeRecord(0x0000, 0x25, value))
    if at is not None:
        records.append(AttributeRecord(0x0007, 0xE2, int(at) - ZIGBEE_EPOCH))
    home.says(ReportAttributes(records), 0x0702)


def test_an_old_reading_that_comes_again_keeps_its_own_time(home: Home) -> None:
    taken = home.now - 5
    metered(home, 100, taken)
    home.passes(7200)
    metered(home, 100, taken)
    assert home.gets("/upt/0/mr/0000-0/r").timePeriod.start == taken


@pytest.mark.parametrize("clock", [7200.0, -7200.0, -400 * 86_400.0])
def test_readings_of_the_journal_are_not_fresh_after_a_restart(home: Home, clock: float) -> None:
    """Whatever the clock says by then: a machine without a battery may start years in the past."""
    metered(home, 100)
    assert home.gets("/upt/0/mr/0000-0/r").qualityFlags == b"\x00\x01"
    home.now += clock
    home.restart()
    assert home.gets("/upt/0/mr/0000-0/r").qualityFlags is None
