"""An account as SEP 2.0 resources: the service, its balance, its supply, and a register a payment.

What SEP 1.x says of an account is in `prepayment`, which offers these functions too.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from handover.mapping.context import Context
from handover.mapping.losses import Loss, Lost, Orientation, note
from handover.mapping.mrid import MridKind
from handover.mapping.scalars import ZIGBEE_EPOCH, rescale, untranslatable
from handover.model.prepayment import Account, CreditState, Origin, Supply, TopUp, Wallet
from handover.sep2.resources.common import Link, ListLink, RealEnergy, Resource
from handover.sep2.resources.prepayment import (
    AccountBalance,
    AccountingUnit,
    CreditRegister,
    Prepayment,
    PrepayOperationStatus,
)

_NO_TOKEN = "n/a"
"""What the mandatory element says where there is none."""

_KILO = 3
_SERVICE = {Supply.ON: 0, Supply.OFF: 1, Supply.ARMED: 2}
_SUPPLY_OF = {code: supply for supply, code in _SERVICE.items()}
_ORIGIN_OF = {origin.value: origin for origin in Origin}

STATUS_BITS = Loss("creditStatus", Orientation.A, "the worst state; emergency credit in use, or used up")
SUPPLY = Loss("serviceStatus", Orientation.BOTH, "on, off and armed are alike; on where nothing is said")
TOKEN = Loss("token", Orientation.BOTH, 'no attribute: "n/a"')
LEVELS = Loss("lowCreditWarningLevel, creditExpiryLevel", Orientation.B, "not in SE 1.1")


@dataclass(slots=True)
class PrepaymentBundle:
    """One account as resources. `balance` is None while the meter does not tell what is left."""

    prepayment: Prepayment
    balance: AccountBalance | None
    operation: PrepayOperationStatus
    registers: list[CreditRegister] = field(default_factory=list)

    def resources(self) -> Iterator[Resource]:
        """Yield every resource, the service first."""
        yield self.prepayment
        if self.balance is not None:
            yield self.balance
        yield self.operation
        yield from self.registers


def to_sep2(account: Account, context: Context, *, lost: Lost = None) -> PrepaymentBundle:
    """Return the resources of an account; `context.node` and its endpoint are the meter's.

    Raises Untranslatable for a payment whose time cannot be said in ZigBee time.
    """
    path = context.hrefs.prepayment
    if account.selected and not account.in_use and account.emergency != 0:
        note(lost, STATUS_BITS)
    if account.supply is None:
        note(lost, SUPPLY)
    registers = _registers(account, context, lost)
    return PrepaymentBundle(
        Prepayment(
            href=path,
            mRID=context.structure(MridKind.PREPAYMENT, context.endpoint),
            description="SE1 prepayment",
            AccountBalanceLink=Link(href=f"{path}/ab"),
            CreditRegisterListLink=ListLink(href=f"{path}/cr", all=len(registers)),
            prepayMode=int(account.wallet),
            PrepayOperationStatusLink=Link(href=f"{path}/os"),
            SupplyInterruptionOverrideListLink=ListLink(href=f"{path}/si", all=0),
            UsagePointLink=Link(href=context.hrefs.usage_point),
        ),
        _balance(account, f"{path}/ab"),
        PrepayOperationStatus(
            href=f"{path}/os",
            creditTypeInUse=int(account.in_use),
            serviceStatus=_SERVICE[account.supply or Supply.ON],
        ),
        registers,
    )


def from_sep2(bundle: PrepaymentBundle, *, lost: Lost = None) -> Account:
    """Return the account that resources tell, every amount at the finest power of ten among them.

    Raises Untranslatable for amounts in several currencies, or both in money and in energy.
    """
    service, balance, operation = bundle.prepayment, bundle.balance, bundle.operation
    if service.lowCreditWarningLevel or service.creditExpiryLevel or service.lowEmergencyCreditWarningLevel:
        note(lost, LEVELS)
    if any(register.token != _NO_TOKEN for register in bundle.registers):
        note(lost, TOKEN)
    if operation.serviceStatus not in _SUPPLY_OF:
        note(lost, SUPPLY)
    units = [register.creditAmount for register in bundle.registers]
    if balance is not None:
        units += [unit for unit in (balance.availableCredit, balance.emergencyCredit) if unit is not None]
    if len({(unit.monetaryUnit, unit.energyUnit is None) for unit in units}) > 1:
        raise untranslatable("the amounts of the account are in several units: give one currency")
    power = min((_power(unit) for unit in units), default=0)
    counts_energy = any(unit.energyUnit is not None for unit in units)

    def amount(unit: AccountingUnit | None) -> int | None:
        if unit is None:
            return None
        counted = unit.value if unit.energyUnit is None else unit.value * unit.energyUnit.value
        return rescale(counted, _power(unit), power)

    available = amount(None if balance is None else balance.availableCredit)
    in_use = operation.creditTypeInUse == 1
    top_ups = [
        TopUp(
            register.effectiveTime,
            amount(register.creditAmount) or 0,
            _ORIGIN_OF.get(register.description or "", Origin.UNKNOWN),
        )
        for register in bundle.registers
    ]
    return Account(
        wallet=_wallet(service.prepayMode),
        available=available,
        emergency=amount(None if balance is None else balance.emergencyCredit),
        currency=0 if counts_energy or not units else units[0].monetaryUnit,
        power=power,
        counts_energy=counts_energy,
        state=_state(None if balance is None else balance.creditStatus, available),
        selected=in_use or (balance is not None and balance.emergencyCreditStatus == CreditState.EXHAUSTED),
        in_use=in_use,
        supply=_SUPPLY_OF.get(operation.serviceStatus),
        top_ups=tuple(sorted(top_ups, key=lambda top_up: -top_up.at)),
    )


def _balance(account: Account, path: str) -> AccountBalance | None:
    if account.available is None:
        return None
    emergency = None if account.emergency is None else _unit(account, account.emergency)
    used_up = account.selected and account.emergency == 0
    return AccountBalance(
        href=path,
        availableCredit=_unit(account, account.available),
        creditStatus=int(account.state),
        emergencyCredit=emergency,
        emergencyCreditStatus=None if emergency is None else 2 if used_up else 0,
    )


def _registers(account: Account, context: Context, lost: Lost) -> list[CreditRegister]:
    """Return a register for each payment, newest first; those of one second count from the oldest."""
    made: list[CreditRegister] = []
    seen: Counter[int] = Counter()
    for top_up in reversed(account.top_ups):
        ordinal, number = seen[top_up.at], top_up.at - ZIGBEE_EPOCH
        seen[top_up.at] += 1
        if not 0 < number < 0xFFFFFFFF:
            raise untranslatable(f"a payment at {top_up.at} s cannot be named: it must lie in 2000..2136")
        note(lost, TOKEN)
        made.append(
            CreditRegister(
                href=f"{context.hrefs.prepayment}/cr/{number:08x}-{ordinal}",
                mRID=context.structure(MridKind.CREDIT_REGISTER, number, sub=ordinal),
                description=None if top_up.origin is Origin.UNKNOWN else top_up.origin.value,
                creditAmount=_unit(account, top_up.amount),
                creditType=0,
                effectiveTime=top_up.at,
                token=_NO_TOKEN,
            )
        )
    return made[::-1]


def _unit(account: Account, amount: int) -> AccountingUnit:
    energy = RealEnergy(multiplier=_KILO, value=1) if account.counts_energy else None
    return AccountingUnit(
        energyUnit=energy,
        monetaryUnit=0 if account.counts_energy else account.currency,
        multiplier=account.power,
        value=amount,
    )


def _power(unit: AccountingUnit) -> int:
    """Return the power of ten of an amount: of money, or of kWh."""
    return unit.multiplier + (0 if unit.energyUnit is None else unit.energyUnit.multiplier - _KILO)


def _wallet(mode: int) -> Wallet:
    try:
        return Wallet(mode)
    except ValueError:
        raise untranslatable(f"prepayMode {mode} has no meaning: 0, 1, 2 or 3") from None


def _state(code: int | None, available: int | None) -> CreditState:
    if code is not None and 0 <= code < len(CreditState):
        return CreditState(code)
    return CreditState.NEGATIVE if available is not None and available < 0 else CreditState.FINE
