"""What a meter is and what it reads: integers times a power of ten of a base unit, each with its own time.

How a meter scales and numbers its registers belongs to `mapping.metering`.
"""

from dataclasses import dataclass, replace
from enum import Enum, IntFlag

from handover.model.units import Commodity, Flow, Unit

STALE_AFTER = 3
"""A reading older than this many of its update periods no longer counts as valid."""

WITHDRAWN_AFTER = 86400
"""Seconds after which a reading that was not renewed is no longer shown at all."""


class ReadingKind(Enum):
    """What a value says."""

    SUMMATION = "register"
    DEMAND = "present demand"
    AVERAGE_DEMAND = "demand over the integration period"
    MAX_DEMAND = "highest demand"
    INTERVAL = "consumption of an interval"
    DAY = "consumption of a day"
    BLOCK_PERIOD = "consumption of a block period"
    PARTIAL_INTERVAL = "consumption of the running interval"
    POWER_FACTOR = "power factor"


class Quality(IntFlag):
    """What is known about a value's worth."""

    NONE = 0
    VALID = 1
    QUESTIONABLE = 16
    DERIVED = 32


@dataclass(slots=True, kw_only=True)
class Reading:
    """One value: `value` x 10^`power` of `unit`, never negative when it has a direction.

    `register` names the meter's register (the SEP 1.x attribute, or the first one of a numbered row).
    `at` is when the value held (None: not said), or the start of its period of `duration` seconds. `tier`
    and `block` are 0 for the total. `value` None: the register exists and its content is unusable.
    """

    register: int
    kind: ReadingKind
    flow: Flow
    value: int | None
    power: int
    unit: Unit
    commodity: Commodity
    at: int | None = None
    duration: int = 0
    tier: int = 0
    block: int = 0
    quality: Quality = Quality.NONE
    received: int = 0


@dataclass(slots=True, kw_only=True)
class Profile:
    """A row of intervals, oldest first; a missing one is None. `start` is the start of the first,
    `period` seconds each.
    """

    register: int
    flow: Flow
    start: int
    period: int
    values: list[int | None]
    power: int
    unit: Unit
    commodity: Commodity
    quality: Quality = Quality.NONE

    @property
    def end(self) -> int:
        """The end of the newest interval."""
        return self.start + self.period * len(self.values)


@dataclass(slots=True, kw_only=True)
class Meter:
    """What a meter is: its commodity, its place, and whether it is connected.

    `tiers` and `blocks` are how many of them its registers distinguish. `demand_limit` is in the scale of its
    demand readings; `demand_period` and `demand_subperiod` are seconds. `alarms` are the status bits as
    they came.
    """

    commodity: Commodity
    vehicle: bool = False
    generator: bool = False
    mirror: bool = False
    submeter: bool = False
    revenue_quality: bool = False
    pressure: bool = False
    connected: bool = True
    site: str | None = None
    serial: str | None = None
    tiers: int = 0
    blocks: int = 0
    demand_limit: int | None = None
    demand_period: int | None = None
    demand_subperiod: int | None = None
    alarms: int = 0


def aged(reading: Reading, now: float, period: float) -> Reading | None:
    """Return the reading as it may be shown at `now`, when a new one is expected every `period` seconds.

    Fresh ones are marked valid, old ones are not, and those beyond WITHDRAWN_AFTER are gone (None).
    """
    age = now - reading.received
    if age > WITHDRAWN_AFTER:
        return None
    # A reading from the future says that the clock was set back: how old it is nobody knows.
    fresh = abs(age) <= STALE_AFTER * period and reading.value is not None
    quality = reading.quality | Quality.VALID if fresh else reading.quality & ~Quality.VALID
    return replace(reading, quality=quality)
