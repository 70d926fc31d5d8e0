"""What of Basic can be changed over the air, and by whom."""

from typing import Any

import pytest

from handover.sep1.clusters.basic import ResetToFactoryDefaults
from handover.sep1.general import DefaultResponse, ReadAttributes, ReadAttributesResponse, WriteAttributes
from handover.sep1.server import Esi
from handover.sep1.server.basic import BasicChanged, BasicServer, BasicSettings, FactoryResetOrdered
from sep1.dialogue import BASIC, ESI, OURS, STRANGER, Dialogue, record

OTHER = 0x000D6F0000000002


@pytest.fixture
def esi() -> Esi:
    esi = Esi(ESI)
    esi.admit(OURS)
    esi.admit(OTHER)
    return esi


@pytest.fixture
def basic(esi: Esi) -> BasicServer:
    basic = BasicServer(
        esi.node, settings=BasicSettings(location="cellar"), may_reset=lambda source: source == OURS
    )
    esi.add(basic)
    return basic


@pytest.fixture
def d(esi: Esi, basic: BasicServer) -> Dialogue:
    return Dialogue(esi, us=ESI, them=OURS, to_client=False)


def test_the_identity_is_served_as_before(d: Dialogue) -> None:
    d.receives(ReadAttributes([0x0005, 0x0010]), BASIC)
    expected = [record(BASIC, 0x0005, b"Simulated ESI"), record(BASIC, 0x0010, b"cellar")]
    assert d.bodies() == [ReadAttributesResponse(expected)]


def test_a_device_changes_the_settings(basic: BasicServer, d: Dialogue) -> None:
    changes = [record(BASIC, 0x0010, "Küche".encode()), record(BASIC, 0x0012, 0)]
    settings = BasicSettings(location="Küche", enabled=False)
    assert d.receives(WriteAttributes(changes), BASIC) == [BasicChanged(OURS, settings)]
    assert basic.settings == settings


@pytest.mark.parametrize(
    ("attribute_id", "value", "status"),
    [
        (0x0004, b"me", 0x88),
        (0x0010, b"seventeen octets!", 0x87),
        (0x0012, 2, 0x87),
        (0x0013, 4, 0x87),
        (0x0014, 4, 0x87),
    ],
)
def test_what_does_not_fit_is_refused(d: Dialogue, attribute_id: int, value: Any, status: int) -> None:
    assert d.receives(WriteAttributes([record(BASIC, attribute_id, value)]), BASIC) == []
    assert d.bodies()[0].records[0].status == status  # type: ignore[union-attr]


def test_a_stranger_in_the_network_changes_nothing(basic: BasicServer, d: Dialogue) -> None:
    assert d.receives(WriteAttributes([record(BASIC, 0x0012, 0)]), BASIC, source=STRANGER) == []
    assert d.bodies()[0].records[0].status == 0x7E  # type: ignore[union-attr]
    assert basic.settings.enabled


def test_a_reset_counts_from_whom_the_owner_names(basic: BasicServer, d: Dialogue) -> None:
    for source in (OTHER, STRANGER):
        d.receives(ResetToFactoryDefaults(), source=source)
        assert d.bodies() == [DefaultResponse(0, 0x7E)]
    assert basic.settings.location == "cellar"
    assert d.receives(ResetToFactoryDefaults()) == [FactoryResetOrdered(OURS)]
    assert d.bodies() == [DefaultResponse(0, 0)]
    assert basic.settings == BasicSettings()


def test_by_default_nobody_resets(esi: Esi, d: Dialogue) -> None:
    esi.add(BasicServer(esi.node))
    d.receives(ResetToFactoryDefaults())
    assert d.bodies() == [DefaultResponse(0, 0x7E)]
