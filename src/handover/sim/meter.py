"""A simulated electricity meter: a home's power, its registers, and the attributes made of them.

Integer watt-hours with multiplier 1 and divisor 1000 (kWh), demand in watts on the same scale. Publishing the
attributes is the ESI's business (`sep1.server`).
"""

import random

from handover.sep1.types import ZIGBEE_EPOCH, Value
from handover.sim.consumption import ConsumptionProfile
from handover.sim.registers import EnergyRegisters
from handover.sim.zone import Zone

DELIVERED, RECEIVED, SNAPSHOT_TIME, UPDATE_PERIOD = 0x0000, 0x0001, 0x0007, 0x000A
STATUS, UNIT, MULTIPLIER, DIVISOR = 0x0200, 0x0300, 0x0301, 0x0302
SUMMATION_FORMATTING, DEMAND_FORMATTING, DEVICE_TYPE, SERIAL = 0x0303, 0x0304, 0x0306, 0x0308
DEMAND = 0x0400


class VirtualMeter:
    """A meter in the home described by `profile`, read at `start` (Unix seconds) for the first time."""

    def __init__(
        self, seed: int, start: float, zone: Zone, *, profile: ConsumptionProfile | None = None
    ) -> None:
        rng = random.Random(seed ^ 0x6D65746572)
        self.profile = profile or ConsumptionProfile(seed)
        self.hvac_duty = 1.0
        self.serial = f"SIM{rng.randrange(10**9):09d}"
        self._zone = zone
        self.registers = EnergyRegisters(
            start,
            delivered=rng.randrange(8_000_000, 90_000_000),
            received=rng.randrange(500_000, 9_000_000),
        )

    def power(self, now: float) -> float:
        """Return the net power in watts at `now`: negative while the home exports."""
        return self.profile.net(self._zone.local(now), hvac_duty=self.hvac_duty)

    def advance(self, now: float) -> None:
        """Bring the registers up to `now`."""
        self.registers.advance(now, self.power)

    def fixed(self) -> dict[int, Value]:
        """Return the attributes that do not change: unit, scale, formatting, kind, serial number."""
        return {
            UPDATE_PERIOD: 30,
            STATUS: 0,
            UNIT: 0,
            MULTIPLIER: 1,
            DIVISOR: 1000,
            SUMMATION_FORMATTING: 0x33,
            DEMAND_FORMATTING: 0x23,
            DEVICE_TYPE: 0,
            SERIAL: self.serial.encode(),
        }

    def readings(self, now: float) -> dict[int, Value]:
        """Return the attributes that change, as they stand at `now`."""
        return {
            DELIVERED: self.registers.delivered,
            RECEIVED: self.registers.received,
            SNAPSHOT_TIME: int(now) - ZIGBEE_EPOCH,
            DEMAND: round(self.power(now)),
        }
