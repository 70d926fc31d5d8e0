"""Whether the optional extra `radio` is installed; asked before anything here that imports zigpy."""

import importlib.util
import os

import pytest

STICKS = {"double": "sep1.transports.radio.double:DoubleCoordinator"}
"""The table of sticks with the double in it: `RadioTransport("double:<name of the air>", sticks=STICKS)`."""


def require_zigpy() -> None:
    """Skip the test, or the module at its import, without zigpy; a failure under HANDOVER_REQUIRE_ALL=1."""
    if all(importlib.util.find_spec(name) for name in ("zigpy", "bellows", "zigpy_znp")):
        return
    reason = "the extra radio is not installed (pip install 'sep-handover[radio]')"
    if os.environ.get("HANDOVER_REQUIRE_ALL") == "1":
        pytest.fail(reason)
    pytest.skip(reason, allow_module_level=True)
