"""Load profiles asked for and told: `ProfileServer` of a meter, `ProfileReader` of who wants to know."""

from dataclasses import dataclass, field
from typing import Final

from handover.errors import NotNow
from handover.sep1.clusters.metering import (
    METERING,
    PERIOD_SECONDS,
    GetProfile,
    GetProfileResponse,
    IntervalChannel,
    ProfileStatus,
)
from handover.sep1.declaration import Command
from handover.sep1.exchange import Request, Retry
from handover.sep1.metering.profile_log import UNKNOWN, ProfileLog
from handover.sep1.node import Node, Received
from handover.sep1.services import Indication, Output, Service

LARGEST: Final = 18
"""Intervals in one answer that still fits one radio frame under the link key."""

PERIOD, MAXIMUM = 0x000F, 0x0500


class ProfileServer(Service):
    """Answers out of a log. `largest` is how many intervals it tells at once."""

    cluster_id = METERING.id
    client = False
    takes = frozenset({GetProfile})

    def __init__(self, node: Node, log: ProfileLog, *, largest: int = LARGEST) -> None:
        super().__init__(node)
        self.log = log
        self._largest = largest
        table = node.tables.get((METERING.id, False))
        if table is not None:
            table.values.update({PERIOD: log.period, MAXIMUM: largest})

    def command(
        self, received: Received, command: Command, request: Request | None, now: float
    ) -> list[Output]:
        """Answer a question for a profile."""
        assert isinstance(command, GetProfile)
        end, values = 0, list[int]()
        if command.interval_channel not in set(IntervalChannel):
            status = ProfileStatus.UNDEFINED_CHANNEL
        elif command.interval_channel not in self.log.channels:
            status = ProfileStatus.CHANNEL_NOT_SUPPORTED
        else:
            count = min(command.number_of_periods, self._largest)
            end, values = self.log.intervals(command.interval_channel, command.end_time, count)
            status = ProfileStatus.SUCCESS if values else ProfileStatus.NO_INTERVALS
        answer = GetProfileResponse(end, status, self.log.period, len(values), values)
        return [*self.node.answer(received, answer)]


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval that ended at a ZigBee time; `value` is None where the meter does not know it."""

    end: int
    value: int | None


@dataclass(slots=True)
class ProfileRead(Indication):
    """The intervals of a channel, oldest first, without holes; `seconds` is the length of each.

    `complete`: they reach back as far as was asked, or as far as the meter remembers. `status` is the last
    answer's, None when the meter did not answer.
    """

    meter: int
    endpoint: int
    channel: int
    seconds: int
    intervals: list[Interval]
    complete: bool
    status: int | None


@dataclass(slots=True, eq=False)
class _Backfill:
    meter: int
    endpoint: int
    channel: int
    since: int
    seconds: int = 0
    newest_first: list[Interval] = field(default_factory=list)


class ProfileReader(Service):
    """Reads profiles backwards, as many answers as it takes."""

    cluster_id = METERING.id
    client = True
    takes = frozenset({GetProfileResponse})

    def __init__(self, node: Node, *, retry: Retry | None = None) -> None:
        super().__init__(node)
        self._retry = retry or Retry()
        self._running: dict[tuple[int, int, int], _Backfill] = {}

    def backfill(
        self, meter: int, since: int, now: float, *, channel: int = 0, endpoint: int = 1, end: int = 0
    ) -> list[Output]:
        """Read all intervals that ended after `since` and by `end` (ZigBee seconds, 0: the newest there is).

        ProfileRead tells them. Raises NotNow while this channel is being read.
        """
        key = meter, endpoint, channel
        if key in self._running:
            raise NotNow(f"channel {channel} of {meter:016X} is being read already")
        backfill = self._running[key] = _Backfill(meter, endpoint, channel, since)
        return [self._ask(backfill, end, now)]

    def _ask(self, backfill: _Backfill, end: int, now: float) -> Output:
        return self.request(
            GetProfile(backfill.channel, end, 0xFF),
            destination=backfill.meter,
            endpoint=backfill.endpoint,
            now=now,
            retry=self._retry,
            expects=frozenset({0x00}),
            token=backfill,
        )

    def command(
        self, received: Received, command: Command, request: Request | None, now: float
    ) -> list[Output]:
        """Take an answer, and ask for what lies before it."""
        assert isinstance(command, GetProfileResponse)
        backfill = self._of(request)
        if backfill is None:
            return [self.node.drop(received.frame, "unmatched")]
        seconds = PERIOD_SECONDS.get(command.profile_interval_period, 0)
        if command.status == ProfileStatus.NO_INTERVALS:
            return [self._end(backfill, True, command.status)]
        if command.status not in (ProfileStatus.SUCCESS, ProfileStatus.MORE_PERIODS_THAN_CAN_BE_RETURNED):
            return [self._end(backfill, False, command.status)]
        if not command.intervals or not seconds or (backfill.seconds and seconds != backfill.seconds):
            return [self._end(backfill, False, command.status)]
        backfill.seconds = seconds
        known = backfill.newest_first
        end = command.end_time
        for value in command.intervals:
            # An answer may repeat what is known, when it is late; it never leaves a hole: `end` is asked for.
            if end > backfill.since and (not known or end == known[-1].end - seconds):
                known.append(Interval(end, None if value == UNKNOWN else value))
            end -= seconds
        if end <= backfill.since:
            return [self._end(backfill, True, command.status)]
        if not known or end != known[-1].end - seconds:
            return [self._end(backfill, False, command.status)]
        return [self._ask(backfill, end, now)]

    def answered(self, request: Request, received: Received | None, now: float) -> list[Output]:
        """Take note that a meter refused a question, or did not answer it."""
        backfill = self._of(request)
        return [] if backfill is None else [self._end(backfill, False, None)]

    def _of(self, request: Request | None) -> _Backfill | None:
        token = getattr(request.token, "token", None) if request is not None else None
        if not isinstance(token, _Backfill):
            return None
        key = token.meter, token.endpoint, token.channel
        return token if self._running.get(key) is token else None

    def _end(self, backfill: _Backfill, complete: bool, status: int | None) -> ProfileRead:
        del self._running[backfill.meter, backfill.endpoint, backfill.channel]
        return ProfileRead(
            backfill.meter,
            backfill.endpoint,
            backfill.channel,
            backfill.seconds,
            backfill.newest_first[::-1],
            complete,
            status,
        )

    def forget(self, peer: int) -> None:
        """Forget what was being read of a node that has left."""
        self._running = {key: b for key, b in self._running.items() if key[0] != peer}
