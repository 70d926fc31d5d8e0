"""Whether the optional extra `update` is installed; asked before anything here that imports it."""

import importlib.util
import os

import pytest


def require_tuf() -> None:
    """Skip the module at its import without the extra; a failure under HANDOVER_REQUIRE_ALL=1."""
    if importlib.util.find_spec("tuf"):
        return
    reason = "the extra update is not installed (pip install 'sep-handover[update]')"
    if os.environ.get("HANDOVER_REQUIRE_ALL") == "1":
        pytest.fail(reason)
    pytest.skip(reason, allow_module_level=True)
