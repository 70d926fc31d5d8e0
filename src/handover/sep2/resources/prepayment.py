"""Prepayment (clause 10.7): credit, its registers, and what becomes of the supply without it."""

from dataclasses import field

from handover.sep2.declaration import resource
from handover.sep2.resources.common import (
    DateTimeInterval,
    IdentifiedObject,
    Link,
    List,
    ListLink,
    PollRate,
    RealEnergy,
    Resource,
    SubscribableList,
)
from handover.sep2.resources.metering import UsagePoint_
from handover.sep2.types import (
    CreditStatusType,
    CreditTypeType,
    CurrencyCode,
    Int32,
    PowerOfTenMultiplierType,
    PrepayModeType,
    ServiceStatusType,
    String32,
    TimeType,
)


@resource
class AccountingUnit:
    """An amount.

    `value` x 10^`multiplier` of a currency (ISO 4217) or of energy where `energyUnit` stands.
    """

    energyUnit: RealEnergy | None = None
    monetaryUnit: CurrencyCode
    multiplier: PowerOfTenMultiplierType
    value: Int32


@resource
class AccountBalance(Resource):
    """What is left. Status: 0 fine, 1 low, 2 exhausted, 3 negative."""

    availableCredit: AccountingUnit
    creditStatus: CreditStatusType | None = None
    emergencyCredit: AccountingUnit | None = None
    emergencyCreditStatus: CreditStatusType | None = None


@resource
class CreditRegister(IdentifiedObject):
    """One change of the credit, negative for a debit, which `token` vouches for.

    `creditType`: 0 regular, 1 emergency, 2 regular then emergency, 3 emergency then regular.
    """

    creditAmount: AccountingUnit
    creditType: CreditTypeType | None = None
    effectiveTime: TimeType
    token: String32


CreditRegister_ = CreditRegister


@resource
class CreditRegisterList(List):
    """A page of credit changes."""

    CreditRegister: list[CreditRegister_] = field(default_factory=list)


@resource
class CreditTypeChange:
    """Which credit is used from `startTime` on."""

    newType: CreditTypeType
    startTime: TimeType


@resource
class ServiceChange:
    """What the supply will be from `startTime` on."""

    newStatus: ServiceStatusType
    startTime: TimeType


@resource
class PrepayOperationStatus(Resource):
    """What the supply is, and what is going to change.

    `serviceStatus`: 0 connected, 1 disconnected, 2 armed to connect, 3 armed to disconnect, 4 no contactor,
    5 limited.
    """

    creditTypeChange: CreditTypeChange | None = None
    creditTypeInUse: CreditTypeType | None = None
    serviceChange: ServiceChange | None = None
    serviceStatus: ServiceStatusType


@resource
class SupplyInterruptionOverride(Resource):
    """A span in which the supply stays on although the credit is gone."""

    description: String32 | None = None
    interval: DateTimeInterval


SupplyInterruptionOverride_ = SupplyInterruptionOverride


@resource
class SupplyInterruptionOverrideList(List):
    """A page of spans without interruption."""

    SupplyInterruptionOverride: list[SupplyInterruptionOverride_] = field(default_factory=list)


@resource
class Prepayment(IdentifiedObject):
    """A prepaid service. `prepayMode`: 0 central wallet, 1 kept by the ESI, 2 kept locally, 3 not prepaid.

    The levels are where credit counts as expired, low, and low in emergency, in the unit of the balance.
    """

    AccountBalanceLink: Link
    ActiveCreditRegisterListLink: ListLink | None = None
    ActiveSupplyInterruptionOverrideListLink: ListLink | None = None
    creditExpiryLevel: AccountingUnit | None = None
    CreditRegisterListLink: ListLink
    lowCreditWarningLevel: AccountingUnit | None = None
    lowEmergencyCreditWarningLevel: AccountingUnit | None = None
    prepayMode: PrepayModeType
    PrepayOperationStatusLink: Link
    SupplyInterruptionOverrideListLink: ListLink
    UsagePoint: list[UsagePoint_] = field(default_factory=list)
    UsagePointLink: Link | None = None


Prepayment_ = Prepayment


@resource
class PrepaymentList(SubscribableList):
    """A page of prepaid services."""

    pollRate: PollRate = None
    Prepayment: list[Prepayment_] = field(default_factory=list)
