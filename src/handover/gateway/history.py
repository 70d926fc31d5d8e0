"""Short histories of demand and price for the local page, kept in the journal for the next start."""

from collections import deque
from decimal import Decimal

from handover.gateway.outputs import Sample
from handover.gateway.step import Step

DEMAND = "demand"
PRICE = "price"
SERIES = (DEMAND, PRICE)
POINTS = 2880
"""Points kept of each series in memory."""
WINDOW = 86400.0
"""Seconds of history that are shown."""


class History:
    """The newest points of each series: (Unix seconds, exact decimal text)."""

    def __init__(self) -> None:
        self._points: dict[str, deque[tuple[float, str]]] = {name: deque(maxlen=POINTS) for name in SERIES}

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

    def points(self, series: str, since: float) -> list[tuple[float, str]]:
        """Return the points from `since` on, oldest first."""
        return [point for point in self._points[series] if point[0] >= since]
