"""What a HAN device asks when it starts, every hour, and when nobody answers."""

import pytest

from handover.errors import Refused
from handover.sep1.client import (
    AttributesReceived,
    ClientSettings,
    CommandReceived,
    EsiBack,
    EsiLost,
    HanClient,
    Retry,
)
from handover.sep1.clusters.drlc import GetScheduledEvents
from handover.sep1.clusters.messaging import DisplayMessage, GetLastMessage
from handover.sep1.clusters.price import GetCurrentPrice, GetScheduledPrices
from handover.sep1.general import ConfigureReporting, DefaultResponse, ReadAttributes
from sep1.dialogue import (
    BASIC,
    DRLC,
    ESI,
    MESSAGING,
    METERING,
    NOW,
    OURS,
    PRICE,
    TIME,
    ZIGBEE_NOW,
    AnsweringEsi,
    Dialogue,
    read_response,
)

CLOCK = {0: ZIGBEE_NOW + 100, 1: 0x0D, 2: -18000, 3: 0, 4: 0, 5: 0, 7: ZIGBEE_NOW - 17900}
METER = {
    0x0300: 0,
    0x0301: 1,
    0x0302: 1000,
    0x0303: 0x2B,
    0x0306: 0,
    0x0200: 0,
    0x0000: 123456789,
    0x0400: -366,
}
QUERIES = [
    GetScheduledEvents(0, 0),
    GetScheduledEvents(ZIGBEE_NOW + 100 - 90000, 0),
    GetCurrentPrice(1),
    GetScheduledPrices(0, 0),
    GetLastMessage(),
]


def started(settings: ClientSettings | None = None) -> tuple[Dialogue, AnsweringEsi]:
    client = HanClient(OURS, settings=settings)
    dialogue = Dialogue(client)
    esi = AnsweringEsi(dialogue, {TIME: CLOCK, METERING: METER, BASIC: {0: 2}})
    dialogue.take(client.start(ESI, NOW))
    return dialogue, esi


def test_the_start_as_a_dialogue() -> None:
    client = HanClient(OURS)
    d = Dialogue(client)
    d.take(client.start(ESI, NOW))

    ask = d.only()
    assert ask.body == ReadAttributes([0, 1, 2, 3, 4, 5, 7])
    assert not ask.header.to_client
    (read,) = d.receives(
        read_response(TIME, CLOCK, ask.body.attribute_ids), TIME, sequence=ask.header.sequence
    )
    assert isinstance(read, AttributesReceived)
    assert (read.values, read.report, read.cluster_id) == (CLOCK, False, TIME)
    assert client.clock_offset(ESI) == 100.0

    for query, cluster_id in zip(QUERIES, [DRLC, DRLC, PRICE, PRICE, MESSAGING], strict=True):
        ask = d.only()
        assert ask.body == query, "one question at a time, the look-back by the ESI's clock"
        nothing = DefaultResponse(ask.header.command_id, 0x8B)
        assert d.receives(nothing, cluster_id, sequence=ask.header.sequence) == []

    ask = d.only()
    assert ask.body == ReadAttributes([0x0300, 0x0301, 0x0302, 0x0303, 0x0304, 0x0306, 0x0200])
    (read,) = d.receives(
        read_response(METERING, METER, ask.body.attribute_ids), METERING, sequence=ask.header.sequence
    )
    assert read.values[0x0302] == 1000
    assert read.unsupported == (0x0304,)

    ask = d.only()
    assert ask.body == ReadAttributes([0x0000, 0x0001, 0x0400, 0x0007, 0x000A])
    (read,) = d.receives(
        read_response(METERING, METER, ask.body.attribute_ids), METERING, sequence=ask.header.sequence
    )
    assert read.values == {0x0000: 123456789, 0x0400: -366}

    ask = d.only()
    assert ask.body == ReadAttributes([0x0307, 0x0308])
    d.receives(read_response(METERING, METER, ask.body.attribute_ids), METERING, sequence=ask.header.sequence)

    configuration = d.only().body
    assert isinstance(configuration, ConfigureReporting)
    assert [(r.attribute_id, r.data_type, r.change) for r in configuration.records] == [
        (0x0200, 0x18, None),
        (0x0000, 0x25, 1),
        (0x0400, 0x2A, 1),
    ]


def test_queries_are_repeated_hourly_and_the_clock_only_daily() -> None:
    d, esi = started()
    esi.answers()
    asked_at: list[tuple[float, object]] = []
    for minute in range(1, 25 * 60 + 1):
        d.passes_until(60.0 * minute)
        asked_at += [(d.now - NOW, body) for body in esi.answers()]
    events = [at for at, body in asked_at if body == GetScheduledEvents(0, 0)]
    assert events == [3600.0 * hour for hour in range(1, 26)]
    clock = [at for at, body in asked_at if body == ReadAttributes([0, 1, 2, 3, 4, 5, 7])]
    assert clock == [86400.0]


def test_an_unanswered_question_is_repeated_with_growing_patience_then_left() -> None:
    d, _ = started(ClientSettings(retry=Retry(10.0, 4, 2.0)))
    first = d.only()
    for wait in (10, 20, 40):
        d.passes(wait - 0.1)
        d.nothing()
        d.passes(0.1)
        again = d.only()
        assert again == first, "a repeat keeps its sequence, so that a late answer matches"
    d.passes(80)
    assert d.only().body == GetScheduledEvents(0, 0)


def test_a_late_answer_to_the_first_try_counts() -> None:
    d, _ = started()
    ask = d.only()
    d.passes(10)
    d.sent()
    (read,) = d.receives(read_response(TIME, CLOCK, [0]), TIME, sequence=ask.header.sequence)
    assert isinstance(read, AttributesReceived)


def test_several_answers_to_one_query() -> None:
    d, esi = started()
    esi.answers()
    message = DisplayMessage(7, 0x80, 0, 60, b"hello")
    esi.silent_on = (GetLastMessage,)
    d.passes_until(3600)
    esi.answers()
    (ask,) = esi.unanswered
    (same,) = d.receives(message, sequence=ask.header.sequence)
    assert isinstance(same, CommandReceived)
    assert same.answer
    (other,) = d.receives(message, sequence=ask.header.sequence ^ 0x40)
    assert other.answer, "an ESI may answer under a sequence of its own"
    client = d.engine
    assert isinstance(client, HanClient)
    assert client.conclude(same, 0, d.now) == [], "no Default Response to a response"
    assert len(client.conclude(other, 0, d.now)) == 1
    d.passes(120)
    esi.answers()
    (later,) = d.receives(message)
    assert not later.answer


def test_three_silent_keep_alives_lose_the_esi_and_a_sign_of_life_brings_all_queries() -> None:
    d, esi = started(ClientSettings(keep_alive_period=300, poll_period=1e6, report_maximum=60_000))
    esi.answers()
    keep_alive = ReadAttributes([0])
    lost_at = None
    for minute in range(1, 40):
        indicated = d.passes_until(60.0 * minute)
        if any(isinstance(i, EsiLost) for i in indicated):
            lost_at = d.now - NOW
            break
    assert lost_at is not None
    assert 900 < lost_at <= 960
    assert d.bodies() == [keep_alive] * 3, "a keep-alive is not repeated, and does not read Time"
    client = d.engine
    assert isinstance(client, HanClient)
    assert client.is_lost(ESI)

    d.passes_until(7300)
    assert set(map(str, d.bodies())) == {str(keep_alive)}, "a lost ESI is asked for a sign of life only"
    back = d.receives(DisplayMessage(7, 0, 0, 60, b"power is back"))
    assert isinstance(back[0], EsiBack)
    asked = esi.answers()
    assert [body for body in QUERIES if not isinstance(body, GetScheduledEvents) and body not in asked] == []
    assert sum(isinstance(body, GetScheduledEvents) for body in asked) == 2
    assert ReadAttributes([0, 1, 2, 3, 4, 5, 7]) not in asked, "Time was read less than a day ago"
    assert not client.is_lost(ESI)


def test_a_new_connection_asks_a_lost_esi_everything_once() -> None:
    d, esi = started(ClientSettings(poll_period=1e6, report_maximum=60_000))
    client = d.engine
    assert isinstance(client, HanClient)
    esi.answers()
    d.passes_until(7200)
    d.sent()
    assert client.is_lost(ESI)
    d.take(client.start(ESI, d.now))
    asked = esi.answers()
    assert not client.is_lost(ESI)
    assert sum(isinstance(indication, EsiBack) for indication in d.indications) == 1
    assert asked.count(GetLastMessage()) == asked.count(GetCurrentPrice(1)) == 1
    assert sum(isinstance(body, GetScheduledEvents) for body in asked) == 2


def test_hearing_from_the_esi_saves_the_keep_alive() -> None:
    d, esi = started(ClientSettings(poll_period=1e6, report_maximum=60_000))
    esi.answers()
    for _ in range(10):
        d.passes(200)
        d.receives(DisplayMessage(7, 0, 0, 60, b"still here"), quiet=True)
        d.nothing()


def test_a_clock_set_back_does_not_silence_the_client() -> None:
    d, esi = started()
    esi.answers()
    d.now = NOW - 10 * 86400
    d.take(d.engine.tick(d.now))
    d.frames.clear()
    due = d.engine.deadline()
    assert due is not None
    assert due <= d.now + 3600


def test_a_gateway_is_not_its_own_esi() -> None:
    with pytest.raises(Refused, match="own address"):
        HanClient(OURS).start(OURS, NOW)


def test_an_invalid_clock_is_asked_for_again_at_the_next_round() -> None:
    d, esi = started()
    esi.attributes[TIME] = {0: 0xFFFFFFFF}
    esi.answers()
    client = d.engine
    assert isinstance(client, HanClient)
    assert client.clock_offset(ESI) is None
    esi.attributes[TIME] = CLOCK
    d.passes_until(3600)
    assert ReadAttributes([0, 1, 2, 3, 4, 5, 7]) in esi.answers()
