"""What a stick says about itself, the network and its meters, as typed values. Pure functions.

Times are Unix seconds, None when the stick has none. The install code and the keys that a DeviceInfo document
carries are left where they are.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from handover.sep1.transports.raven.document import Document
from handover.sep1.types import ZIGBEE_EPOCH

EVENTS: Final = ("time", "price", "demand", "summation", "message")
"""Documents that every stick sends by a schedule."""

MORE_EVENTS: Final = ("scheduled_prices", "profile_data", "billing_period", "block_period")
"""Documents that an EMU-2 sends by a schedule as well."""

_METER_KINDS: Final = {0: "electric", 1: "gas", 2: "water", 3: "other"}


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """The stick itself. `device` is its EUI-64; texts are empty where it says nothing."""

    device: int | None
    manufacturer: str
    model: str
    firmware: str
    hardware: str
    image_type: int | None
    date_code: str

    @classmethod
    def of(cls, document: Document) -> "DeviceInfo":
        """Read a DeviceInfo document. Raises DecodeError."""
        return cls(
            document.mac("DeviceMacId"),
            document.text("Manufacturer"),
            document.text("ModelId"),
            document.text("FWVersion"),
            document.text("HWVersion"),
            document.number("ImageType"),
            document.text("DateCode"),
        )


@dataclass(frozen=True, slots=True)
class NetworkInfo:
    """The stick's place on the HAN. `link_strength` is percent; addresses are EUI-64s."""

    status: str
    description: str
    coordinator: int | None
    extended_pan_id: int | None
    channel: int | None
    short_address: int | None
    link_strength: int | None

    @property
    def connected(self) -> bool:
        """Whether the stick is joined and authenticated."""
        return self.status.lower() == "connected"

    @classmethod
    def of(cls, document: Document) -> "NetworkInfo":
        """Read a NetworkInfo or ConnectionStatus document. Raises DecodeError."""
        return cls(
            document.text("Status"),
            document.text("Description"),
            document.mac("CoordMacId"),
            document.mac("ExtPanId"),
            document.number("Channel"),
            document.number("ShortAddr"),
            document.number("LinkStrength"),
        )


@dataclass(frozen=True, slots=True)
class MeterInfo:
    """What the stick remembers of one meter: `kind` is electric, gas, water, other, or what it says."""

    meter: int | None
    kind: str
    nickname: str
    account: str
    host: str
    enabled: bool

    @classmethod
    def of(cls, document: Document) -> "MeterInfo":
        """Read a MeterInfo document, whose type may be a number on older firmware. Raises DecodeError."""
        kind = document.text("MeterType") or document.text("Type")
        if kind[:1].isdigit():
            number = document.number("MeterType" if document.text("MeterType") else "Type")
            kind = _METER_KINDS.get(number or 0, kind)
        return cls(
            document.mac("MeterMacId"),
            kind,
            document.text("NickName"),
            document.text("Account"),
            document.text("Host"),
            document.text("Enabled").upper() == "Y",
        )


@dataclass(frozen=True, slots=True)
class Schedule:
    """How often the stick sends documents of one kind (`event`), in seconds, and whether it does."""

    event: str
    seconds: int
    enabled: bool

    @classmethod
    def of(cls, document: Document) -> "Schedule":
        """Read a ScheduleInfo document. Raises DecodeError."""
        enabled = document.text("Enabled").upper() == "Y"
        return cls(document.text("Event"), document.number("Frequency") or 0, enabled)


@dataclass(frozen=True, slots=True)
class PeriodUsage:
    """Consumption in an accounting period that the stick itself keeps; `end` is None while it runs."""

    raw: int
    multiplier: int
    divisor: int
    start: int | None
    end: int | None

    @property
    def usage(self) -> Fraction:
        """The consumption in the meter's unit (kWh)."""
        return Fraction(self.raw * self.multiplier, self.divisor)

    @classmethod
    def of(cls, document: Document) -> "PeriodUsage":
        """Read a CurrentPeriodUsage or LastPeriodUsage document; a zero factor counts as one. Raises
        DecodeError.
        """
        last = document.tag == "LastPeriodUsage"
        return cls(
            document.number("LastUsage" if last else "CurrentUsage") or 0,
            document.number("Multiplier") or 1,
            document.number("Divisor") or 1,
            _unix(document, "StartDate"),
            _unix(document, "EndDate") if last else None,
        )


@dataclass(frozen=True, slots=True)
class FastPoll:
    """Seconds between readings while fast polling, and when that ends; 0 and None when it is off."""

    seconds: int
    until: int | None

    @classmethod
    def of(cls, document: Document) -> "FastPoll":
        """Read a FastPollStatus document. Raises DecodeError."""
        return cls(document.number("Frequency") or 0, _unix(document, "EndTime"))


def _unix(document: Document, name: str) -> int | None:
    zigbee = document.time(name)
    return None if zigbee is None else zigbee + ZIGBEE_EPOCH
