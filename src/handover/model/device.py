"""What a device is and what powers it, whichever application says so."""

from dataclasses import dataclass
from enum import Enum


class PowerSource(Enum):
    """Where a device's power comes from."""

    NONE = "none"
    MAINS = "mains"
    BATTERY = "battery"
    GENERATION = "local generation"
    EMERGENCY = "emergency supply"
    UNKNOWN = "unknown"


class Battery(Enum):
    """How a device's battery is."""

    UNKNOWN = "unknown"
    NORMAL = "normal"
    LOW = "low"
    DEPLETED = "depleted"
    ABSENT = "there is none"


@dataclass(slots=True)
class Description:
    """Who made a device and what runs on it. `made` is Unix seconds, 0 when unknown; texts may be empty."""

    manufacturer: str = ""
    model: str = ""
    software: str = ""
    hardware: str = ""
    serial: str = ""
    made: int = 0
    primary: PowerSource = PowerSource.UNKNOWN
    secondary: PowerSource = PowerSource.NONE
    location: str = ""


@dataclass(slots=True)
class Power:
    """What powers a device now. `charge` is hundredths of a percent, None where nobody measures it."""

    source: PowerSource = PowerSource.UNKNOWN
    battery: Battery = Battery.UNKNOWN
    charge: int | None = None
