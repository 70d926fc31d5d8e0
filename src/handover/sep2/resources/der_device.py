"""Distributed energy resources (clause 10.10): what a device is, is set to, is doing and could do."""

from dataclasses import field

from handover.sep2.declaration import resource
from handover.sep2.resources.common import (
    ActivePower,
    Link,
    List,
    ListLink,
    PollRate,
    Resource,
    SubscribableResource,
)
from handover.sep2.resources.der_quantities import (
    AmpereHour,
    ApparentPower,
    CurrentRMS,
    PowerFactor,
    ReactivePower,
    ReactiveSusceptance,
    VoltageRMS,
    WattHour,
)
from handover.sep2.types import (
    DERControlType,
    DERType,
    HexBinary8,
    HexBinary32,
    Int16,
    PerCent,
    String6,
    TimeType,
    UInt8,
    UInt16,
    UInt32,
)


@resource
class DER(SubscribableResource):
    """One resource of a device, with links to what it tells and to the programmes that it follows."""

    AssociatedDERProgramListLink: ListLink | None = None
    AssociatedUsagePointLink: Link | None = None
    CurrentDERProgramLink: Link | None = None
    DERAvailabilityLink: Link | None = None
    DERCapabilityLink: Link | None = None
    DERSettingsLink: Link | None = None
    DERStatusLink: Link | None = None


DER_ = DER


@resource
class DERList(List):
    """A page of resources."""

    pollRate: PollRate = None
    DER: list[DER_] = field(default_factory=list)


@resource
class DERCapability(Resource):
    """Nameplate ratings. `modesSupported` is a bit string; `type` e.g. 4 photovoltaic, 80 storage, 82 EVSE.

    Categories follow IEEE 1547-2018: abnormal 1 to 3 (I to III), normal 1 or 2 (A or B), 0 not told.
    """

    modesSupported: DERControlType
    rtgAbnormalCategory: UInt8 | None = None
    rtgMaxA: CurrentRMS | None = None
    rtgMaxAh: AmpereHour | None = None
    rtgMaxChargeRateVA: ApparentPower | None = None
    rtgMaxChargeRateW: ActivePower | None = None
    rtgMaxDischargeRateVA: ApparentPower | None = None
    rtgMaxDischargeRateW: ActivePower | None = None
    rtgMaxV: VoltageRMS | None = None
    rtgMaxVA: ApparentPower | None = None
    rtgMaxVar: ReactivePower | None = None
    rtgMaxVarNeg: ReactivePower | None = None
    rtgMaxW: ActivePower
    rtgMaxWh: WattHour | None = None
    rtgMinPFOverExcited: PowerFactor | None = None
    rtgMinPFUnderExcited: PowerFactor | None = None
    rtgMinV: VoltageRMS | None = None
    rtgNormalCategory: UInt8 | None = None
    rtgOverExcitedPF: PowerFactor | None = None
    rtgOverExcitedW: ActivePower | None = None
    rtgReactiveSusceptance: ReactiveSusceptance | None = None
    rtgUnderExcitedPF: PowerFactor | None = None
    rtgUnderExcitedW: ActivePower | None = None
    rtgVNom: VoltageRMS | None = None
    type: DERType


@resource
class DERSettings(SubscribableResource):
    """Settings within the ratings; units as in DefaultDERControl and DERCapability."""

    modesEnabled: DERControlType | None = None
    setESDelay: UInt32 | None = None
    setESHighFreq: UInt16 | None = None
    setESHighVolt: Int16 | None = None
    setESLowFreq: UInt16 | None = None
    setESLowVolt: Int16 | None = None
    setESRampTms: UInt32 | None = None
    setESRandomDelay: UInt32 | None = None
    setGradW: UInt16
    setMaxA: CurrentRMS | None = None
    setMaxAh: AmpereHour | None = None
    setMaxChargeRateVA: ApparentPower | None = None
    setMaxChargeRateW: ActivePower | None = None
    setMaxDischargeRateVA: ApparentPower | None = None
    setMaxDischargeRateW: ActivePower | None = None
    setMaxV: VoltageRMS | None = None
    setMaxVA: ApparentPower | None = None
    setMaxVar: ReactivePower | None = None
    setMaxVarNeg: ReactivePower | None = None
    setMaxW: ActivePower
    setMaxWh: WattHour | None = None
    setMinPFOverExcited: PowerFactor | None = None
    setMinPFUnderExcited: PowerFactor | None = None
    setMinV: VoltageRMS | None = None
    setSoftGradW: UInt16 | None = None
    setVNom: VoltageRMS | None = None
    setVRef: VoltageRMS | None = None
    setVRefOfs: VoltageRMS | None = None
    updatedTime: TimeType


@resource
class DERAvailability(SubscribableResource):
    """What could be delivered or taken at once, in hundredths of a per cent, and for how many seconds."""

    availabilityDuration: UInt32 | None = None
    maxChargeDuration: UInt32 | None = None
    readingTime: TimeType
    reserveChargePercent: PerCent | None = None
    reservePercent: PerCent | None = None
    statVarAvail: ReactivePower | None = None
    statWAvail: ActivePower | None = None


@resource
class ConnectStatusType:
    """Bits: 0 connected, 1 available, 2 operating, 3 test, 4 fault; since `dateTime`."""

    dateTime: TimeType
    value: HexBinary8


@resource
class InverterStatusType:
    """What the inverter does.

    0 unknown, 1 off, 2 asleep, 3 starting, 4 tracking, 5 derated, 6 stopping, 7 fault, 8 standby, 9 test,
    10 as its maker says.
    """

    dateTime: TimeType
    value: UInt8


@resource
class LocalControlModeStatusType:
    """0 controlled on the spot, 1 from afar."""

    dateTime: TimeType
    value: UInt8


@resource
class ManufacturerStatusType:
    """A code of the maker."""

    dateTime: TimeType
    value: String6


@resource
class OperationalModeStatusType:
    """0 unknown, 1 off, 2 operating, 3 test."""

    dateTime: TimeType
    value: UInt8


@resource
class StateOfChargeStatusType:
    """The charge in hundredths of a per cent."""

    dateTime: TimeType
    value: PerCent


@resource
class StorageModeStatusType:
    """0 charging, 1 discharging, 2 holding."""

    dateTime: TimeType
    value: UInt8


@resource
class DERStatus(SubscribableResource):
    """What a resource is doing.

    `alarmStatus` is a bit string: over-current is bit 0, phase rotation bit 10.
    """

    alarmStatus: HexBinary32 | None = None
    genConnectStatus: ConnectStatusType | None = None
    inverterStatus: InverterStatusType | None = None
    localControlModeStatus: LocalControlModeStatusType | None = None
    manufacturerStatus: ManufacturerStatusType | None = None
    operationalModeStatus: OperationalModeStatusType | None = None
    readingTime: TimeType
    stateOfChargeStatus: StateOfChargeStatusType | None = None
    storageModeStatus: StorageModeStatusType | None = None
    storConnectStatus: ConnectStatusType | None = None
