"""Fast polling: a meter that reads itself more often for a while (SE 1.1), and who asks for it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from handover.errors import NotNow
from handover.sep1.clusters.metering import METERING, RequestFastPollMode, RequestFastPollModeResponse
from handover.sep1.declaration import Command
from handover.sep1.exchange import Request, Retry
from handover.sep1.general import ReadAttributes, ReadAttributesResponse
from handover.sep1.node import Node, Received
from handover.sep1.records import collect
from handover.sep1.services import Indication, Output, Service
from handover.sep1.types import ZIGBEE_EPOCH, Value

LONGEST: Final = 15
"""Minutes for which fast polling lasts at most."""
FASTEST_ATTRIBUTE: Final = 0x000B
READINGS: Final = (0x0400, 0x0000)

Utc = Callable[[float], int]


@dataclass(slots=True)
class FastPollGranted(Indication):
    """A device polls fast: read the meter every `period` seconds until `until` (Unix seconds)."""

    device: int
    period: int
    until: float


@dataclass(slots=True)
class FastReading(Indication):
    """Values of a meter that is polled fast."""

    meter: int
    endpoint: int
    values: dict[int, Value]


@dataclass(slots=True)
class FastPollEnded(Indication):
    """Fast polling of a meter has ended; `granted` is False when it never began."""

    meter: int
    granted: bool


class FastPollServer(Service):
    """The meter's side. `fastest` is the shortest period in seconds that it offers."""

    cluster_id = METERING.id
    client = False
    takes = frozenset({RequestFastPollMode})

    def __init__(
        self, node: Node, *, fastest: int = 5, utc: Utc = lambda now: int(now) - ZIGBEE_EPOCH
    ) -> None:
        super().__init__(node)
        self._fastest = fastest
        self._utc = utc
        self._active: dict[int, tuple[int, float]] = {}
        table = node.tables.get((METERING.id, False))
        if table is not None:
            table.values[FASTEST_ATTRIBUTE] = fastest

    def period(self, now: float) -> int | None:
        """Return how often the meter is to be read at present, in seconds; None as usual."""
        return min((period for period, until in self._active.values() if until > now), default=None)

    def command(
        self, received: Received, command: Command, request: Request | None, now: float
    ) -> list[Output]:
        """Grant what is asked for, within what is offered."""
        assert isinstance(command, RequestFastPollMode)
        period = max(command.fast_poll_update_period, self._fastest)
        until = now + 60 * min(command.duration, LONGEST)
        self._active = {device: row for device, row in self._active.items() if row[1] > now}
        if until > now:
            self._active[received.frame.source] = period, until
        answer = RequestFastPollModeResponse(period, self._utc(until))
        return [
            *self.node.answer(received, answer),
            FastPollGranted(received.frame.source, period, until),
        ]

    def forget(self, peer: int) -> None:
        """Forget a device that has left."""
        self._active.pop(peer, None)


@dataclass(slots=True)
class _Polling:
    endpoint: int
    period: int = 0
    until: float = 0.0
    due: float | None = None


class FastPoller(Service):
    """The display's side: asks, and reads as often as it was granted, as long as it was granted.

    `utc` gives a meter's clock in ZigBee seconds.
    """

    cluster_id = METERING.id
    client = True
    takes = frozenset({RequestFastPollModeResponse})

    def __init__(
        self,
        node: Node,
        *,
        utc: Callable[[int, float], int] = lambda meter, now: int(now) - ZIGBEE_EPOCH,
        attributes: tuple[int, ...] = READINGS,
        retry: Retry | None = None,
    ) -> None:
        super().__init__(node)
        self._utc = utc
        self._attributes = attributes
        self._retry = retry or Retry()
        self._polling: dict[int, _Polling] = {}

    def poll(
        self, meter: int, now: float, *, period: int = 5, minutes: int = LONGEST, endpoint: int = 1
    ) -> list[Output]:
        """Ask a meter for readings every `period` seconds. Raises NotNow while it is polled fast."""
        if meter in self._polling:
            raise NotNow(f"{meter:016X} is polled fast already; wait until that has ended")
        self._polling[meter] = _Polling(endpoint)
        body = RequestFastPollMode(period, minutes)
        return [
            self.request(
                body,
                destination=meter,
                endpoint=endpoint,
                now=now,
                retry=self._retry,
                expects=frozenset({0x03}),
            )
        ]

    def command(
        self, received: Received, command: Command, request: Request | None, now: float
    ) -> list[Output]:
        """Begin to poll as granted."""
        assert isinstance(command, RequestFastPollModeResponse)
        meter = received.frame.source
        polling = self._polling.get(meter)
        if polling is None or request is None or polling.due is not None:
            return [self.node.drop(received.frame, "unmatched")]
        left = min(command.fast_poll_mode_endtime - self._utc(meter, now), 60 * LONGEST)
        if left <= 0 or not command.applied_update_period:
            del self._polling[meter]
            return [FastPollEnded(meter, False)]
        polling.period, polling.until, polling.due = command.applied_update_period, now + left, now
        return self.tick(now)

    def answered(self, request: Request, received: Received | None, now: float) -> list[Output]:
        """Take readings; or note that fast polling was refused."""
        meter = request.destination
        polling = self._polling.get(meter)
        if polling is None:
            return []
        if polling.due is None:
            del self._polling[meter]
            return [FastPollEnded(meter, False)]
        if received is None or not isinstance(received.body, ReadAttributesResponse):
            return []
        values, _, misfits = collect(METERING.id, received.body.records)
        outputs: list[Output] = [self.node.drop(received.frame, "misfit") for _ in misfits]
        return [*outputs, FastReading(meter, polling.endpoint, values)]

    def tick(self, now: float) -> list[Output]:
        """Read the meters that are due."""
        outputs: list[Output] = []
        for meter, polling in list(self._polling.items()):
            if polling.due is None or polling.due > now:
                continue
            if now >= polling.until:
                del self._polling[meter]
                outputs.append(FastPollEnded(meter, True))
                continue
            polling.due = min(now + polling.period, polling.until)
            outputs.append(
                self.request(
                    ReadAttributes(list(self._attributes)),
                    destination=meter,
                    endpoint=polling.endpoint,
                    now=now,
                    retry=Retry(timeout=float(polling.period), tries=1),
                )
            )
        return outputs

    def deadline(self) -> float | None:
        """Return when the next meter is due."""
        return min((p.due for p in self._polling.values() if p.due is not None), default=None)

    def forget(self, peer: int) -> None:
        """Forget a meter that has left."""
        self._polling.pop(peer, None)
