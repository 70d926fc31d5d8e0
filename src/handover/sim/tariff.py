"""A time-of-use tariff and the ids of what a utility issues: what is charged when."""

from dataclasses import dataclass

from handover.sim.zone import Zone

DAY = 86400
HOUR = 3600


@dataclass(frozen=True, slots=True)
class Period:
    """From `hour` (local, 0..24) until the next one's: a label of at most 11 octets, a tier, prices per kWh.

    `price` and `generation_price` are in 10^-`Tariff.digits` of the currency.
    """

    hour: float
    label: str
    tier: int
    price: int
    generation_price: int


@dataclass(frozen=True, slots=True)
class Charge:
    """A period placed in time: `start` and `end` are Unix seconds."""

    period: Period
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Tariff:
    """Periods in order of their hour; the last one runs past midnight into the first."""

    periods: tuple[Period, ...]
    provider_id: int = 0x0000_0099
    currency: int = 840
    digits: int = 4

    @property
    def tiers(self) -> int:
        """Return the number of price tiers."""
        return max(period.tier for period in self.periods)

    def at(self, now: float, zone: Zone) -> Charge:
        """Return what is charged at `now` (Unix seconds), and between which instants."""
        local = zone.local(now)
        midnight = now - local % DAY
        hour = local % DAY / HOUR
        index = max((i for i, p in enumerate(self.periods) if p.hour <= hour), default=-1)
        period = self.periods[index]
        start = midnight + period.hour * HOUR - (DAY if index == -1 else 0)
        following = index + 1
        if following < len(self.periods):
            end = midnight + self.periods[following].hour * HOUR
        else:
            end = midnight + DAY + self.periods[0].hour * HOUR
        return Charge(period, start, end)


HOUSEHOLD = Tariff(
    (
        Period(6, "SHOULDER", 2, 1134, 500),
        Period(16, "PEAK", 3, 2475, 900),
        Period(21, "OFF-PEAK", 1, 782, 350),
    )
)
"""Three tiers a day, and what is paid for exported energy."""


class EventIds:
    """Ids of events as an ESI must give them: never 0, always rising, close to ZigBee time."""

    def __init__(self, last: int = 0) -> None:
        self._last = last

    def next(self, zigbee_time: int) -> int:
        """Return the next id, at least `zigbee_time` (seconds since 2000)."""
        self._last = max(self._last + 1, zigbee_time)
        return self._last
