import pytest

from handover.sep1 import frame as zcl
from handover.sep1.aps import ApsFrame
from handover.sep1.clusters.drlc import GetScheduledEvents
from handover.sep1.clusters.messaging import (
    CancelMessage,
    DisplayMessage,
    GetLastMessage,
    MessageConfirmation,
)
from handover.sep1.clusters.metering import GetProfile, RequestFastPollMode, RequestFastPollModeResponse
from handover.sep1.clusters.price import (
    GetBlockPeriods,
    GetCurrentPrice,
    GetScheduledPrices,
    PriceAcknowledgement,
    PublishBlockPeriod,
    PublishPrice,
)
from handover.sep1.declaration import Command
from handover.sep1.general import (
    ConfigureReporting,
    ConfigureReportingResponse,
    DefaultResponse,
    GeneralCommand,
    ReadAttributes,
    ReadAttributesResponse,
    ReportAttributes,
    ReportingRecord,
    ReportingStatus,
    WriteAttributes,
)
from handover.sep1.transports.raven.meaning import Publication, Report, Several, Silence
from handover.sep1.transports.raven.questions import ANSWER_WITHIN, Ask, Questions, Reply
from sep1.transports.raven.samples import COORDINATOR, OURS, STAMP

PRICE = PublishPrice(0, b"", 5, 5, 0, 840, 0x40, 0, 5, 0xFFFF, 603, 0xFF, 0xFFFFFFFF, 0xFF)
DEMAND = Report(0x0702, {0x0400: 333, 0x0007: STAMP, 0x0300: 0, 0x0301: 1, 0x0302: 1000})
ENERGY = Report(0x0702, {0x0000: 9, 0x0007: STAMP + 1, 0x0300: 0, 0x0301: 1, 0x0302: 1000})
NOTHING = Silence("nothing", wanting=True)


def request(
    body: Command | GeneralCommand,
    cluster_id: int,
    sequence: int = 7,
    endpoint: int = 1,
    *,
    quiet: bool = False,
) -> ApsFrame:
    payload = zcl.build(cluster_id, body, sequence=sequence, to_client=False, disable_default_response=quiet)
    return ApsFrame(
        source=OURS,
        destination=COORDINATOR,
        source_endpoint=3,
        destination_endpoint=endpoint,
        cluster_id=cluster_id,
        secured=True,
        payload=payload,
    )


def only(replies: list[Reply] | None) -> Reply:
    assert replies is not None
    assert len(replies) == 1
    return replies[0]


@pytest.mark.parametrize("body", [GetCurrentPrice(1), GetScheduledPrices(0, 0)])
def test_a_price_asked_for(body: Command) -> None:
    questions = Questions()
    frame = request(body, 0x0700, 9)
    assert questions.ask(frame, 0.0) == [Ask("get_current_price", 1)]
    assert questions.answer("MessageCluster", 1, NOTHING, 1.0) is None
    assert questions.answer("PriceCluster", 2, Publication(0x0700, PRICE), 1.0) is None
    assert only(questions.answer("PriceCluster", 1, Publication(0x0700, PRICE), 1.0)) == Reply(
        frame, 9, PRICE
    )
    assert questions.answer("PriceCluster", 1, Publication(0x0700, PRICE), 1.0) is None


@pytest.mark.parametrize(
    ("body", "cluster_id", "tag"),
    [(GetCurrentPrice(1), 0x0700, "PriceCluster"), (GetLastMessage(), 0x0703, "MessageCluster")],
)
def test_nothing_there_is_not_found(body: Command, cluster_id: int, tag: str) -> None:
    questions = Questions()
    questions.ask(request(body, cluster_id), 0.0)
    assert only(questions.answer(tag, 1, NOTHING, 1.0)).body == DefaultResponse(0x00, 0x8B)


def test_the_message_asked_for() -> None:
    message = DisplayMessage(1, 0x80, 0, 60, b"text")
    questions = Questions()
    assert questions.ask(request(GetLastMessage(), 0x0703), 0.0) == [Ask("get_message", 1)]
    assert only(questions.answer("MessageCluster", 1, Publication(0x0703, message), 1.0)).body == message


def test_a_message_taken_back_meanwhile_is_not_found() -> None:
    questions = Questions()
    questions.ask(request(GetLastMessage(), 0x0703), 0.0)
    replies = questions.answer("MessageCluster", 1, Publication(0x0703, CancelMessage(1, 0)), 1.0)
    assert [reply.body for reply in replies or []] == [CancelMessage(1, 0), DefaultResponse(0, 0x8B)]


def test_a_confirmation_is_passed_on_and_concluded() -> None:
    confirmation = MessageConfirmation(0x4A11, STAMP)
    confirm = Ask("confirm_message", 1, {"Id": "0x00004A11"})
    frame = request(confirmation, 0x0703)
    assert Questions().ask(frame, 0.0) == [confirm, Reply(frame, 7, DefaultResponse(0x01, 0x00))]
    assert Questions().ask(request(confirmation, 0x0703, quiet=True), 0.0) == [confirm]


@pytest.mark.parametrize(
    ("body", "cluster_id", "command_id"),
    [
        (PriceAcknowledgement(0, 1, 2, 0), 0x0700, 0x02),
        (GetScheduledEvents(0, 0), 0x0701, 0x01),
        (ConfigureReporting([]), 0x0700, 0x06),
        (WriteAttributes([]), 0x000A, 0x02),
    ],
)
def test_what_a_stick_cannot_carry_is_refused(body: Command, cluster_id: int, command_id: int) -> None:
    frame = request(body, cluster_id, 200, quiet=True)
    assert Questions().ask(frame, 0.0) == [Reply(frame, 200, DefaultResponse(command_id, 0x81))]


def test_frames_that_want_no_answer_get_none() -> None:
    assert Questions().ask(request(DefaultResponse(0, 0), 0x0700), 0.0) == []
    answer = request(DefaultResponse(0, 0), 0x0000)
    answer.payload = zcl.build(0x0000, ReadAttributesResponse([]), sequence=1, to_client=True)
    assert Questions().ask(answer, 0.0) == []
    for payload in (b"", b"\x01", b"\x03\x00\x00"):
        answer.payload = payload
        assert Questions().ask(answer, 0.0) == []


def test_a_cut_request_is_malformed() -> None:
    frame = request(GetCurrentPrice(1), 0x0700)
    frame.payload = frame.payload[:-1]
    assert Questions().ask(frame, 0.0) == [Reply(frame, 7, DefaultResponse(0x00, 0x80))]


def test_registers_are_read_with_their_time() -> None:
    questions = Questions()
    frame = request(ReadAttributes([0x0000, 0x0001, 0x0302, 0x0200]), 0x0702)
    assert questions.ask(frame, 0.0) == [Ask("get_current_summation_delivered", 1)]
    body = only(questions.answer("CurrentSummationDelivered", 1, ENERGY, 1.0)).body
    assert isinstance(body, ReadAttributesResponse)
    assert [(r.attribute_id, r.status, r.value) for r in body.records] == [
        (0x0000, 0, 9),
        (0x0001, 0x86, None),
        (0x0302, 0, 1000),
        (0x0200, 0x86, None),
        (0x0007, 0, STAMP + 1),
    ]


def test_values_of_two_times_never_share_one() -> None:
    questions = Questions()
    asks = questions.ask(request(ReadAttributes([0x0400, 0x0000, 0x0300, 0x0306]), 0x0702), 0.0)
    assert asks == [Ask("get_current_summation_delivered", 1), Ask("get_instantaneous_demand", 1)]
    assert questions.answer("InstantaneousDemand", 1, DEMAND, 1.0) == []
    replies = questions.answer("CurrentSummationDelivered", 1, ENERGY, 1.0)
    assert replies is not None
    answer, pushed = (reply.body for reply in replies)
    assert isinstance(answer, ReadAttributesResponse)
    assert isinstance(pushed, ReportAttributes)
    assert {r.attribute_id: r.value for r in answer.records} == {
        0x0400: 333,
        0x0300: 0,
        0x0306: 0,
        0x0007: STAMP,
    }
    assert {r.attribute_id: r.value for r in pushed.records} == ENERGY.values


def test_values_of_one_time_share_it() -> None:
    questions = Questions()
    questions.ask(request(ReadAttributes([0x0400, 0x0000]), 0x0702), 0.0)
    questions.answer("InstantaneousDemand", 1, DEMAND, 1.0)
    same = Report(0x0702, {**ENERGY.values, 0x0007: STAMP})
    body = only(questions.answer("CurrentSummationDelivered", 1, same, 1.0)).body
    assert isinstance(body, ReadAttributesResponse)
    assert {r.attribute_id: r.value for r in body.records} == {0x0400: 333, 0x0000: 9, 0x0007: STAMP}


@pytest.mark.parametrize(
    "order",
    [
        ("InstantaneousDemand", "CurrentSummationDelivered"),
        ("CurrentSummationDelivered", "InstantaneousDemand"),
    ],
)
def test_a_value_that_there_is_not_is_invalid(order: tuple[str, str]) -> None:
    questions = Questions()
    questions.ask(request(ReadAttributes([0x0400, 0x0000]), 0x0702), 0.0)
    for tag in order:
        replies = questions.answer(tag, 1, NOTHING if tag == "InstantaneousDemand" else ENERGY, 1.0)
    body = only(replies).body
    assert isinstance(body, ReadAttributesResponse)
    assert {r.attribute_id: r.value for r in body.records} == {
        0x0400: -0x800000,
        0x0000: 9,
        0x0007: STAMP + 1,
    }


def test_time_is_read() -> None:
    questions = Questions()
    assert questions.ask(request(ReadAttributes([0, 1, 2, 3]), 0x000A), 0.0) == [Ask("get_time", 1)]
    body = only(questions.answer("TimeCluster", 1, Report(0x000A, {0: STAMP, 1: 1}), 1.0)).body
    assert isinstance(body, ReadAttributesResponse)
    assert [(r.value, r.status) for r in body.records] == [(STAMP, 0), (1, 0), (None, 0x86), (None, 0x86)]
    questions.ask(request(ReadAttributes([0]), 0x000A), 0.0)
    body = only(questions.answer("TimeCluster", 1, NOTHING, 1.0)).body
    assert isinstance(body, ReadAttributesResponse)
    assert body.records[0].value == 0xFFFFFFFF


@pytest.mark.parametrize("cluster_id", [0x0700, 0x0702])
def test_other_attributes_are_unsupported_at_once(cluster_id: int) -> None:
    [reply] = Questions().ask(request(ReadAttributes([0x0005, 0x0308]), cluster_id), 0.0)
    assert isinstance(reply, Reply)
    assert isinstance(reply.body, ReadAttributesResponse)
    assert [r.status for r in reply.body.records] == [0x86, 0x86]


def test_a_sign_of_life_is_asked_of_the_stick() -> None:
    questions = Questions()
    assert questions.ask(request(ReadAttributes([0x0000]), 0x0000), 0.0) == [Ask("get_time", 1)]
    body = only(questions.answer("TimeCluster", 1, Report(0x000A, {0: STAMP, 1: 1}), 1.0)).body
    assert isinstance(body, ReadAttributesResponse)
    assert [r.status for r in body.records] == [0x86]
    questions.ask(request(ReadAttributes([0x0000]), 0x0000), 0.0)
    assert questions.answer("TimeCluster", 1, NOTHING, 1.0) == []  # a stick without the time hears no ESI


def test_reports_that_come_anyway_are_agreed_to() -> None:
    records = [
        ReportingRecord(attribute_id, data_type=0x25, change=1) for attribute_id in (0x0000, 0x0400, 0x0200)
    ]
    [reply] = Questions().ask(request(ConfigureReporting(records[:2]), 0x0702), 0.0)
    assert isinstance(reply, Reply)
    assert reply.body == ConfigureReportingResponse([])
    [reply] = Questions().ask(request(ConfigureReporting(records), 0x0702), 0.0)
    assert isinstance(reply, Reply)
    assert reply.body == ConfigureReportingResponse([ReportingStatus(0x0200, 0, 0x8C)])


def test_scale_alone_is_read_off_the_registers() -> None:
    assert Questions().ask(request(ReadAttributes([0x0301, 0x0302]), 0x0702), 0.0) == [
        Ask("get_current_summation_delivered", 1)
    ]
    [reply] = Questions().ask(request(ReadAttributes([0x0300, 0x0306]), 0x0702), 0.0)
    assert isinstance(reply, Reply)
    assert isinstance(reply.body, ReadAttributesResponse)
    assert [r.value for r in reply.body.records] == [0, 0]


def test_late_documents_came_unasked() -> None:
    questions = Questions()
    questions.ask(request(GetCurrentPrice(1), 0x0700), 0.0)
    assert questions.answer("PriceCluster", 1, Publication(0x0700, PRICE), ANSWER_WITHIN) is None
    assert len(questions) == 0


def test_a_repeated_request_is_one_question_and_the_crowd_is_bounded() -> None:
    questions = Questions(limit=8)
    for _ in range(5):
        questions.ask(request(GetCurrentPrice(1), 0x0700, 1), 0.0)
    assert len(questions) == 1
    for sequence in range(100):
        questions.ask(request(GetCurrentPrice(1), 0x0700, sequence), 0.0)
    assert len(questions) == 8
    assert only(questions.answer("PriceCluster", 1, Publication(0x0700, PRICE), 1.0)).sequence == 92


def test_an_unknown_command_refuses_the_oldest_question() -> None:
    questions = Questions()
    assert questions.refused() == []
    questions.ask(request(GetCurrentPrice(1), 0x0700, 1), 0.0)
    questions.ask(request(GetLastMessage(), 0x0703, 2), 0.0)
    assert only(questions.refused()).sequence == 1
    questions.clear()
    assert questions.refused() == []


def test_a_question_whose_document_is_known_is_not_the_one_refused() -> None:
    questions = Questions()
    questions.answer("PriceCluster", 1, Publication(0x0700, PRICE), 0.0)
    questions.ask(request(GetCurrentPrice(1), 0x0700, 1), 0.0)
    questions.ask(request(GetProfile(0, 0, 4), 0x0702, 2), 0.0)
    assert only(questions.refused()) == Reply(
        request(GetProfile(0, 0, 4), 0x0702, 2), 2, DefaultResponse(0x00, 0x81)
    )
    assert only(questions.refused()).sequence == 1


def test_fast_polling_is_set_and_then_asked_for() -> None:
    questions = Questions()
    frame = request(RequestFastPollMode(4, 15), 0x0702)
    assert questions.ask(frame, 0.0) == [
        Ask("set_fast_poll", 1, {"Frequency": "0x0004", "Duration": "0x000f"}),
        Ask("get_fast_poll_status", 1),
    ]
    granted = RequestFastPollModeResponse(5, STAMP)
    meaning = Publication(0x0702, granted, only_asked=True)
    assert only(questions.answer("FastPollStatus", 1, meaning, 1.0)) == Reply(frame, 7, granted)


def test_each_question_gets_its_part_of_a_document() -> None:
    period = PublishBlockPeriod(0, 5, 5, 60, 1, 0)
    meaning = Several(
        (
            Publication(0x0700, period),
            Report(0x0700, {0x0400: 3}),
            Report(0x0702, {0x000C: 9, 0x0007: STAMP}),
        )
    )
    questions = Questions()
    bodies: list[Command | GeneralCommand] = [
        GetBlockPeriods(0, 0),
        ReadAttributes([0x0400, 0x0100]),
        ReadAttributes([0x000C]),
    ]
    for sequence, (body, cluster_id) in enumerate(zip(bodies, (0x0700, 0x0700, 0x0702), strict=True)):
        assert questions.ask(request(body, cluster_id, sequence), 0.0) == [Ask("get_price_blocks", 1)]
    assert only(questions.answer("BlockPriceDetail", 1, meaning, 1.0)).body == period
    read = only(questions.answer("BlockPriceDetail", 1, meaning, 1.0)).body
    assert isinstance(read, ReadAttributesResponse)
    assert [(r.attribute_id, r.status, r.value) for r in read.records] == [
        (0x0400, 0, 3),
        (0x0100, 0x86, None),
    ]
    consumed = only(questions.answer("BlockPriceDetail", 1, meaning, 1.0)).body
    assert isinstance(consumed, ReadAttributesResponse)
    assert {r.attribute_id: r.value for r in consumed.records} == {0x000C: 9, 0x0007: STAMP}
    assert questions.answer("BlockPriceDetail", 1, meaning, 1.0) is None
