"""Who may say what to a HAN device, and which answer it gives."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handover.sep1 import frame as zcl
from handover.sep1.aps import BROADCAST, ApsFrame
from handover.sep1.client import (
    AttributesReceived,
    AttributeWritten,
    BasicIdentity,
    CommandReceived,
    Concluded,
    FrameDropped,
    HanClient,
    LoadControlAttributes,
)
from handover.sep1.clusters.basic import ResetToFactoryDefaults
from handover.sep1.clusters.drlc import CancelAllLoadControlEvents, ReportEventStatus
from handover.sep1.clusters.messaging import CancelMessage, DisplayMessage, MessageConfirmation
from handover.sep1.clusters.metering import GetProfile, GetProfileResponse, RequestMirror
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
    ReportingStatus,
    StatusRecord,
    WriteAttributes,
    WriteAttributesNoResponse,
    WriteAttributesResponse,
    WriteAttributesUndivided,
)
from sep1.dialogue import (
    BASIC,
    DRLC,
    ESI,
    MESSAGING,
    METER,
    METERING,
    NOW,
    OURS,
    STRANGER,
    TIME,
    ZIGBEE_NOW,
    AnsweringEsi,
    Dialogue,
    record,
    report,
)

MESSAGE = DisplayMessage(0x17985101, 0x88, 0, 90, b"Peak today 16-19h")


@pytest.fixture
def client() -> HanClient:
    return HanClient(
        OURS,
        basic=BasicIdentity(manufacturer="Acme", model="Gateway"),
        load_control=LoadControlAttributes(enrollment_group=3, device_class=0x0005),
    )


@pytest.fixture
def d(client: HanClient) -> Dialogue:
    """A dialogue with a client that has asked all its questions."""
    dialogue = Dialogue(client)
    dialogue.take(client.start(ESI, NOW))
    AnsweringEsi(dialogue).answers()
    dialogue.indications.clear()
    return dialogue


def indicated(indications: list[object]) -> CommandReceived:
    (only,) = indications
    assert isinstance(only, CommandReceived)
    return only


class TestDefaultResponses:
    def test_a_command_is_concluded_from_above(self, d: Dialogue, client: HanClient) -> None:
        received = indicated(d.receives(MESSAGE, sequence=0x42))
        assert received.command == MESSAGE
        assert (received.source, received.endpoint, received.cluster_id) == (ESI, 1, MESSAGING)
        assert (received.sequence, received.answer, received.received) == (0x42, False, NOW)
        d.nothing()
        d.take(client.conclude(received, 0x00, NOW))
        answer = d.only()
        assert answer.body == DefaultResponse(0x00, 0x00)
        assert (answer.header.sequence, answer.header.to_client) == (0x42, False)
        assert answer.header.disable_default_response

    def test_a_disabled_default_response_hides_success_but_no_error(
        self, d: Dialogue, client: HanClient
    ) -> None:
        received = indicated(d.receives(MESSAGE, quiet=True))
        assert client.conclude(received, 0x00, NOW) == []
        d.take(client.conclude(received, 0x85, NOW))
        assert d.only().body == DefaultResponse(0x00, 0x85)

    def test_none_to_a_broadcast(self, d: Dialogue, client: HanClient) -> None:
        payload = zcl.build(MESSAGING, MESSAGE, sequence=1, to_client=True)
        received = indicated(d.receives_octets(payload, MESSAGING, destination=BROADCAST))
        assert client.conclude(received, 0x00, NOW) == []
        d.receives_octets(payload[:5], MESSAGING, destination=BROADCAST)
        d.nothing()

    @pytest.mark.parametrize(
        "body",
        [
            DefaultResponse(0x00, 0x00),
            DefaultResponse(0x00, 0x81),
            ReadAttributesResponse([]),
            WriteAttributesResponse([]),
            ConfigureReportingResponse([]),
            DiscoverAttributesResponse(True, []),
        ],
        ids=lambda body: type(body).__name__,
    )
    def test_none_to_a_response_that_nobody_asked_for(self, d: Dialogue, body: DefaultResponse) -> None:
        (dropped,) = d.receives(body, MESSAGING)
        assert dropped == FrameDropped(ESI, MESSAGING, "unmatched")
        d.nothing()

    @pytest.mark.parametrize("command_id", [0x01, 0x0B])
    def test_none_to_a_response_that_cannot_be_read(self, d: Dialogue, command_id: int) -> None:
        d.receives_octets(bytes([0x08, 9, command_id, 0x00]), MESSAGING)
        d.nothing()

    @pytest.mark.parametrize(
        ("octets", "status"),
        [
            (bytes([0x09, 7, 0x00, 1, 2, 3]), 0x80),  # DisplayMessage cut short
            (bytes([0x09, 7, 0x55]), 0x81),  # no such command of Messaging
            (bytes([0x08, 7, 0x3F]), 0x82),  # no such general command
            (bytes([0x0D, 0x34, 0x12, 7, 0x00]), 0x83),  # a manufacturer's own command
            (bytes([0x0C, 0x34, 0x12, 7, 0x00, 0, 0]), 0x84),  # a manufacturer's own attributes
        ],
    )
    def test_what_cannot_be_understood_is_refused(self, d: Dialogue, octets: bytes, status: int) -> None:
        (dropped,) = d.receives_octets(octets, MESSAGING)
        assert isinstance(dropped, FrameDropped)
        answer = d.only()
        assert isinstance(answer.body, DefaultResponse)
        assert answer.body.status == status
        assert answer.header.sequence == 7

    def test_an_unknown_cluster_is_refused(self, d: Dialogue) -> None:
        d.receives_octets(bytes([0x09, 7, 0x00, 0]), 0x0B04)
        assert d.only().body == DefaultResponse(0x00, 0x81)

    def test_commands_to_a_server_that_we_are_not(self, d: Dialogue) -> None:
        (dropped,) = d.receives(MessageConfirmation(1, 2), to_client=False)
        assert dropped == FrameDropped(ESI, MESSAGING, "unsupported")
        assert d.only().body == DefaultResponse(0x01, 0x81)

    def test_nobody_resets_us(self, d: Dialogue) -> None:
        d.receives(ResetToFactoryDefaults(), to_client=False)
        assert d.only().body == DefaultResponse(0x00, 0x81)

    def test_a_request_for_a_mirror_is_refused(self, d: Dialogue) -> None:
        d.receives(RequestMirror())
        assert d.only().body == DefaultResponse(0x01, 0x81)

    def test_a_header_that_cannot_be_read_is_dropped(self, d: Dialogue, client: HanClient) -> None:
        for octets in (b"", b"\x01", b"\x03\x00\x00"):
            assert d.receives_octets(octets, MESSAGING) == [FrameDropped(ESI, MESSAGING, "malformed")]
        d.nothing()
        assert client.dropped["malformed"] == 3


class TestSecurity:
    @pytest.mark.parametrize(
        "cluster_id", [0x000A, 0x0015, 0x0019, 0x0700, 0x0701, 0x0702, 0x0703, 0x0704, 0x0705]
    )
    @pytest.mark.parametrize("octets", [bytes([0x09, 7, 0x02, 0]), bytes([0x00, 7, 0x00, 0, 0]), b"\xff"])
    @pytest.mark.req("REQ.GW.8")
    def test_without_the_link_key_a_frame_does_not_count(
        self, d: Dialogue, client: HanClient, cluster_id: int, octets: bytes
    ) -> None:
        dropped = d.receives_octets(octets, cluster_id, secured=False)
        assert dropped == [FrameDropped(ESI, cluster_id, "unsecured")]
        assert client.dropped["unsecured"] == 1
        d.nothing()

    def test_basic_needs_no_link_key(self, d: Dialogue) -> None:
        d.receives(ReadAttributes([0x0004]), BASIC, to_client=False, source=STRANGER, secured=False)
        assert d.only().body == ReadAttributesResponse([record(BASIC, 0x0004, b"Acme")])

    def test_what_we_send_is_secured_by_cluster(self, client: HanClient) -> None:
        for cluster_id, secured in ((METERING, True), (TIME, True), (BASIC, False)):
            (send,) = client.read([0], destination=ESI, cluster_id=cluster_id, now=NOW)
            assert send.frame.secured is secured

    @pytest.mark.parametrize("command", [MESSAGE, CancelMessage(1, 0), CancelAllLoadControlEvents(0)])
    def test_actuation_comes_from_the_esi_or_not_at_all(
        self, d: Dialogue, client: HanClient, command: DisplayMessage
    ) -> None:
        d.receives(report(METERING, current_summation_delivered=5), METERING, source=METER, quiet=True)
        d.frames.clear()
        for source in (STRANGER, METER):
            (dropped,) = d.receives(command, source=source)
            assert isinstance(dropped, FrameDropped)
            assert dropped.reason == "unauthorised"
            body = d.only().body
            assert isinstance(body, DefaultResponse)
            assert body.status == 0x7E

    def test_a_response_of_somebody_else_does_not_answer_our_question(
        self, d: Dialogue, client: HanClient
    ) -> None:
        d.take(client.read([0], destination=ESI, cluster_id=TIME, now=NOW))
        ask = d.only()
        body = ReadAttributesResponse([record(TIME, 0, 1)])
        assert d.receives(body, TIME, sequence=ask.header.sequence, source=STRANGER) == [
            FrameDropped(STRANGER, TIME, "unmatched")
        ]
        assert client.clock_offset(ESI) is None

    def test_frames_for_others_and_our_own_are_not_ours(self, d: Dialogue) -> None:
        payload = zcl.build(MESSAGING, MESSAGE, sequence=1, to_client=True)
        (dropped,) = d.receives_octets(payload, MESSAGING, destination=METER)
        assert dropped == FrameDropped(ESI, MESSAGING, "foreign")
        (dropped,) = d.receives_octets(payload, MESSAGING, source=OURS)
        assert dropped == FrameDropped(OURS, MESSAGING, "foreign")
        d.nothing()

    def test_other_profiles_are_not_smart_energy(self, d: Dialogue, client: HanClient) -> None:
        payload = zcl.build(BASIC, ReadAttributes([0]), sequence=1, to_client=False)
        frame = ApsFrame(
            source=ESI,
            destination=OURS,
            source_endpoint=1,
            destination_endpoint=1,
            cluster_id=BASIC,
            profile_id=0x0104,
            secured=False,
            payload=payload,
        )
        assert d.take(client.handle(frame, NOW)) == [FrameDropped(ESI, BASIC, "profile")]
        d.nothing()


class TestOwnAttributes:
    def test_the_esi_reads_how_we_take_part_in_load_control(self, d: Dialogue) -> None:
        d.receives(ReadAttributes([0, 1, 2, 3, 4]), DRLC)
        assert d.only().body == ReadAttributesResponse(
            [
                record(DRLC, 0, 3, client_side=True),
                record(DRLC, 1, 30, client_side=True),
                record(DRLC, 2, 0, client_side=True),
                record(DRLC, 3, 0x0005, client_side=True),
                AttributeRecord(4, status=0x86),
            ]
        )

    def test_the_server_side_of_load_control_is_not_ours(self, d: Dialogue) -> None:
        d.receives(ReadAttributes([0]), DRLC, to_client=False)
        assert d.only().body == ReadAttributesResponse([AttributeRecord(0, status=0x86)])

    def test_the_esi_writes_them_and_we_tell(self, d: Dialogue, client: HanClient) -> None:
        body = WriteAttributes([record(DRLC, 0, 7, client_side=True), record(DRLC, 1, 15, client_side=True)])
        assert d.receives(body, DRLC) == [
            AttributeWritten(ESI, DRLC, 0, 3, 7),
            AttributeWritten(ESI, DRLC, 1, 30, 15),
        ]
        assert d.only().body == WriteAttributesResponse([])
        assert client.load_control == LoadControlAttributes(7, 15, 0, 0x0005)
        assert d.receives(body, DRLC) == [], "the same values again are no change"

    @pytest.mark.parametrize(
        ("attribute_id", "data_type", "value", "status"),
        [(1, 0x20, 61, 0x87), (2, 0x20, 0xFF, 0x87), (0, 0x21, 1, 0x8D), (9, 0x20, 1, 0x86)],
    )
    def test_a_write_that_is_refused(
        self, d: Dialogue, client: HanClient, attribute_id: int, data_type: int, value: int, status: int
    ) -> None:
        before = client.load_control
        assert d.receives(WriteAttributes([AttributeRecord(attribute_id, data_type, value)]), DRLC) == []
        assert d.only().body == WriteAttributesResponse([StatusRecord(attribute_id, status)])
        assert client.load_control == before

    def test_undivided_is_all_or_nothing(self, d: Dialogue, client: HanClient) -> None:
        records = [record(DRLC, 0, 7, client_side=True), record(DRLC, 1, 61, client_side=True)]
        assert d.receives(WriteAttributesUndivided(records), DRLC) == []
        assert d.only().body == WriteAttributesResponse([StatusRecord(1, 0x87)])
        assert client.load_control.enrollment_group == 3
        assert len(d.receives(WriteAttributesNoResponse(records), DRLC)) == 1
        d.nothing()

    def test_strangers_write_nothing(self, d: Dialogue, client: HanClient) -> None:
        body = WriteAttributes([record(DRLC, 0, 7, client_side=True)])
        assert d.receives(body, DRLC, source=STRANGER) == []
        assert d.only().body == WriteAttributesResponse([StatusRecord(0, 0x7E)])
        assert client.load_control.enrollment_group == 3

    def test_basic_is_read_only(self, d: Dialogue) -> None:
        d.receives(WriteAttributes([record(BASIC, 0x0004, b"Evil")]), BASIC, to_client=False)
        assert d.only().body == WriteAttributesResponse([StatusRecord(0x0004, 0x88)])

    def test_discovery(self, d: Dialogue) -> None:
        d.receives(DiscoverAttributes(1, 2), DRLC)
        answer = d.only().body
        assert isinstance(answer, DiscoverAttributesResponse)
        assert ([r.attribute_id for r in answer.records], answer.complete) == ([1, 2], False)
        d.receives(DiscoverAttributes(0, 9), TIME)
        assert d.only().body == DiscoverAttributesResponse(True, [])

    def test_nothing_of_ours_is_reported(self, d: Dialogue) -> None:
        d.receives(ConfigureReporting([ReportingRecord(0, 0, 0x20, 1, 60, 1)]), DRLC)
        assert d.only().body == ConfigureReportingResponse([ReportingStatus(0, 0, 0x8C)])
        d.receives(ReadReportingConfiguration([(0, 0)]), DRLC)
        assert d.only().body == DefaultResponse(0x08, 0x82)

    def test_the_device_class_follows_the_devices_behind_us(self, d: Dialogue, client: HanClient) -> None:
        client.set_device_class(0x0404)
        assert client.load_control.device_class == 0x0404


class TestRequestsFromAbove:
    STATUS = ReportEventStatus(0x1001, 2, ZIGBEE_NOW, 4, -0x8000, -0x8000, -0x80, 0xFF, 3, 0)

    def test_a_command_ends_with_the_default_response(self, d: Dialogue, client: HanClient) -> None:
        d.take(client.send(self.STATUS, destination=ESI, now=NOW, token="row 7"))
        sent = d.only()
        assert sent.body == self.STATUS
        assert not sent.header.disable_default_response
        answer = DefaultResponse(0x00, 0x8B)
        assert d.receives(answer, DRLC, sequence=sent.header.sequence) == [
            Concluded(ESI, DRLC, 0x00, 0x8B, "row 7")
        ]
        assert d.receives(answer, DRLC, sequence=sent.header.sequence) == [
            FrameDropped(ESI, DRLC, "unmatched")
        ]

    def test_a_default_response_for_another_command_is_no_answer(
        self, d: Dialogue, client: HanClient
    ) -> None:
        d.take(client.send(self.STATUS, destination=ESI, now=NOW))
        sent = d.only()
        assert d.receives(DefaultResponse(0x01, 0), DRLC, sequence=sent.header.sequence) == [
            FrameDropped(ESI, DRLC, "unmatched")
        ]

    def test_silence_is_told_after_all_tries(self, d: Dialogue, client: HanClient) -> None:
        d.take(client.send(self.STATUS, destination=ESI, now=NOW, token=1))
        indicated = d.passes_until(149)
        assert not [i for i in indicated if isinstance(i, Concluded)]
        assert [i for i in d.passes_until(151) if isinstance(i, Concluded)] == [
            Concluded(ESI, DRLC, 0, None, 1)
        ]
        assert sum(body == self.STATUS for body in d.bodies()) == 4

    def test_a_profile_is_asked_of_a_meter(self, d: Dialogue, client: HanClient) -> None:
        d.receives(report(METERING, current_summation_delivered=5), METERING, source=METER, endpoint=3)
        d.take(
            client.send(GetProfile(0, 0, 2), destination=METER, destination_endpoint=3, now=NOW, token="p")
        )
        sent = d.sent()[-1]
        answer = GetProfileResponse(ZIGBEE_NOW, 0, 2, 2, [400, 300])
        concluded, received = d.receives(answer, sequence=sent.header.sequence, source=METER, endpoint=3)
        assert concluded == Concluded(METER, METERING, 0x00, 0x00, "p")
        assert isinstance(received, CommandReceived)
        assert received.answer

    def test_a_read_brings_values_then_its_end(self, d: Dialogue, client: HanClient) -> None:
        d.take(client.read([0, 9], destination=ESI, cluster_id=TIME, now=NOW, token="clock"))
        sent = d.only()
        body = ReadAttributesResponse([record(TIME, 0, ZIGBEE_NOW - 50), AttributeRecord(9, status=0x86)])
        values, concluded = d.receives(body, TIME, sequence=sent.header.sequence)
        assert values == AttributesReceived(ESI, 1, TIME, {0: ZIGBEE_NOW - 50}, False, NOW, (9,))
        assert concluded == Concluded(ESI, TIME, 0x00, 0x00, "clock")
        assert client.clock_offset(ESI) == -50


class TestHostileInput:
    @settings(max_examples=200, deadline=None)
    @given(
        payloads=st.lists(st.binary(max_size=80), min_size=1, max_size=5),
        cluster_id=st.sampled_from([BASIC, TIME, 0x0700, DRLC, METERING, MESSAGING, 0x0704, 0xFC00]),
        source=st.sampled_from([ESI, METER, STRANGER]),
    )
    def test_any_octets_are_survived(self, payloads: list[bytes], cluster_id: int, source: int) -> None:
        client = HanClient(OURS)
        d = Dialogue(client)
        d.take(client.start(ESI, NOW))
        for payload in payloads:
            for output in d.receives_octets(payload, cluster_id, source=source):
                if isinstance(output, CommandReceived):
                    client.conclude(output, 0, NOW)
            d.passes(7)

    @pytest.mark.parametrize(
        "bad",
        [
            AttributeRecord(0x0000, 0x42, b"12"),
            AttributeRecord(0x0000, 0x39, 1.5),
            AttributeRecord(0x0400, 0x25, 1 << 40),
        ],
    )
    def test_a_value_of_the_wrong_type_is_left_out(
        self, d: Dialogue, client: HanClient, bad: AttributeRecord
    ) -> None:
        good = record(METERING, 0x0300, 0)
        dropped, received = d.receives(ReportAttributes([bad, good]), METERING)
        assert dropped == FrameDropped(ESI, METERING, "misfit")
        assert received.values == {0x0300: 0}

    def test_a_narrower_integer_is_taken_and_its_marker_translated(self, d: Dialogue) -> None:
        (received,) = d.receives(
            ReportAttributes([AttributeRecord(0x0000, 0x23, 77), AttributeRecord(0x0001, 0x23, 0xFFFFFFFF)]),
            METERING,
        )
        assert received.values == {0x0000: 77, 0x0001: 0xFFFFFFFFFFFF}
