"""A node from its install code to its link key, and back after every kind of trouble."""

import random
from typing import Any

import pytest

from handover.sep1.aps import ApsFrame
from handover.sep1.han.node import NODE, State
from handover.sep1.security.install_code import InstallCode
from handover.sep1.security.link_keys import Origin
from handover.sep1.stack import Role, Settings
from handover.sep1.stack.trust_centre import Policy
from handover.sep1.transports.medium import faulty
from handover.sep1.transports.radio_han import RadioHan

NOW = 1_342_548_000.0
ESI, DEVICE, OTHER = 0x000D6F0000123456, 0x00124B0000ABCD01, 0x00124B0000ABCD03


class Home:
    def __init__(self, seed: int = 1, *, loss: float = 0.0, **options: Any) -> None:
        self.now = NOW
        self.random = random.Random(seed)
        self.admitted: list[int] = []
        fate = faulty(self.random.random, loss=loss, duplication=loss, delay=(0, loss / 10)) if loss else None
        self.han = RadioHan(
            clock=lambda: self.now, draw=self.random.randbytes, coordinator=ESI, fate=fate, **options
        )
        self.han.admitted = self.admitted.append
        self.esi = self.han.attach(ESI)

    def passes(self, seconds: float) -> None:
        end = self.now + seconds
        while (due := self.han.due()) is not None and due <= end:
            self.now = max(self.now, due)
            self.han.advance()
        self.now = end
        self.han.advance()


def frame(
    source: int, destination: int, payload: bytes = b"\x18\x01\x0a", *, secured: bool = True
) -> ApsFrame:
    return ApsFrame(
        source=source,
        destination=destination,
        source_endpoint=1,
        destination_endpoint=1,
        cluster_id=0x0702,
        secured=secured,
        payload=payload,
    )


def test_the_table_has_no_dead_end() -> None:
    assert NODE.problems() == []


@pytest.mark.parametrize("role", [Role.ROUTER, Role.END_DEVICE, Role.SLEEPY])
@pytest.mark.parametrize("suites", [(1,), (2,), (1, 2)])
def test_a_device_gets_ready(role: Role, suites: tuple[int, ...]) -> None:
    home = Home(suites=suites)
    inbox = home.han.attach(DEVICE, role=role)
    assert not inbox.ready
    home.passes(10)
    assert inbox.ready
    assert home.admitted == [DEVICE]
    keys = [home.han.node(e).stack.link_keys() for e in (ESI, DEVICE)]
    assert keys[0][DEVICE] == keys[1][ESI]
    home.han.carry(frame(DEVICE, ESI, b"up"))
    home.han.carry(frame(ESI, DEVICE, b"down"))
    home.passes(10)
    assert [(f.payload, f.secured) for f in (*home.esi.take(), *inbox.take())] == [
        (b"up", True),
        (b"down", True),
    ]


@pytest.mark.parametrize("seed", range(4))
def test_a_device_gets_ready_over_a_bad_medium(seed: int) -> None:
    home = Home(seed, loss=0.15, settings=Settings(rescan=5, rescan_limit=20))
    inbox = home.han.attach(DEVICE, role=[Role.SLEEPY, Role.END_DEVICE][seed % 2])
    home.passes(250)
    assert inbox.ready
    # Where the last proof was lost, the ESI had a key before the device had; the second counts.
    assert set(home.admitted) == {DEVICE}
    keys = [home.han.node(e).stack.link_keys() for e in (ESI, DEVICE)]
    assert keys[0][DEVICE] == keys[1][ESI]


def test_a_foreign_certificate_gets_no_link_key_and_is_put_out() -> None:
    home = Home(policy=Policy(establish_within=120))
    thief = RadioHan(clock=lambda: home.now, draw=random.Random(9).randbytes, coordinator=ESI)
    wallet = thief._authority.issue(DEVICE, 1, random.Random(5).randbytes)
    home.han.attach(DEVICE)
    node = home.han.node(DEVICE)
    node.establishment.initiator._wallet = {1: wallet}
    home.passes(100)
    assert home.admitted == []
    assert node.stack.link_origin(ESI) is Origin.INSTALL_CODE
    assert home.han.undelivered["not ready"] >= 2
    home.han.carry(frame(DEVICE, ESI))
    assert home.han.undelivered["no key"] == 1
    home.passes(60)
    assert node.state is State.OUT
    assert not node.stack.joined


def test_a_wrong_install_code_keeps_a_device_out() -> None:
    home = Home()
    inbox = home.han.attach(DEVICE)
    home.han.node(DEVICE).stack.preset(InstallCode(bytes(16)).link_key)
    home.passes(60)
    assert not inbox.ready
    assert home.admitted == []


def test_two_homes_on_one_channel_do_not_mix() -> None:
    """Two networks open at the same time: a device ends up where its install code is registered."""
    home = Home(settings=Settings(rescan=5))
    neighbour = RadioHan(
        clock=lambda: home.now, draw=home.random.randbytes, coordinator=OTHER, authority=home.han._authority
    )
    neighbour.medium = home.han.medium
    neighbour.air = home.han.air
    neighbour.attach(OTHER)
    inbox = home.han.attach(DEVICE)
    neighbour.node(OTHER).stack.permit(254, home.now)
    home.passes(120)
    assert inbox.ready
    assert home.han.node(DEVICE).stack.trust_centre == ESI


def test_a_device_that_was_switched_off_comes_back_with_its_key() -> None:
    home = Home()
    home.han.attach(DEVICE)
    home.passes(5)
    node = home.han.node(DEVICE)
    home.han.switch_off(DEVICE)
    home.han.carry(frame(DEVICE, ESI))
    assert home.han.undelivered["switched off"] == 1
    home.passes(600)
    home.han.switch_on(DEVICE)
    home.passes(10)
    assert node.ready
    assert home.admitted == [DEVICE]
    home.han.carry(frame(DEVICE, ESI, b"again"))
    home.passes(2)
    assert [f.payload for f in home.esi.take()] == [b"again"]


def test_a_device_that_leaves_is_a_stranger() -> None:
    home = Home()
    home.han.attach(DEVICE)
    home.passes(5)
    node = home.han.node(DEVICE)
    home.han._do(node, node.leave(home.now))
    home.passes(5)
    assert node.state is State.OUT
    home.han.carry(frame(ESI, DEVICE))
    assert home.han.undelivered["no key"] == 1
    home.han._do(node, node.join(home.now))
    home.passes(10)
    assert node.ready
    assert home.admitted == [DEVICE, DEVICE]
