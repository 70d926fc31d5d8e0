"""Golden cases: bytes of one standard and documents of the other that mean the same."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from handover.mapping.context import Context
from handover.sep1 import frame
from handover.sep2 import xml

NOW = 1342548000
ESI = 0x000D6F0000123456
PEN = 32473
LFDI = bytes.fromhex("3E4F45AB31EDFE5B67E343E5E4562E31984E23E5")


@dataclasses.dataclass
class Golden:
    cluster: int
    raw: bytes
    documents: list[str]

    @property
    def command(self) -> Any:
        return frame.parse(self.cluster, self.raw).body

    @property
    def resources(self) -> list[Any]:
        return [placeless(xml.decode(document.encode())) for document in self.documents]


def placeless(value: Any) -> Any:
    """Return a copy without hrefs: where things are put is the gateway's choice."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        changes = {f.name: placeless(getattr(value, f.name)) for f in dataclasses.fields(value)}
        if "href" in changes:
            changes["href"] = "" if type(value).__name__ in ("Link", "ListLink") else None
        return type(value)(**changes)
    if isinstance(value, list):
        return [placeless(item) for item in value]
    return value


@pytest.fixture(scope="session")
def golden() -> Callable[[str], Golden]:
    rows = json.loads((Path(__file__).parents[1] / "data" / "golden.json").read_text())
    cases = {
        row["n"].split()[0]: Golden(row["cluster"], bytes.fromhex(row["zcl"]), row["xml"]) for row in rows
    }
    return cases.__getitem__


@pytest.fixture
def context() -> Context:
    return Context(node=ESI, pen=PEN, lfdi=LFDI, start_randomization=30, duration_randomization=5)
