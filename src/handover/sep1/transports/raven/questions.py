"""Our frames as stick commands, and the stick's documents as their answers. No I/O; the time is given.

A stick has one command for each thing it knows, and answers with a document that looks like those it sends
unasked. So the next document of the kind asked for answers the oldest question. Questions that stay without
an answer are dropped: the asker's own time-out and retries deal with silence. What a stick cannot carry is
refused as a node would refuse it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from handover.errors import DecodeError
from handover.sep1 import frame as zcl
from handover.sep1.aps import ApsFrame
from handover.sep1.clusters import CLUSTERS
from handover.sep1.clusters.messaging import DisplayMessage, GetLastMessage, MessageConfirmation
from handover.sep1.clusters.metering import GetProfile, ProfileStatus, RequestFastPollMode
from handover.sep1.clusters.price import GetBlockPeriods, GetCurrentPrice, GetScheduledPrices
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
    ReportingStatus,
)
from handover.sep1.transports.raven import blocks
from handover.sep1.transports.raven import documents as doc
from handover.sep1.transports.raven.intervals import fast_poll_question, no_profile, profile_question
from handover.sep1.transports.raven.meaning import (
    INVALID_S24,
    INVALID_U32,
    INVALID_U48,
    MESSAGING,
    METERING,
    PRICE,
    TIME,
    Meaning,
    Publication,
    Report,
    Several,
)
from handover.sep1.types import Status

ANSWER_WITHIN = 30.0
"""Seconds after which a document no longer counts as the answer to a question."""

SUMMATION, DEMAND = "CurrentSummationDelivered", "InstantaneousDemand"
BLOCKS, BILLING, PROFILE, FAST_POLL = "BlockPriceDetail", "BillingPeriodList", "ProfileData", "FastPollStatus"

COMMANDS = {
    "PriceCluster": "get_current_price",
    "MessageCluster": "get_message",
    "TimeCluster": "get_time",
    SUMMATION: "get_current_summation_delivered",
    DEMAND: "get_instantaneous_demand",
    BLOCKS: "get_price_blocks",
    BILLING: "get_billing_periods",
    PROFILE: "get_profile_data",
    FAST_POLL: "get_fast_poll_status",
}
"""The stick command that brings a document. Which ones a stick knows depends on its kind."""

_SOURCES = {
    METERING: {
        doc.SUMMATION_DELIVERED: SUMMATION,
        doc.SUMMATION_RECEIVED: SUMMATION,
        doc.SUMMATION_FORMATTING: SUMMATION,
        doc.INSTANTANEOUS_DEMAND: DEMAND,
        doc.DEMAND_FORMATTING: DEMAND,
        blocks.BLOCK_CONSUMPTION: BLOCKS,
    },
    PRICE: dict.fromkeys(
        (
            *range(blocks.THRESHOLD, blocks.THRESHOLD + blocks.BLOCK_LIMIT - 1),
            blocks.PERIOD_START,
            blocks.PERIOD_DURATION,
            blocks.THRESHOLD_MULTIPLIER,
            blocks.THRESHOLD_DIVISOR,
            *range(blocks.BLOCK_PRICE, blocks.BLOCK_PRICE + blocks.BLOCK_LIMIT),
        ),
        BLOCKS,
    )
    | dict.fromkeys((blocks.BILLING_START, blocks.BILLING_DURATION), BILLING),
    TIME: dict.fromkeys((0x0000, 0x0001, 0x0002, 0x0007), "TimeCluster"),
}
"""The document in which an attribute comes."""

_REPORTED = frozenset({doc.SUMMATION_DELIVERED, doc.SUMMATION_RECEIVED, doc.INSTANTANEOUS_DEMAND})
"""What a stick reports of its own accord."""

_BASIC = 0x0000
_EITHER = frozenset({doc.SNAPSHOT_TIME, doc.MULTIPLIER, doc.DIVISOR})
_FIXED = {doc.UNIT_OF_MEASURE: doc.KWH_BINARY, 0x0306: 0}
"""Metering attributes that every stick has the same: kWh, an electricity meter."""

_ABSENT = {(TIME, 0x0000): INVALID_U32, (METERING, doc.INSTANTANEOUS_DEMAND): INVALID_S24} | {
    (METERING, register): INVALID_U48 for register in (doc.SUMMATION_DELIVERED, doc.SUMMATION_RECEIVED)
}
"""What stands for a value that there is not at present."""


@dataclass(slots=True)
class Ask:
    """Have the stick do `command`; `meter` is the endpoint of the meter meant."""

    command: str
    endpoint: int
    arguments: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Reply:
    """Answer `request` with `body` under its sequence number."""

    request: ApsFrame
    sequence: int
    body: Command | GeneralCommand


@dataclass(slots=True)
class Question:
    """A request that waits for documents: `wanted` are their names, `values` what has come for a read."""

    request: ApsFrame
    sequence: int
    command_id: int
    wanted: set[str]
    until: float
    attributes: tuple[int, ...] = ()
    reports: list[Report] = field(default_factory=list)


Action = Ask | Reply


class Questions:
    """The requests under way on one line. At most `limit`; the oldest is dropped for a new one."""

    def __init__(self, limit: int = 64) -> None:
        self._open: list[Question] = []
        self._limit = limit
        self._heard: set[str] = set()

    def __len__(self) -> int:
        return len(self._open)

    def clear(self) -> None:
        """Forget all: the line was cut."""
        self._open.clear()
        self._heard.clear()

    def ask(self, request: ApsFrame, now: float) -> list[Action]:
        """Take a frame of ours and return what is to be done for it; nothing for what needs no answer."""
        try:
            header, offset = zcl.parse_header(request.payload)
        except DecodeError:
            return []
        if header.to_client or (
            header.frame_type == zcl.GLOBAL and header.command_id == DefaultResponse.code
        ):
            return []
        try:
            body = zcl.parse_body(request.cluster_id, header, request.payload[offset:])
        except DecodeError as error:
            return [self._refuse(request, header, error.zcl_status)]
        match body:
            case GetCurrentPrice() | GetScheduledPrices():
                return self._open_question(request, header, {"PriceCluster"}, now)
            case GetLastMessage():
                return self._open_question(request, header, {"MessageCluster"}, now)
            case GetBlockPeriods():
                return self._open_question(request, header, {BLOCKS}, now)
            case GetProfile():
                arguments = profile_question(body)
                if arguments is None:
                    return [Reply(request, header.sequence, no_profile(ProfileStatus.UNDEFINED_CHANNEL))]
                return self._open_question(request, header, {PROFILE}, now, arguments=arguments)
            case RequestFastPollMode():
                set_it = Ask("set_fast_poll", request.destination_endpoint, fast_poll_question(body))
                return [set_it, *self._open_question(request, header, {FAST_POLL}, now)]
            case MessageConfirmation(message_id=message_id):
                actions: list[Action] = [
                    Ask("confirm_message", request.destination_endpoint, {"Id": f"0x{message_id:08X}"})
                ]
                if not header.disable_default_response:
                    actions.append(self._refuse(request, header, Status.SUCCESS))
                return actions
            case ReadAttributes(attribute_ids=attribute_ids):
                return self._read(request, header, attribute_ids, now)
            case ConfigureReporting() if request.cluster_id == METERING:
                return [Reply(request, header.sequence, _agreement(body))]
        return [self._refuse(request, header, Status.UNSUP_CLUSTER_COMMAND)]

    def answer(self, tag: str, endpoint: int, meaning: Meaning, now: float) -> list[Reply] | None:
        """Take a document's meaning; return the replies if it was asked for, None when it came unasked."""
        self._heard.add(tag)
        self._open = [question for question in self._open if question.until > now]
        for question in self._open:
            if tag in question.wanted and question.request.destination_endpoint == endpoint:
                question.wanted.discard(tag)
                if not question.wanted:
                    self._open.remove(question)
                return self._conclude(question, tag, meaning)
        return None

    def refused(self) -> list[Reply]:
        """The stick does not know a command: a question gets no answer but a refusal. Which one, the stick
        does not say: the oldest for which it never had a document, else the oldest.
        """
        strange = [question for question in self._open if not question.wanted <= self._heard]
        for question in (strange or self._open)[:1]:
            self._open.remove(question)
            if question.attributes and question.request.cluster_id != _BASIC:
                return _read_replies(question, [*question.reports, Report(question.request.cluster_id)])
            status = Status.UNSUP_CLUSTER_COMMAND
            return [Reply(question.request, question.sequence, DefaultResponse(question.command_id, status))]
        return []

    def _refuse(self, request: ApsFrame, header: zcl.Header, status: int) -> Reply:
        return Reply(request, header.sequence, DefaultResponse(header.command_id, status))

    def _open_question(
        self,
        request: ApsFrame,
        header: zcl.Header,
        wanted: set[str],
        now: float,
        attributes: Iterable[int] = (),
        arguments: dict[str, str] | None = None,
    ) -> list[Action]:
        """Note a question and return the commands for it. A repeat of an open one takes its place."""
        self._open = [
            question
            for question in self._open
            if (question.request.cluster_id, question.sequence) != (request.cluster_id, header.sequence)
        ][-self._limit + 1 :]
        endpoint = request.destination_endpoint
        commands: list[Action] = [Ask(COMMANDS[tag], endpoint, arguments or {}) for tag in sorted(wanted)]
        until = now + ANSWER_WITHIN
        self._open.append(
            Question(request, header.sequence, header.command_id, wanted, until, tuple(attributes))
        )
        return commands

    def _read(
        self, request: ApsFrame, header: zcl.Header, attribute_ids: list[int], now: float
    ) -> list[Action]:
        if request.cluster_id == _BASIC:  # asked as a sign of life: a stick that hangs must not give one
            return self._open_question(request, header, {"TimeCluster"}, now, attribute_ids)
        sources = _SOURCES.get(request.cluster_id, {})
        wanted = {sources[attribute_id] for attribute_id in attribute_ids if attribute_id in sources}
        if not wanted and request.cluster_id == METERING and _EITHER.intersection(attribute_ids):
            wanted = {SUMMATION}
        if wanted:
            return self._open_question(request, header, wanted, now, attribute_ids)
        return [Reply(request, header.sequence, _response(request.cluster_id, attribute_ids, {}))]

    def _conclude(self, question: Question, tag: str, meaning: Meaning) -> list[Reply]:
        request, sequence = question.request, question.sequence
        if request.cluster_id == _BASIC:
            alive = isinstance(meaning, Report)
            return [Reply(request, sequence, _response(_BASIC, question.attributes, {}))] if alive else []
        said = _about(meaning, request.cluster_id, bool(question.attributes))
        if not question.attributes:
            if isinstance(said, Publication):
                replies = [Reply(request, sequence, said.command)]
                if request.cluster_id == MESSAGING and not isinstance(said.command, DisplayMessage):
                    replies.append(_not_found(question))
                return replies
            return [_not_found(question)]
        question.reports.append(said if isinstance(said, Report) else _missing(request.cluster_id, tag))
        if question.wanted:
            return []
        return _read_replies(question, question.reports)


def _about(meaning: Meaning, cluster_id: int, attributes: bool) -> Meaning | None:
    """Return that part of a meaning which answers a question of one cluster: attributes or a command."""
    parts = meaning.parts if isinstance(meaning, Several) else (meaning,)
    kind = Report if attributes else Publication
    for part in parts:
        if isinstance(part, kind) and part.cluster_id == cluster_id:
            return part
    return None


def _agreement(body: ConfigureReporting) -> ConfigureReportingResponse:
    """Agree to reports of what the stick reports anyway; how often is set in the stick."""
    refused = [record for record in body.records if record.attribute_id not in _REPORTED]
    status = Status.UNREPORTABLE_ATTRIBUTE
    return ConfigureReportingResponse([ReportingStatus(r.attribute_id, r.direction, status) for r in refused])


def _not_found(question: Question) -> Reply:
    return Reply(question.request, question.sequence, DefaultResponse(question.command_id, Status.NOT_FOUND))


def _missing(cluster_id: int, tag: str) -> Report:
    """Return the report of a document that says nothing: every value it should bring is invalid."""
    names = [a for a, source in _SOURCES[cluster_id].items() if source == tag and (cluster_id, a) in _ABSENT]
    return Report(cluster_id, {attribute_id: _ABSENT[cluster_id, attribute_id] for attribute_id in names})


def _read_replies(question: Question, reports: list[Report]) -> list[Reply]:
    """Answer a read. Values of another time than the answer's follow as a report with their own."""
    cluster_id, sequence = question.request.cluster_id, question.sequence
    values, others = dict(reports[0].values), []
    for report in reports[1:]:
        if (
            report.values.get(doc.SNAPSHOT_TIME, 0) == values.get(doc.SNAPSHOT_TIME, 0)
            or doc.SNAPSHOT_TIME not in report.values
        ):
            values |= report.values
        elif doc.SNAPSHOT_TIME not in values:
            values = report.values | values
        else:
            others.append(report)
    elsewhere = {attribute_id for report in others for attribute_id in report.values} - values.keys()
    asked = [attribute_id for attribute_id in question.attributes if attribute_id not in elsewhere]
    if cluster_id == METERING and doc.SNAPSHOT_TIME in values and doc.SNAPSHOT_TIME not in asked:
        asked.append(doc.SNAPSHOT_TIME)  # a register without its time would pass for new
    replies = [Reply(question.request, sequence, _response(cluster_id, asked, values))]
    return replies + [Reply(question.request, sequence, report_of(report)) for report in others]


def _response(
    cluster_id: int, attribute_ids: Iterable[int], values: dict[int, int]
) -> ReadAttributesResponse:
    known = values if cluster_id != METERING else _FIXED | values
    return ReadAttributesResponse(
        [
            _record(cluster_id, attribute_id, known[attribute_id])
            if attribute_id in known
            else AttributeRecord(attribute_id, status=Status.UNSUPPORTED_ATTRIBUTE)
            for attribute_id in attribute_ids
        ]
    )


def _record(cluster_id: int, attribute_id: int, value: int) -> AttributeRecord:
    return AttributeRecord(
        attribute_id, CLUSTERS[cluster_id].server_attributes[attribute_id].type.code, value
    )


def report_of(report: Report) -> ReportAttributes:
    """Return the report as a general command."""
    return ReportAttributes([_record(report.cluster_id, i, value) for i, value in report.values.items()])
