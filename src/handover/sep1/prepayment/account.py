"""`Account`: the credit of one meter, emergency credit included, and what its status bits say.

The standard leaves the accounting to the supplier. Here: consumption lowers the credit; once it is used up,
selected emergency credit takes over; a top-up pays back used emergency credit first. Amounts are in the units
of the cluster, money or consumption.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from handover.errors import Refused
from handover.sep1.clusters.prepayment import CreditStatus

LOG_SIZE: Final = 5
LOWEST, HIGHEST = -(1 << 31) + 1, (1 << 31) - 1


@dataclass(frozen=True, slots=True)
class CreditRules:
    """`low`: below it credit is low; `cut_off`: at or below it credit is used up.

    `emergency_limit` is the emergency credit granted (0: none), on offer below `emergency_threshold`.
    """

    low: int = 0
    cut_off: int = 0
    emergency_limit: int = 0
    emergency_threshold: int = 0


@dataclass(frozen=True, slots=True)
class TopUp:
    """A payment: ZigBee UTC, amount, OriginatingDevice."""

    time: int
    amount: int
    origin: int


@dataclass(slots=True)
class Account:
    """Credit remaining, emergency credit remaining, and the last top-ups, newest first."""

    rules: CreditRules
    credit: int = 0
    emergency: int = 0
    selected: bool = False
    top_ups: deque[TopUp] = field(default_factory=lambda: deque(maxlen=LOG_SIZE))

    def __post_init__(self) -> None:
        """Grant the emergency credit."""
        self.emergency = self.rules.emergency_limit

    @property
    def status(self) -> CreditStatus:
        """The bits of the credit status attribute."""
        rules = self.rules
        bits = CreditStatus(0)
        if rules.emergency_limit:
            bits |= CreditStatus.EMERGENCY_CREDIT_ENABLED
            if not self.selected and self.credit < rules.emergency_threshold and self.emergency > 0:
                bits |= CreditStatus.EMERGENCY_CREDIT_AVAILABLE
        if self.selected:
            bits |= CreditStatus.EMERGENCY_CREDIT_SELECTED
        if self.credit > rules.cut_off:
            bits |= CreditStatus.CREDIT_OK
            if self.credit < rules.low:
                bits |= CreditStatus.LOW_CREDIT
        elif self.selected and self.emergency > 0:
            bits |= CreditStatus.CREDIT_OK | CreditStatus.EMERGENCY_CREDIT_IN_USE
        else:
            bits |= CreditStatus.CREDIT_EXHAUSTED
        return bits

    def consume(self, amount: int) -> None:
        """Take an amount off. Raises Refused when it is negative."""
        if amount < 0:
            raise Refused(f"a consumption of {amount} is no consumption; top up instead")
        if self.selected:
            own = min(amount, max(0, self.credit - self.rules.cut_off))
            borrowed = min(amount - own, self.emergency)
            self.emergency -= borrowed
            amount -= borrowed
        self.credit = max(LOWEST, self.credit - amount)

    def top_up(self, top_up: TopUp) -> None:
        """Add a payment. Raises Refused when it is not above 0 or more than the attribute can hold."""
        if not 0 < top_up.amount <= HIGHEST:
            raise Refused(f"a top-up of {top_up.amount} is impossible; give 1 to {HIGHEST}")
        owed = min(self.rules.emergency_limit - self.emergency, top_up.amount)
        self.emergency += owed
        self.credit = min(HIGHEST, self.credit + top_up.amount - owed)
        self.top_ups.appendleft(top_up)
        if self.emergency == self.rules.emergency_limit and self.credit > self.rules.cut_off:
            self.selected = False

    def select_emergency(self) -> None:
        """Take up the emergency credit. Raises Refused when it is not on offer; harmless when repeated."""
        if self.selected:
            return
        if not self.status & CreditStatus.EMERGENCY_CREDIT_AVAILABLE:
            raise Refused(
                "emergency credit is not on offer; it is when credit is below its threshold and some is left"
            )
        self.selected = True
