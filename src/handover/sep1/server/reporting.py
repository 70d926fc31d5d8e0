"""Which attribute values are reported to whom, and when (ZCL 2.5.7, 2.5.11).

A subscription reports when its value has changed by the reportable change and the minimum interval has
passed, and at the latest after the maximum interval. Values and frames are the engine's business.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from handover.sep1.attributes import AttributeTable
from handover.sep1.general import (
    ConfigureReporting,
    ConfigureReportingResponse,
    ReadReportingConfiguration,
    ReadReportingConfigurationResponse,
    ReportingRecord,
    ReportingStatus,
)
from handover.sep1.general.reporting import SEND, is_analog
from handover.sep1.types import Status, Value

STOP = 0xFFFF
"""Maximum interval that ends a subscription."""

LIMIT = 256
"""Subscriptions held at most, over all peers."""

Subscriber = tuple[int, int]
"""EUI-64 and endpoint of who gets the reports."""


@dataclass(slots=True)
class Subscription:
    """Intervals in seconds, `change` in raw units; `last` and `sent`: the value reported last, and when."""

    minimum: int
    maximum: int
    change: int
    last: Value
    sent: float

    def moved(self, value: Value) -> bool:
        """Tell whether `value` differs from the last one by the reportable change."""
        if isinstance(value, int) and isinstance(self.last, int) and self.change > 1:
            return abs(value - self.last) >= self.change
        return value != self.last


class Reporting:
    """The subscriptions to one attribute table."""

    def __init__(self, table: AttributeTable, reportable: frozenset[int]) -> None:
        self._table = table
        self._reportable = reportable
        self._subscriptions: dict[tuple[Subscriber, int], Subscription] = {}

    def __len__(self) -> int:
        return len(self._subscriptions)

    def configure(
        self,
        subscriber: Subscriber,
        attribute_id: int,
        data_type: int,
        minimum: int,
        maximum: int,
        change: Value,
        now: float,
    ) -> Status:
        """Begin, change or (maximum 0xFFFF) end a subscription and return the status to answer with."""
        known = self._table.type_of(attribute_id)
        key = subscriber, attribute_id
        if known is None:
            return Status.UNSUPPORTED_ATTRIBUTE
        if attribute_id not in self._reportable:
            return Status.UNREPORTABLE_ATTRIBUTE
        if data_type != known.code:
            return Status.INVALID_DATA_TYPE
        if maximum == STOP:
            self._subscriptions.pop(key, None)
            return Status.SUCCESS
        if maximum and maximum < minimum:
            return Status.INVALID_VALUE
        if key not in self._subscriptions and len(self._subscriptions) >= LIMIT:
            return Status.INSUFFICIENT_SPACE
        step = max(1, abs(change)) if isinstance(change, int) and is_analog(data_type) else 1
        self._subscriptions[key] = Subscription(minimum, maximum, step, None, now)
        return Status.SUCCESS

    def carry_out(
        self, subscriber: Subscriber, body: ConfigureReporting, now: float
    ) -> ConfigureReportingResponse:
        """Carry out a configuration and return what could not be done; nothing when all could."""
        refused = []
        for record in body.records:
            status = Status.INVALID_VALUE
            if record.direction == SEND:
                status = self.configure(
                    subscriber,
                    record.attribute_id,
                    record.data_type,
                    record.minimum,
                    record.maximum,
                    record.change,
                    now,
                )
            if status is not Status.SUCCESS:
                refused.append(ReportingStatus(record.attribute_id, record.direction, status))
        return ConfigureReportingResponse(refused)

    def tell(
        self, subscriber: Subscriber, body: ReadReportingConfiguration
    ) -> ReadReportingConfigurationResponse:
        """Return how the attributes asked for are reported to this subscriber."""
        records = []
        for direction, attribute_id in body.records:
            known = self._table.type_of(attribute_id)
            found = self.of(subscriber, attribute_id) if direction == SEND else None
            if known is None:
                records.append(ReportingRecord(attribute_id, direction, status=Status.UNSUPPORTED_ATTRIBUTE))
            elif found is None:
                records.append(ReportingRecord(attribute_id, direction, status=Status.NOT_FOUND))
            else:
                records.append(
                    ReportingRecord(
                        attribute_id, direction, known.code, found.minimum, found.maximum, found.change
                    )
                )
        return ReadReportingConfigurationResponse(records)

    def of(self, subscriber: Subscriber, attribute_id: int) -> Subscription | None:
        """Return a subscription."""
        return self._subscriptions.get((subscriber, attribute_id))

    def forget(self, peer: int) -> None:
        """End every subscription of a node."""
        self._subscriptions = {k: s for k, s in self._subscriptions.items() if k[0][0] != peer}

    def due(self, now: float) -> Mapping[Subscriber, list[int]]:
        """Return what is to be reported now, by subscriber, and count it as sent."""
        found: dict[Subscriber, list[int]] = {}
        for (subscriber, attribute_id), subscription in self._subscriptions.items():
            value = self._table.values[attribute_id]
            if now < subscription.sent:  # the clock was set back
                subscription.sent = now
            elapsed = now - subscription.sent
            ripe = bool(subscription.maximum) and elapsed >= subscription.maximum
            if ripe or (elapsed >= subscription.minimum and subscription.moved(value)):
                subscription.last, subscription.sent = value, now
                found.setdefault(subscriber, []).append(attribute_id)
        return found

    def deadline(self) -> float | None:
        """Return when a report becomes due, or could if its value has changed by then."""
        times = []
        for (_, attribute_id), subscription in self._subscriptions.items():
            if subscription.moved(self._table.values[attribute_id]):
                times.append(subscription.sent + subscription.minimum)
            elif subscription.maximum:
                times.append(subscription.sent + subscription.maximum)
        return min(times, default=None)
