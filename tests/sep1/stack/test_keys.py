"""Keys and counters at work: replay, forgery, partner keys, change of the network key, swap-out, restart."""

import copy
import json
from typing import Any

import pytest

from handover.errors import DecodeError, NotNow
from handover.sep1.network import aps, mac, nwk, nwk_commands, security
from handover.sep1.security.link_keys import Origin
from handover.sep1.stack import Role, Settings, Stack
from handover.sep1.stack.outputs import (
    Arrived,
    Delivered,
    DeviceJoined,
    DeviceLeft,
    Joined,
    Left,
    PartnerKeyReceived,
    TrustCentreChanged,
    Undelivered,
)
from handover.sep1.stack.trust_centre import Policy
from sep1.stack.home import CODE, DEVICE, ESI, EXTENDED, ROUTER, Home

OTHER = 0x00124B0000ABCD09
NEW_ESI = 0x000D6F0000999999


def test_no_frame_of_a_day_is_accepted_twice() -> None:
    """Every frame that was on the air is put on it again: nothing arrives, nobody moves."""
    home = Home(policy=Policy(switch_after=5))
    router = home.admit(ROUTER, Role.ROUTER, position=(10, 0))
    device = home.admit(DEVICE, Role.SLEEPY, position=(20, 0))
    for n in range(5):
        home.does(device, device.send(home.frame(DEVICE, ESI, bytes((n,)) * 120), home.now))
        home.does(home.esi, home.esi.send(home.frame(ESI, ROUTER, bytes((n,))), home.now))
        home.passes(30)
    home.does(device, device.request_partner_key(ROUTER, home.now))
    home.does(home.esi, home.esi.rotate(home.now))
    home.passes(60)
    home.does(device, device.rejoin(home.now))
    home.passes(300)
    recorded = [octets for _, octets in home.frames if mac.parse(octets).kind != mac.ACK]
    assert len(recorded) > 60
    stacks = [home.esi, router, device]
    before = [_place(stack) for stack in stacks]
    home.heard.clear()
    home.air.medium.attach(0x1BAD)
    for octets in recorded:
        home.air.medium.transmit(0x1BAD, octets, home.now)
        home.passes(0.05)
    assert home.of(Arrived | Joined | Left | DeviceJoined | DeviceLeft) == []
    assert [_place(stack) for stack in stacks] == before
    assert sum(stack.dropped.get("replayed", 0) for stack in stacks) > 25


def _place(stack: Stack) -> Any:
    record = copy.deepcopy(stack.export())
    return {key: record[key] for key in ("pan_id", "short", "trust_centre", "network_keys", "link_keys")}


def test_a_forged_frame_without_the_network_key_does_nothing() -> None:
    home = Home()
    device = home.admit(DEVICE)
    inner = aps.ApsData(
        destination_endpoint=1,
        cluster_id=0x0701,
        profile_id=0x0109,
        source_endpoint=1,
        counter=9,
        payload=b"!",
    )
    leave = nwk_commands.COMMANDS.build(nwk_commands.Leave(nwk_commands.LEAVE_REQUEST))
    for kind, payload in ((nwk.DATA, aps.build(inner)), (nwk.COMMAND, leave)):
        forged = nwk.NwkFrame(
            kind=kind, destination=device.short, source=0, radius=1, sequence=1, payload=payload
        )
        frame = mac.MacFrame(
            sequence=1, pan_id=home.esi.pan_id, destination=device.short, source=0, payload=nwk.build(forged)
        )
        assert device.handle(mac.build(frame), home.now) == []
    assert device.joined
    assert device.dropped == {"unsecured": 2}


def test_an_insider_without_the_link_key_does_not_count_as_secured() -> None:
    """Whoever has the network key reaches a device, but without its link key nothing counts as secured."""
    home = Home()
    home.admit(DEVICE)
    insider = home.admit(OTHER)
    home.does(insider, insider.send(home.frame(OTHER, DEVICE, secured=False), home.now))
    home.does(insider, insider.send(home.frame(OTHER, DEVICE), home.now))
    home.passes(20)
    assert [a.frame.secured for a in home.of(Arrived, DEVICE)] == [False]
    assert [u.reason for u in home.of(Undelivered, OTHER)] == ["no key"]


def test_before_the_key_is_established_nothing_counts_as_secured() -> None:
    """The install code's key protects the joining; for the application it is no security."""
    home = Home()
    device = home.admit(DEVICE, establish=False)
    home.does(device, device.send(home.frame(DEVICE, ESI), home.now))
    home.passes(5)
    assert [u.reason for u in home.of(Undelivered)] == ["no key"]
    home.does(device, device.send(home.frame(DEVICE, ESI, secured=False, cluster_id=0x0800), home.now))
    home.passes(5)
    assert [(a.frame.cluster_id, a.frame.secured) for a in home.of(Arrived)] == [(0x0800, False)]


def test_two_devices_get_a_key_of_their_own() -> None:
    home = Home()
    device, other = home.admit(DEVICE), home.admit(OTHER, Role.SLEEPY)
    home.does(device, device.request_partner_key(OTHER, home.now))
    home.passes(10)
    assert home.of(PartnerKeyReceived, DEVICE) == [PartnerKeyReceived(OTHER)]
    assert home.of(PartnerKeyReceived, OTHER) == [PartnerKeyReceived(DEVICE)]
    assert device.link_keys()[OTHER] == other.link_keys()[DEVICE]
    home.does(device, device.send(home.frame(DEVICE, OTHER, b"hello"), home.now))
    home.passes(20)
    assert [(a.frame.secured, a.frame.payload) for a in home.of(Arrived, OTHER)] == [(True, b"hello")]
    assert len(home.of(Delivered, DEVICE)) == 1


def test_no_partner_key_without_an_established_key() -> None:
    home = Home()
    device = home.admit(DEVICE)
    stranger = home.admit(OTHER, establish=False)
    with pytest.raises(NotNow, match="established key"):
        stranger.request_partner_key(DEVICE, home.now)
    home.does(device, device.request_partner_key(OTHER, home.now))
    home.passes(10)
    assert home.of(PartnerKeyReceived) == []
    assert home.esi.dropped == {"unauthorised": 1}


@pytest.mark.parametrize("role", [Role.ROUTER, Role.END_DEVICE, Role.SLEEPY])
def test_the_network_key_is_changed_under_the_members(role: Role) -> None:
    home = Home(policy=Policy(switch_after=20))
    device = home.admit(DEVICE, role)
    old = home.esi.network_keys()
    home.does(home.esi, home.esi.rotate(home.now))
    with pytest.raises(NotNow, match="being changed already"):
        home.esi.rotate(home.now)
    home.passes(60)
    home.does(device, device.send(home.frame(DEVICE, ESI, b"new"), home.now))
    home.does(home.esi, home.esi.send(home.frame(ESI, DEVICE, b"new"), home.now))
    home.passes(20)
    assert [a.frame.payload for a in home.of(Arrived)] == [b"new", b"new"]
    assert device.network_keys() == home.esi.network_keys()
    assert set(old) < set(device.network_keys())
    data = [frame for frame in (mac.parse(octets) for _, octets in home.frames) if frame.kind == mac.DATA]
    _, size = nwk.split(data[-1].payload)
    assert security.parse(data[-1].payload, size)[0].sequence == 1
    assert len(home.of(Joined, DEVICE)) == 1, "nobody has to rejoin"


def test_a_trust_centre_is_swapped_out() -> None:
    """The new one has hashes of the keys only; devices come back by them, and must establish new keys."""
    home = Home(settings=Settings(rescan=5))
    device = home.admit(DEVICE)
    key = device.link_keys()[ESI]
    backup = home.esi.centre.backup()
    assert key not in json.dumps({str(k): v.hex() for k, v in backup.items()}).encode()
    home.air.take(ESI)
    centre = home.add(NEW_ESI, Role.COORDINATOR, policy=Policy(establish_within=120))
    home.does(centre, centre.form(0x1BBB, extended_pan_id=EXTENDED))
    centre.centre.inherit(backup)
    for n in range(6):
        home.does(device, device.send(home.frame(DEVICE, ESI, bytes((n,))), home.now))
        home.passes(20)
    assert home.of(TrustCentreChanged) == [TrustCentreChanged(ESI, NEW_ESI)]
    assert device.joined
    assert device.trust_centre == NEW_ESI
    assert device.network_keys()[-1] in centre.network_keys()
    assert home.of(DeviceJoined, NEW_ESI) == [DeviceJoined(DEVICE, device.short, "key rejoin")]
    assert device.link_origin(NEW_ESI) is Origin.INHERITED
    home.does(device, device.send(home.frame(DEVICE, NEW_ESI), home.now))
    assert home.of(Undelivered)[-1].reason == "no key"
    centre.establish(DEVICE, bytes(range(16)))
    device.establish(NEW_ESI, bytes(range(16)))
    home.does(device, device.send(home.frame(DEVICE, NEW_ESI, b"again"), home.now))
    home.passes(600)
    assert home.of(Arrived, NEW_ESI)[-1].frame.payload == b"again"
    assert device.joined


def test_a_stranger_with_the_same_network_name_gets_nobody() -> None:
    home = Home(settings=Settings(rescan=5))
    device = home.admit(DEVICE)
    home.air.take(ESI)
    thief = home.add(NEW_ESI, Role.COORDINATOR)
    home.does(thief, thief.form(0x1BBB, extended_pan_id=EXTENDED))
    thief.centre.inherit({DEVICE: bytes(16)})
    thief.centre.register(DEVICE, bytes(16))
    home.does(thief, thief.permit(254, home.now))
    home.does(device, device.rejoin(home.now))
    home.passes(600)
    assert not device.joined
    assert device.trust_centre == ESI
    assert home.of(TrustCentreChanged) == []


class Restarting:
    """A node whose record is written when it asks for it, and which is then switched off and on again."""

    def __init__(self, home: Home, stack: Stack, role: Role) -> None:
        self.home, self.stack, self.role = home, stack, role
        self.record = ""
        stack._site.save = self.write
        self.write()

    def write(self) -> None:
        self.record = json.dumps(self.stack.export())

    def restart(self) -> Stack:
        self.home.air.take(self.stack.eui64)
        again = self.home.add(self.stack.eui64, self.role)
        again._site.save = self.write
        self.stack = again
        self.home.does(again, again.restore(json.loads(self.record)))
        return again


@pytest.mark.parametrize("role", [Role.ROUTER, Role.END_DEVICE, Role.SLEEPY])
def test_no_counter_comes_back_after_a_restart(role: Role) -> None:
    home = Home()
    device = home.admit(DEVICE, role)
    nodes = [Restarting(home, home.esi, Role.COORDINATOR), Restarting(home, device, role)]
    for round_ in range(4):
        for n in range(40):
            for sender, receiver in ((DEVICE, ESI), (ESI, DEVICE)):
                stack: Any = home.air.station(sender)
                home.does(stack, stack.send(home.frame(sender, receiver, bytes((round_, n))), home.now))
                home.passes(10)
        for node in nodes:
            node.restart()
        home.passes(10)
    used: dict[tuple[int | None, int | None, int], bytes] = {}
    for _, octets in home.frames:
        frame = mac.parse(octets)
        if frame.kind != mac.DATA:
            continue
        outer, size = nwk.split(frame.payload)
        if outer.secured:
            header, _ = security.parse(frame.payload, size)
            place = (header.source, header.sequence, header.counter)
            assert used.setdefault(place, frame.payload) == frame.payload, "a counter served two frames"
    arrived = [a.frame.payload for a in home.of(Arrived, ESI)]
    assert len(arrived) == len(set(arrived)) >= 4 * 30


def test_what_was_heard_before_a_restart_counts_no_more() -> None:
    home = Home()
    device = home.admit(DEVICE)
    node = Restarting(home, device, Role.END_DEVICE)
    for n in range(50):
        home.does(home.esi, home.esi.send(home.frame(ESI, DEVICE, bytes((n,))), home.now))
        home.passes(5)
    again = node.restart()
    home.heard.clear()
    for _, octets in list(home.frames):
        assert not [o for o in again.handle(octets, home.now) if isinstance(o, Arrived)]
    home.passes(5)
    for n in range(60):
        home.does(home.esi, home.esi.send(home.frame(ESI, DEVICE, bytes((n,)) * 2), home.now))
        home.passes(10)
    assert len(home.of(Arrived, DEVICE)) > 40


@pytest.mark.parametrize(
    "damage",
    [
        lambda record: record.pop("network_keys"),
        lambda record: record.update(eui64="0000000000000001"),
        lambda record: record.update(short="x"),
        lambda record: record["network_keys"].update(active=7),
        lambda record: record["link_keys"].append({"partner": "zz"}),
    ],
)
def test_a_damaged_record_is_refused_and_changes_nothing(damage: Any) -> None:
    home = Home()
    device = home.admit(DEVICE)
    record = device.export()
    fresh = home.add(OTHER, Role.END_DEVICE)
    before = fresh.export()
    damage(record)
    if record.get("eui64") == f"{DEVICE:016X}":
        record["eui64"] = f"{OTHER:016X}"
    with pytest.raises(DecodeError, match="record"):
        fresh.restore(record)
    assert fresh.export() == before


def test_the_end_of_a_counter_is_the_end_of_the_key() -> None:
    home = Home()
    device = home.admit(DEVICE)
    record = device.export()
    record["link_keys"][-1]["outgoing"] = 0xFFFFFFFF
    device.restore(record)
    with pytest.raises(NotNow, match="come to its end"):
        device.send(home.frame(DEVICE, ESI), home.now)
    assert CODE.link_key
