"""Metering (clause 10.4): usage points, their meter readings, reading types, sets and readings."""

from dataclasses import field

from handover.sep2.declaration import resource
from handover.sep2.resources.common import (
    DateTimeInterval,
    IdentifiedObject,
    Link,
    ListLink,
    PollRate,
    Resource,
    Subscribable,
    SubscribableList,
    UnitValueType,
)
from handover.sep2.types import (
    AccumulationBehaviourType,
    CommodityType,
    ConsumptionBlockType,
    DataQualifierType,
    FlowDirectionType,
    HexBinary16,
    HexBinary160,
    Int48,
    KindType,
    PhaseCode,
    PowerOfTenMultiplierType,
    RoleFlagsType,
    ServiceKind,
    TOUType,
    UInt8,
    UInt32,
    UInt48,
    UomType,
)


@resource
class UsagePointBase(IdentifiedObject):
    """A point where a commodity is measured.

    `roleFlags` bits: 0 mirror, 1 premises aggregation point, 2 electric vehicle, 3 DER, 4 revenue quality,
    5 DC, 6 submeter. `status`: 0 off, 1 on.
    """

    roleFlags: RoleFlagsType
    serviceCategoryKind: ServiceKind
    status: UInt8


@resource
class UsagePoint(UsagePointBase):
    """A usage point that a server offers; a mirrored one names the measuring device in `deviceLFDI`."""

    deviceLFDI: HexBinary160 | None = None
    MeterReadingListLink: ListLink | None = None


UsagePoint_ = UsagePoint


@resource
class UsagePointList(SubscribableList):
    """A page of usage points. `pollRate` in seconds."""

    pollRate: PollRate = None
    UsagePoint: list[UsagePoint_] = field(default_factory=list)


@resource
class MeterReadingBase(IdentifiedObject):
    """A series of readings of one quantity."""


@resource
class MeterReading(MeterReadingBase):
    """A series of readings: the latest (ReadingLink), sets of earlier ones, and what they mean."""

    RateComponentListLink: ListLink | None = None
    ReadingLink: Link | None = None
    ReadingSetListLink: ListLink | None = None
    ReadingTypeLink: Link


MeterReading_ = MeterReading


@resource
class MeterReadingList(SubscribableList):
    """A page of meter readings."""

    MeterReading: list[MeterReading_] = field(default_factory=list)


@resource
class ReadingType(Resource):
    """What the readings of a series mean: a reading's value x 10^`powerOfTenMultiplier` in `uom`.

    `intervalLength` and `subIntervalLength` are in seconds; code values as in the CIM (uom 72 = Wh, 38 = W).
    """

    accumulationBehaviour: AccumulationBehaviourType | None = None
    calorificValue: UnitValueType | None = None
    commodity: CommodityType | None = None
    conversionFactor: UnitValueType | None = None
    dataQualifier: DataQualifierType | None = None
    flowDirection: FlowDirectionType | None = None
    intervalLength: UInt32 | None = None
    kind: KindType | None = None
    maxNumberOfIntervals: UInt8 | None = None
    numberOfConsumptionBlocks: UInt8 | None = None
    numberOfTouTiers: UInt8 | None = None
    phase: PhaseCode | None = None
    powerOfTenMultiplier: PowerOfTenMultiplierType | None = None
    subIntervalLength: UInt32 | None = None
    supplyLimit: UInt48 | None = None
    tieredConsumptionBlocks: bool | None = None
    uom: UomType | None = None


@resource
class ReadingBase(Resource):
    """A value measured at, or over, `timePeriod`.

    `qualityFlags` bits: 0 valid, 1 edited, 2 estimated by reference day, 3 interpolated, 4 questionable,
    5 derived, 6 projected.
    """

    consumptionBlock: ConsumptionBlockType | None = None
    qualityFlags: HexBinary16 | None = None
    timePeriod: DateTimeInterval | None = None
    touTier: TOUType | None = None
    value: Int48 | None = None


@resource
class Reading(ReadingBase):
    """A reading; `localID` is its place in its set."""

    subscribable: Subscribable = None
    localID: HexBinary16 | None = None


Reading_ = Reading


@resource
class ReadingList(SubscribableList):
    """A page of readings."""

    Reading: list[Reading_] = field(default_factory=list)


@resource
class ReadingSetBase(IdentifiedObject):
    """The readings of one period."""

    timePeriod: DateTimeInterval


@resource
class ReadingSet(ReadingSetBase):
    """A set of readings, such as the load profile of a day."""

    ReadingListLink: ListLink | None = None


ReadingSet_ = ReadingSet


@resource
class ReadingSetList(SubscribableList):
    """A page of reading sets."""

    ReadingSet: list[ReadingSet_] = field(default_factory=list)
