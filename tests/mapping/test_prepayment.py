"""Prepayment of both standards: balances, states, payments, units."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handover.errors import Untranslatable
from handover.mapping import prepayment
from handover.mapping.context import Context
from handover.mapping.losses import Loss
from handover.model.prepayment import Account, CreditState, Origin, Supply, TopUp, Wallet
from handover.sep1.clusters.prepayment import SelectAvailableEmergencyCredit
from handover.sep2 import xml
from handover.sep2.resources.common import RealEnergy
from handover.sep2.resources.prepayment import AccountingUnit

from .conftest import ESI, LFDI, NOW, PEN, Golden, placeless

pytestmark = pytest.mark.req("REQ.GW.1")

CONTEXT = Context(node=ESI, pen=PEN, lfdi=LFDI)
ZNOW = NOW - 946684800


def test_g24_balance(golden: Callable[[str], Golden]) -> None:
    case = golden("G24")
    values = {record.attribute_id: record.value for record in case.command.records}
    lost: list[Loss] = []
    account = prepayment.from_sep1(values, currency=826, digits=2, supply=2, lost=lost)
    made = prepayment.to_sep2(account, CONTEXT)
    assert [placeless(made.balance)] == case.resources
    assert (made.prepayment.prepayMode, made.operation.creditTypeInUse) == (1, 1)
    assert set(lost) == {prepayment.DISCONNECTION, prepayment.STATUS_BITS}
    back = prepayment.to_sep1(prepayment.from_sep2(made), digits=2)
    assert {a: back[a] for a in (1, 2)} == {1: -250, 2: 1000}


@pytest.mark.parametrize(
    ("credit", "bits", "state"),
    [
        (100, 0x01, CreditState.FINE),
        (100, 0x03, CreditState.LOW),
        (0, 0x42, CreditState.EXHAUSTED),
        (-1, 0x01, CreditState.NEGATIVE),
    ],
)
def test_the_worst_state_is_told(credit: int, bits: int, state: CreditState) -> None:
    assert prepayment.from_sep1({0: 2, 1: credit, 3: bits}).state is state


def test_emergency_credit_that_is_used_up() -> None:
    account = prepayment.from_sep1({0: 2, 1: -5, 2: 0, 3: 0x70})
    made = prepayment.to_sep2(account, CONTEXT)
    assert made.balance is not None
    assert (made.balance.emergencyCreditStatus, made.operation.creditTypeInUse) == (2, 1)


def test_energy_is_never_labelled_as_money() -> None:
    account = prepayment.from_sep1({0: 0x42, 1: 12_500, 3: 1}, currency=826, digits=3)
    made = prepayment.to_sep2(account, CONTEXT)
    assert made.balance is not None
    assert made.balance.availableCredit == AccountingUnit(
        energyUnit=RealEnergy(multiplier=3, value=1), monetaryUnit=0, multiplier=-3, value=12_500
    )
    back = prepayment.from_sep2(made)
    assert (back.available, back.power, back.counts_energy) == (12_500, -3, True)
    assert prepayment.to_sep1(back)[0] == 0x42


def test_energy_counted_in_other_portions_is_brought_to_kilowatt_hours() -> None:
    made = prepayment.to_sep2(prepayment.from_sep1({0: 0x42, 1: 7}), CONTEXT)
    assert made.balance is not None
    made.balance.availableCredit.energyUnit = RealEnergy(multiplier=0, value=100)
    back = prepayment.from_sep2(made)
    assert (back.available, back.power) == (700, -3)


def test_a_meter_that_does_not_know_has_no_balance() -> None:
    made = prepayment.to_sep2(prepayment.from_sep1({0: 2, 1: -(2**31), 2: 5}), CONTEXT)
    assert made.balance is None
    assert len(list(made.resources())) == 2


def test_digits_beyond_nine_are_rounded() -> None:
    lost: list[Loss] = []
    account = prepayment.from_sep1({0: 2, 1: 12345}, digits=11, lost=lost)
    assert (account.available, account.power, lost) == (123, -9, [prepayment.MANY_DIGITS])


def test_payments_are_named_by_their_time_from_the_oldest_on() -> None:
    values = {0x100: ZNOW, 0x101: 500, 0x102: 2, 0x110: ZNOW, 0x111: 300, 0x112: 9, 0x120: 0, 0x121: 1}
    lost: list[Loss] = []
    account = prepayment.from_sep1({0: 2, 1: 5} | values, lost=lost)
    assert prepayment.ORIGIN in lost
    newest, oldest = prepayment.to_sep2(account, CONTEXT).registers
    assert newest.mRID.hex().upper() == "0B000101001234561798" + "64A000007ED9"
    assert oldest.mRID.hex().upper() == "0B000100001234561798" + "64A000007ED9"
    assert (newest.description, oldest.description, newest.token) == ("display", None, "n/a")
    assert [r.creditAmount.value for r in (newest, oldest)] == [500, 300]


def test_amounts_in_two_currencies_are_refused() -> None:
    made = prepayment.to_sep2(prepayment.from_sep1({0: 2, 1: 5, 2: 5}, currency=826), CONTEXT)
    assert made.balance is not None
    assert made.balance.emergencyCredit is not None
    made.balance.emergencyCredit.monetaryUnit = 840
    with pytest.raises(Untranslatable, match="one currency"):
        prepayment.from_sep2(made)


def test_a_mode_without_meaning_is_refused() -> None:
    made = prepayment.to_sep2(prepayment.from_sep1({0: 2, 1: 5}), CONTEXT)
    made.prepayment.prepayMode = 9
    with pytest.raises(Untranslatable, match="prepayMode 9"):
        prepayment.from_sep2(made)


@pytest.mark.parametrize(("stated", "start"), [(0, NOW), (0xFFFFFFFF, NOW), (ZNOW - 60, NOW - 60)])
def test_a_device_asks_for_emergency_credit(stated: int, start: int) -> None:
    change = prepayment.selection(SelectAvailableEmergencyCredit(stated, 2), received=NOW)
    assert (change.newType, change.startTime) == (1, start)


def test_what_does_not_fit_is_said_to_be_lost() -> None:
    lost: list[Loss] = []
    account = Account(
        wallet=Wallet.CENTRAL,
        available=2**31,
        emergency=7,
        state=CreditState.NEGATIVE,
        top_ups=(TopUp(NOW, 10), TopUp(5, 10, Origin.ESI), TopUp(NOW, -3, Origin.ESI)),
        power=-1,
    )
    values = prepayment.to_sep1(account, digits=0, lost=lost)
    assert prepayment.AVAILABLE in values
    wide = prepayment.to_sep1(account, lost=lost)
    assert prepayment.AVAILABLE not in wide
    assert set(lost) == {
        prepayment.DISCONNECTION,
        prepayment.WALLETS,
        prepayment.AMOUNTS,
        prepayment.NEGATIVE,
        prepayment.TIMES,
        prepayment.SLOTS_ONLY,
        prepayment.ORIGIN,
    }


amounts = st.integers(-(2**31) + 1, 2**31 - 1)


@st.composite
def accounts(draw: st.DrawFn) -> Account:
    available = draw(amounts)
    states = [CreditState.FINE, CreditState.LOW, CreditState.EXHAUSTED]
    counts_energy, in_use = draw(st.booleans()), draw(st.booleans())
    emergency = draw(st.none() | st.integers(0, 2**31 - 1))
    times = sorted(draw(st.lists(st.integers(NOW, NOW + 9), max_size=5)), reverse=True)
    return Account(
        wallet=draw(st.sampled_from([Wallet.ESI, Wallet.NONE])),
        available=available,
        emergency=emergency,
        currency=0 if counts_energy else draw(st.sampled_from([826, 978])),
        power=draw(st.integers(-9, 0)),
        counts_energy=counts_energy,
        state=CreditState.NEGATIVE if available < 0 else draw(st.sampled_from(states)),
        selected=in_use or (emergency == 0 and draw(st.booleans())),
        in_use=in_use,
        supply=draw(st.sampled_from(Supply)),
        top_ups=tuple(
            TopUp(at, draw(st.integers(1, 2**31 - 1)), draw(st.sampled_from(list(Origin)[:3])))
            for at in times
        ),
    )


@given(accounts())
def test_accounts_come_back(account: Account) -> None:
    lost: list[Loss] = []
    made = prepayment.to_sep2(account, CONTEXT, lost=lost)
    for resource in made.resources():
        assert xml.decode(xml.encode(resource)) == resource
    assert len({register.mRID for register in made.registers}) == len(account.top_ups)
    assert prepayment.from_sep2(made, lost=lost) == account
    supplies = [Supply.OFF, Supply.ARMED, Supply.ON]
    assert account.supply is not None
    back = prepayment.from_sep1(
        prepayment.to_sep1(account, lost=lost),
        currency=account.currency,
        digits=-account.power,
        supply=supplies.index(account.supply),
    )
    assert back == account
    assert set(lost) <= {prepayment.DISCONNECTION, prepayment.TOKEN}
