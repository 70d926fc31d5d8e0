"""The display from the server's tree to its screen, over the virtual transport, in virtual time."""

import json
from dataclasses import replace
from typing import Any

import pytest

from handover.device import base
from handover.device.display import Display
from handover.device.lockstep import Lockstep
from handover.device.readings import exact
from handover.errors import NotNow
from handover.sep2.client.engine import Client, Settings
from handover.sep2.transports.virtual import VirtualTransport
from sep2.client.test_playbook import middle
from sep2.utility import LFDI, NOW, PEER, PIN, Utility, mrid

SETTINGS = Settings(LFDI, PEER.sfdi, PIN, follow=base.DISPLAY_FOLLOWS)


class Kitchen:
    """A display on the kitchen wall, and its utility."""

    def __init__(self, utility: Utility) -> None:
        self.utility = utility
        self.display = Display(Client(SETTINGS, middle))
        self.transport = VirtualTransport(utility.exchange, PEER)
        self.lockstep = Lockstep(self.display, self.transport)

    async def __aenter__(self) -> "Kitchen":
        await self.transport.open()
        self.lockstep.start(self.utility.now)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.transport.close()

    def until(self, seconds: float) -> None:
        self.lockstep.run(self.utility.clock, NOW + seconds)

    def confirm(self, subject: str | None = None) -> None:
        self.lockstep.settle(self.display.confirm(self.utility.now, subject), self.utility.now)

    def state(self) -> dict[str, Any]:
        shown: dict[str, Any] = json.loads(json.dumps(self.display.snapshot(self.utility.now)))
        return shown


async def test_shows_readings_to_the_last_digit() -> None:
    utility = Utility(poll=30)
    utility.read(102_546)
    kind = utility.store.get("/upt/1/mr/1/rt")
    utility.store.put("/upt/1/mr/1/rt", replace(kind, powerOfTenMultiplier=0))
    utility.read(102_546_839)
    async with Kitchen(utility) as kitchen:
        (reading,) = kitchen.state()["readings"]
        assert (reading["value"], reading["unit"], reading["valid"]) == ("102546.839", "kWh", True)
        assert (reading["register"], reading["received"], reading["at"]) == (True, False, NOW)
        utility.read(102_546_840, at=31)
        kitchen.until(31)
        assert kitchen.state()["readings"][0]["value"] == "102546.840"


async def test_shows_the_price_now_and_next() -> None:
    utility = Utility()
    utility.price(20, 0, 3600, 603)
    utility.price(21, 3600, 3600, 1206, description="Critical peak")
    async with Kitchen(utility) as kitchen:
        prices = kitchen.state()["prices"]
        (now,), (later,) = prices["now"], prices["next"]
        assert (now["price"], now["currency"], now["unit"], now["tier"]) == ("0.0603", "USD", "kWh", 2)
        assert (later["price"], later["label"], later["start"]) == ("0.1206", "Critical peak", NOW + 3600)
        kitchen.until(3601)
        assert kitchen.state()["prices"]["now"][0]["price"] == "0.1206"
        assert kitchen.state()["prices"]["next"] == []


async def test_a_replaced_price_gives_way_to_the_newer_one() -> None:
    utility = Utility(poll=60)
    path = utility.price(20, 0, 7200, 603)
    async with Kitchen(utility) as kitchen:
        kitchen.until(100)
        utility.mark(path, 4)
        utility.price(21, 100, 3600, 999)
        kitchen.until(200)
        assert [p["price"] for p in kitchen.state()["prices"]["now"]] == ["0.0999"]


async def test_a_message_is_shown_confirmed_and_answered_once() -> None:
    utility = Utility()
    utility.message(50, start=100, duration=3600)
    async with Kitchen(utility) as kitchen:
        assert kitchen.state()["messages"] == []
        with pytest.raises(NotNow):
            kitchen.display.confirm(NOW)
        kitchen.until(101)
        (message,) = kitchen.state()["messages"]
        assert (message["text"], message["priority"], message["confirm"]) == (
            "Peak day tomorrow",
            "high",
            True,
        )
        assert (message["confirmed"], message["delivered"]) == (False, False)
        kitchen.confirm()
        (message,) = kitchen.state()["messages"]
        assert (message["confirmed"], message["delivered"]) == (True, True)
        assert utility.statuses(50) == [1, 11]
        with pytest.raises(NotNow):
            kitchen.confirm()
        kitchen.until(4000)
        assert kitchen.state()["messages"] == []
        assert utility.statuses(50) == [1, 11]


async def test_a_message_that_asks_for_nothing_gets_nothing() -> None:
    utility = Utility()
    utility.message(50, responseRequired=b"\x00")
    async with Kitchen(utility) as kitchen:
        assert len(kitchen.state()["messages"]) == 1
        with pytest.raises(NotNow):
            kitchen.confirm()
        assert utility.got == []


async def test_urgent_messages_come_first_and_any_can_be_confirmed() -> None:
    utility = Utility()
    utility.message(50, priority=0)
    utility.message(51, priority=3)
    async with Kitchen(utility) as kitchen:
        assert [m["priority"] for m in kitchen.state()["messages"]] == ["critical", "low"]
        kitchen.confirm(mrid(50).hex().upper())
        assert utility.statuses(50) == [1, 11]
        assert utility.statuses(51) == [1]


async def test_a_cancelled_message_disappears() -> None:
    utility = Utility(poll=60)
    path = utility.message(50)
    async with Kitchen(utility) as kitchen:
        utility.mark(path, 2)
        kitchen.until(61)
        assert kitchen.state()["messages"] == []


async def test_an_unregistered_display_says_what_is_missing() -> None:
    utility = Utility()
    utility.store.delete("/edev/1")
    async with Kitchen(utility) as kitchen:
        state = kitchen.state()
        assert state["admitted"] is False
        assert "operator must admit" in state["standing"]


@pytest.mark.parametrize(
    ("value", "power", "uom", "shown"),
    [
        (333, 0, 38, ("0.333", "kW")),
        (-1, 3, 38, ("-1", "kW")),
        (603, -2, 42, ("6.03", "m³")),
        (1, 6, 72, ("1000", "kWh")),
        (140_737_488_355_327, -9, 72, ("140.737488355327", "kWh")),
        (5, 0, 0, ("5", "")),
    ],
)
def test_exact(value: int, power: int, uom: int, shown: tuple[str, str]) -> None:
    assert exact(value, power, uom) == shown
