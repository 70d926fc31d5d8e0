"""The credit of a meter: its account, its attributes, emergency credit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handover.errors import Refused
from handover.sep1.clusters.prepayment import CreditStatus as S
from handover.sep1.clusters.prepayment import PaymentControl, SelectAvailableEmergencyCredit
from handover.sep1.general import DefaultResponse
from handover.sep1.prepayment.account import Account, CreditRules, TopUp
from handover.sep1.prepayment.client import CreditTold, EmergencyCreditAnswered, PrepaymentClient
from handover.sep1.prepayment.server import CreditStatusChanged, EmergencyCreditSelected, PrepaymentServer
from sep1.dialogue import ESI, OURS, STRANGER, ZIGBEE_NOW, Dialogue
from sep1.wire import Wire

RULES = CreditRules(low=200, cut_off=0, emergency_limit=500, emergency_threshold=100)


class TestAccount:
    @pytest.mark.parametrize(
        ("credit", "status"),
        [
            (200, S.CREDIT_OK),
            (199, S.CREDIT_OK | S.LOW_CREDIT),
            (99, S.CREDIT_OK | S.LOW_CREDIT | S.EMERGENCY_CREDIT_AVAILABLE),
            (0, S.CREDIT_EXHAUSTED | S.EMERGENCY_CREDIT_AVAILABLE),
        ],
    )
    def test_the_status_follows_the_credit(self, credit: int, status: S) -> None:
        assert Account(RULES, credit).status == status | S.EMERGENCY_CREDIT_ENABLED

    def test_emergency_credit_takes_over_and_is_paid_back_first(self) -> None:
        account = Account(RULES, 50)
        account.select_emergency()
        account.consume(80)
        assert (account.credit, account.emergency) == (0, 470)
        assert account.status & S.EMERGENCY_CREDIT_IN_USE
        account.top_up(TopUp(1, 100, 0))
        assert (account.credit, account.emergency, account.selected) == (70, 500, False)

    def test_it_is_used_up_in_the_end(self) -> None:
        account = Account(RULES, 50)
        account.select_emergency()
        account.consume(600)
        assert (account.credit, account.emergency) == (-50, 0)
        assert account.status & S.CREDIT_EXHAUSTED

    def test_it_is_not_on_offer_above_its_threshold(self) -> None:
        with pytest.raises(Refused, match="not on offer"):
            Account(RULES, 100).select_emergency()

    @pytest.mark.parametrize("amount", [0, -1, 1 << 31])
    def test_an_impossible_payment_is_refused(self, amount: int) -> None:
        with pytest.raises(Refused):
            Account(RULES).top_up(TopUp(1, amount, 0))

    def test_a_negative_consumption_is_refused(self) -> None:
        with pytest.raises(Refused):
            Account(RULES).consume(-1)

    @given(st.lists(st.integers(-400, 400).filter(bool)), st.booleans())
    def test_nothing_is_lost(self, moves: list[int], select: bool) -> None:
        account = Account(RULES, 90)
        if select:
            account.select_emergency()
        for move in moves:
            if move > 0:
                account.top_up(TopUp(1, move, 0))
            else:
                account.consume(-move)
        assert account.credit + account.emergency == 590 + sum(moves)
        assert 0 <= account.emergency <= 500


class TestBothSides:
    @pytest.fixture
    def wire(self) -> Wire:
        wire = Wire()
        wire.start()
        return wire

    @pytest.fixture
    def meter(self, wire: Wire) -> PrepaymentServer:
        both = PaymentControl.DISCONNECTION_ENABLED | PaymentControl.PREPAYMENT_ENABLED
        meter = PrepaymentServer(
            wire.esi.node, control=both, rules=RULES, credit=300, site_id=b"site", serial=b"42"
        )
        wire.esi.add(meter)
        return meter

    @pytest.fixture
    def display(self, wire: Wire) -> PrepaymentClient:
        display = PrepaymentClient(wire.client.node)
        wire.client.add(display)
        return display

    def test_the_display_shows_the_credit_and_the_last_five_payments(
        self, wire: Wire, meter: PrepaymentServer, display: PrepaymentClient
    ) -> None:
        for time in range(1, 8):
            meter.top_up(TopUp(ZIGBEE_NOW + time, 10 * time, 2))
        wire.client_does(display.read(ESI, wire.now))
        credit = display.credit(ESI)
        assert (credit.remaining, credit.emergency, credit.in_units) == (580, 500, False)
        assert credit.status == S.CREDIT_OK | S.EMERGENCY_CREDIT_ENABLED
        assert [top_up.amount for top_up in credit.top_ups] == [70, 60, 50, 40, 30]
        assert wire.client_heard(CreditTold)[-1] == CreditTold(ESI, 1, credit)
        meter.set_control(PaymentControl.PREPAYMENT_ENABLED | PaymentControl.ACCOUNT_BASE)
        wire.client_does(display.read(ESI, wire.now))
        assert display.credit(ESI).in_units
        display.forget(ESI)
        assert display.credit(ESI).remaining is None

    def test_emergency_credit_is_taken_up_once(
        self, wire: Wire, meter: PrepaymentServer, display: PrepaymentClient
    ) -> None:
        def selects(**names: bytes) -> int | None:
            wire.client_does(display.select_emergency_credit(ESI, ZIGBEE_NOW, wire.now, **names))
            return wire.client_heard(EmergencyCreditAnswered)[-1].status

        assert selects() == 0x01  # enough credit is left
        meter.consume(250)
        assert selects(site_id=b"another") == 0x85
        assert selects(serial=b"43") == 0x85
        assert selects(site_id=b"site", serial=b"42") == 0x00
        assert selects() == 0x00
        assert wire.esi_heard(EmergencyCreditSelected) == [EmergencyCreditSelected(OURS, 2)]

    def test_without_prepayment_there_is_none(
        self, wire: Wire, meter: PrepaymentServer, display: PrepaymentClient
    ) -> None:
        meter.consume(250)
        meter.set_control(PaymentControl(0))
        wire.client_does(display.select_emergency_credit(ESI, ZIGBEE_NOW, wire.now))
        assert wire.client_heard(EmergencyCreditAnswered)[-1].status == 0x01

    def test_used_up_credit_asks_for_disconnection(self, meter: PrepaymentServer) -> None:
        (low,) = meter.consume(150)
        assert isinstance(low, CreditStatusChanged)
        assert not low.disconnect
        (gone,) = meter.consume(150)
        assert isinstance(gone, CreditStatusChanged)
        assert gone.disconnect
        assert meter.consume(1) == []

    def test_a_stranger_selects_nothing(self, wire: Wire, meter: PrepaymentServer) -> None:
        meter.consume(250)
        d = Dialogue(wire.esi, us=ESI, them=OURS, to_client=False)
        order = SelectAvailableEmergencyCredit(ZIGBEE_NOW, 2, b"", b"")
        d.receives(order, source=STRANGER)
        assert d.bodies() == [DefaultResponse(0, 0x7E)]
        d.receives(order, secured=False)
        assert not meter.account.selected
