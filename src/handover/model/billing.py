"""The period over which consumption blocks are counted and a bill is made up."""

from dataclasses import dataclass

from handover.model.event import OPEN_ENDED, EventKey


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingPeriod:
    """From `start` (Unix s) for `duration` seconds; `stated` is when it was learned of (None: not said).

    `tiers` is the number of price tiers and `thresholds` that of block thresholds in it. Amounts, where the
    issuer tells them, are money in the account's own unit.
    """

    key: EventKey
    start: int
    duration: int
    stated: int | None = None
    tiers: int = 0
    thresholds: int = 0
    bill_to_date: int | None = None
    bill_last_period: int | None = None

    @property
    def open_ended(self) -> bool:
        """Whether it lasts until another one takes its place."""
        return self.duration == OPEN_ENDED
