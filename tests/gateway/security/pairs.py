"""One frame, two engines: what a native side makes of it, and what the gateway makes of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Any

from handover.gateway.alg import Gateway
from handover.gateway.downward.alg import Downward
from handover.gateway.step import Step
from handover.sep1 import frame as zcl
from handover.sep1.aps import ApsFrame
from handover.sep1.clusters import CLUSTERS
from handover.sep1.clusters.drlc import EventStatus, ReportEventStatus
from handover.sep1.general import (
    AttributeRecord,
    ConfigureReporting,
    ConfigureReportingResponse,
    DefaultResponse,
    DiscoverAttributes,
    DiscoverAttributesResponse,
    ReadAttributes,
    ReadAttributesResponse,
    ReadReportingConfiguration,
    ReportAttributes,
    ReportingRecord,
    WriteAttributes,
    WriteAttributesNoResponse,
    WriteAttributesResponse,
    WriteAttributesUndivided,
)
from handover.sep1.node import FrameDropped, Send
from handover.sep1.types import DataType, Kind
from sep1.samples import telling

INTEGERS = (Kind.UNSIGNED, Kind.SIGNED)
REFUSING_REPORTS = {EventStatus.REJECTED, EventStatus.EXPIRED}


class Outcome(IntEnum):
    """What became of a frame; a larger one gives the sender more."""

    DROPPED = 0
    REFUSED = 1
    ACCEPTED = 2


class Caller(Enum):
    """Who sends. Somebody unjoined sends nothing that an engine sees; see `test_unjoined`."""

    COMMISSIONED = "network key only"
    UNSECURED = "registered, but without the link key"
    REGISTERED = "registered, under its link key"
    STRANGER = "a link key, but of another home"


def says_no(body: Any) -> bool:
    """Tell whether an answer gives nothing to whoever asked."""
    match body:
        case DefaultResponse():
            return body.status != 0
        case ReadAttributesResponse():
            return all(record.status != 0 for record in body.records)
        case WriteAttributesResponse() | ConfigureReportingResponse():
            return any(record.status != 0 for record in body.records)
        case DiscoverAttributesResponse():
            return not body.records
        case ReportEventStatus():
            return body.event_status in REFUSING_REPORTS
    return False


def judged(asked: ApsFrame, sent: Iterable[ApsFrame], *, dropped: bool) -> Outcome:
    """Return what became of `asked`, by what was sent to its source in consequence."""
    header, _ = zcl.parse_header(asked.payload)
    answers = []
    for frame in sent:
        if frame.destination != asked.source or frame.cluster_id != asked.cluster_id:
            continue
        answer = zcl.parse(frame.cluster_id, frame.payload)
        if answer.header.sequence == header.sequence or isinstance(answer.body, ReportEventStatus):
            answers.append(answer.body)
    if any(says_no(body) for body in answers):
        return Outcome.REFUSED
    if dropped:
        return Outcome.DROPPED
    return Outcome.ACCEPTED


def native(asked: ApsFrame, outputs: list[Any]) -> Outcome:
    """Judge what an engine returned."""
    sent = [output.frame for output in outputs if isinstance(output, Send)]
    return judged(asked, sent, dropped=any(isinstance(output, FrameDropped) for output in outputs))


def through(asked: ApsFrame, engine: Downward | Gateway, now: float) -> tuple[Outcome, Step]:
    """Give a frame to the gateway; return what became of it, and the step."""
    dropped = (engine.esi if isinstance(engine, Downward) else engine._client).dropped
    before = dropped.total()
    step = engine.handle(asked, now)
    return judged(asked, step.frames, dropped=dropped.total() > before), step


def no_weaker(ours: Outcome, natively: Outcome) -> bool:
    """Tell whether the gateway refuses what the native side refuses. Silence and a word of no are alike."""
    return ours is not Outcome.ACCEPTED or natively is Outcome.ACCEPTED


@dataclass(frozen=True)
class Said:
    """A body to be sent on a cluster, in one direction."""

    cluster_id: int
    body: Any
    to_client: bool

    @property
    def name(self) -> str:
        way = "to client" if self.to_client else "to server"
        return f"{CLUSTERS[self.cluster_id].name} {way} {type(self.body).__name__}"

    def frame(self, *, source: int, destination: int, secured: bool, sequence: int = 77) -> ApsFrame:
        payload = zcl.build(self.cluster_id, self.body, sequence=sequence, to_client=self.to_client)
        return ApsFrame(
            source=source,
            destination=destination,
            source_endpoint=1,
            destination_endpoint=1,
            cluster_id=self.cluster_id,
            secured=secured,
            payload=payload,
        )


def cluster_commands(cluster_id: int) -> Iterator[Said]:
    """Give every declared command of a cluster in its direction, filled with telling values."""
    cluster = CLUSTERS[cluster_id]
    for to_client in (False, True):
        for row in cluster.commands(to_client).values():
            yield Said(cluster_id, telling(row.type), to_client)


def general_commands(cluster_id: int) -> Iterator[Said]:
    """Give the general commands that read, write, report and configure every declared attribute."""
    cluster = CLUSTERS[cluster_id]
    for client in (False, True):
        rows = list(cluster.attributes(client=client).values())[:40]
        ids = [row.id for row in rows] or [0x0000]
        # To the server side goes what is about its attributes, to the client side what is about those.
        yield Said(cluster_id, ReadAttributes(ids), client)
        yield Said(cluster_id, DiscoverAttributes(0, 20), client)
        for row in rows:
            record = AttributeRecord(row.id, row.type.code, plain(row.type))
            yield Said(cluster_id, WriteAttributes([record]), client)
            yield Said(cluster_id, WriteAttributesUndivided([record]), client)
            yield Said(cluster_id, WriteAttributesNoResponse([record]), client)
            yield Said(cluster_id, ReportAttributes([record]), client)
        for row in rows[:1]:
            change = 1 if row.type.kind in INTEGERS else None
            reporting = ReportingRecord(row.id, 0, row.type.code, 1, 60, change)
            yield Said(cluster_id, ConfigureReporting([reporting]), client)
            yield Said(cluster_id, ReadReportingConfiguration([(0, row.id)]), client)


def plain(wire: DataType) -> Any:
    """Return a small value of a type."""
    return 1 if wire.kind in INTEGERS else bytes(wire.size or 3)
