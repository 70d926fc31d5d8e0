"""Mirrors: an ESI that answers for a meter which sleeps, and the meter that feeds its mirror.

The meter is the server of the cluster on both ways: it asks the ESI's client side for a mirror and reports to
it; the ESI then serves what was reported at an endpoint of the mirror's own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final

from handover.errors import DecodeError, NotNow
from handover.machine import Machine
from handover.sep1.attributes import AttributeTable
from handover.sep1.clusters.metering import (
    METERING,
    MirrorRemoved,
    RemoveMirror,
    RequestMirror,
    RequestMirrorResponse,
)
from handover.sep1.declaration import Command
from handover.sep1.exchange import Request, Retry
from handover.sep1.general import ReportAttributes
from handover.sep1.general.splitting import reports
from handover.sep1.node import Node, Received
from handover.sep1.records import collect
from handover.sep1.services import Indication, Output, Service
from handover.sep1.types import Status, Value

FIRST: Final = 0x20
"""First endpoint that is given to a mirror."""
NONE: Final = 0xFFFF
DEVICE_TYPE: Final = 0x0306
MIRRORED: Final = 127
"""Added to the device type of a meter in its mirror."""


@dataclass(slots=True)
class MirrorOpened(Indication):
    """A meter has a mirror at this endpoint of ours."""

    meter: int
    endpoint: int


@dataclass(slots=True)
class MirrorUpdated(Indication):
    """A meter has reported these values to its mirror."""

    meter: int
    endpoint: int
    values: dict[int, Value]


@dataclass(slots=True)
class MirrorClosed(Indication):
    """The mirror of a meter is gone."""

    meter: int
    endpoint: int


class MirrorHost(Service):
    """The ESI's side: at most `limit` mirrors, each at an endpoint of its own from FIRST on."""

    cluster_id = METERING.id
    client = True
    takes = frozenset({RequestMirror, RemoveMirror})

    def __init__(self, node: Node, *, limit: int = 8) -> None:
        super().__init__(node)
        self._limit = limit
        self._mirrors: dict[int, int] = {}

    @property
    def mirrors(self) -> dict[int, int]:
        """Endpoint by meter."""
        return dict(self._mirrors)

    def command(
        self, received: Received, command: Command, request: Request | None, now: float
    ) -> list[Output]:
        """Give a mirror, or take it away."""
        meter = received.frame.source
        if isinstance(command, RemoveMirror):
            endpoint = self._mirrors.get(meter)
            if endpoint is None:
                return [*self.node.default_response(received, Status.NOT_FOUND)]
            self._close(meter)
            return [
                *self.node.answer(received, MirrorRemoved(endpoint)),
                MirrorClosed(meter, endpoint),
            ]
        endpoint = self._mirrors.get(meter)
        if endpoint is not None:
            return [*self.node.answer(received, RequestMirrorResponse(endpoint))]
        endpoint = self._free()
        if endpoint is None:
            return [*self.node.answer(received, RequestMirrorResponse(NONE))]
        self._open(meter, endpoint, {})
        answer = RequestMirrorResponse(endpoint)
        return [*self.node.answer(received, answer), MirrorOpened(meter, endpoint)]

    def _free(self) -> int | None:
        if len(self._mirrors) >= self._limit:
            return None
        taken = set(self.node.more) | {self.node.endpoint}
        return next((number for number in range(FIRST, 0xF0) if number not in taken), None)

    def _open(self, meter: int, endpoint: int, values: Mapping[int, Value]) -> None:
        self._mirrors[meter] = endpoint
        table = AttributeTable(METERING.server_attributes, values)
        self.node.more[endpoint] = {(METERING.id, False): table}
        self._cover()

    def _close(self, meter: int) -> int:
        endpoint = self._mirrors.pop(meter)
        self.node.more.pop(endpoint, None)
        self._cover()
        return endpoint

    def _cover(self) -> None:
        self.endpoints = self.node.main | frozenset(self._mirrors.values())

    def general(self, received: Received, now: float) -> list[Output] | None:
        """Take what a meter reports to its mirror; nobody else may."""
        body, frame = received.body, received.frame
        if not isinstance(body, ReportAttributes) or frame.destination_endpoint in self.node.main:
            return None
        if self._mirrors.get(frame.source) != frame.destination_endpoint:
            refused = self.node.default_response(received, Status.NOT_AUTHORIZED)
            return [self.node.drop(frame, "unauthorised"), *refused]
        values, _, misfits = collect(METERING.id, body.records)
        outputs: list[Output] = [self.node.drop(frame, "misfit") for _ in misfits]
        table = self.node.more[frame.destination_endpoint][METERING.id, False]
        told = dict(values)
        device_type = told.get(DEVICE_TYPE)
        if isinstance(device_type, int) and device_type < MIRRORED:
            told[DEVICE_TYPE] = device_type + MIRRORED
        table.values.update(told)
        outputs += self.node.default_response(received, Status.SUCCESS)
        return [*outputs, MirrorUpdated(frame.source, frame.destination_endpoint, values)]

    def forget(self, peer: int) -> None:
        """Take the mirror of a meter that has left away."""
        if peer in self._mirrors:
            self._close(peer)

    def export(self) -> dict[str, Any]:
        """Return what survives a restart: which meter has which endpoint."""
        return {f"{meter:016X}": endpoint for meter, endpoint in self._mirrors.items()}

    def restore(self, record: Mapping[str, Any]) -> None:
        """Take back an export. Raises DecodeError when it is damaged."""
        try:
            rows = {int(meter, 16): int(endpoint) for meter, endpoint in record.items()}
        except (TypeError, ValueError, AttributeError) as error:
            raise DecodeError(f"mirrors: the record cannot be read: {error!r}") from None
        for meter, endpoint in rows.items():
            self._open(meter, endpoint, {})


class Feeding(Enum):
    """Where a meter stands with its mirror."""

    NONE = auto()
    ASKING = auto()
    FED = auto()
    WAITING = auto()
    REMOVING = auto()


class Feed(Enum):
    """What moves it on."""

    ASK = auto()
    GIVEN = auto()
    REFUSED = auto()
    LOST = auto()
    REMOVE = auto()
    REMOVED = auto()


FEED: Final = Machine(
    "mirror feed",
    Feeding.NONE,
    frozenset(),
    {
        (Feeding.NONE, Feed.ASK): Feeding.ASKING,
        (Feeding.ASKING, Feed.GIVEN): Feeding.FED,
        (Feeding.ASKING, Feed.REFUSED): Feeding.WAITING,
        (Feeding.WAITING, Feed.ASK): Feeding.ASKING,
        (Feeding.WAITING, Feed.REMOVE): Feeding.NONE,
        (Feeding.FED, Feed.LOST): Feeding.WAITING,
        (Feeding.FED, Feed.REMOVED): Feeding.WAITING,
        (Feeding.FED, Feed.REMOVE): Feeding.REMOVING,
        (Feeding.REMOVING, Feed.REMOVED): Feeding.NONE,
        (Feeding.REMOVING, Feed.LOST): Feeding.NONE,
    },
)


@dataclass(slots=True)
class FeedChanged(Indication):
    """A meter has a mirror at an endpoint of the ESI now, or (None) has none any more."""

    esi: int
    endpoint: int | None


class MirrorFeed(Service):
    """The meter's side: `values` gives its attributes whenever a report is due, every `period` seconds."""

    cluster_id = METERING.id
    client = False
    takes = frozenset({RequestMirrorResponse, MirrorRemoved})

    def __init__(
        self,
        node: Node,
        values: Callable[[], Mapping[int, Value]],
        *,
        period: float = 1800.0,
        again: float = 900.0,
        retry: Retry | None = None,
    ) -> None:
        super().__init__(node)
        self._values = values
        self._period = period
        self._again = again
        self._retry = retry or Retry()
        self.state = FEED.initial
        self._esi = 0
        self._esi_endpoint = 1
        self.endpoint: int | None = None
        self._due: float | None = None

    def start(self, esi: int, now: float, *, endpoint: int = 1) -> list[Output]:
        """Ask an ESI for a mirror and feed it from then on. Raises NotNow when that is under way."""
        if self.state is not Feeding.NONE:
            raise NotNow("a mirror is asked for or fed already; remove it first")
        self._esi, self._esi_endpoint = esi, endpoint
        return self._ask(RequestMirror(), 0x01, Feed.ASK, now)

    def remove(self, now: float) -> list[Output]:
        """Give the mirror up. Raises NotNow while there is none."""
        if self.state is Feeding.WAITING:
            self.state = FEED.step(self.state, Feed.REMOVE)
            self._due = None
            return []
        return self._ask(RemoveMirror(), 0x02, Feed.REMOVE, now)

    def _ask(self, body: Command, answer: int, event: Feed, now: float) -> list[Output]:
        self.state = FEED.step(self.state, event)
        self._due = None
        return [
            self.request(
                body,
                destination=self._esi,
                endpoint=self._esi_endpoint,
                now=now,
                retry=self._retry,
                expects=frozenset({answer}),
            )
        ]

    def command(
        self, received: Received, command: Command, request: Request | None, now: float
    ) -> list[Output]:
        """Take the ESI's answer, or note that it has taken the mirror away."""
        if received.frame.source != self._esi:
            return [self.node.drop(received.frame, "unmatched")]
        if isinstance(command, RequestMirrorResponse):
            if self.state is not Feeding.ASKING:
                return [self.node.drop(received.frame, "unmatched")]
            if command.endpoint_id == NONE:
                return self._wait(Feed.REFUSED, now)
            self.state = FEED.step(self.state, Feed.GIVEN)
            self.endpoint = command.endpoint_id
            return [FeedChanged(self._esi, self.endpoint), *self._report(now)]
        if not FEED.allows(self.state, Feed.REMOVED):
            return [self.node.drop(received.frame, "unmatched")]
        was_fed = self.state is Feeding.FED
        self.state = FEED.step(self.state, Feed.REMOVED)
        self.endpoint = None
        self._due = now + self._again if was_fed else None
        return [FeedChanged(self._esi, None)]

    def answered(self, request: Request, received: Received | None, now: float) -> list[Output]:
        """Take note that the ESI refused something, or did not answer it: the mirror may be gone."""
        if self.state is Feeding.ASKING:
            return self._wait(Feed.REFUSED, now)
        body = received.body if received is not None else None
        status = getattr(body, "status", None)
        if self.state is Feeding.REMOVING or (self.state is Feeding.FED and status != Status.SUCCESS):
            self.endpoint = None
            lost = self.state is Feeding.FED
            self.state = FEED.step(self.state, Feed.LOST)
            self._due = now + self._again if lost else None
            return [FeedChanged(self._esi, None)]
        return []

    def _wait(self, event: Feed, now: float) -> list[Output]:
        self.state = FEED.step(self.state, event)
        self._due = now + self._again
        return []

    def _report(self, now: float) -> list[Output]:
        """Report everything; what the meter is must be told too, a mirror begins empty."""
        assert self.endpoint is not None
        self._due = now + self._period
        table = AttributeTable(METERING.server_attributes, self._values())
        return [
            self.request(
                report,
                destination=self._esi,
                endpoint=self.endpoint,
                now=now,
                retry=self._retry,
            )
            for report in reports(table.read(sorted(table.values)))
        ]

    def tick(self, now: float) -> list[Output]:
        """Report, or ask again, when it is due."""
        if self._due is None or self._due > now:
            return []
        if self.state is Feeding.FED:
            return self._report(now)
        return self._ask(RequestMirror(), 0x01, Feed.ASK, now)

    def deadline(self) -> float | None:
        """Return when `tick` is next worth calling."""
        return self._due
