"""Joining, leaving and coming back, as it is on the air."""

import pytest

from handover.errors import NotNow, Refused
from handover.sep1.network import mac, mac_commands, nwk, nwk_commands
from handover.sep1.security.install_code import InstallCode
from handover.sep1.security.link_keys import Origin
from handover.sep1.stack import Role, Settings
from handover.sep1.stack.joining import JOINING
from handover.sep1.stack.outputs import (
    Arrived,
    Delivered,
    DeviceAnnounced,
    DeviceJoined,
    DeviceLeft,
    DeviceRefused,
    Joined,
    JoinFailed,
    Left,
    Undelivered,
)
from handover.sep1.stack.trust_centre import Policy
from handover.sep1.transports.medium import faulty
from sep1.stack.home import CODE, DEVICE, ESI, EXTENDED, ROUTER, Home

DEVICES = [Role.ROUTER, Role.END_DEVICE, Role.SLEEPY]


def test_the_table_has_no_dead_end() -> None:
    assert JOINING.problems() == []


@pytest.mark.parametrize("role", DEVICES)
def test_a_device_with_its_install_code_comes_in(role: Role) -> None:
    home = Home()
    device = home.admit(DEVICE, role, establish=False)
    assert home.of(DeviceJoined) == [DeviceJoined(DEVICE, device.short, "join")]
    assert home.of(Joined) == [Joined(device.short, EXTENDED, ESI, False)]
    assert [d.eui64 for d in home.of(DeviceAnnounced, ESI)] == [DEVICE]
    assert device.network_keys() == home.esi.network_keys()
    assert device.link_origin(ESI) is Origin.INSTALL_CODE
    assert device.trust_centre == ESI


def test_a_device_whose_install_code_is_not_here_stays_out() -> None:
    home = Home()
    device = home.add(DEVICE, Role.END_DEVICE)
    home.does(home.esi, home.esi.permit(254, home.now))
    device.preset(CODE.link_key)
    home.does(device, device.join(home.now))
    home.passes(15)
    assert not device.joined
    assert device.network_keys() == []
    assert home.of(DeviceRefused) == [DeviceRefused(DEVICE, "its install code is not registered")]
    assert home.of(JoinFailed) == [JoinFailed("the trust centre sent no key")]


def test_a_device_with_another_install_code_stays_out() -> None:
    home = Home()
    home.esi.centre.register(DEVICE, CODE.link_key)
    device = home.add(DEVICE, Role.END_DEVICE)
    home.does(home.esi, home.esi.permit(254, home.now))
    device.preset(InstallCode(bytes(16)).link_key)
    home.does(device, device.join(home.now))
    home.passes(15)
    assert not device.joined
    assert device.dropped["not genuine"] == 1


def test_a_closed_network_lets_nobody_in() -> None:
    home = Home()
    home.esi.centre.register(DEVICE, CODE.link_key)
    device = home.add(DEVICE, Role.END_DEVICE)
    device.preset(CODE.link_key)
    home.does(device, device.join(home.now))
    home.passes(1)
    assert home.of(JoinFailed) == [JoinFailed("no network within reach is open")]
    home.does(home.esi, home.esi.permit(60, home.now))
    home.passes(20)
    assert device.joined


def test_what_cannot_be_asked_for() -> None:
    home = Home()
    device = home.add(DEVICE, Role.END_DEVICE)
    with pytest.raises(NotNow, match="set the device's install code first"):
        device.join(home.now)
    with pytest.raises(Refused, match="254"):
        home.esi.permit(255, home.now)
    with pytest.raises(Refused, match="only the coordinator"):
        device.permit(10, home.now)
    with pytest.raises(NotNow, match="formed already"):
        home.esi.form(1)
    with pytest.raises(Refused, match="no member"):
        home.esi.remove(DEVICE, home.now)
    with pytest.raises(Refused, match="no member"):
        home.esi.establish(DEVICE, bytes(16))
    device.preset(CODE.link_key)
    device.join(home.now)
    with pytest.raises(NotNow, match="joining: BEGIN is not possible"):
        device.join(home.now)


@pytest.mark.parametrize("role", DEVICES)
def test_joining_over_a_router(role: Role) -> None:
    """The device hears the router only, and the coordinator hears it through the router only."""
    home = Home()
    home.admit(ROUTER, Role.ROUTER, position=(10, 0))
    home.air.medium.radio(ESI).reach = 15
    device = home.admit(DEVICE, role, position=(20, 0), reach=15)
    home.air.medium.radio(ROUTER).reach = 15
    assert device.parent == home.air.station(ROUTER).short  # type: ignore[attr-defined]
    home.does(device, device.send(home.frame(DEVICE, ESI, b"up"), home.now))
    home.does(home.esi, home.esi.send(home.frame(ESI, DEVICE, b"down" * 60), home.now))
    home.passes(60)
    assert [a.frame.payload for a in home.of(Arrived, ESI)] == [b"up"]
    assert [a.frame.payload for a in home.of(Arrived, DEVICE)] == [b"down" * 60]
    assert all(a.frame.secured for a in home.of(Arrived))
    assert len(home.of(Delivered)) == 2


@pytest.mark.parametrize("role", DEVICES)
@pytest.mark.parametrize("seed", range(3))
def test_joining_over_a_bad_medium(role: Role, seed: int) -> None:
    home = Home(seed=seed, fate=lambda r: faulty(r.random, loss=0.2, duplication=0.2, delay=(0.0, 0.02)))
    device = home.add(DEVICE, role, settings=Settings(rescan=5, rescan_limit=10))
    home.esi.centre.register(DEVICE, CODE.link_key)
    device.preset(CODE.link_key)
    home.does(device, device.join(home.now))
    for _ in range(20):
        home.does(home.esi, home.esi.permit(100, home.now))
        home.passes(10)
    assert device.joined
    key = bytes(range(16))
    home.esi.establish(DEVICE, key)
    device.establish(ESI, key)
    sent = [bytes((n,)) * 20 for n in range(30)]
    for payload in sent:
        home.does(home.esi, home.esi.send(home.frame(ESI, DEVICE, payload), home.now))
        home.passes(8)
    home.passes(60)
    arrived = [a.frame.payload for a in home.of(Arrived, DEVICE)]
    assert len(arrived) == len(set(arrived)), "nothing arrives twice"
    delivered = [d.frame.payload for d in home.of(Delivered, ESI)]
    assert set(delivered) <= set(arrived)
    assert len(delivered) >= 28


def test_a_device_that_establishes_no_key_is_removed() -> None:
    home = Home(policy=Policy(establish_within=60))
    device = home.admit(DEVICE, establish=False)
    home.passes(61)
    assert not device.joined
    assert home.of(DeviceRefused) == [DeviceRefused(DEVICE, "it has established no link key in time")]
    assert home.of(DeviceLeft) == [DeviceLeft(DEVICE)]
    assert home.of(Left) == [Left("told to leave")]
    assert device.network_keys() == []


def test_a_device_that_establishes_its_key_stays() -> None:
    home = Home(policy=Policy(establish_within=60))
    device = home.admit(DEVICE)
    home.passes(600)
    assert device.joined
    assert home.of(DeviceRefused) == []


@pytest.mark.parametrize("role", [Role.END_DEVICE, Role.SLEEPY])
def test_a_removed_device_comes_back_by_joining_anew(role: Role) -> None:
    home = Home()
    device = home.admit(DEVICE, role)
    home.does(home.esi, home.esi.remove(DEVICE, home.now))
    home.passes(10)
    assert not device.joined
    assert device.link_origin(ESI) is None
    home.does(home.esi, home.esi.permit(100, home.now))
    home.does(device, device.join(home.now))
    home.passes(10)
    assert device.joined
    assert device.link_origin(ESI) is Origin.INSTALL_CODE


def test_a_device_behind_a_router_is_removed() -> None:
    home = Home()
    home.admit(ROUTER, Role.ROUTER, position=(10, 0))
    home.air.medium.radio(ESI).reach = 15
    device = home.admit(DEVICE, position=(20, 0), reach=15)
    home.does(home.esi, home.esi.remove(DEVICE, home.now))
    home.passes(5)
    assert not device.joined


def test_a_device_leaves_and_the_trust_centre_knows() -> None:
    home = Home()
    device = home.admit(DEVICE)
    home.does(device, device.leave(home.now))
    home.passes(1)
    assert home.of(Left) == [Left("left")]
    assert home.of(DeviceLeft) == [DeviceLeft(DEVICE)]
    assert home.esi.link_origin(DEVICE) is None
    home.does(home.esi, home.esi.send(home.frame(ESI, DEVICE), home.now))
    home.passes(30)
    assert [u.reason for u in home.of(Undelivered)] == ["no key"]


@pytest.mark.parametrize("role", DEVICES)
def test_a_device_that_loses_its_parent_finds_another(role: Role) -> None:
    home = Home(settings=Settings(rescan=5))
    home.admit(ROUTER, Role.ROUTER, position=(10, 0))
    device = home.admit(DEVICE, role, position=(20, 0))
    assert device.parent == 0
    home.air.medium.radio(ESI).reach = 15
    home.air.medium.radio(DEVICE).reach = 15
    for n in range(6):
        home.does(device, device.send(home.frame(DEVICE, ESI, bytes((n,))), home.now))
        home.passes(10)
    assert device.joined
    assert device.parent == home.air.station(ROUTER).short  # type: ignore[attr-defined]
    assert home.of(Joined, DEVICE)[-1].rejoined
    assert home.of(DeviceJoined)[-1].how == "rejoin"
    home.does(home.esi, home.esi.send(home.frame(ESI, DEVICE, b"found"), home.now))
    home.passes(20)
    assert home.of(Arrived, DEVICE)[-1].frame.payload == b"found"


def test_a_device_that_missed_the_new_network_key_gets_it_under_its_link_key() -> None:
    home = Home(settings=Settings(rescan=5), policy=Policy(switch_after=5))
    device = home.admit(DEVICE)
    home.air.take(DEVICE)
    for _ in range(2):
        home.does(home.esi, home.esi.rotate(home.now))
        home.passes(60)
    home.air.add(device)
    home.does(device, device.rejoin(home.now))
    home.passes(120)
    assert device.joined
    assert home.of(DeviceJoined)[-1].how == "key rejoin"
    home.does(device, device.send(home.frame(DEVICE, ESI, b"here"), home.now))
    home.passes(5)
    assert home.of(Arrived, ESI)[-1].frame.secured


def test_a_key_rejoin_needs_an_established_key() -> None:
    """A device that has only its install code's key gets no network key without joining being open."""
    home = Home(settings=Settings(rescan=5), policy=Policy(switch_after=5, establish_within=1e6))
    device = home.admit(DEVICE, establish=False)
    home.air.take(DEVICE)
    for _ in range(2):
        home.does(home.esi, home.esi.rotate(home.now))
        home.passes(300)
    home.air.add(device)
    home.does(device, device.rejoin(home.now))
    home.passes(300)
    assert not device.joined


STRANGER = 0x1BAD


@pytest.mark.parametrize("role", [Role.END_DEVICE, Role.SLEEPY])
@pytest.mark.parametrize("permit", [0, 254])
def test_nobody_takes_a_members_place_by_asking_in_its_name(role: Role, permit: int) -> None:
    """A stranger without any key associates, and rejoins without protection, as a member."""
    home = Home()
    device = home.admit(DEVICE, role)
    home.does(home.esi, home.esi.permit(permit, home.now))
    home.air.medium.attach(STRANGER)
    home.air.medium.tune(STRANGER, pan_id=0x1AAA, short=0xFFFF)
    key = home.esi.link_keys()[DEVICE]
    associate = mac_commands.COMMANDS.build(mac_commands.AssociationRequest(0x8E))
    rejoin = nwk.NwkFrame(
        kind=nwk.COMMAND,
        destination=0,
        source=device.short,
        radius=1,
        sequence=1,
        payload=nwk_commands.COMMANDS.build(nwk_commands.RejoinRequest(0x8E)),
        source_eui=DEVICE,
    )
    to_the_esi = {"pan_id": 0x1AAA, "destination": 0}
    attacks = [
        mac.MacFrame(kind=mac.COMMAND, sequence=1, source_eui=DEVICE, payload=associate, **to_the_esi),
        mac.MacFrame(sequence=2, source=device.short, payload=nwk.build(rejoin), **to_the_esi),
    ]
    for attack in attacks:
        home.air.medium.transmit(STRANGER, mac.build(attack), home.now)
        home.passes(20)
    assert home.esi.link_keys()[DEVICE] == key
    home.does(home.esi, home.esi.send(home.frame(ESI, DEVICE, b"still here"), home.now))
    home.does(device, device.send(home.frame(DEVICE, ESI, b"me too"), home.now))
    home.passes(30)
    assert [a.frame.payload for a in home.of(Arrived, DEVICE)] == [b"still here"]
    assert [a.frame.payload for a in home.of(Arrived, ESI)] == [b"me too"]
    home.passes(1000)
    assert device.joined


@pytest.mark.parametrize("before", [Role.END_DEVICE, Role.SLEEPY])
@pytest.mark.parametrize("after", [Role.END_DEVICE, Role.SLEEPY])
def test_a_device_that_was_reset_joins_anew(before: Role, after: Role) -> None:
    """It comes back as it left the factory, but for its frame counter, while it still counts as a member."""
    home = Home()
    device = home.admit(DEVICE, before)
    home.air.take(DEVICE)
    home.passes(60)
    device.leave(home.now)
    device._site.role = after
    home.air.add(device)
    home.does(home.esi, home.esi.permit(100, home.now))
    home.does(device, device.join(home.now))
    home.passes(10)
    assert device.link_origin(ESI) is Origin.INSTALL_CODE
    home.esi.establish(DEVICE, bytes(range(16)))
    device.establish(ESI, bytes(range(16)))
    home.does(home.esi, home.esi.send(home.frame(ESI, DEVICE, b"welcome"), home.now))
    home.passes(30)
    assert [a.frame.payload for a in home.of(Arrived, DEVICE)] == [b"welcome"]
