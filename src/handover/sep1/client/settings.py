"""The client engine's periods and limits, and the part that it plays in load control. Values only."""

from dataclasses import dataclass, field

from handover.errors import ConfigError
from handover.sep1.exchange import Retry

HOUR = 3600.0
DAY = 86400.0

EVENT_LOOK_BACK = 90000
"""Seconds before now from which running load control events are asked for: 1440 min + 60 min."""


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """Periods in seconds.

    `query_period`: between repeats of the queries for events, prices and the message (never below an hour).
    `keep_alive_period`: silence after which the ESI is asked for a sign of life; `keep_alive_failures` of
    those in a row and it counts as lost. `clock_period`: between reads of Time (never below 24 h).
    `poll_period`: between reads of meter attributes that no report brings. `report_minimum`,
    `report_maximum`: the reporting intervals asked for (whole seconds); `report_change`: the reportable
    change asked for, in raw units.
    """

    retry: Retry = field(default_factory=Retry)
    query_period: float = HOUR
    keep_alive_period: float = 300.0
    keep_alive_failures: int = 3
    clock_period: float = DAY
    poll_period: float = 30.0
    report_minimum: int = 5
    report_maximum: int = 60
    report_change: int = 1
    rx_on_when_idle: bool = True
    meter_limit: int = 16

    def __post_init__(self) -> None:
        """Hold the limits that the network and its rules set. Raises ConfigError."""
        if self.query_period < HOUR:
            raise ConfigError(
                f"query_period {self.query_period} s is too short: an ESI is asked hourly at most"
            )
        if self.clock_period < DAY:
            raise ConfigError(f"clock_period {self.clock_period} s is too short: Time is read daily at most")
        if not 0 <= self.report_minimum <= self.report_maximum <= 0xFFFE or self.report_maximum == 0:
            raise ConfigError(
                f"reports every {self.report_minimum} to {self.report_maximum} s are impossible; "
                f"give 0 <= report_minimum <= report_maximum and 1 <= report_maximum <= 65534"
            )


@dataclass(frozen=True, slots=True)
class LoadControlAttributes:
    """Initial values of the DRLC client attributes 0x0000..0x0003, as persisted or by default.

    `enrollment_group` 0 is a member of all groups; the randomisation times are minutes, 0..60;
    `device_class` is the union of the device classes that stand behind us.
    """

    enrollment_group: int = 0
    start_randomization: int = 30
    duration_randomization: int = 0
    device_class: int = 0x0001
