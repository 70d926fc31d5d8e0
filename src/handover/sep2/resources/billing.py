"""Billing (clause 10.6): accounts, agreements, periods, and readings with their charges."""

from dataclasses import field

from handover.sep2.declaration import resource
from handover.sep2.resources.common import (
    DateTimeInterval,
    IdentifiedObject,
    Link,
    List,
    ListLink,
    PollRate,
    Resource,
    SubscribableList,
)
from handover.sep2.resources.metering import MeterReadingBase, ReadingBase, ReadingSetBase
from handover.sep2.types import (
    ChargeKind,
    Int32,
    Int48,
    PowerOfTenMultiplierType,
    String20,
    String32,
    String42,
    TimeType,
    UInt16,
    UInt32,
)


@resource
class ServiceSupplier(IdentifiedObject):
    """Whom the customer pays, and how to reach them; `providerID` is an IANA enterprise number."""

    email: String32 | None = None
    phone: String20 | None = None
    providerID: UInt32 | None = None
    web: String42 | None = None


ServiceSupplier_ = ServiceSupplier


@resource
class ServiceSupplierList(List):
    """A page of suppliers."""

    ServiceSupplier: list[ServiceSupplier_] = field(default_factory=list)


@resource
class CustomerAccount(IdentifiedObject):
    """A customer's account; its prices are in `currency` (ISO 4217) x 10^`pricePowerOfTenMultiplier`."""

    currency: UInt16
    customerAccount: String42 | None = None
    CustomerAgreementListLink: ListLink | None = None
    customerName: String42 | None = None
    pricePowerOfTenMultiplier: PowerOfTenMultiplierType
    ServiceSupplierLink: Link | None = None


CustomerAccount_ = CustomerAccount


@resource
class CustomerAccountList(SubscribableList):
    """A page of accounts."""

    pollRate: PollRate = None
    CustomerAccount: list[CustomerAccount_] = field(default_factory=list)


@resource
class CustomerAgreement(IdentifiedObject):
    """What the customer has agreed to for one service at one location."""

    ActiveBillingPeriodListLink: ListLink | None = None
    ActiveProjectionReadingListLink: ListLink | None = None
    ActiveTargetReadingListLink: ListLink | None = None
    BillingPeriodListLink: ListLink | None = None
    HistoricalReadingListLink: ListLink | None = None
    PrepaymentLink: Link | None = None
    ProjectionReadingListLink: ListLink | None = None
    serviceAccount: String42 | None = None
    serviceLocation: String42 | None = None
    TargetReadingListLink: ListLink | None = None
    TariffProfileLink: Link | None = None
    UsagePointLink: Link | None = None


CustomerAgreement_ = CustomerAgreement


@resource
class CustomerAgreementList(SubscribableList):
    """A page of agreements."""

    CustomerAgreement: list[CustomerAgreement_] = field(default_factory=list)


@resource
class BillingPeriod(Resource):
    """The span of one bill, what it has come to so far and what the last one was, in the account's money."""

    billLastPeriod: Int48 | None = None
    billToDate: Int48 | None = None
    interval: DateTimeInterval
    statusTimeStamp: TimeType | None = None


BillingPeriod_ = BillingPeriod


@resource
class BillingPeriodList(SubscribableList):
    """A page of billing periods."""

    BillingPeriod: list[BillingPeriod_] = field(default_factory=list)


@resource
class Charge:
    """An item of a bill. `kind`: 0 consumption, 1 rebate, 2 auxiliary, 3 demand, 4 tax."""

    description: String20 | None = None
    kind: ChargeKind | None = None
    value: Int32


Charge_ = Charge


@resource
class BillingReading(ReadingBase):
    """A reading with what it costs."""

    Charge: list[Charge_] = field(default_factory=list)


BillingReading_ = BillingReading


@resource
class BillingReadingList(List):
    """A page of billed readings."""

    BillingReading: list[BillingReading_] = field(default_factory=list)


@resource
class BillingReadingSet(ReadingSetBase):
    """A span of billed readings of one type."""

    BillingReadingListLink: ListLink | None = None


BillingReadingSet_ = BillingReadingSet


@resource
class BillingReadingSetList(SubscribableList):
    """A page of sets of billed readings."""

    BillingReadingSet: list[BillingReadingSet_] = field(default_factory=list)


@resource
class BillingMeterReadingBase(MeterReadingBase):
    """What historical, projected and target readings have in common."""

    BillingReadingSetListLink: ListLink | None = None
    ReadingTypeLink: Link | None = None


@resource
class HistoricalReading(BillingMeterReadingBase):
    """Readings of the past as the utility has validated, estimated or corrected them."""


HistoricalReading_ = HistoricalReading


@resource
class HistoricalReadingList(List):
    """A page of historical readings."""

    HistoricalReading: list[HistoricalReading_] = field(default_factory=list)


@resource
class ProjectionReading(BillingMeterReadingBase):
    """Readings that are forecast."""


ProjectionReading_ = ProjectionReading


@resource
class ProjectionReadingList(List):
    """A page of projected readings."""

    ProjectionReading: list[ProjectionReading_] = field(default_factory=list)


@resource
class TargetReading(BillingMeterReadingBase):
    """Readings to aim at, to which the agreement may tie an incentive."""


TargetReading_ = TargetReading


@resource
class TargetReadingList(List):
    """A page of target readings."""

    TargetReading: list[TargetReading_] = field(default_factory=list)
