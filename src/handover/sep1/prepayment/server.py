"""`PrepaymentServer`: the side of Prepayment on a meter: its credit, and the order for emergency credit.

Whether the supply is cut when credit is used up is decided by whoever reads the indications.
"""

from dataclasses import dataclass

from handover.errors import Refused
from handover.sep1.attributes import AttributeTable
from handover.sep1.clusters.prepayment import (
    PREPAYMENT,
    CreditStatus,
    PaymentControl,
    SelectAvailableEmergencyCredit,
)
from handover.sep1.declaration import Command
from handover.sep1.exchange import Request
from handover.sep1.node import Node, Received
from handover.sep1.prepayment.account import Account, CreditRules, TopUp
from handover.sep1.services import Indication, Output, Service
from handover.sep1.types import Status, Value

CONTROL, CREDIT, EMERGENCY, STATUS = 0x0000, 0x0001, 0x0002, 0x0003
TOP_UPS, TOP_UP_STEP = 0x0100, 0x10


@dataclass(slots=True)
class CreditStatusChanged(Indication):
    """The credit status is another one. `disconnect`: it is used up, and the meter is set to disconnect."""

    old: CreditStatus
    new: CreditStatus
    disconnect: bool


@dataclass(slots=True)
class EmergencyCreditSelected(Indication):
    """A device took the emergency credit up for its user."""

    source: int
    origin: int


class PrepaymentServer(Service):
    """The prepayment of one meter. `site_id` and `serial` are what an order must name, where it names any."""

    cluster_id = PREPAYMENT.id
    client = False

    def __init__(
        self,
        node: Node,
        *,
        control: PaymentControl = PaymentControl.PREPAYMENT_ENABLED,
        rules: CreditRules | None = None,
        credit: int = 0,
        site_id: bytes = b"",
        serial: bytes = b"",
    ) -> None:
        super().__init__(node)
        self.account = Account(rules or CreditRules(), credit)
        self._control = control
        self._names = (site_id, serial)
        self._shown = self.account.status
        self._table = AttributeTable(PREPAYMENT.server_attributes, self._values())
        node.tables[PREPAYMENT.id, False] = self._table

    def set_control(self, control: PaymentControl) -> None:
        """Set the payment control bits."""
        self._control = control
        self._table.values = self._values()

    def consume(self, amount: int) -> list[Output]:
        """Take consumption off the credit. Raises Refused when it is negative."""
        self.account.consume(amount)
        return self._changed()

    def top_up(self, top_up: TopUp) -> list[Output]:
        """Add a payment. Raises Refused when its amount is impossible."""
        self.account.top_up(top_up)
        return self._changed()

    def command(
        self, received: Received, command: Command, request: Request | None, now: float
    ) -> list[Output]:
        """Take the order for emergency credit: INVALID_FIELD for another meter, FAILURE when not on offer."""
        if not isinstance(command, SelectAvailableEmergencyCredit):
            return self.unsupported(received)
        named = (command.site_id, command.meter_serial_number)
        if any(name and ours and name != ours for name, ours in zip(named, self._names, strict=True)):
            return [*self.node.default_response(received, Status.INVALID_FIELD)]
        if not self._control & PaymentControl.PREPAYMENT_ENABLED:
            return [*self.node.default_response(received, Status.FAILURE)]
        outputs: list[Output] = []
        if not self.account.selected:
            try:
                self.account.select_emergency()
            except Refused:
                return [*self.node.default_response(received, Status.FAILURE)]
            outputs.append(EmergencyCreditSelected(received.frame.source, command.originating_device))
        return [*outputs, *self._changed(), *self.node.default_response(received, Status.SUCCESS)]

    def _changed(self) -> list[Output]:
        self._table.values = self._values()
        old, self._shown = self._shown, self.account.status
        if self._shown == old:
            return []
        exhausted = bool(self._shown & CreditStatus.CREDIT_EXHAUSTED)
        both = PaymentControl.DISCONNECTION_ENABLED | PaymentControl.PREPAYMENT_ENABLED
        return [CreditStatusChanged(old, self._shown, exhausted and self._control & both == both)]

    def _values(self) -> dict[int, Value]:
        values: dict[int, Value] = {
            CONTROL: int(self._control),
            CREDIT: self.account.credit,
            EMERGENCY: self.account.emergency,
            STATUS: int(self.account.status),
        }
        for number, top_up in enumerate(self.account.top_ups):
            first = TOP_UPS + TOP_UP_STEP * number
            values |= {first: top_up.time, first + 1: top_up.amount, first + 2: top_up.origin}
        return values
