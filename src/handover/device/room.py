"""A room with a heat pump: one temperature, one time constant, on or off. A model, not a device.

The room drifts towards the outside temperature; while the heat pump runs, towards a temperature that is
`power` degrees warmer (heating) or colder (cooling).
"""

import math
from dataclasses import dataclass


@dataclass(slots=True)
class Room:
    """Temperatures in degrees Celsius; `inertia` is the time constant in seconds.

    `running` is +1 while heating, -1 while cooling, 0 while off.
    """

    temperature: float = 23.5
    outside: float = 33.0
    inertia: float = 7200.0
    power: float = 18.0
    running: int = 0
    run_time: float = 0.0
    """Seconds that the heat pump has run altogether."""

    def pass_time(self, seconds: float) -> None:
        """Let time pass with the heat pump as it is."""
        aim = self.outside + self.running * self.power
        self.temperature = aim + (self.temperature - aim) * math.exp(-seconds / self.inertia)
        if self.running:
            self.run_time += seconds
