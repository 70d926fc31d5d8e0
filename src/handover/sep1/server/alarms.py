"""`AlarmServer`: the side of Alarms that raises them: it tells its partners, keeps a log, and is reset.

An alarm stays active while its cause holds; only its own cluster knows when it does not any more. Resetting
an active alarm raises it again at once (ZCL 3.11).
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from handover.errors import NotNow
from handover.sep1.attributes import AttributeTable
from handover.sep1.clusters.alarms import (
    ALARMS,
    Alarm,
    GetAlarm,
    GetAlarmResponse,
    ResetAlarm,
    ResetAlarmLog,
    ResetAllAlarms,
)
from handover.sep1.declaration import Command
from handover.sep1.exchange import Request, Retry
from handover.sep1.node import Node, Received
from handover.sep1.server.alarm_masks import permitted
from handover.sep1.services import Indication, Output, Service
from handover.sep1.types import Status

NO_TIME: Final = 0xFFFFFFFF
CAPACITY: Final = 32
"""Alarms in the log at most; the oldest gives way."""

REPEATED_WITHIN: Final = 60.0
"""Seconds in which a repeated GetAlarm gets the same answer again: the first may be lost."""

Partners = Callable[[], Iterable[tuple[int, int]]]
"""Gives (EUI-64, endpoint) of the nodes that are told of alarms: those bound, or known."""


@dataclass(slots=True)
class LoggedAlarm:
    """An alarm in the log; `time` is ZigBee UTC, NO_TIME when the node had none."""

    code: int
    cluster_id: int
    time: int


@dataclass(slots=True)
class AlarmReset(Indication):
    """A partner ordered an alarm back, or (None) all of them; an active one has been raised again."""

    source: int
    alarm: tuple[int, int] | None


@dataclass(slots=True)
class _Answer:
    """The last answer to GetAlarm, in case it was lost."""

    source: int
    sequence: int
    body: GetAlarmResponse
    at: float


class AlarmServer(Service):
    """The alarms of one node. `utc(now)` is its time in ZigBee seconds, None while it has none."""

    cluster_id = ALARMS.id
    client = False

    def __init__(
        self,
        node: Node,
        *,
        utc: Callable[[float], int | None],
        partners: Partners,
        capacity: int = CAPACITY,
        retry: Retry | None = None,
    ) -> None:
        super().__init__(node)
        self._utc = utc
        self._partners = partners
        self._retry = retry or Retry()
        self._active: dict[tuple[int, int], None] = {}
        self._log: deque[LoggedAlarm] = deque(maxlen=max(1, capacity))
        self._answer: _Answer | None = None
        self._table = AttributeTable(ALARMS.server_attributes, {0x0000: 0})
        node.tables[ALARMS.id, False] = self._table

    @property
    def active(self) -> list[tuple[int, int]]:
        """(code, cluster id) of the alarms whose cause holds, in the order they were raised."""
        return list(self._active)

    @property
    def log(self) -> list[LoggedAlarm]:
        """The log, oldest first."""
        return list(self._log)

    def raise_alarm(self, code: int, cluster_id: int, now: float) -> list[Output]:
        """Raise an alarm, unless it is active already or its mask holds it back."""
        if (code, cluster_id) in self._active or not permitted(self.node.tables, code, cluster_id):
            return []
        self._active[code, cluster_id] = None
        return self._notify(code, cluster_id, now)

    def clear(self, code: int, cluster_id: int) -> None:
        """Take note that the cause of an alarm holds no more; its log entry stays."""
        self._active.pop((code, cluster_id), None)

    def command(
        self, received: Received, command: Command, request: Request | None, now: float
    ) -> list[Output]:
        """Take a command of a partner."""
        source = received.frame.source
        outputs: list[Output] = []
        if isinstance(command, GetAlarm):
            return self._oldest(received, now)
        if isinstance(command, ResetAlarm):
            alarm = (command.alarm_code, command.cluster_id)
            outputs.append(AlarmReset(source, alarm))
            outputs += self._reset([alarm] if alarm in self._active else [], now)
        elif isinstance(command, ResetAllAlarms):
            outputs.append(AlarmReset(source, None))
            outputs += self._reset(self.active, now)
        elif isinstance(command, ResetAlarmLog):
            self._log.clear()
            self._count()
        else:
            return self.unsupported(received)
        return [*outputs, *self.node.default_response(received, Status.SUCCESS)]

    def forget(self, peer: int) -> None:
        """Forget what a node was answered."""
        if self._answer is not None and self._answer.source == peer:
            self._answer = None

    def _oldest(self, received: Received, now: float) -> list[Output]:
        source, sequence = received.frame.source, received.header.sequence
        last = self._answer
        if (
            last is None
            or (last.source, last.sequence) != (source, sequence)
            or (now - last.at > REPEATED_WITHIN)
        ):
            body = GetAlarmResponse(Status.NOT_FOUND)
            if self._log:
                logged = self._log.popleft()
                body = GetAlarmResponse(Status.SUCCESS, logged.code, logged.cluster_id, logged.time)
                self._count()
            last = self._answer = _Answer(source, sequence, body, now)
        return [*self.node.answer(received, last.body)]

    def _reset(self, alarms: list[tuple[int, int]], now: float) -> list[Output]:
        outputs: list[Output] = []
        for code, cluster_id in alarms:
            outputs += self._notify(code, cluster_id, now)
        return outputs

    def _notify(self, code: int, cluster_id: int, now: float) -> list[Output]:
        time = self._utc(now)
        self._log.append(LoggedAlarm(code, cluster_id, NO_TIME if time is None else time))
        self._count()
        outputs: list[Output] = []
        for partner, endpoint in self._partners():
            body = Alarm(code, cluster_id)
            try:
                outputs.append(
                    self.request(body, destination=partner, endpoint=endpoint, now=now, retry=self._retry)
                )
            except NotNow:  # too much is in flight: the log tells it
                break
        return outputs

    def _count(self) -> None:
        self._table.values[0x0000] = len(self._log)
