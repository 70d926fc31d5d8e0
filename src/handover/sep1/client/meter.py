"""What a HAN device asks of one meter: how its numbers are written, its readings, reports of them.

First the formatting set and the readings are read, then reports are configured; what no report brings is
polled. Scaling the values is the mapping's business, frames and retries are the engine's.
"""

from handover.sep1.client.lanes import Lane, Question, Topic
from handover.sep1.client.settings import ClientSettings
from handover.sep1.clusters import CLUSTERS
from handover.sep1.general import (
    ConfigureReporting,
    ConfigureReportingResponse,
    ReadAttributes,
    ReportingRecord,
)
from handover.sep1.general.reporting import is_analog
from handover.sep1.types import Value

METERING = 0x0702
FORMAT = (0x0300, 0x0301, 0x0302, 0x0303, 0x0304, 0x0306, 0x0200)
"""Unit, multiplier, divisor, summation and demand formatting, device type, status."""
IDENTITY = (0x0307, 0x0308)
"""Site id, serial number."""
READINGS = (0x0000, 0x0001, 0x0400, 0x0007, 0x000A)
"""Summation delivered and received, instantaneous demand, time of the snapshot, update period."""
FOLLOWED = (0x0000, 0x0001, 0x0400, 0x0200)
"""What is to be reported, or else polled, where the meter has it."""
SNAPSHOT_TIME, UPDATE_PERIOD, UNIT = 0x0007, 0x000A, 0x0300


class MeterSession:
    """Our relation to one meter. `formatted`: its unit is known; `absent`: it does not meter at all."""

    def __init__(self, node: int, endpoint: int, settings: ClientSettings) -> None:
        self.node = node
        self.endpoint = endpoint
        self.formatted = False
        self.absent = False
        self._settings = settings
        self._period = settings.poll_period
        self._reported: set[int] = set()
        self._seen: dict[int, float] = {}
        self._has_snapshot_time = False

    def begin(self, lane: Lane) -> None:
        """Queue everything that must be known before readings mean anything."""
        self._reported.clear()
        lane.add(self._read(Topic.METER_FORMAT, FORMAT))
        lane.add(self._read(Topic.METER_READINGS, READINGS))
        lane.add(self._read(Topic.METER_IDENTITY, IDENTITY))

    def values(self, lane: Lane, topic: Topic | None, values: dict[int, Value], now: float) -> None:
        """Take note of values that were read (for `topic`) or reported (None)."""
        self.absent = False
        self._seen.update((attribute_id, now) for attribute_id in FOLLOWED if attribute_id in values)
        self._has_snapshot_time |= SNAPSHOT_TIME in values
        period = values.get(UPDATE_PERIOD)
        if isinstance(period, int) and 0 < period < 0xFF:
            self._period = max(self._settings.poll_period, float(period))
        self.formatted |= UNIT in values
        if topic is Topic.METER_READINGS:
            self.absent = not self._seen
            if self._seen:
                lane.add(
                    Question(
                        Topic.METER_REPORTING, self.endpoint, METERING, lambda utc: self._configuration()
                    )
                )

    def refused(self, topic: Topic) -> None:
        """Take note of a question that was refused or stayed unanswered."""
        if topic is Topic.METER_READINGS:
            self.absent = not self._seen

    def reporting(self, response: ConfigureReportingResponse) -> None:
        """Take note of which reports the meter agreed to."""
        refused = {record.attribute_id for record in response.records}
        self._reported = {attribute_id for attribute_id in self._seen if attribute_id not in refused}

    def plan(self, lane: Lane, now: float) -> None:
        """Queue a poll of what no report has brought in time."""
        late = [attribute_id for attribute_id in self._seen if now >= self._due(attribute_id)]
        if late and not self.absent:
            extra = (SNAPSHOT_TIME,) if self._has_snapshot_time else ()
            self._seen.update((attribute_id, now) for attribute_id in late)
            lane.add(self._read(Topic.METER_POLL, (*late, *extra), patient=False))

    def deadline(self) -> float | None:
        """Return when `plan` is next worth calling."""
        return None if self.absent else min(map(self._due, self._seen), default=None)

    def _due(self, attribute_id: int) -> float:
        silence = 2.0 * self._settings.report_maximum if attribute_id in self._reported else 0.0
        return self._seen[attribute_id] + max(self._period, silence)

    def _configuration(self) -> ConfigureReporting:
        records = []
        for attribute_id in self._seen:
            kind = CLUSTERS[METERING].server_attributes[attribute_id].type
            records.append(
                ReportingRecord(
                    attribute_id,
                    data_type=kind.code,
                    minimum=self._settings.report_minimum,
                    maximum=self._settings.report_maximum,
                    change=self._settings.report_change if is_analog(kind.code) else None,
                )
            )
        return ConfigureReporting(records)

    def _read(self, topic: Topic, attribute_ids: tuple[int, ...], *, patient: bool = True) -> Question:
        return Question(
            topic, self.endpoint, METERING, lambda utc: ReadAttributes(list(attribute_ids)), patient
        )
