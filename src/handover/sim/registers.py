"""The energy registers of an electricity meter: whole watt-hours that never go back.

Energy is added on a fixed grid of time, so that the registers at an instant do not depend on how often they
were asked for. Where the power comes from is the caller's business.
"""

from collections.abc import Callable

Power = Callable[[float], float]
"""Gives the net power in watts at an instant (Unix seconds): positive is drawn, negative is exported."""


class EnergyRegisters:
    """Delivered and received energy in Wh since the meter was made, and the instant of the last reading."""

    def __init__(self, start: float, *, delivered: int = 0, received: int = 0, grid: float = 5.0) -> None:
        self._grid = grid
        self._cell = int(start // grid)
        self._delivered = float(delivered)
        self._received = float(received)
        self.read_at = start

    @property
    def delivered(self) -> int:
        """Energy drawn from the grid, whole Wh."""
        return int(self._delivered)

    @property
    def received(self) -> int:
        """Energy exported to the grid, whole Wh."""
        return int(self._received)

    def advance(self, now: float, power: Power) -> None:
        """Add the energy up to the last whole grid cell before `now`; a clock set back changes nothing."""
        last = int(now // self._grid)
        while self._cell < last:
            energy = power((self._cell + 0.5) * self._grid) * self._grid / 3600
            if energy >= 0:
                self._delivered += energy
            else:
                self._received -= energy
            self._cell += 1
        self.read_at = max(self.read_at, now)
