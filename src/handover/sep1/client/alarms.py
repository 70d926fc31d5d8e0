"""`AlarmClient`: the side of Alarms that hears of them, reads the logs of others, and resets them."""

from dataclasses import dataclass, field
from typing import Final

from handover.errors import NotNow
from handover.sep1.clusters.alarms import (
    ALARMS,
    Alarm,
    GetAlarm,
    GetAlarmResponse,
    ResetAlarm,
    ResetAlarmLog,
    ResetAllAlarms,
)
from handover.sep1.codec import PLACES
from handover.sep1.declaration import Command
from handover.sep1.exchange import Request, Retry
from handover.sep1.node import Node, Received
from handover.sep1.services import Indication, Output, Service, Ticket
from handover.sep1.types import Status

READ_LIMIT: Final = 256
"""Entries of one log that are read in one go at most."""


@dataclass(slots=True)
class AlarmRaised(Indication):
    """A node raised an alarm of one of its clusters; what the code means is that cluster's matter."""

    source: int
    endpoint: int
    code: int
    cluster_id: int
    received: float


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An entry of a node's log; `time` is ZigBee UTC of that node, None when it had none."""

    code: int
    cluster_id: int
    time: int | None


@dataclass(slots=True)
class AlarmLogRead(Indication):
    """The log of a node, oldest first, which is empty now unless `complete` is False."""

    source: int
    entries: tuple[LogEntry, ...]
    complete: bool


@dataclass(slots=True)
class AlarmOrderEnded(Indication):
    """A reset was answered with `status`, or (None) not at all."""

    node: int
    status: int | None


@dataclass(slots=True, eq=False)
class _Reading:
    """A log on its way, entry by entry: the question `number` is the one that awaits its answer."""

    node: int
    endpoint: int
    entries: list[LogEntry] = field(default_factory=list)
    number: int = 0
    done: bool = False


@dataclass(slots=True)
class _Question:
    """One question of a reading."""

    reading: _Reading
    number: int


class AlarmClient(Service):
    """Hears alarms. They come under the network key, so that whoever is in the network may send them."""

    cluster_id = ALARMS.id
    client = True

    def __init__(self, node: Node, *, retry: Retry | None = None) -> None:
        super().__init__(node)
        self._retry = retry or Retry()

    def read_log(self, node: int, now: float, *, endpoint: int = 1) -> list[Output]:
        """Read and so empty a node's log; AlarmLogRead brings it. Raises NotNow."""
        return self._next(_Reading(node, endpoint), now)

    def reset(self, node: int, code: int, cluster_id: int, now: float, *, endpoint: int = 1) -> list[Output]:
        """Order one alarm back. Raises NotNow."""
        return self._order(ResetAlarm(code, cluster_id), node, endpoint, now)

    def reset_all(self, node: int, now: float, *, endpoint: int = 1) -> list[Output]:
        """Order every alarm back. Raises NotNow."""
        return self._order(ResetAllAlarms(), node, endpoint, now)

    def reset_log(self, node: int, now: float, *, endpoint: int = 1) -> list[Output]:
        """Empty a node's log unread. Raises NotNow."""
        return self._order(ResetAlarmLog(), node, endpoint, now)

    def command(
        self, received: Received, command: Command, request: Request | None, now: float
    ) -> list[Output]:
        """Take an alarm, or an entry of a log."""
        frame = received.frame
        if isinstance(command, Alarm):
            alarm = AlarmRaised(
                frame.source, frame.source_endpoint, command.alarm_code, command.cluster_id, now
            )
            return [alarm, *self.node.default_response(received, Status.SUCCESS)]
        if not isinstance(command, GetAlarmResponse):
            return self.unsupported(received)
        subject = request.token.token if request and isinstance(request.token, Ticket) else None
        if isinstance(subject, _Question):
            return self._entry(subject, command, now)
        return [self.node.drop(frame, "unmatched")]

    def answered(self, request: Request, received: Received | None, now: float) -> list[Output]:
        """Take the end of an order, or of a reading that no entry answered."""
        subject = request.token.token if isinstance(request.token, Ticket) else None
        if isinstance(subject, _Question):
            return self._ended(subject.reading, complete=False) if _is_awaited(subject) else []
        status = getattr(received.body, "status", None) if received is not None else None
        return [AlarmOrderEnded(request.destination, status)]

    def _entry(self, question: _Question, answer: GetAlarmResponse, now: float) -> list[Output]:
        reading = question.reading
        if not _is_awaited(question):
            return []
        code, cluster_id, time = answer.alarm_code, answer.cluster_id, answer.time_stamp
        if answer.status != Status.SUCCESS or code is None or cluster_id is None:
            return self._ended(reading, complete=answer.status == Status.NOT_FOUND)
        reading.entries.append(LogEntry(code, cluster_id, None if time == 0xFFFFFFFF else time))
        reading.number += 1
        if len(reading.entries) >= READ_LIMIT:
            return self._ended(reading, complete=False)
        try:
            return self._next(reading, now)
        except NotNow:
            return self._ended(reading, complete=False)

    def _ended(self, reading: _Reading, *, complete: bool) -> list[Output]:
        reading.done = True
        return [AlarmLogRead(reading.node, tuple(reading.entries), complete)]

    def _next(self, reading: _Reading, now: float) -> list[Output]:
        return [
            self.request(
                GetAlarm(),
                destination=reading.node,
                endpoint=reading.endpoint,
                now=now,
                retry=self._retry,
                expects=frozenset({PLACES[GetAlarmResponse].command_id}),
                token=_Question(reading, reading.number),
            )
        ]

    def _order(self, body: Command, node: int, endpoint: int, now: float) -> list[Output]:
        return [self.request(body, destination=node, endpoint=endpoint, now=now, retry=self._retry)]


def _is_awaited(question: _Question) -> bool:
    return not question.reading.done and question.reading.number == question.number
