"""Fixtures that every test folder shares."""

import os
import shutil
from collections.abc import Callable

import pytest

Require = Callable[[str], str]


@pytest.fixture(scope="session")
def require_program() -> Require:
    """Return a function that gives the path of a system program, or skips the test with the reason.

    Under HANDOVER_REQUIRE_ALL=1 (set by CI) a missing program is a failure, never a skip.
    """

    def require(name: str) -> str:
        # Debian keeps daemons in /usr/sbin, which is not on everybody's path.
        path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
        if path:
            return path
        reason = f"the system program {name!r} is not installed (Debian: apt-get install {name})"
        if os.environ.get("HANDOVER_REQUIRE_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)

    return require
