"""The power goes at every step of an update, a trial, a commit and a way back; something verified starts."""

import os
import random
from collections.abc import Callable
from functools import cache

import pytest

from gateway.selfupdate.faulty_disk import FaultyDisk, PowerCut
from gateway.selfupdate.releases import FACTORY, Shelf, updater
from handover.gateway.selfupdate import record as records
from handover.gateway.selfupdate import slots
from handover.gateway.selfupdate.launch import choose
from handover.gateway.selfupdate.record import Slot
from handover.gateway.selfupdate.states import Update

pytestmark = pytest.mark.req("REQ.GW.7")

TORN = int(os.environ.get("HANDOVER_TORN", "40"))
"""Torn states looked at for each step; the dice differ. 800 give some 18 000 states."""

Life = Callable[[FaultyDisk], None]


def start(disk: FaultyDisk) -> str:
    """Start the gateway as the launcher does; return the version that runs."""
    record = slots.recorded(disk)
    choice = choose(record, lambda slot: slots.sound(disk, record, slot))
    if choice.record != record:
        slots.store(disk, choice.record)
    return version(disk, choice.slot)


def version(disk: FaultyDisk, slot: Slot | None) -> str:
    if slot is None:
        return FACTORY
    return disk.read(f"{slots.site(slot)}/handover/__init__.py").decode().split('"')[1]


def update(disk: FaultyDisk, to: str, current: str) -> None:
    updater(disk, Shelf(to, size=3000), current).apply()


def kept(disk: FaultyDisk, to: str, current: str) -> None:
    update(disk, to, current)
    assert start(disk) == to
    slots.store(disk, records.committed(slots.load(disk)))


def first(disk: FaultyDisk) -> None:
    """The first update of a new gateway, and its commit."""
    kept(disk, "1.1.0", FACTORY)


def third(disk: FaultyDisk) -> None:
    """The third update overwrites the slot of the first; it is tried and kept."""
    kept(disk, "1.3.0", "1.2.0")


def refused(disk: FaultyDisk) -> None:
    """An update that never reports healthy is given up after three starts."""
    update(disk, "1.3.0", "1.2.0")
    for _ in range(3):
        assert start(disk) == "1.3.0"
    assert start(disk) == "1.2.0"


def back(disk: FaultyDisk) -> None:
    """The operator goes back."""
    slots.store(disk, records.reverted(slots.load(disk), "by order"))
    assert start(disk) == "1.1.0"


@cache
def twice_updated() -> FaultyDisk:
    disk = FaultyDisk()
    kept(disk, "1.1.0", FACTORY)
    kept(disk, "1.2.0", "1.1.0")
    return disk


def second_committed() -> FaultyDisk:
    """Return a gateway of its own that runs 1.2.0, with 1.1.0 in the other slot."""
    return twice_updated().after("lost", random.Random(0))


LIVES: dict[str, tuple[Callable[[], FaultyDisk], Life, set[str], int]] = {
    "first": (FaultyDisk, first, {FACTORY, "1.1.0"}, 300),
    "third": (second_committed, third, {"1.2.0", "1.3.0"}, 300),
    "given up": (second_committed, refused, {"1.2.0", "1.3.0"}, 300),
    "back": (second_committed, back, {"1.2.0", "1.1.0"}, 5),
}


@pytest.mark.parametrize("name", LIVES)
def test_after_a_cut_at_every_step_verified_software_starts_and_the_update_can_be_done_again(
    name: str,
) -> None:
    fresh, life, allowed, states = LIVES[name]
    whole = fresh()
    life(whole)
    seen = set()
    for cut in range(whole.steps):
        for number, how in enumerate(("lost", "kept", *["torn"] * TORN)):
            dice = random.Random(f"{name} {cut} {number}")
            disk = fresh()
            disk.cut = cut
            with pytest.raises(PowerCut):
                life(disk)
            found = disk.after(how, dice)
            if found.image() in seen:
                continue
            seen.add(found.image())
            running = start(found)
            assert running in allowed, (cut, how)
            _recovers(found, running)
    assert len(seen) >= states  # the cuts differ indeed


def _recovers(disk: FaultyDisk, running: str) -> None:
    """A newer version goes all the way from here."""
    record = slots.recorded(disk)
    if record.at is Update.TRIAL:
        slots.store(disk, records.committed(record))
    kept(disk, "2.0.0", running)
    assert start(disk) == "2.0.0"
    assert slots.load(disk).at is Update.COMMITTED


def test_a_second_cut_while_the_machine_starts_is_no_worse() -> None:
    whole = second_committed()
    refused(whole)
    for cut in range(whole.steps):
        for again in range(6):
            disk = second_committed()
            disk.cut = cut
            with pytest.raises(PowerCut):
                refused(disk)
            dice = random.Random(f"{cut} {again}")
            found = disk.after("torn", dice)
            found.cut = again
            try:
                start(found)
            except PowerCut:
                found = found.after("torn", dice)
            found.cut = None
            assert start(found) in {"1.2.0", "1.3.0"}
