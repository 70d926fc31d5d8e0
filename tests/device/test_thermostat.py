"""The thermostat from the server's tree to the room, over the virtual transport, in virtual time."""

import json
from dataclasses import replace
from typing import Any

import pytest

from handover.device import base, control
from handover.device.control import Aim
from handover.device.lockstep import Lockstep
from handover.device.room import Room
from handover.device.thermostat import Thermostat
from handover.errors import NotNow, Refused
from handover.sep2.client.engine import Settings
from handover.sep2.resources.drlc import ApplianceLoadReduction, DutyCycle, Offset, SetPoint, TargetReduction
from handover.sep2.transports.virtual import VirtualTransport
from sep2.client.test_playbook import middle
from sep2.client.test_schedule import event
from sep2.utility import LFDI, NOW, PEER, PIN, Utility

SETTINGS = Settings(
    LFDI, PEER.sfdi, PIN, category=base.THERMOSTAT_CATEGORY, follow=base.THERMOSTAT_FOLLOWS, floor=5.0
)
NORMAL = Aim(cooling=24.0, heating=20.0)


class House:
    """A thermostat in a hot house, and its utility."""

    def __init__(self, utility: Utility) -> None:
        self.utility = utility
        self.thermostat = Thermostat(SETTINGS, middle, room=Room(temperature=24.0, outside=35.0))
        self.transport = VirtualTransport(utility.exchange, PEER)
        self.lockstep = Lockstep(self.thermostat, self.transport)

    async def __aenter__(self) -> "House":
        await self.transport.open()
        self.lockstep.start(self.utility.now)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.transport.close()

    def until(self, seconds: float) -> None:
        self.lockstep.run(self.utility.clock, NOW + seconds)

    def does(self, action: str) -> None:
        outputs = getattr(self.thermostat, action)(self.utility.now)
        self.lockstep.settle(outputs, self.utility.now)

    def state(self) -> dict[str, Any]:
        return self.thermostat.snapshot(self.utility.now)


async def test_obeys_an_offset_reports_what_it_did_and_returns_to_normal() -> None:
    utility = Utility()
    utility.control(start=3600, duration=7200, Offset=Offset(coolingOffset=30))
    async with House(utility) as house:
        house.until(3599)
        assert house.state()["aim"]["cooling"] == 24.0
        assert len(house.state()["next"]) == 1
        before = house.thermostat.room.run_time
        house.until(3601)
        assert house.state()["aim"]["cooling"] == 27.0
        house.until(7200)
        during = house.thermostat.room.run_time - before
        assert during < before * 0.6, "the heat pump rests while the room may be warmer"
        house.until(10_801)
        assert house.state()["aim"]["cooling"] == 24.0
        house.until(18_000)
        assert house.thermostat.room.temperature == pytest.approx(24.0, abs=0.5)
        assert utility.statuses() == [1, 2, 3]
        received, started, completed = utility.got
        assert received.SetPoint is None
        for response in (started, completed):
            assert response.SetPoint == SetPoint(coolingSetpoint=2700)
            assert response.Offset == Offset(coolingOffset=30)
            assert response.DutyCycle is None


async def test_leaving_a_running_event_brings_the_comfort_back_and_ends_as_partly_taken_part() -> None:
    utility = Utility()
    utility.control(start=60, duration=3600, SetPoint=SetPoint(coolingSetpoint=2800))
    async with House(utility) as house:
        house.until(1000)
        assert house.state()["aim"]["cooling"] == 28.0
        house.does("opt_out")
        assert house.state()["aim"]["cooling"] == 24.0
        assert house.state()["event"]["opted_out"] is True
        house.until(4000)
        assert utility.statuses() == [1, 2, 4, 8]
        last = utility.got[-1]
        assert last.SetPoint == SetPoint(coolingSetpoint=2800)
        assert last.overrideDuration == 2660


async def test_coming_back_is_possible() -> None:
    utility = Utility()
    utility.control(start=60, duration=3600, SetPoint=SetPoint(coolingSetpoint=2800))
    async with House(utility) as house:
        house.until(100)
        house.does("opt_out")
        house.until(200)
        house.does("opt_in")
        assert house.state()["aim"]["cooling"] == 28.0
        house.until(4000)
        assert utility.statuses() == [1, 2, 4, 5, 9]


async def test_a_duty_cycle_limits_the_running_time() -> None:
    utility = Utility()
    utility.control(start=0, duration=6000, DutyCycle=DutyCycle(normalValue=30))
    async with House(utility) as house:
        house.thermostat.room.temperature = 40.0
        house.until(6000)
        assert house.thermostat.room.run_time == pytest.approx(0.3 * 6000, abs=60)
        assert utility.got[-1].DutyCycle == DutyCycle(normalValue=30)


async def test_what_is_not_for_a_thermostat_is_answered_as_such() -> None:
    utility = Utility()
    utility.control(1, start=60, TargetReduction=TargetReduction(type=1, value=3))
    utility.control(2, start=9000, DutyCycle=DutyCycle(normalValue=101))
    async with House(utility) as house:
        house.until(20_000)
        assert utility.statuses(1) == [252]
        assert utility.statuses(2) == [253]


async def test_mandatory_and_missing_events_cannot_be_left() -> None:
    utility = Utility()
    async with House(utility) as house:
        with pytest.raises(NotNow, match="no load control event"):
            house.thermostat.opt_out(NOW)
        utility.control(start=0, duration=3600, drProgramMandatory=True, Offset=Offset(coolingOffset=10))
        house.until(1000)
        with pytest.raises(Refused):
            house.thermostat.opt_out(NOW + 1000)


async def test_the_snapshot_is_plain_json() -> None:
    utility = Utility()
    utility.control(start=60, Offset=Offset(coolingOffset=10))
    async with House(utility) as house:
        house.until(120)
        state = json.loads(json.dumps(house.state()))
        assert state["admitted"] is True
        assert state["responses"] == {"1": 1, "2": 1}
        assert state["event"]["start"] == NOW + 60
        assert state["standing"] == "admitted"


@pytest.mark.parametrize(
    ("fields", "aim"),
    [
        ({"Offset": Offset(coolingOffset=25)}, Aim(26.5, 20.0)),
        ({"Offset": Offset(heatingOffset=25)}, Aim(24.0, 17.5)),
        ({"Offset": Offset(coolingOffset=25), "loadShiftForward": True}, Aim(21.5, 20.0)),
        ({"Offset": Offset(loadAdjustmentPercentageOffset=2500)}, Aim(24.0, 20.0, 75)),
        ({"Offset": Offset(coolingOffset=255)}, Aim(control.WARMEST, 20.0)),
        ({"SetPoint": SetPoint(heatingSetpoint=-500)}, Aim(24.0, control.COLDEST)),
        (
            {"SetPoint": SetPoint(coolingSetpoint=2650), "Offset": Offset(coolingOffset=10)},
            Aim(26.5, 20.0),
        ),
        ({"DutyCycle": DutyCycle(normalValue=0)}, Aim(24.0, 20.0, 0)),
    ],
)
def test_what_controls_mean(fields: dict[str, Any], aim: Aim) -> None:
    asked = event(1, 0, 60, **fields)
    assert control.judge(asked) is None
    assert control.obey(asked, NORMAL) == aim
    control.applied(asked, NORMAL)


@pytest.mark.parametrize(
    ("fields", "verdict"),
    [
        ({}, 252),
        ({"ApplianceLoadReduction": ApplianceLoadReduction(type=1)}, 252),
        ({"Offset": Offset()}, 252),
        ({"SetPoint": SetPoint()}, 252),
        ({"Offset": Offset(loadAdjustmentPercentageOffset=1000), "loadShiftForward": True}, 252),
        ({"Offset": Offset(loadAdjustmentPercentageOffset=10_001)}, 253),
        ({"DutyCycle": DutyCycle(normalValue=101)}, 253),
    ],
)
def test_what_a_thermostat_cannot_do(fields: dict[str, Any], verdict: int) -> None:
    assert control.judge(event(1, 0, 60, **fields)) == verdict


def test_a_thermostat_below_its_heating_set_point_heats() -> None:
    thermostat = Thermostat(SETTINGS, middle, room=Room(temperature=15.0, outside=5.0))
    thermostat.start(NOW)
    thermostat.tick(NOW + 30)
    assert thermostat.snapshot(NOW + 30)["running"] == "heating"
    thermostat.tick(NOW + 20_000)
    assert thermostat.room.temperature == pytest.approx(20.0, abs=0.5)


def test_a_failed_server_leaves_the_room_alone() -> None:
    thermostat = Thermostat(replace(SETTINGS), middle, room=Room(temperature=24.0, outside=35.0))
    thermostat.start(NOW)
    thermostat.tick(NOW + 20_000)
    assert thermostat.room.temperature == pytest.approx(24.0, abs=0.5)
    assert thermostat.snapshot(NOW + 20_000)["connected"] is False
