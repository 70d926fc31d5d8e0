"""Short histories of demand and price for the local page, kept in the journal for the next start; and of the
meters' registers, for exports, which are kept in the journal only.
"""

from collections import deque
from decimal import Decimal

from handover.gateway.outputs import Sample
from handover.gateway.step import Step
from handover.model.metering import Reading

DEMAND = "demand"
PRICE = "price"
SERIES = (DEMAND, PRICE)
POINTS = 2880
"""Points kept of each series in memory."""
WINDOW = 86400.0
"""Seconds of history that are shown."""

REGISTERS = "register/"
"""How the series of registers begin."""
REGISTER_PERIOD = 60.0
"""Seconds between two points of a register."""
SKEW = 3600.0
"""Seconds that a meter's clock may be ahead of the ESI's; later times are no times."""


def register_series(source: int, endpoint: int, reading: Reading) -> str:
    """Return the series of a register: a change of its unit begins another one."""
    parts = (f"{source:016X}", endpoint, f"{reading.register:04X}", reading.flow.value, reading.unit.name)
    return REGISTERS + "/".join(map(str, parts))


class History:
    """The newest points of each series: (Unix seconds, exact decimal text)."""

    def __init__(self) -> None:
        self._points: dict[str, deque[tuple[float, str]]] = {name: deque(maxlen=POINTS) for name in SERIES}
        self._noted: dict[str, float] = {}

    def restore(self, points: dict[str, list[tuple[float, str]]]) -> None:
        """Take over what the journal holds."""
        for name, rows in points.items():
            self._points[name].extend(rows)

    def add(self, step: Step, series: str, at: float, value: Decimal) -> None:
        """Add a point, unless it is not later than the newest one."""
        points = self._points[series]
        if points and at <= points[-1][0]:
            return
        points.append((at, f"{value:f}"))
        step.changes.append(Sample(series, at, f"{value:f}"))

    def note(self, step: Step, series: str, at: float, value: Decimal) -> None:
        """Keep a point of a register, unless one of the same minute is kept or its time is far ahead."""
        noted = self._noted.get(series)
        if at > step.now + SKEW or (noted is not None and abs(at - noted) < REGISTER_PERIOD):
            return
        self._noted[series] = at
        step.changes.append(Sample(series, at, f"{value:f}"))

    def points(self, series: str, since: float) -> list[tuple[float, str]]:
        """Return the points from `since` on, oldest first."""
        return [point for point in self._points[series] if point[0] >= since]
