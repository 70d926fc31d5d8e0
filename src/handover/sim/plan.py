"""What the utility of a simulated premise will do, and when: plain data, carried out by `sim.premise`."""

from dataclasses import dataclass

from handover.sim.zone import Zone

DAY = 86400
HOUR = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceChange:
    """At `at` (Unix seconds) another price begins; see `Premise.change_price`."""

    at: float
    price: int
    label: str = "CRITICAL"
    tier: int = 3
    minutes: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """At `at` (Unix seconds) a message is sent; see `Premise.send_message`."""

    at: float
    text: str
    minutes: int = 90
    importance: int = 1
    confirm: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadShed:
    """At `at` (Unix seconds) a load control event is sent; see `Premise.send_load_control`."""

    at: float
    start_in: float = 0.0
    minutes: int = 30
    cooling_offset: int | None = 20
    cooling_set_point: int | None = None
    duty_cycle: int | None = None
    randomize: bool = False


Planned = PriceChange | Announcement | LoadShed


def a_summer_day(start: float, zone: Zone) -> tuple[Planned, ...]:
    """Return a plan for the day of `start` (Unix seconds): a warning, a peak price, a load shed."""
    midnight = start - zone.local(start) % DAY
    day: tuple[Planned, ...] = (
        Announcement(at=midnight + 15.5 * HOUR, text="Peak today 16-19h", importance=2),
        PriceChange(at=midnight + 16.5 * HOUR, price=4100, minutes=120),
        LoadShed(at=midnight + 16.75 * HOUR, start_in=900, minutes=60, randomize=True),
    )
    return tuple(planned for planned in day if planned.at >= start)
