"""Whatever decides is an engine: one shape for all of them."""

import pytest

from handover.device.display import Display
from handover.device.thermostat import Thermostat
from handover.engine import Engine
from handover.gateway.alg import Gateway
from handover.sep1.client import HanClient
from handover.sep1.server import Esi
from handover.sep2.client.engine import Client


@pytest.mark.parametrize("engine", [HanClient, Esi, Client, Display, Thermostat, Gateway])
def test_every_engine_has_the_shape_of_an_engine(engine: type) -> None:
    assert issubclass(engine, Engine)
