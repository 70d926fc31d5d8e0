"""Whatever is on the air, and whatever an insider with the network key says: no layer falls over it."""

import random

import pytest

from fuzz.mutation import inputs
from handover.sep1.network import mac, nwk, security
from handover.sep1.network.security import Auxiliary, FrameKey
from handover.sep1.stack import Role, Stack
from handover.sep1.stack.outputs import Arrived
from sep1.stack.home import CODE, DEVICE, ESI, ROUTER, Home

INSIDER = 0x00124B0000BADBAD
COUNT = 4000


def busy() -> tuple[Home, list[Stack]]:
    home = Home()
    router = home.admit(ROUTER, Role.ROUTER, position=(10, 0))
    device = home.admit(DEVICE, Role.SLEEPY)
    home.does(device, device.send(home.frame(DEVICE, ESI, bytes(150)), home.now))
    home.does(device, device.request_partner_key(ROUTER, home.now))
    home.passes(20)
    joining = home.add(INSIDER, Role.END_DEVICE)
    joining.preset(CODE.link_key)
    home.does(joining, joining.join(home.now))
    return home, [home.esi, router, device, joining]


def fed(home: Home, stacks: list[Stack], octets: bytes) -> None:
    for stack in stacks:
        outputs = stack.handle(octets, home.now)
        assert not [o for o in outputs if isinstance(o, Arrived) and o.frame.secured]
        home.does(stack, outputs)


@pytest.mark.parametrize("seed", range(2))
def test_bent_frames_off_the_air(seed: int) -> None:
    home, stacks = busy()
    corpus = [octets for _, octets in home.frames]
    for number, octets in enumerate(inputs(seed, corpus, COUNT)):
        fed(home, stacks, octets)
        if number % 100 == 0:
            home.passes(0.2)
    home.passes(600)
    assert home.esi.joined


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("kind", [nwk.DATA, nwk.COMMAND])
def test_an_insider_says_anything(seed: int, kind: int) -> None:
    """Well protected with the network key, from an address of its own; what is inside is bent at random."""
    home, stacks = busy()
    draws = random.Random(seed)
    key = FrameKey(home.esi.network_keys()[-1])
    inner = []
    for _, octets in home.frames:
        frame = mac.parse(octets)
        if frame.kind == mac.DATA:
            outer, size = nwk.split(frame.payload)
            if outer.secured and outer.kind == nwk.DATA:
                auxiliary, start = security.parse(frame.payload, size)
                assert auxiliary.source is not None
                inner.append(key.open(frame.payload, size, auxiliary, start, auxiliary.source))
    samples = inner if kind == nwk.DATA else [b"\x04\x40", b"\x06\x8e", b"\x07\x34\x12\x00", b"\x05\x00"]
    shorts = [stack.short for stack in stacks] + [0xFFFF, 0xFFFD, 0xFFFC]
    for number, payload in enumerate(inputs(seed, samples, COUNT)):
        header = nwk.header(
            nwk.NwkFrame(
                kind=kind,
                destination=draws.choice(shorts),
                source=draws.choice([0x7777, *shorts[:3]]),
                radius=draws.randrange(3),
                sequence=number & 0xFF,
                payload=b"",
                source_eui=draws.choice([None, INSIDER, DEVICE]),
                secured=True,
            )
        )
        sealed = key.seal(header, Auxiliary(security.NETWORK, number + 1, INSIDER, 0), INSIDER, payload)
        outer = mac.MacFrame(
            sequence=number & 0xFF, pan_id=home.esi.pan_id, destination=0xFFFF, source=0x7777, payload=sealed
        )
        fed(home, stacks, mac.build(outer))
        if number % 100 == 0:
            home.passes(0.2)
    home.passes(600)
    assert home.esi.joined
    assert home.esi.link_keys().keys() <= {ROUTER, DEVICE}
