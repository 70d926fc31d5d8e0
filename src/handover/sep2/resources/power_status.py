"""Power status (clause 9.4): sources of power, battery, electric vehicle."""

from handover.sep2.declaration import resource
from handover.sep2.resources.common import ActivePower, PollRate, RealEnergy, Resource
from handover.sep2.types import PerCent, PowerSourceType, TimeType, UInt8, UInt32


@resource
class PEVInfo:
    """What an electric vehicle wants: power, energy, state of charge (hundredths of a per cent) and when."""

    chargingPowerNow: ActivePower
    energyRequestNow: RealEnergy
    maxForwardPower: ActivePower
    minimumChargingDuration: UInt32
    targetStateOfCharge: PerCent
    timeChargeIsNeeded: TimeType
    timeChargingStatusPEV: TimeType


PEVInfo_ = PEVInfo


@resource
class PowerStatus(Resource):
    """What powers the device.

    `batteryStatus`: 0 unknown, 1 normal, 2 low, 3 depleted, 4 none. Durations in seconds, charge in
    hundredths of a per cent.
    """

    pollRate: PollRate = None
    batteryStatus: UInt8
    changedTime: TimeType
    currentPowerSource: PowerSourceType
    estimatedChargeRemaining: PerCent | None = None
    estimatedTimeRemaining: UInt32 | None = None
    PEVInfo: PEVInfo_ | None = None
    sessionTimeOnBattery: UInt32 | None = None
    totalTimeOnBattery: UInt32 | None = None
