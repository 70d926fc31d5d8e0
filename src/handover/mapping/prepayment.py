"""Prepayment 0x0705 <-> Prepayment: balances, what they say of themselves, and the last payments.

The cluster gives no scale: currency and digits are those of the Price cluster. Switching the supply never
crosses, and what a device asks of the credit crosses upward only.
"""

from collections.abc import Mapping

from handover.mapping.losses import Loss, Lost, Orientation, note
from handover.mapping.prepayment_bundle import (
    LEVELS,
    STATUS_BITS,
    SUPPLY,
    TOKEN,
    PrepaymentBundle,
    from_sep2,
    to_sep2,
)
from handover.mapping.scalars import INT32_MAX, UTC_INVALID, ZIGBEE_EPOCH, from_utc, rescale, to_utc
from handover.model.prepayment import Account, CreditState, Origin, Supply, TopUp, Wallet
from handover.sep1.clusters.prepayment import (
    CreditStatus,
    OriginatingDevice,
    PaymentControl,
    SelectAvailableEmergencyCredit,
)
from handover.sep1.types import Value
from handover.sep2.resources.prepayment import CreditTypeChange

__all__ = ["LOSSES", "PrepaymentBundle", "from_sep1", "from_sep2", "selection", "to_sep1", "to_sep2"]

CONTROL, AVAILABLE, EMERGENCY, STATUS = 0x0000, 0x0001, 0x0002, 0x0003
TOP_UPS, SLOTS, _STEP = 0x0100, 5, 0x10
DIGITS_MOST = 9
"""Digits right of the point that a power of ten of SEP 2.0 can say."""

_INT32_INVALID = -(1 << 31)
_EMERGENCY_CREDIT = 1
_BITS = {
    CreditState.FINE: CreditStatus.CREDIT_OK,
    CreditState.LOW: CreditStatus.CREDIT_OK | CreditStatus.LOW_CREDIT,
    CreditState.EXHAUSTED: CreditStatus.CREDIT_EXHAUSTED,
    CreditState.NEGATIVE: CreditStatus.CREDIT_EXHAUSTED,
}
_DERIVED = CreditStatus.EMERGENCY_CREDIT_ENABLED | CreditStatus.EMERGENCY_CREDIT_AVAILABLE
_ORIGINS = {
    Origin.ESI: OriginatingDevice.ENERGY_SERVICE_INTERFACE,
    Origin.METER: OriginatingDevice.METER,
    Origin.DISPLAY: OriginatingDevice.IN_HOME_DISPLAY,
}
_ORIGIN_OF = {int(code): origin for origin, code in _ORIGINS.items()}
_SUPPLIES = (Supply.OFF, Supply.ARMED, Supply.ON)

DISCONNECTION = Loss("paymentControl: disconnection enabled", Orientation.BOTH, "no element for the setting")
MANY_DIGITS = Loss(
    "price trailing digit", Orientation.A, "the multiplier ends at -9: rounded beyond 9 digits"
)
ORIGIN = Loss("originatingDevice", Orientation.BOTH, "only the ESI, a meter or a display has a number")
WALLETS = Loss("prepayMode", Orientation.B, "only whether it is paid in advance: not who keeps the credit")
AMOUNTS = Loss(
    "availableCredit, emergencyCredit, creditAmount", Orientation.B, "32 bits at the price's digits"
)
SLOTS_ONLY = Loss("CreditRegister", Orientation.B, "the last five payments; debits are none")
TIMES = Loss("effectiveTime", Orientation.B, "a time outside of 2000..2136 cannot be said")
NEGATIVE = Loss("creditStatus", Orientation.B, "negative is said of a value below zero only")
LOSSES = (
    DISCONNECTION,
    MANY_DIGITS,
    ORIGIN,
    STATUS_BITS,
    SUPPLY,
    TOKEN,
    LEVELS,
    WALLETS,
    AMOUNTS,
    SLOTS_ONLY,
    TIMES,
    NEGATIVE,
    Loss("SelectAvailableEmergencyCredit", Orientation.A, "nobody below chooses the meter's credit", "405"),
    Loss("ChangeSupply, serviceChange", Orientation.BOTH, "a HAN never switches a supply", "0x81; 405"),
    Loss("SupplyInterruptionOverride", Orientation.B, "SE 1.1 has no friendly credit"),
)


def from_sep1(
    attributes: Mapping[int, Value],
    *,
    currency: int = 0,
    digits: int = 0,
    wallet: Wallet = Wallet.ESI,
    supply: int | None = None,
    lost: Lost = None,
) -> Account:
    """Return what a Prepayment server says.

    `currency` and `digits` (right of the point) are those of its prices, `wallet` who keeps credit that is
    paid in advance, `supply` the meter's SupplyStatus.
    """
    control = PaymentControl(_number(attributes, CONTROL) or 0)
    if control & PaymentControl.DISCONNECTION_ENABLED:
        note(lost, DISCONNECTION)
    power = -min(digits, DIGITS_MOST)
    if digits > DIGITS_MOST:
        note(lost, MANY_DIGITS)

    def amount(attribute: int) -> int | None:
        raw = _number(attributes, attribute)
        return None if raw is None or raw == _INT32_INVALID else rescale(raw, -digits, power)

    available, status = amount(AVAILABLE), CreditStatus(_number(attributes, STATUS) or 0)
    if available is not None and available < 0:
        state = CreditState.NEGATIVE
    elif status & CreditStatus.CREDIT_EXHAUSTED:
        state = CreditState.EXHAUSTED
    else:
        state = CreditState.LOW if status & CreditStatus.LOW_CREDIT else CreditState.FINE
    if status & _DERIVED or (status & CreditStatus.LOW_CREDIT and state is not CreditState.LOW):
        note(lost, STATUS_BITS)
    counts_energy = bool(control & PaymentControl.ACCOUNT_BASE)
    top_ups = []
    for slot in range(TOP_UPS, TOP_UPS + SLOTS * _STEP, _STEP):
        time, paid, origin = _number(attributes, slot), amount(slot + 1), _number(attributes, slot + 2)
        at = from_utc(time) if time else None
        if at is None or paid is None:
            continue
        if origin is None or origin not in _ORIGIN_OF:
            note(lost, ORIGIN)
            top_ups.append(TopUp(at, paid))
        else:
            top_ups.append(TopUp(at, paid, _ORIGIN_OF[origin]))
    return Account(
        wallet=wallet if control & PaymentControl.PREPAYMENT_ENABLED else Wallet.NONE,
        available=available,
        emergency=amount(EMERGENCY),
        currency=0 if counts_energy else currency,
        power=power,
        counts_energy=counts_energy,
        state=state,
        selected=bool(status & CreditStatus.EMERGENCY_CREDIT_SELECTED),
        in_use=bool(status & CreditStatus.EMERGENCY_CREDIT_IN_USE),
        supply=_SUPPLIES[supply] if supply is not None and supply < len(_SUPPLIES) else None,
        top_ups=tuple(top_ups),
    )


def to_sep1(account: Account, *, digits: int | None = None, lost: Lost = None) -> dict[int, int]:
    """Return the attributes that say the same with `digits` right of the point, those of the price; None:
    as many as the account has. What is not known or does not fit is left out.
    """
    digits = max(0, -account.power) if digits is None else digits

    def fitting(amount: int | None) -> int | None:
        if amount is None:
            return None
        found = rescale(amount, account.power, -digits)
        if abs(found) > INT32_MAX:
            note(lost, AMOUNTS)
            return None
        if -digits > account.power and amount % 10 ** (-digits - account.power):
            note(lost, AMOUNTS)
        return found

    control = PaymentControl.ACCOUNT_BASE if account.counts_energy else PaymentControl(0)
    if account.wallet is not Wallet.NONE:
        control |= PaymentControl.PREPAYMENT_ENABLED
        note(lost, DISCONNECTION)
    if account.wallet in (Wallet.CENTRAL, Wallet.LOCAL):
        note(lost, WALLETS)
    if account.state is CreditState.NEGATIVE and (account.available or 0) >= 0:
        note(lost, NEGATIVE)
    values = {CONTROL: int(control), STATUS: int(_status(account))}
    for attribute, amount in ((AVAILABLE, account.available), (EMERGENCY, account.emergency)):
        fit = fitting(amount)
        if fit is not None:
            values[attribute] = fit
    slot = TOP_UPS
    for top_up in account.top_ups:
        paid = fitting(top_up.amount)
        if paid is None:
            continue
        if not 0 < top_up.at - ZIGBEE_EPOCH < UTC_INVALID:
            note(lost, TIMES)
            continue
        if paid <= 0 or slot >= TOP_UPS + SLOTS * _STEP:
            note(lost, SLOTS_ONLY)
            continue
        values |= {slot: to_utc(top_up.at), slot + 1: paid}
        if top_up.origin in _ORIGINS:
            values[slot + 2] = int(_ORIGINS[top_up.origin])
        else:
            note(lost, ORIGIN)
        slot += _STEP
    return values


def selection(command: SelectAvailableEmergencyCredit, *, received: float) -> CreditTypeChange:
    """Return the change that a device asks for; without a time of its own it counts from `received`."""
    stated = command.command_issue_date_time
    at = from_utc(stated) if stated else None
    return CreditTypeChange(newType=_EMERGENCY_CREDIT, startTime=int(received) if at is None else at)


def _status(account: Account) -> CreditStatus:
    bits = _BITS[account.state]
    if account.selected:
        bits |= CreditStatus.EMERGENCY_CREDIT_SELECTED
    if account.in_use:
        bits |= CreditStatus.EMERGENCY_CREDIT_IN_USE
    if account.emergency is not None and account.emergency > 0:
        bits |= CreditStatus.EMERGENCY_CREDIT_ENABLED
        if not account.selected:
            bits |= CreditStatus.EMERGENCY_CREDIT_AVAILABLE
    return bits


def _number(attributes: Mapping[int, Value], attribute: int) -> int | None:
    value = attributes.get(attribute)
    return value if isinstance(value, int) else None
