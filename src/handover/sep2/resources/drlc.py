"""Demand response and load control (clause 10.3)."""

from dataclasses import field

from handover.sep2.declaration import resource
from handover.sep2.resources.common import (
    ActivePower,
    IdentifiedObject,
    Link,
    List,
    ListLink,
    PollRate,
    RandomizableEvent,
    Resource,
    SubscribableList,
)
from handover.sep2.types import (
    ApplianceLoadReductionType,
    DeviceCategoryType,
    Int16,
    PerCent,
    PrimacyType,
    UInt8,
    UInt16,
    UInt32,
    UnitType,
)


@resource
class DemandResponseProgram(IdentifiedObject):
    """A programme that issues controls; a lower `primacy` wins.

    The two thresholds say when a device reports a new LoadShedAvailability.
    """

    ActiveEndDeviceControlListLink: ListLink | None = None
    availabilityUpdatePercentChangeThreshold: PerCent | None = None
    availabilityUpdatePowerChangeThreshold: ActivePower | None = None
    EndDeviceControlListLink: ListLink | None = None
    primacy: PrimacyType


DemandResponseProgram_ = DemandResponseProgram


@resource
class DemandResponseProgramList(SubscribableList):
    """A page of programmes. `pollRate` in seconds."""

    pollRate: PollRate = None
    DemandResponseProgram: list[DemandResponseProgram_] = field(default_factory=list)


@resource
class ApplianceLoadReduction:
    """How an appliance sheds load: `type` 0 delay, 1 temporary reduction."""

    type: ApplianceLoadReductionType


ApplianceLoadReduction_ = ApplianceLoadReduction


@resource
class DutyCycle:
    """Percentage of time the device stays on, `normalValue` 0..100."""

    normalValue: UInt8


DutyCycle_ = DutyCycle


@resource
class Offset:
    """Set points moved by tenths of a degree Celsius (cooling up, heating down), or load adjusted.

    `loadAdjustmentPercentageOffset` is in hundredths of a per cent.
    """

    coolingOffset: UInt8 | None = None
    heatingOffset: UInt8 | None = None
    loadAdjustmentPercentageOffset: PerCent | None = None


Offset_ = Offset


@resource
class SetPoint:
    """Set points in hundredths of a degree Celsius."""

    coolingSetpoint: Int16 | None = None
    heatingSetpoint: Int16 | None = None


SetPoint_ = SetPoint


@resource
class TargetReduction:
    """The reduction asked for: `value` in the unit `type` (0 kWh, 1 kW, 2 W, 8 litre ...)."""

    type: UnitType
    value: UInt16


TargetReduction_ = TargetReduction


@resource
class EndDeviceControl(RandomizableEvent):
    """A load control event for the categories of devices in `deviceCategory`.

    `loadShiftForward` true asks for more consumption. `overrideDuration` is in seconds.
    """

    ApplianceLoadReduction: ApplianceLoadReduction_ | None = None
    deviceCategory: DeviceCategoryType
    drProgramMandatory: bool
    DutyCycle: DutyCycle_ | None = None
    loadShiftForward: bool
    Offset: Offset_ | None = None
    overrideDuration: UInt16 | None = None
    SetPoint: SetPoint_ | None = None
    TargetReduction: TargetReduction_ | None = None


EndDeviceControl_ = EndDeviceControl


@resource
class EndDeviceControlList(SubscribableList):
    """A page of controls."""

    EndDeviceControl: list[EndDeviceControl_] = field(default_factory=list)


@resource
class LoadShedAvailability(Resource):
    """What a device could shed and for how many seconds."""

    availabilityDuration: UInt32 | None = None
    DemandResponseProgramLink: Link | None = None
    sheddablePercent: PerCent | None = None
    sheddablePower: ActivePower | None = None


LoadShedAvailability_ = LoadShedAvailability


@resource
class LoadShedAvailabilityList(List):
    """A page of availabilities. `pollRate` in seconds."""

    pollRate: PollRate = None
    LoadShedAvailability: list[LoadShedAvailability_] = field(default_factory=list)
