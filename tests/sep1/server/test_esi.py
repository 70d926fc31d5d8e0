"""What an ESI tells its devices, and what it answers them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handover.errors import EncodeError, NotNow
from handover.sep1.clusters.drlc import (
    CancelAllLoadControlEvents,
    CancelLoadControlEvent,
    GetScheduledEvents,
    LoadControlEvent,
    ReportEventStatus,
)
from handover.sep1.clusters.messaging import (
    CancelMessage,
    DisplayMessage,
    GetLastMessage,
    MessageConfirmation,
)
from handover.sep1.clusters.metering import GetProfile
from handover.sep1.clusters.price import (
    GetBlockPeriods,
    GetCurrentPrice,
    GetScheduledPrices,
    PriceAcknowledgement,
    PublishPrice,
)
from handover.sep1.general import (
    AttributeRecord,
    ConfigureReporting,
    ConfigureReportingResponse,
    DefaultResponse,
    ReadAttributes,
    ReadAttributesResponse,
    ReadReportingConfiguration,
    ReadReportingConfigurationResponse,
    ReportAttributes,
    ReportingRecord,
    ReportingStatus,
    StatusRecord,
    WriteAttributes,
    WriteAttributesResponse,
)
from handover.sep1.server import (
    AttributesRead,
    Esi,
    EventStatusReported,
    FrameDropped,
    MessageConfirmed,
    PriceAcknowledged,
    PushConcluded,
    ZoneRules,
)
from sep1.dialogue import (
    BASIC,
    DRLC,
    ESI,
    MESSAGING,
    METERING,
    NOW,
    OURS,
    PRICE,
    STRANGER,
    TIME,
    ZIGBEE_NOW,
    Dialogue,
    record,
)
from sep1.server.test_tables import event, price

DEVICE = OURS
READINGS = {0x0000: 1000, 0x0001: 0, 0x0007: ZIGBEE_NOW, 0x0200: 0, 0x0300: 0, 0x0302: 1000, 0x0400: 5}


@pytest.fixture
def esi() -> Esi:
    esi = Esi(ESI, metering=READINGS, zone=ZoneRules(-18000, 384_764_400, 405_324_000, 3600))
    esi.admit(DEVICE)
    return esi


@pytest.fixture
def d(esi: Esi) -> Dialogue:
    return Dialogue(esi, us=ESI, them=DEVICE, to_client=False)


def acknowledged(d: Dialogue, cluster_id: int, command_id: int = 0x00) -> None:
    """<< a push, >> its Default Response."""
    frame = d.frames[-1]
    d.receives(DefaultResponse(command_id, 0), cluster_id, sequence=frame.payload[1])


class TestPrices:
    def test_a_price_is_told_with_the_time(self, d: Dialogue, esi: Esi) -> None:
        d.take(esi.publish_price(price(1, ZIGBEE_NOW, 60), NOW))
        sent = d.only()
        assert isinstance(sent.body, PublishPrice)
        assert (sent.body.issuer_event_id, sent.body.current_time) == (1, ZIGBEE_NOW)
        assert sent.header.to_client
        assert not sent.header.disable_default_response

    def test_the_current_price_is_answered_under_the_askers_sequence(self, d: Dialogue, esi: Esi) -> None:
        esi.publish_price(price(1, ZIGBEE_NOW, 60), NOW)
        d.now += 60
        d.receives(GetCurrentPrice(1), sequence=0x33)
        sent = d.only()
        assert isinstance(sent.body, PublishPrice)
        assert (sent.body.issuer_event_id, sent.body.current_time) == (1, ZIGBEE_NOW + 60)
        assert (sent.header.sequence, sent.header.disable_default_response) == (0x33, True)

    def test_scheduled_prices(self, d: Dialogue, esi: Esi) -> None:
        for hour in range(5):
            esi.publish_price(price(hour + 1, ZIGBEE_NOW + 3600 * hour, 60), NOW)
        d.receives(GetScheduledPrices(0, 0))
        assert [b.issuer_event_id for b in d.bodies() if isinstance(b, PublishPrice)] == [1, 2, 3, 4, 5]
        d.receives(GetScheduledPrices(ZIGBEE_NOW + 5400, 2))
        assert [b.issuer_event_id for b in d.bodies() if isinstance(b, PublishPrice)] == [2, 3]

    def test_nothing_to_tell_is_not_found(self, d: Dialogue) -> None:
        for command in (GetCurrentPrice(1), GetScheduledPrices(0, 0)):
            d.receives(command)
            body = d.only().body
            assert isinstance(body, DefaultResponse)
            assert body.status == 0x8B

    def test_acknowledgements_are_handed_up(self, d: Dialogue, esi: Esi) -> None:
        esi.publish_price(price(1, ZIGBEE_NOW, 60), NOW)
        known, unknown = (
            PriceAcknowledgement(0x99, 1, ZIGBEE_NOW, 1),
            PriceAcknowledgement(0x99, 2, ZIGBEE_NOW, 1),
        )
        assert d.receives(known) == [PriceAcknowledged(DEVICE, known, True, NOW)]
        assert d.only().body == DefaultResponse(0x02, 0x00)
        assert d.receives(unknown) == [PriceAcknowledged(DEVICE, unknown, False, NOW)]
        assert d.only().body == DefaultResponse(0x02, 0x8B)

    def test_block_periods_are_not_offered(self, d: Dialogue) -> None:
        d.receives(GetBlockPeriods(0, 0))
        assert d.only().body == DefaultResponse(0x03, 0x81)


class TestPushes:
    def test_one_at_a_time_until_answered(self, d: Dialogue, esi: Esi) -> None:
        d.take(esi.publish_price(price(1, ZIGBEE_NOW, 60), NOW))
        d.take(esi.publish_price(price(2, ZIGBEE_NOW + 3600, 60), NOW))
        assert len(d.frames) == 1
        concluded = d.receives(DefaultResponse(0x00, 0x00), PRICE, sequence=d.frames[0].payload[1])
        assert concluded == [PushConcluded(DEVICE, PRICE, 0x00, 0x00)]
        assert [b.issuer_event_id for b in d.bodies() if isinstance(b, PublishPrice)] == [1, 2]

    def test_three_repeats_then_the_next(self, d: Dialogue, esi: Esi) -> None:
        d.take(esi.publish_price(price(1, ZIGBEE_NOW, 60), NOW))
        d.take(esi.display(DisplayMessage(7, 0, 0, 90, b"hello"), NOW))
        assert d.passes_until(151) == [PushConcluded(DEVICE, PRICE, 0x00, None)]
        assert [type(b).__name__ for b in d.bodies()] == ["PublishPrice"] * 4 + ["DisplayMessage"]

    def test_what_was_dropped_meanwhile_is_not_told(self, d: Dialogue, esi: Esi) -> None:
        d.take(esi.publish_price(price(1, ZIGBEE_NOW, 60), NOW))
        esi.publish_event(event(9, 0, 60), NOW)
        esi.display(DisplayMessage(7, 0, 0, 90, b"one"), NOW)
        esi.display(DisplayMessage(8, 0, 0, 90, b"two"), NOW)
        esi.cancel_all_events(NOW)
        acknowledged(d, PRICE)
        body = d.bodies()[-1]
        assert isinstance(body, DisplayMessage)
        assert body.message_id == 8

    def test_strangers_are_told_nothing_and_answered_nothing(self, d: Dialogue, esi: Esi) -> None:
        esi.expel(DEVICE)
        d.take(esi.publish_price(price(1, ZIGBEE_NOW, 60), NOW))
        d.nothing()
        assert d.receives(GetCurrentPrice(1), source=STRANGER) == [
            FrameDropped(STRANGER, PRICE, "unauthorised")
        ]
        assert d.only().body == DefaultResponse(0x00, 0x7E)
        with pytest.raises(NotNow, match="not admitted"):
            esi.read(STRANGER, BASIC, [0], NOW)

    def test_a_strangers_response_is_not_answered(self, d: Dialogue) -> None:
        for body in (DefaultResponse(0x00, 0x00), ReadAttributesResponse([])):
            assert d.receives(body, PRICE, source=STRANGER) == [FrameDropped(STRANGER, PRICE, "unauthorised")]
            d.nothing()

    def test_an_expelled_device_gets_no_more(self, d: Dialogue, esi: Esi) -> None:
        d.take(esi.publish_price(price(1, ZIGBEE_NOW, 60), NOW))
        d.frames.clear()
        esi.expel(DEVICE)
        d.passes_until(600)
        d.nothing()

    def test_without_the_link_key_nothing_is_answered(self, d: Dialogue, esi: Esi) -> None:
        assert d.receives(GetCurrentPrice(1), secured=False) == [FrameDropped(DEVICE, PRICE, "unsecured")]
        d.nothing()


class TestLoadControl:
    def test_an_event_and_what_becomes_of_it(self, d: Dialogue, esi: Esi) -> None:
        d.take(esi.publish_event(event(0x1001, ZIGBEE_NOW + 600, 60), NOW))
        assert d.frames[0].secured
        acknowledged(d, DRLC)
        assert d.bodies() == [event(0x1001, ZIGBEE_NOW + 600, 60)]
        status = ReportEventStatus(0x1001, 1, ZIGBEE_NOW, 4, -0x8000, -0x8000, -0x80, 0xFF, 3, 0)
        assert d.receives(status) == [EventStatusReported(DEVICE, status, True, NOW)]
        assert d.only().body == DefaultResponse(0x00, 0x00)

    def test_a_status_of_an_unknown_event_is_not_found(self, d: Dialogue) -> None:
        status = ReportEventStatus(0x6666, 1, ZIGBEE_NOW, 4, -0x8000, -0x8000, -0x80, 0xFF, 3, 0)
        assert d.receives(status) == [EventStatusReported(DEVICE, status, False, NOW)]
        assert d.only().body == DefaultResponse(0x00, 0x8B)

    def test_all_events_under_one_sequence(self, d: Dialogue, esi: Esi) -> None:
        for n in range(3):
            esi.publish_event(event(n + 1, ZIGBEE_NOW + 3600 * n + 10, 60), NOW)
        d.receives(GetScheduledEvents(0, 0), sequence=0x21)
        sent = d.sent()
        assert [s.header.sequence for s in sent] == [0x21] * 3
        assert [b.body.issuer_event_id for b in sent if isinstance(b.body, LoadControlEvent)] == [1, 2, 3]
        d.receives(GetScheduledEvents(ZIGBEE_NOW + 86400, 0))
        assert d.only().body == DefaultResponse(0x01, 0x8B)

    def test_an_event_that_began_now_is_told_with_its_rest(self, d: Dialogue, esi: Esi) -> None:
        esi.publish_event(event(1, 0, 60), NOW)
        d.now += 900
        d.receives(GetScheduledEvents(0, 0))
        body = d.only().body
        assert isinstance(body, LoadControlEvent)
        assert (body.start_time, body.duration_in_minutes) == (0, 45)

    def test_cancelling(self, d: Dialogue, esi: Esi) -> None:
        d.take(esi.publish_event(event(1, 0, 60), NOW))
        acknowledged(d, DRLC)
        d.frames.clear()
        cancel = CancelLoadControlEvent(1, 1, 0, 1, 0)
        d.take(esi.cancel_event(cancel, NOW))
        acknowledged(d, DRLC, 0x01)
        assert d.bodies() == [cancel]
        d.receives(GetScheduledEvents(0, 0))
        assert d.only().body == DefaultResponse(0x01, 0x8B)
        d.take(esi.cancel_all_events(NOW, cancel_control=1))
        assert d.bodies() == [CancelAllLoadControlEvents(1)]


class TestMessages:
    def test_shown_asked_for_confirmed_and_taken_back(self, d: Dialogue, esi: Esi) -> None:
        message = DisplayMessage(7, 0x80, 0, 90, b"Peak today")
        d.take(esi.display(message, NOW))
        acknowledged(d, MESSAGING)
        assert d.bodies() == [message]
        d.now += 600
        d.receives(GetLastMessage())
        body = d.only().body
        assert isinstance(body, DisplayMessage)
        assert (body.message_id, body.start_time, body.duration_in_minutes) == (7, 0, 80)
        confirmation = MessageConfirmation(7, ZIGBEE_NOW + 600)
        assert d.receives(confirmation) == [MessageConfirmed(DEVICE, confirmation, True, NOW + 600)]
        assert d.only().body == DefaultResponse(0x01, 0x00)
        d.take(esi.cancel_message(7, d.now))
        assert d.bodies() == [CancelMessage(7, 0)]
        d.receives(GetLastMessage())
        assert d.only().body == DefaultResponse(0x00, 0x8B)

    def test_confirming_what_was_never_shown(self, d: Dialogue) -> None:
        d.receives(MessageConfirmation(9, ZIGBEE_NOW))
        assert d.only().body == DefaultResponse(0x01, 0x8B)


class TestTime:
    def test_the_worked_case_of_eastern_summer_time(self, d: Dialogue) -> None:
        d.receives(ReadAttributes([0, 1, 2, 3, 4, 5, 6, 7, 8]), TIME)
        assert d.only().body == ReadAttributesResponse(
            [
                record(TIME, 0, ZIGBEE_NOW),
                record(TIME, 1, 0x0D),
                record(TIME, 2, -18000),
                record(TIME, 3, 384_764_400),
                record(TIME, 4, 405_324_000),
                record(TIME, 5, 3600),
                record(TIME, 6, ZIGBEE_NOW - 18000),
                record(TIME, 7, ZIGBEE_NOW - 14400),
                AttributeRecord(8, status=0x86),
            ]
        )

    def test_nobody_sets_the_clock(self, d: Dialogue) -> None:
        d.receives(WriteAttributes([record(TIME, 0, 1)]), TIME)
        d.sent()
        d.receives(WriteAttributes([record(TIME, 0, 1), record(TIME, 2, 0)]), TIME)
        assert d.only().body == WriteAttributesResponse([StatusRecord(0, 0x88), StatusRecord(2, 0x88)])

    def test_a_clock_of_its_own(self, d: Dialogue, esi: Esi) -> None:
        esi.clock_offset = 500
        d.receives(ReadAttributes([0]), TIME)
        assert d.only().body == ReadAttributesResponse([record(TIME, 0, ZIGBEE_NOW + 500)])


class TestMetering:
    def configure(self, d: Dialogue, *records: ReportingRecord) -> ConfigureReportingResponse:
        d.receives(ConfigureReporting(list(records)), METERING)
        body = d.bodies()[0]
        assert isinstance(body, ConfigureReportingResponse)
        return body

    def reports(self, d: Dialogue) -> list[dict[int, object]]:
        found = []
        for sent in d.sent():
            if isinstance(sent.body, ReportAttributes):
                assert sent.header.to_client
                assert sent.header.disable_default_response
                found.append({r.attribute_id: r.value for r in sent.body.records})
        return found

    def test_attributes_are_read(self, d: Dialogue) -> None:
        d.receives(ReadAttributes([0x0000, 0x0002]), METERING)
        assert d.only().body == ReadAttributesResponse(
            [record(METERING, 0, 1000), AttributeRecord(2, status=0x86)]
        )

    def test_a_change_is_reported_after_the_minimum_and_silence_broken_at_the_maximum(
        self, d: Dialogue, esi: Esi
    ) -> None:
        demand = ReportingRecord(0x0400, 0, 0x2A, minimum=5, maximum=60, change=10)
        assert self.configure(d, demand) == ConfigureReportingResponse([])
        d.passes(5)
        assert self.reports(d) == [{0x0400: 5}], "the first report needs no change"
        d.take(esi.set_metering({0x0400: 14}, d.now + 20))
        assert self.reports(d) == [], "changed by 9 only"
        d.now += 21
        d.take(esi.set_metering({0x0400: -5}, d.now))
        assert self.reports(d) == [{0x0400: -5}]
        d.take(esi.set_metering({0x0400: 500}, d.now + 4))
        assert self.reports(d) == [], "not before the minimum interval"
        d.passes(5)
        assert self.reports(d) == [{0x0400: 500}]
        d.passes(59)
        assert self.reports(d) == []
        d.passes(1)
        assert self.reports(d) == [{0x0400: 500}]

    def test_a_summation_comes_with_its_time(self, d: Dialogue, esi: Esi) -> None:
        self.configure(d, ReportingRecord(0x0000, 0, 0x25, 0, 60, 1))
        d.sent()
        d.take(esi.set_metering({0x0000: 1001, 0x0007: ZIGBEE_NOW + 3}, NOW + 3))
        assert self.reports(d) == [{0x0000: 1001, 0x0007: ZIGBEE_NOW + 3}]

    def test_a_status_is_reported_on_any_change(self, d: Dialogue, esi: Esi) -> None:
        self.configure(d, ReportingRecord(0x0200, 0, 0x18, 0, 0))
        d.sent()
        d.take(esi.set_metering({0x0200: 0x08}, NOW + 1))
        assert self.reports(d) == [{0x0200: 0x08}]
        d.passes(100_000)
        assert self.reports(d) == [], "maximum 0: on change only"

    @pytest.mark.parametrize(
        ("wanted", "status"),
        [
            (ReportingRecord(0x0002, 0, 0x25, 1, 60, 1), 0x86),
            (ReportingRecord(0x0300, 0, 0x30, 1, 60), 0x8C),
            (ReportingRecord(0x0000, 0, 0x23, 1, 60, 1), 0x8D),
            (ReportingRecord(0x0000, 0, 0x25, 61, 60, 1), 0x87),
            (ReportingRecord(0x0000, 1, timeout=60), 0x87),
        ],
    )
    def test_what_cannot_be_reported(self, d: Dialogue, wanted: ReportingRecord, status: int) -> None:
        refused = ReportingStatus(wanted.attribute_id, wanted.direction, status)
        assert self.configure(d, wanted) == ConfigureReportingResponse([refused])

    def test_a_subscription_is_read_changed_and_ended(self, d: Dialogue, esi: Esi) -> None:
        asked = ReadReportingConfiguration([(0, 0x0400), (0, 0x0000), (0, 0x0002)])
        self.configure(d, ReportingRecord(0x0400, 0, 0x2A, 5, 60, 10))
        self.configure(d, ReportingRecord(0x0400, 0, 0x2A, 6, 70, 20))
        d.receives(asked, METERING)
        assert d.only().body == ReadReportingConfigurationResponse(
            [
                ReportingRecord(0x0400, 0, 0x2A, 6, 70, 20),
                ReportingRecord(0x0000, 0, status=0x8B),
                ReportingRecord(0x0002, 0, status=0x86),
            ]
        )
        self.configure(d, ReportingRecord(0x0400, 0, 0x2A, 0, 0xFFFF, 1))
        d.passes(1000)
        assert self.reports(d) == []

    def test_other_clusters_report_nothing(self, d: Dialogue) -> None:
        d.receives(ConfigureReporting([ReportingRecord(0, 0, 0xE2, 1, 60, 1)]), TIME)
        assert d.only().body == ConfigureReportingResponse([ReportingStatus(0, 0, 0x8C)])

    def test_undeclared_attributes_are_our_mistake(self, esi: Esi) -> None:
        with pytest.raises(EncodeError, match="0xfff0"):
            esi.set_metering({0xFFF0: 1}, NOW)

    def test_profiles_are_not_offered(self, d: Dialogue) -> None:
        d.receives(GetProfile(0, 0, 4))
        assert d.only().body == DefaultResponse(0x00, 0x81)


class TestDeviceAttributes:
    def test_reading_and_writing_a_devices_attributes(self, d: Dialogue, esi: Esi) -> None:
        d.take(esi.read(DEVICE, DRLC, [0, 9], NOW))
        ask = d.only()
        assert (ask.body, ask.header.to_client) == (ReadAttributes([0, 9]), True)
        answer = ReadAttributesResponse(
            [record(DRLC, 0, 3, client_side=True), AttributeRecord(9, status=0x86)]
        )
        read, concluded = d.receives(answer, DRLC, sequence=ask.header.sequence)
        assert read == AttributesRead(DEVICE, DRLC, {0: 3}, (9,), NOW)
        assert concluded == PushConcluded(DEVICE, DRLC, 0x00, 0x00)
        d.take(esi.write(DEVICE, DRLC, [record(DRLC, 1, 61, client_side=True)], NOW))
        ask = d.only()
        (concluded,) = d.receives(
            WriteAttributesResponse([StatusRecord(1, 0x87)]), DRLC, sequence=ask.header.sequence
        )
        assert concluded == PushConcluded(DEVICE, DRLC, 0x02, 0x87)

    def test_basic_of_a_device_is_its_server_side(self, d: Dialogue, esi: Esi) -> None:
        d.take(esi.read(DEVICE, BASIC, [4], NOW))
        ask = d.only()
        assert not ask.header.to_client


@settings(max_examples=200, deadline=None)
@given(
    payloads=st.lists(st.binary(max_size=80), min_size=1, max_size=5),
    cluster_id=st.sampled_from([BASIC, TIME, PRICE, DRLC, METERING, MESSAGING, 0x0704, 0xFC00]),
    source=st.sampled_from([DEVICE, STRANGER]),
)
def test_any_octets_are_survived(payloads: list[bytes], cluster_id: int, source: int) -> None:
    esi = Esi(ESI, metering=READINGS)
    esi.admit(DEVICE)
    esi.publish_price(price(1, ZIGBEE_NOW, 60), NOW)
    d = Dialogue(esi, us=ESI, them=DEVICE)
    for payload in payloads:
        d.receives_octets(payload, cluster_id, source=source)
        d.passes(7)
