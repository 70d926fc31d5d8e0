"""The home that the engine's playbooks are played in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.home import DISPLAY, THERMOSTAT, Home, registered


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """A gateway that has met its ESI, with a thermostat and a display."""
    made = Home(tmp_path)
    made.join(registered(THERMOSTAT, 1, "tstat", 9), registered(DISPLAY, 2, "display", 0))
    yield made
    made.close()
