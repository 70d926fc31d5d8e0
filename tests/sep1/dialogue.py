"""Conversations with an engine, written down as a dialogue: what it receives (>>), what it sends (<<)."""

from collections.abc import Sequence
from typing import Any, Protocol

from handover.sep1 import frame as zcl
from handover.sep1.aps import ApsFrame
from handover.sep1.clusters import CLUSTERS
from handover.sep1.codec import PLACES
from handover.sep1.declaration import Command
from handover.sep1.general import (
    AttributeRecord,
    ConfigureReporting,
    ConfigureReportingResponse,
    DefaultResponse,
    GeneralCommand,
    ReadAttributes,
    ReadAttributesResponse,
    ReportAttributes,
)
from handover.sep1.node import LINK_KEY_CLUSTERS, Send

NOW = 1_342_548_000.0
"""2012-07-17 18:00:00 UTC, which is 0x179864A0 in ZigBee seconds."""
ZIGBEE_NOW = 0x179864A0
ESI = 0x000D6F0000123456
OURS = 0x000D6F0000ABCDEF
METER = 0x000D6F0000777777
STRANGER = 0x000D6F0000BADBAD

BASIC, TIME, PRICE, DRLC, METERING, MESSAGING = 0x0000, 0x000A, 0x0700, 0x0701, 0x0702, 0x0703


class SansIo(Protocol):
    def handle(self, frame: ApsFrame, now: float) -> Sequence[Any]: ...
    def tick(self, now: float) -> Sequence[Any]: ...
    def deadline(self) -> float | None: ...


def record(cluster_id: int, attribute_id: int, value: Any, *, client_side: bool = False) -> AttributeRecord:
    declared = CLUSTERS[cluster_id].attributes(client=client_side)[attribute_id]
    return AttributeRecord(attribute_id, declared.type.code, value)


def report(cluster_id: int, **values: Any) -> ReportAttributes:
    cluster = CLUSTERS[cluster_id]
    return ReportAttributes([record(cluster_id, cluster.attribute_id(n), v) for n, v in values.items()])


def read_response(cluster_id: int, values: dict[int, Any], asked: list[int]) -> ReadAttributesResponse:
    return ReadAttributesResponse(
        [record(cluster_id, i, values[i]) if i in values else AttributeRecord(i, status=0x86) for i in asked]
    )


class Dialogue:
    """Talks to `engine` (at `us`) as `them`; keeps the time; collects what was sent and indicated."""

    def __init__(
        self, engine: SansIo, *, us: int = OURS, them: int = ESI, to_client: bool = True, now: float = NOW
    ) -> None:
        self.engine = engine
        self.us = us
        self.them = them
        self.to_client = to_client
        self.now = now
        self.frames: list[ApsFrame] = []
        self.indications: list[Any] = []
        self._sequence = 0x80

    def take(self, outputs: Sequence[Any]) -> list[Any]:
        """Sort outputs into frames and indications; return the indications of this call."""
        new = [output for output in outputs if not isinstance(output, Send)]
        self.frames += [output.frame for output in outputs if isinstance(output, Send)]
        self.indications += new
        return new

    def receives(
        self,
        body: Command | GeneralCommand,
        cluster_id: int | None = None,
        *,
        sequence: int | None = None,
        source: int | None = None,
        endpoint: int = 1,
        secured: bool | None = None,
        quiet: bool = False,
        to_client: bool | None = None,
        at: int = 1,
    ) -> list[Any]:
        """>> one frame to our endpoint `at`; return what it indicates."""
        if cluster_id is None:
            assert isinstance(body, Command)
            cluster_id = PLACES[type(body)].cluster_id
        if sequence is None:
            self._sequence = self._sequence + 1 & 0xFF
            sequence = self._sequence
        payload = zcl.build(
            cluster_id,
            body,
            sequence=sequence,
            to_client=self.to_client if to_client is None else to_client,
            disable_default_response=quiet,
        )
        return self.receives_octets(
            payload, cluster_id, source=source, endpoint=endpoint, secured=secured, at=at
        )

    def receives_octets(
        self,
        payload: bytes,
        cluster_id: int,
        *,
        source: int | None = None,
        endpoint: int = 1,
        secured: bool | None = None,
        destination: int | None = None,
        at: int = 1,
    ) -> list[Any]:
        """>> raw octets of a ZCL frame."""
        frame = ApsFrame(
            source=self.them if source is None else source,
            destination=self.us if destination is None else destination,
            source_endpoint=endpoint,
            destination_endpoint=at,
            cluster_id=cluster_id,
            secured=cluster_id in LINK_KEY_CLUSTERS if secured is None else secured,
            payload=payload,
        )
        return self.take(self.engine.handle(frame, self.now))

    def sent(self) -> list[zcl.Zcl]:
        """<< everything sent since the last look, parsed."""
        frames, self.frames = self.frames, []
        return [zcl.parse(frame.cluster_id, frame.payload) for frame in frames]

    def bodies(self) -> list[Command | GeneralCommand]:
        """<< the commands sent since the last look."""
        return [sent.body for sent in self.sent()]

    def only(self) -> zcl.Zcl:
        """<< the single frame sent since the last look."""
        (sent,) = self.sent()
        return sent

    def nothing(self) -> None:
        """<< silence."""
        assert self.bodies() == []

    def passes(self, seconds: float) -> list[Any]:
        """Time passes in one step."""
        self.now += seconds
        return self.take(self.engine.tick(self.now))

    def passes_until(self, end: float) -> list[Any]:
        """Time passes from deadline to deadline up to `end` seconds after NOW; return what was indicated."""
        indicated: list[Any] = []
        for _ in range(10_000):
            due = self.engine.deadline()
            if due is None or due > NOW + end:
                break
            self.now = max(self.now, due)
            indicated += self.take(self.engine.tick(self.now))
        else:
            raise AssertionError("the engine's deadline does not move")
        self.now = max(self.now, NOW + end)
        return indicated


class AnsweringEsi:
    """Answers a HanClient's questions from a table, so that a test need not spell out every dialogue."""

    def __init__(self, dialogue: Dialogue, attributes: dict[int, dict[int, Any]] | None = None) -> None:
        self.dialogue = dialogue
        self.attributes = attributes or {}
        self.silent_on: tuple[type, ...] = ()
        self.unanswered: list[zcl.Zcl] = []
        self.reads: list[tuple[float, int, list[int]]] = []

    def answers(self) -> list[Command | GeneralCommand]:
        """Answer everything asked until nothing is asked any more; return what was asked."""
        asked: list[Command | GeneralCommand] = []
        while self.dialogue.frames:
            frame = self.dialogue.frames.pop(0)
            sent = zcl.parse(frame.cluster_id, frame.payload)
            body = sent.body
            asked.append(body)
            reply: GeneralCommand
            if isinstance(body, self.silent_on):
                self.unanswered.append(sent)
                continue
            if isinstance(body, ReadAttributes):
                self.reads.append((self.dialogue.now - NOW, frame.cluster_id, body.attribute_ids))
                reply = read_response(
                    frame.cluster_id, self.attributes.get(frame.cluster_id, {}), body.attribute_ids
                )
            elif isinstance(body, ConfigureReporting):
                reply = ConfigureReportingResponse([])
            elif isinstance(body, DefaultResponse):
                continue
            else:
                reply = DefaultResponse(sent.header.command_id, 0x8B)
            self.dialogue.receives(
                reply,
                frame.cluster_id,
                sequence=sent.header.sequence,
                source=frame.destination,
                endpoint=frame.destination_endpoint,
            )
        return asked
