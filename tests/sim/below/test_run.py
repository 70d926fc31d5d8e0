"""The demo of the other direction, as `handover demo --below` runs it: everything in it is real."""

import json

import pytest
from typer.testing import CliRunner

from handover.cli.main import app
from handover.sim.below.run import JOURNEYS, demo


@pytest.mark.req("REQ.GW.2")
async def test_everything_comes_through_from_end_to_end() -> None:
    home = await demo(seconds=60.0)
    assert home.journeys == dict.fromkeys(JOURNEYS, True)
    assert [name for name, _ in home.rows()] == ["display", "thermostat", "load switch"]
    assert len(home.gateway.engine.devices) == 3


def test_the_command_says_what_came_through() -> None:
    run = CliRunner().invoke(app, ["demo", "--below", "--json", "--seconds", "60"])
    assert run.exit_code == 0, run.output
    assert json.loads(run.output) == {"journeys": dict.fromkeys(JOURNEYS, True), "complete": True}


def test_it_has_no_recording() -> None:
    run = CliRunner().invoke(app, ["demo", "--below", "--raven"])
    assert run.exit_code != 0
