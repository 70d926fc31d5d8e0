"""What every Smart Energy node does with a frame before it means anything, and how its answers are addressed.

Here: the acceptance of frames (addressed to us, profile, link-key rule, decodable), the rules of the Default
Response (ZCL 2.5.12), the serving of attributes, requests with their time-outs. Both engines, `client` and
`server`, are built on it. Not here: who may command whom, and what commands mean.
"""

from collections import Counter
from dataclasses import dataclass, field

from handover.errors import DecodeError
from handover.sep1 import frame as zcl
from handover.sep1.aps import BROADCAST, ApsFrame
from handover.sep1.attributes import AttributeTable, Change
from handover.sep1.clusters import CLUSTERS
from handover.sep1.codec import PLACES
from handover.sep1.declaration import Command
from handover.sep1.exchange import Exchange, Request, Retry
from handover.sep1.general import (
    AttributeRecord,
    AttributeValues,
    ConfigureReportingResponse,
    DefaultResponse,
    DiscoverAttributes,
    DiscoverAttributesResponse,
    GeneralCommand,
    ReadAttributes,
    ReadAttributesResponse,
    ReadReportingConfigurationResponse,
    StatusRecord,
    WriteAttributes,
    WriteAttributesNoResponse,
    WriteAttributesResponse,
    WriteAttributesUndivided,
)
from handover.sep1.types import SE_PROFILE, Status

ALL_ENDPOINTS = 0xFF
LINK_KEY_CLUSTERS = frozenset(cluster.id for cluster in CLUSTERS.values() if cluster.link_key)
"""Clusters whose frames count only under a link key."""

RESPONSES = (
    ReadAttributesResponse,
    WriteAttributesResponse,
    ConfigureReportingResponse,
    ReadReportingConfigurationResponse,
    DiscoverAttributesResponse,
    DefaultResponse,
)
RESPONSE_IDS = frozenset(response.code for response in RESPONSES)

ANSWERS = {0x00: 0x01, 0x02: 0x04, 0x03: 0x04, 0x06: 0x07, 0x08: 0x09, 0x0C: 0x0D}
"""General commands by id, and the id of what answers them."""

Body = Command | GeneralCommand


@dataclass(slots=True)
class Send:
    """Put this frame on the air."""

    frame: ApsFrame


@dataclass(slots=True)
class FrameDropped:
    """A frame was thrown away and does not count; the node's `dropped` counts by `reason`."""

    source: int
    cluster_id: int
    reason: str


@dataclass(slots=True)
class Received:
    """A frame that was accepted."""

    frame: ApsFrame
    header: zcl.Header
    body: Body


@dataclass(slots=True)
class Written:
    """What a write of attributes came to: the answer if one is due, and the changes made."""

    answer: list[Send]
    changes: list[Change] = field(default_factory=list)


Tables = dict[tuple[int, bool], AttributeTable]
"""Attributes of one endpoint by cluster id and side (True: client side)."""


class Node:
    """The application endpoints of one node. `tables` holds the attributes of its main one.

    `more` holds those of further endpoints, which are born and end while it runs: the mirrors of meters.
    """

    def __init__(self, eui64: int, endpoint: int) -> None:
        self.eui64 = eui64
        self.endpoint = endpoint
        self.main = frozenset({endpoint, ALL_ENDPOINTS})
        self.exchange = Exchange()
        self.dropped: Counter[str] = Counter()
        self.tables: Tables = {}
        self.more: dict[int, Tables] = {}

    def table(self, received: "Received") -> AttributeTable | None:
        """Return the attributes that a received frame is about."""
        tables = self.more.get(received.frame.destination_endpoint, self.tables)
        return tables.get((received.frame.cluster_id, received.header.to_client))

    def drop(self, frame: ApsFrame, reason: str) -> FrameDropped:
        """Count a frame that is thrown away."""
        self.dropped[reason] += 1
        return FrameDropped(frame.source, frame.cluster_id, reason)

    def accept(self, frame: ApsFrame) -> Received | list[Send | FrameDropped]:
        """Return what was received, or what is to be done about a frame that is not acceptable.

        Reasons to drop: foreign (not for us, or our own), profile, malformed, unsecured, unsupported.
        """
        if frame.destination not in (self.eui64, BROADCAST) or frame.source == self.eui64:
            return [self.drop(frame, "foreign")]
        if frame.destination_endpoint not in self.main and frame.destination_endpoint not in self.more:
            return [self.drop(frame, "foreign")]
        if frame.profile_id != SE_PROFILE:
            return [self.drop(frame, "profile")]
        if frame.cluster_id in LINK_KEY_CLUSTERS and not frame.secured:
            return [self.drop(frame, "unsecured")]
        try:
            header, offset = zcl.parse_header(frame.payload)
        except DecodeError:
            return [self.drop(frame, "malformed")]
        try:
            body = zcl.parse_body(frame.cluster_id, header, frame.payload[offset:])
        except DecodeError as error:
            reason = "malformed" if error.zcl_status == Status.MALFORMED_COMMAND else "unsupported"
            return [self.drop(frame, reason), *self._refuse(frame, header, error.zcl_status)]
        if header.manufacturer is not None:
            return [
                self.drop(frame, "unsupported"),
                *self._refuse(frame, header, Status.UNSUP_MANUF_GENERAL_COMMAND),
            ]
        return Received(frame, header, body)

    def _refuse(self, frame: ApsFrame, header: zcl.Header, status: int) -> list[Send]:
        """Answer a frame whose body cannot be read, unless it is itself an answer."""
        if header.frame_type == zcl.GLOBAL and header.command_id in RESPONSE_IDS:
            return []
        if header.frame_type == zcl.CLUSTER and self.exchange.by_sequence(frame, header.sequence) is not None:
            return []
        return self._default_response(frame, header, status)

    def default_response(self, received: Received, status: int) -> list[Send]:
        """Return the Default Response to `received`, when one is due.

        None is due to a broadcast or to a response; SUCCESS is not told to a sender that disabled it, an
        error is (ZCL 2.4.1.1.4).
        """
        if isinstance(received.body, RESPONSES):
            return []
        return self._default_response(received.frame, received.header, status)

    def _default_response(self, frame: ApsFrame, header: zcl.Header, status: int) -> list[Send]:
        if frame.destination == BROADCAST or (header.disable_default_response and status == Status.SUCCESS):
            return []
        return [self._answer(frame, header, DefaultResponse(header.command_id, status))]

    def answer(self, received: Received, body: Body) -> list[Send]:
        """Return `body` as an answer to `received`, under the same sequence; none to a broadcast."""
        if received.frame.destination == BROADCAST:
            return []
        return [self._answer(received.frame, received.header, body)]

    def _answer(self, frame: ApsFrame, header: zcl.Header, body: Body) -> Send:
        payload = zcl.build(
            frame.cluster_id,
            body,
            sequence=header.sequence,
            to_client=not header.to_client,
            disable_default_response=True,
        )
        asked = frame.destination_endpoint
        return Send(
            self.address(
                frame.source,
                frame.source_endpoint,
                frame.cluster_id,
                payload,
                None if asked == ALL_ENDPOINTS else asked,
            )
        )

    def address(
        self,
        destination: int,
        endpoint: int,
        cluster_id: int,
        payload: bytes,
        source_endpoint: int | None = None,
    ) -> ApsFrame:
        """Return an APS frame from us (from our main endpoint unless another is given).

        It goes under the link key where the cluster asks for it.
        """
        return ApsFrame(
            source=self.eui64,
            destination=destination,
            source_endpoint=self.endpoint if source_endpoint is None else source_endpoint,
            destination_endpoint=endpoint,
            cluster_id=cluster_id,
            secured=cluster_id in LINK_KEY_CLUSTERS,
            payload=payload,
        )

    def request(
        self,
        body: Body,
        *,
        destination: int,
        endpoint: int,
        cluster_id: int,
        to_client: bool,
        now: float,
        retry: Retry,
        expects: frozenset[int] = frozenset(),
        token: object = None,
        source_endpoint: int | None = None,
    ) -> Send:
        """Return a request as a frame to send, and await its answer. Raises NotNow, EncodeError."""
        sequence = self.exchange.next_sequence()
        payload = zcl.build(cluster_id, body, sequence=sequence, to_client=to_client)
        frame = self.address(destination, endpoint, cluster_id, payload, source_endpoint)
        is_command = isinstance(body, Command)
        self.exchange.open(
            frame,
            sequence=sequence,
            command_id=PLACES[type(body)].command_id if isinstance(body, Command) else body.code,
            cluster_command=is_command,
            now=now,
            retry=retry,
            expects=expects,
            token=token,
        )
        return Send(frame)

    def tell(
        self,
        body: Body,
        *,
        destination: int,
        endpoint: int,
        cluster_id: int,
        to_client: bool,
        sequence: int | None = None,
        source_endpoint: int | None = None,
    ) -> Send:
        """Return a frame to which no answer is awaited, under a new sequence unless one is given."""
        payload = zcl.build(
            cluster_id,
            body,
            sequence=self.exchange.next_sequence() if sequence is None else sequence,
            to_client=to_client,
            disable_default_response=True,
        )
        return Send(self.address(destination, endpoint, cluster_id, payload, source_endpoint))

    def request_answered(self, received: Received) -> Request | None:
        """Return the request that a received response, by its sequence, belongs to."""
        request = self.exchange.by_sequence(received.frame, received.header.sequence)
        if request is None or request.answered_at is not None:
            return None
        body = received.body
        if isinstance(body, DefaultResponse):
            return request if body.command_id == request.command_id else None
        if request.cluster_command or not isinstance(body, RESPONSES):
            return None
        return request if ANSWERS.get(request.command_id) == body.code else None

    def request_matching(self, received: Received) -> Request | None:
        """Return the request that a received cluster command answers, by its sequence or by its kind."""
        request = self.exchange.by_sequence(received.frame, received.header.sequence)
        if request is not None and received.header.command_id in request.expects:
            return request
        return self.exchange.by_command(received.frame, received.header.command_id)

    def serve(self, received: Received) -> list[Send] | None:
        """Answer a read or a discovery of our attributes; None when the body is neither."""
        body = received.body
        table = self.table(received)
        if isinstance(body, ReadAttributes):
            if table is not None:
                return self.answer(received, ReadAttributesResponse(table.read(body.attribute_ids)))
            absent = [AttributeRecord(i, status=Status.UNSUPPORTED_ATTRIBUTE) for i in body.attribute_ids]
            return self.answer(received, ReadAttributesResponse(absent))
        if isinstance(body, DiscoverAttributes):
            complete, rows = table.discover(body.start, body.maximum) if table is not None else (True, [])
            return self.answer(received, DiscoverAttributesResponse(complete, rows))
        return None

    def write(self, received: Received, *, allowed: bool) -> Written | None:
        """Carry out a write of our attributes; None when the body is no write.

        A writer that is not `allowed` changes nothing and is told NOT_AUTHORIZED for each attribute.
        """
        body = received.body
        if not isinstance(body, WriteAttributes | WriteAttributesUndivided | WriteAttributesNoResponse):
            return None
        table = self.table(received)
        if not allowed:
            refused = [StatusRecord(r.attribute_id, Status.NOT_AUTHORIZED) for r in body.records]
            changes: list[Change] = []
        else:
            refused, changes = _write(table, body)
        if isinstance(body, WriteAttributesNoResponse):
            return Written([], changes)
        return Written(self.answer(received, WriteAttributesResponse(refused)), changes)


def _write(table: AttributeTable | None, body: AttributeValues) -> tuple[list[StatusRecord], list[Change]]:
    """Write what can be written; all or nothing when undivided."""
    if table is None:
        return [StatusRecord(r.attribute_id, Status.UNSUPPORTED_ATTRIBUTE) for r in body.records], []
    before = dict(table.values)
    refused: list[StatusRecord] = []
    changes: list[Change] = []
    for record in body.records:
        status, change = table.write(record.attribute_id, record.data_type, record.value)
        if status is not Status.SUCCESS:
            refused.append(StatusRecord(record.attribute_id, status))
        if change is not None:
            changes.append(change)
    if refused and isinstance(body, WriteAttributesUndivided):
        table.values = before
        return refused, []
    return refused, changes
