"""What a home draws and what its roof gives: power as a pure function of a seed and the time of day.

Fridge, standby, lights, breakfast and dinner, air conditioning, a solar roof under passing clouds. Nothing is
stored between calls, so the same seed gives the same day whatever the steps in which it is asked for. The
registers that add the energy up live in `sim.registers`.
"""

import math
import random

DAY = 86400
HOUR = 3600


def bump(hour: float, centre: float, width: float) -> float:
    """Return a smooth hill: 1 at `centre` (hours), about 0.1 at `width` hours away from it."""
    distance = abs((hour - centre + 12) % 24 - 12)
    return math.exp(-2.3 * (distance / width) ** 2)


class ConsumptionProfile:
    """The power of one home, in watts. All times are local seconds (Unix seconds plus the zone's offset)."""

    def __init__(self, seed: int, *, pv_peak: float = 4200.0, hvac_power: float = 2400.0) -> None:
        self._seed = seed
        rng = random.Random(seed)
        self.pv_peak = pv_peak
        self.hvac_power = hvac_power
        self.standby = rng.uniform(140, 220)
        self.fridge_power = rng.uniform(90, 130)
        self.fridge_period = rng.uniform(2400, 3300)
        self.breakfast = rng.uniform(6.75, 7.75)
        self.dinner = rng.uniform(18.0, 19.25)

    def _noise(self, slot: int, salt: int) -> float:
        """Return a repeatable value in 0..1 for a slot of time."""
        mixed = (slot * 0x9E3779B1 ^ salt * 0x85EBCA6B ^ self._seed * 0xC2B2AE35) & 0xFFFFFFFF
        mixed = ((mixed ^ mixed >> 15) * 0x2C1B3C6D) & 0xFFFFFFFF
        mixed = ((mixed ^ mixed >> 12) * 0x297A2D39) & 0xFFFFFFFF
        return (mixed ^ mixed >> 15) / 0x100000000

    def _smooth_noise(self, local: float, period: float, salt: int) -> float:
        """Return repeatable noise in 0..1 that changes smoothly over `period` seconds."""
        slot, rest = divmod(local, period)
        share = rest / period
        share = share * share * (3 - 2 * share)
        return self._noise(int(slot), salt) * (1 - share) + self._noise(int(slot) + 1, salt) * share

    def load(self, local: float, *, hvac_duty: float = 1.0) -> float:
        """Return the power that the home draws; `hvac_duty` 0..1 holds the air conditioning back."""
        hour = local % DAY / HOUR
        day = int(local // DAY)
        fridge = self.fridge_power if local % self.fridge_period < 0.38 * self.fridge_period else 0.0
        lights = 260 * bump(hour, 20.5, 3.5) + 90 * bump(hour, 6.5, 1.5)
        cooking = 1500 * bump(hour, self.breakfast + 0.4 * self._noise(day, 1), 0.5)
        cooking += 2100 * bump(hour, self.dinner + 0.6 * self._noise(day, 2), 0.9)
        wanted = 0.12 + 0.55 * bump(hour, 16.5, 5.5)
        cycle = 1200.0
        running = local % cycle < wanted * hvac_duty * cycle
        hvac = self.hvac_power if running else 0.0
        flicker = 0.9 + 0.2 * self._smooth_noise(local, 40, 3)
        return (self.standby + lights + cooking) * flicker + fridge + hvac

    def pv(self, local: float) -> float:
        """Return the power that the solar roof gives: a bell over noon, dented by clouds."""
        hour = local % DAY / HOUR
        if not 6.0 < hour < 20.0:
            return 0.0
        sun = math.pow(math.sin(math.pi * (hour - 6.0) / 14.0), 1.6)
        cloud = self._smooth_noise(local, 900, 4)
        return self.pv_peak * sun * (1.0 - 0.55 * max(0.0, cloud - 0.55) / 0.45)

    def net(self, local: float, *, hvac_duty: float = 1.0) -> float:
        """Return load minus solar power: negative while the home exports."""
        return self.load(local, hvac_duty=hvac_duty) - self.pv(local)
