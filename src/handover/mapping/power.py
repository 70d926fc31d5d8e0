"""Power Configuration 0x0001 <-> PowerStatus: what powers a device, and how its battery is."""

from collections.abc import Mapping

from handover.mapping.losses import Loss, Lost, Orientation, note
from handover.mapping.power_source import code_of, raw_of, source_of_code, sources_of
from handover.model.device import Battery, Power, PowerSource
from handover.sep1.types import Value
from handover.sep2.resources.power_status import PowerStatus

VOLTAGE, PERCENT, LEAST = 0x0020, 0x0021, 0x0036
POWER_SOURCE = 0x0007
"""Basic's attribute, which tells the source."""

_HALF_PERCENT, _PERCENT_UNKNOWN, _VOLTAGE_UNKNOWN = 50, 0xFF, 0xFF
_CODES = (Battery.UNKNOWN, Battery.NORMAL, Battery.LOW, Battery.DEPLETED, Battery.ABSENT)

VOLTAGES = Loss("batteryVoltage, mainsVoltage, mainsFrequency", Orientation.B, "a status, not the value")
DURATIONS = Loss("estimatedTimeRemaining, TimeOnBattery, PEVInfo", Orientation.A, "no attribute")
DEPLETED = Loss("batteryStatus 3", Orientation.A, "said as low: there is no more to say")
LOSSES = (
    VOLTAGES,
    DURATIONS,
    DEPLETED,
    Loss("PowerStatus of a client", Orientation.A, "one ZigBee node stands for all: kept at the gateway"),
    Loss("alarm masks and thresholds", Orientation.B, "settings of the device: not translated"),
)


def from_sep1(
    attributes: Mapping[int, Value], *, power_source: int | None = None, low: bool = False, lost: Lost = None
) -> Power:
    """Return what a Power Configuration server says.

    `power_source` is Basic's attribute, `low` that a meter tells of a low battery by its Status.
    """
    source, backup = sources_of(power_source)
    voltage, least = attributes.get(VOLTAGE), attributes.get(LEAST)
    percent = attributes.get(PERCENT)
    if VOLTAGE in attributes or 0x0000 in attributes:
        note(lost, VOLTAGES)
    charge = (
        min(10_000, percent * _HALF_PERCENT)
        if isinstance(percent, int) and percent != _PERCENT_UNKNOWN
        else None
    )
    battery = Battery.UNKNOWN
    if low:
        battery = Battery.LOW
    elif isinstance(voltage, int) and isinstance(least, int) and voltage != _VOLTAGE_UNKNOWN and least:
        battery = Battery.LOW if voltage <= least else Battery.NORMAL
    elif source is PowerSource.MAINS and backup is not PowerSource.BATTERY:
        battery = Battery.ABSENT
    return Power(source, battery, charge)


def to_sep1(power: Power, *, lost: Lost = None) -> dict[int, int]:
    """Return the attributes that say the same, Basic's PowerSource among them.

    Voltages are told relative to a threshold of 1 (0.1 V): only whether the battery is low has a meaning.
    """
    values = {POWER_SOURCE: raw_of(power.source, PowerSource.NONE)}
    if power.battery is Battery.DEPLETED:
        note(lost, DEPLETED)
    if power.battery in (Battery.LOW, Battery.DEPLETED, Battery.NORMAL):
        values |= {LEAST: 1, VOLTAGE: 2 if power.battery is Battery.NORMAL else 1}
    if power.charge is not None:
        values[PERCENT] = min(200, round(power.charge / _HALF_PERCENT))
    return values


def from_sep2(status: PowerStatus, *, lost: Lost = None) -> Power:
    """Return what a PowerStatus says."""
    if status.estimatedTimeRemaining or status.sessionTimeOnBattery or status.PEVInfo:
        note(lost, DURATIONS)
    code = status.batteryStatus
    return Power(
        source_of_code(status.currentPowerSource),
        _CODES[code] if code < len(_CODES) else Battery.UNKNOWN,
        status.estimatedChargeRemaining,
    )


def to_sep2(power: Power, *, at: int) -> PowerStatus:
    """Return the PowerStatus as of `at` (Unix seconds)."""
    return PowerStatus(
        batteryStatus=_CODES.index(power.battery),
        changedTime=at,
        currentPowerSource=code_of(power.source),
        estimatedChargeRemaining=power.charge,
    )
