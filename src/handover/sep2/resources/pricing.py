"""Pricing (clause 10.5): a price is a tariff, a rate component, a time of use interval and its blocks."""

from dataclasses import field
from typing import Annotated

from handover.sep2.declaration import Edition, Since, resource
from handover.sep2.resources.common import (
    IdentifiedObject,
    Link,
    List,
    ListLink,
    PollRate,
    RandomizableEvent,
    Resource,
    SubscribableList,
    UnitValueType,
)
from handover.sep2.types import (
    AnyURI,
    ConsumptionBlockType,
    CostKindType,
    CurrencyCode,
    Int32,
    PowerOfTenMultiplierType,
    PrimacyType,
    RoleFlagsType,
    ServiceKind,
    String20,
    String42,
    TimeType,
    TOUType,
    UInt8,
    UInt32,
    UInt48,
)


@resource
class TariffProfile(IdentifiedObject):
    """A tariff: prices are in `currency` (ISO 4217 number) x 10^`pricePowerOfTenMultiplier`."""

    bindingPrices: Annotated[bool | None, Since(Edition.E2023)] = None
    currency: CurrencyCode | None = None
    dateAnnounced: Annotated[TimeType | None, Since(Edition.E2023)] = None
    dateEffective: Annotated[TimeType | None, Since(Edition.E2023)] = None
    localPrice: Annotated[bool | None, Since(Edition.E2023)] = None
    pricePowerOfTenMultiplier: PowerOfTenMultiplierType | None = None
    primacy: PrimacyType
    rateCode: String20 | None = None
    rateCodeLong: Annotated[String42 | None, Since(Edition.E2023)] = None
    RateComponentListLink: ListLink | None = None
    retailer: Annotated[String20 | None, Since(Edition.E2023)] = None
    retailerLong: Annotated[String42 | None, Since(Edition.E2023)] = None
    serviceCategoryKind: ServiceKind
    tariffDescriptionExternalURI: Annotated[AnyURI | None, Since(Edition.E2023)] = None


TariffProfile_ = TariffProfile


@resource
class TariffProfileList(SubscribableList):
    """A page of tariffs. `pollRate` in seconds."""

    pollRate: PollRate = None
    TariffProfile: list[TariffProfile_] = field(default_factory=list)


@resource
class RateComponent(IdentifiedObject):
    """One component of a tariff; its reading type says per which unit its prices are."""

    ActiveTimeTariffIntervalListLink: ListLink | None = None
    flowRateEndLimit: UnitValueType | None = None
    flowRateStartLimit: UnitValueType | None = None
    ReadingTypeLink: Link
    roleFlags: RoleFlagsType
    TimeTariffIntervalListLink: ListLink


RateComponent_ = RateComponent


@resource
class RateComponentList(List):
    """A page of rate components."""

    RateComponent: list[RateComponent_] = field(default_factory=list)


@resource
class TimeTariffInterval(RandomizableEvent):
    """A time of use tier and when it holds (`touTier` 0 = none, 1 = A ...)."""

    ConsumptionTariffIntervalListLink: ListLink | None = None
    touTier: TOUType


TimeTariffInterval_ = TimeTariffInterval


@resource
class TimeTariffIntervalList(SubscribableList):
    """A page of intervals."""

    TimeTariffInterval: list[TimeTariffInterval_] = field(default_factory=list)


@resource
class EnvironmentalCost:
    """A cost other than money: `costKind` 0 CO2, 1 SO2, 2 NOx (grams per unit), 3 renewable (per cent)."""

    amount: UInt32
    costKind: CostKindType
    costLevel: UInt8
    numCostLevels: UInt8


EnvironmentalCost_ = EnvironmentalCost


@resource
class ConsumptionTariffInterval(Resource):
    """`price` per unit from `startValue` on, which is in the unit of the component's reading type."""

    consumptionBlock: ConsumptionBlockType
    EnvironmentalCost: list[EnvironmentalCost_] = field(default_factory=list)
    price: Int32 | None = None
    startValue: UInt48


ConsumptionTariffInterval_ = ConsumptionTariffInterval


@resource
class ConsumptionTariffIntervalList(List):
    """A page of block prices."""

    ConsumptionTariffInterval: list[ConsumptionTariffInterval_] = field(default_factory=list)
