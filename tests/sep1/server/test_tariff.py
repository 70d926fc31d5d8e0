"""What an ESI publishes of its tariff, and what a device makes of it."""

import pytest

from handover.errors import Refused
from handover.sep1.client.block_tariff import BlockPeriodPublished, BlockTariff, TariffRead
from handover.sep1.clusters.price import (
    BlockPeriodControl,
    GetBlockPeriods,
    GetCalorificValue,
    GetConversionFactor,
    GetCurrentPrice,
    PriceAcknowledgement,
    PublishBlockPeriod,
    PublishCalorificValue,
    PublishConversionFactor,
)
from handover.sep1.general import DefaultResponse, ReadAttributes, ReadAttributesResponse, WriteAttributes
from handover.sep1.server import Esi
from handover.sep1.server.tariff import BlockPeriodAcknowledged, TariffServer
from handover.sep1.tariff import Tariff
from sep1.dialogue import ESI, NOW, OURS, PRICE, STRANGER, ZIGBEE_NOW, Dialogue, record
from sep1.wire import Wire

NOT_FOUND = 0x8B
MONTH = 43200
TARIFF = Tariff(
    labels=(b"day", b"night"),
    thresholds=(100, 300),
    prices={(t, b): 10 * t + b for t in (1, 2) for b in (1, 2, 3)},
)


def period(event: int, start: int = 0, control: int = 0) -> PublishBlockPeriod:
    return PublishBlockPeriod(0x99, event, start, MONTH, 0x22, control)


class TestOnTheEsi:
    @pytest.fixture
    def esi(self) -> Esi:
        esi = Esi(ESI)
        esi.admit(OURS)
        return esi

    @pytest.fixture
    def tariff(self, esi: Esi) -> TariffServer:
        tariff = TariffServer(esi.node, utc=esi.utc, push=esi.push, tariff=TARIFF)
        esi.add(tariff)
        return tariff

    @pytest.fixture
    def d(self, esi: Esi) -> Dialogue:
        return Dialogue(esi, us=ESI, them=OURS, to_client=False)

    @pytest.mark.parametrize(
        "query", [GetBlockPeriods(0, 0), GetConversionFactor(0, 0xFFFFFFFF, 0), GetCalorificValue(0, 0, 0)]
    )
    def test_without_data_the_answer_is_not_found(
        self, tariff: TariffServer, d: Dialogue, query: GetBlockPeriods
    ) -> None:
        d.receives(query)
        assert d.bodies()[0] == DefaultResponse(
            {GetBlockPeriods: 3, GetConversionFactor: 4, GetCalorificValue: 5}[type(query)], NOT_FOUND
        )

    def test_a_new_period_is_pushed_and_both_are_answered(self, tariff: TariffServer, d: Dialogue) -> None:
        d.take(tariff.publish_block_period(period(1), NOW))
        sent = d.only()
        assert sent.body == period(1, ZIGBEE_NOW)
        d.receives(DefaultResponse(1, 0), PRICE, sequence=sent.header.sequence)
        d.take(tariff.publish_block_period(period(2, ZIGBEE_NOW + 60 * MONTH), NOW))
        d.receives(DefaultResponse(1, 0), PRICE, sequence=d.only().header.sequence)
        d.receives(GetBlockPeriods(0, 0), sequence=0x42)
        answers = d.sent()
        assert [a.body for a in answers] == [period(1, ZIGBEE_NOW), period(2, ZIGBEE_NOW + 60 * MONTH)]
        assert {a.header.sequence for a in answers} == {0x42}
        d.receives(GetBlockPeriods(0, 1))
        assert d.bodies() == [period(1, ZIGBEE_NOW)]

    def test_a_period_that_was_replaced_is_not_pushed_any_more(
        self, tariff: TariffServer, d: Dialogue
    ) -> None:
        d.take(tariff.publish_block_period(period(1, ZIGBEE_NOW + 60), NOW))
        d.take(tariff.publish_block_period(period(2, ZIGBEE_NOW + 120), NOW))
        d.take(tariff.publish_block_period(period(3, ZIGBEE_NOW + 60), NOW))
        sent = d.only()  # one at a time
        d.receives(DefaultResponse(1, 0), PRICE, sequence=sent.header.sequence)
        assert d.bodies() == [period(3, ZIGBEE_NOW + 60)]

    def test_an_older_period_is_refused(self, tariff: TariffServer) -> None:
        tariff.publish_block_period(period(2), NOW)
        with pytest.raises(Refused):
            tariff.publish_block_period(period(1), NOW)

    def test_an_acknowledgement_is_taken_for_what_was_issued(self, tariff: TariffServer, d: Dialogue) -> None:
        d.take(tariff.publish_block_period(period(7, control=1), NOW))
        d.sent()
        taken = d.receives(PriceAcknowledgement(0x99, 7, ZIGBEE_NOW, 1))
        assert taken == [BlockPeriodAcknowledged(OURS, PriceAcknowledgement(0x99, 7, ZIGBEE_NOW, 1))]
        assert d.bodies() == [DefaultResponse(2, 0)]
        d.receives(PriceAcknowledgement(0x99, 8, ZIGBEE_NOW, 1))  # the prices' business
        assert d.bodies() == [DefaultResponse(2, NOT_FOUND)]

    def test_prices_are_the_engines_as_before(self, tariff: TariffServer, d: Dialogue) -> None:
        d.receives(GetCurrentPrice(0))
        assert d.bodies() == [DefaultResponse(0, NOT_FOUND)]

    def test_a_stranger_gets_nothing(self, tariff: TariffServer, d: Dialogue) -> None:
        d.receives(GetBlockPeriods(0, 0), source=STRANGER)
        assert d.bodies() == [DefaultResponse(3, 0x7E)]

    def test_attributes_follow_the_clock(self, tariff: TariffServer, d: Dialogue) -> None:
        d.take(tariff.publish_block_period(period(1, control=BlockPeriodControl.REPEATING), NOW))
        d.take(tariff.publish_conversion_factor(PublishConversionFactor(1, 0, 102264, 0x50), NOW))
        d.take(tariff.publish_calorific_value(PublishCalorificValue(1, 0, 395, 1, 0x10), NOW))
        d.passes(60 * MONTH + 10)
        d.sent()
        asked = [0x0200, 0x0201, 0x0302, 0x0303, 0x0304, 0x0305, 0x0306]
        d.receives(ReadAttributes(asked), PRICE)
        values = (ZIGBEE_NOW + 60 * MONTH, MONTH, 102264, 0x50, 395, 1, 0x10)
        expected = [record(PRICE, i, v) for i, v in zip(asked, values, strict=True)]
        assert ReadAttributesResponse(expected) in d.bodies()

    def test_labels_are_the_utilitys_unless_told_otherwise(
        self, esi: Esi, tariff: TariffServer, d: Dialogue
    ) -> None:
        write = WriteAttributes([record(PRICE, 0x0000, b"mine")])
        d.receives(write, PRICE)
        assert d.bodies()[0].records[0].status == 0x88  # type: ignore[union-attr]
        open_to_all = TariffServer(esi.node, utc=esi.utc, push=esi.push, tariff=TARIFF, labels_writable=True)
        esi.add(open_to_all)
        d.receives(write, PRICE)
        d.receives(ReadAttributes([0x0000]), PRICE)
        assert d.bodies()[-1] == ReadAttributesResponse([record(PRICE, 0x0000, b"mine")])
        d.receives(WriteAttributes([record(PRICE, 0x0000, b"thirteen octets"[:13])]), PRICE)
        assert d.bodies()[0].records[0].status == 0x87  # type: ignore[union-attr]


class TestBothSides:
    @pytest.fixture
    def wire(self) -> Wire:
        return Wire()

    @pytest.fixture
    def server(self, wire: Wire) -> TariffServer:
        server = TariffServer(wire.esi.node, utc=wire.esi.utc, push=wire.esi.push, tariff=TARIFF)
        wire.esi.add(server)
        return server

    @pytest.fixture
    def tariff(self, wire: Wire) -> BlockTariff:
        tariff = BlockTariff(wire.client.node, utc=wire.utc)
        wire.client.add(tariff)
        wire.start()
        return tariff

    def test_a_device_reads_all_of_it(self, wire: Wire, server: TariffServer, tariff: BlockTariff) -> None:
        wire.esi_does(server.publish_block_period(period(1), NOW))
        wire.esi_does(server.publish_block_period(period(2, ZIGBEE_NOW + 60 * MONTH), NOW))
        wire.esi_does(server.publish_conversion_factor(PublishConversionFactor(1, 0, 102264, 0x50), NOW))
        wire.client_does(tariff.start(ESI, wire.now))
        (read,) = wire.client_heard(TariffRead)
        assert (read.tariff.prices, read.tariff.thresholds) == (TARIFF.prices, TARIFF.thresholds)
        assert read.tariff.labels == TARIFF.labels
        view = tariff.view(ESI)
        assert view is not None
        assert (view.block(250), view.price(2, view.block(250))) == (2, 22)
        current = tariff.current_period(ESI, wire.now)
        assert current is not None
        assert current.command == period(1, ZIGBEE_NOW)
        assert [p.command.issuer_event_id for p in wire.client_heard(BlockPeriodPublished)] == [1, 2]
        assert view.conversion_factors.current(ZIGBEE_NOW) == PublishConversionFactor(1, 0, 102264, 0x50)

    def test_what_is_published_later_is_known_at_once_and_the_rest_each_hour(
        self, wire: Wire, server: TariffServer, tariff: BlockTariff
    ) -> None:
        wire.client_does(tariff.start(ESI, wire.now))
        assert len(wire.client_heard(TariffRead)) == 1
        wire.esi_does(server.publish_block_period(period(1, control=1), NOW))
        assert len(wire.client_heard(BlockPeriodPublished)) == 1
        assert len(wire.esi_heard(BlockPeriodAcknowledged)) == 1
        wire.passes(3601)
        assert len(wire.client_heard(TariffRead)) == 2
        assert wire.client_heard(TariffRead)[-1].tariff.prices == TARIFF.prices

    def test_a_silent_esi_is_asked_again_in_the_next_round(
        self, wire: Wire, server: TariffServer, tariff: BlockTariff
    ) -> None:
        wire.fate = lambda frame: ()
        wire.client_does(tariff.start(ESI, wire.now))
        wire.passes(3599)
        assert wire.client_heard(TariffRead) == []
        wire.fate = lambda frame: (0,)
        wire.passes(10)
        assert len(wire.client_heard(TariffRead)) == 1

    def test_doubled_frames_change_nothing(
        self, wire: Wire, server: TariffServer, tariff: BlockTariff
    ) -> None:
        wire.fate = lambda frame: (0, 0)
        wire.esi_does(server.publish_block_period(period(1), NOW))
        wire.client_does(tariff.start(ESI, wire.now))
        assert len(wire.client_heard(BlockPeriodPublished)) == 1
        assert len(wire.client_heard(TariffRead)) == 1
        assert wire.client_heard(TariffRead)[0].tariff.prices == TARIFF.prices
