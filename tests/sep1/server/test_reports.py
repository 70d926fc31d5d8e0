"""Attributes of any cluster, reported to those who want it."""

import pytest

from handover.errors import Refused
from handover.sep1.clusters.prepayment import PREPAYMENT
from handover.sep1.general import (
    ConfigureReporting,
    ConfigureReportingResponse,
    ReadReportingConfiguration,
    ReadReportingConfigurationResponse,
    ReportingRecord,
    ReportingStatus,
)
from handover.sep1.prepayment.client import CreditTold, PrepaymentClient
from handover.sep1.prepayment.server import PrepaymentServer
from handover.sep1.server import Esi
from handover.sep1.server.reports import AttributeReports
from handover.sep1.types import Status
from sep1.dialogue import ESI, OURS, Dialogue
from sep1.wire import Wire

CREDIT = 0x0001
TYPE = PREPAYMENT.server_attributes[CREDIT].type.code
WANTED = ConfigureReporting([ReportingRecord(CREDIT, data_type=TYPE, minimum=5, maximum=600, change=10)])


class Home(Wire):
    def __init__(self) -> None:
        super().__init__()
        self.meter = PrepaymentServer(self.esi.node, credit=500)
        self.esi.add(self.meter)
        self.esi.add(AttributeReports(self.esi.node, PREPAYMENT.id, {CREDIT}))
        self.client.add(PrepaymentClient(self.client.node))
        self.start()
        self.passes(30)
        self.client_hears.clear()


def dialogue(home: Home) -> Dialogue:
    return Dialogue(home.esi, us=ESI, them=OURS, to_client=False, now=home.now)


def test_credit_is_reported_when_it_moves_and_at_the_latest_after_ten_minutes() -> None:
    home = Home()
    d = dialogue(home)
    d.receives(WANTED, PREPAYMENT.id)
    assert d.bodies() == [ConfigureReportingResponse([])]
    home.passes(6)
    first = home.client_heard(CreditTold)
    assert [c.credit.remaining for c in first] == [500]
    home.esi_does(home.meter.consume(5))
    home.passes(60)
    assert len(home.client_heard(CreditTold)) == 1, "a small change waits"
    home.esi_does(home.meter.consume(7))
    home.passes(10)
    assert [c.credit.remaining for c in home.client_heard(CreditTold)] == [500, 488]
    home.passes(1300)
    assert len(home.client_heard(CreditTold)) == 4


def test_how_it_is_reported_is_told() -> None:
    home = Home()
    d = dialogue(home)
    d.receives(WANTED, PREPAYMENT.id)
    d.receives(
        ReadReportingConfiguration([(0, CREDIT), (0, 0x0002), (0, 0x7777), (1, CREDIT)]), PREPAYMENT.id
    )
    told = d.bodies()[-1]
    assert isinstance(told, ReadReportingConfigurationResponse)
    assert [(r.attribute_id, r.status, r.maximum) for r in told.records] == [
        (CREDIT, 0, 600),
        (0x0002, Status.NOT_FOUND, 0),
        (0x7777, Status.UNSUPPORTED_ATTRIBUTE, 0),
        (CREDIT, Status.NOT_FOUND, 0),
    ]


def test_what_cannot_be_reported() -> None:
    home = Home()
    d = dialogue(home)
    d.receives(
        ConfigureReporting([ReportingRecord(0x0003, data_type=0x18, minimum=1, maximum=60)]), PREPAYMENT.id
    )
    assert d.bodies() == [
        ConfigureReportingResponse([ReportingStatus(0x0003, 0, Status.UNREPORTABLE_ATTRIBUTE)])
    ]


def test_who_leaves_gets_no_more() -> None:
    home = Home()
    d = dialogue(home)
    d.receives(WANTED, PREPAYMENT.id)
    home.esi.expel(OURS)
    home.frames.clear()
    home.passes(2000)
    assert home.client_heard(CreditTold) == []


def test_a_cluster_without_a_server_has_no_reports() -> None:
    with pytest.raises(Refused, match="no server of cluster 0x0705"):
        AttributeReports(Esi(ESI).node, PREPAYMENT.id, {CREDIT})
