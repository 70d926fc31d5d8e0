"""Distributed energy resources (clause 10.10): programs, controls and curves."""

from dataclasses import field
from typing import Annotated

from handover.sep2.declaration import Occurs, resource
from handover.sep2.resources.common import (
    ActivePower,
    IdentifiedObject,
    Link,
    List,
    ListLink,
    PollRate,
    RandomizableEvent,
    SubscribableIdentifiedObject,
    SubscribableList,
)
from handover.sep2.resources.der_quantities import (
    FixedVar,
    FreqDroopType,
    PowerFactorWithExcitation,
    ReactivePower,
)
from handover.sep2.types import (
    DERCurveType,
    DERUnitRefType,
    DeviceCategoryType,
    Int16,
    Int32,
    Named,
    PerCent,
    PowerOfTenMultiplierType,
    PrimacyType,
    SignedPerCent,
    TimeType,
    UInt16,
    UInt32,
)

CurveLink = Annotated[Link, Named("DERCurveLink")]
"""The address of a curve; the element is named after what the curve is for."""


@resource
class CurveData:
    """A point of a curve; `excitation` stands only where y is a power factor, true when absorbing."""

    excitation: bool | None = None
    xvalue: Int32
    yvalue: Int32


CurveData_ = CurveData


@resource
class DERCurve(IdentifiedObject):
    """A curve of 1 to 10 points, x and y scaled by powers of ten, for the mode `curveType`.

    Ramps in hundredths of a per cent per second, times in hundredths of a second. `yRefType` says of what y
    is a per cent.
    """

    autonomousVRefEnable: bool | None = None
    autonomousVRefTimeConstant: UInt32 | None = None
    creationTime: TimeType
    CurveData: Annotated[list[CurveData_], Occurs(1, 10)] = field(default_factory=list)
    curveType: DERCurveType
    openLoopTms: UInt16 | None = None
    rampDecTms: UInt16 | None = None
    rampIncTms: UInt16 | None = None
    rampPT1Tms: UInt16 | None = None
    vRef: PerCent | None = None
    xMultiplier: PowerOfTenMultiplierType
    yMultiplier: PowerOfTenMultiplierType
    yRefType: DERUnitRefType


DERCurve_ = DERCurve


@resource
class DERCurveList(List):
    """A page of curves."""

    DERCurve: list[DERCurve_] = field(default_factory=list)


@resource
class DERControlBase:
    """What a resource is to do: each mode that stands is set, the others stay as they are.

    Percentages are in hundredths. `opModFixedW` is negative when charging; `rampTms` in hundredths of a
    second.
    """

    opModConnect: bool | None = None
    opModEnergize: bool | None = None
    opModFixedPFAbsorbW: PowerFactorWithExcitation | None = None
    opModFixedPFInjectW: PowerFactorWithExcitation | None = None
    opModFixedVar: FixedVar | None = None
    opModFixedW: SignedPerCent | None = None
    opModFreqDroop: FreqDroopType | None = None
    opModFreqWatt: CurveLink | None = None
    opModHFRTMayTrip: CurveLink | None = None
    opModHFRTMustTrip: CurveLink | None = None
    opModHVRTMayTrip: CurveLink | None = None
    opModHVRTMomentaryCessation: CurveLink | None = None
    opModHVRTMustTrip: CurveLink | None = None
    opModLFRTMayTrip: CurveLink | None = None
    opModLFRTMustTrip: CurveLink | None = None
    opModLVRTMayTrip: CurveLink | None = None
    opModLVRTMomentaryCessation: CurveLink | None = None
    opModLVRTMustTrip: CurveLink | None = None
    opModMaxLimW: PerCent | None = None
    opModTargetVar: ReactivePower | None = None
    opModTargetW: ActivePower | None = None
    opModVoltVar: CurveLink | None = None
    opModVoltWatt: CurveLink | None = None
    opModWattPF: CurveLink | None = None
    opModWattVar: CurveLink | None = None
    rampTms: UInt16 | None = None


DERControlBase_ = DERControlBase


@resource
class DERControl(RandomizableEvent):
    """An event that sets modes, on the devices of `deviceCategory` or, without one, on all."""

    DERControlBase: DERControlBase_
    deviceCategory: DeviceCategoryType | None = None


DERControl_ = DERControl


@resource
class DERControlList(SubscribableList):
    """A page of controls."""

    DERControl: list[DERControl_] = field(default_factory=list)


@resource
class DefaultDERControl(SubscribableIdentifiedObject):
    """What holds while no control is active.

    The enter-service settings (`setES...`): delay, ramp and random delay in hundredths of a second,
    frequencies in hundredths of Hz, voltages in hundredths of a per cent. Ramp rates in hundredths of a per
    cent per second.
    """

    DERControlBase: DERControlBase_
    setESDelay: UInt32 | None = None
    setESHighFreq: UInt16 | None = None
    setESHighVolt: Int16 | None = None
    setESLowFreq: UInt16 | None = None
    setESLowVolt: Int16 | None = None
    setESRampTms: UInt32 | None = None
    setESRandomDelay: UInt32 | None = None
    setGradW: UInt16 | None = None
    setSoftGradW: UInt16 | None = None


@resource
class DERProgram(SubscribableIdentifiedObject):
    """A programme that issues controls; a lower `primacy` wins."""

    ActiveDERControlListLink: ListLink | None = None
    DefaultDERControlLink: Link | None = None
    DERControlListLink: ListLink | None = None
    DERCurveListLink: ListLink | None = None
    primacy: PrimacyType


DERProgram_ = DERProgram


@resource
class DERProgramList(SubscribableList):
    """A page of programmes."""

    pollRate: PollRate = None
    DERProgram: list[DERProgram_] = field(default_factory=list)
