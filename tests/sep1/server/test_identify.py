"""A node that shows itself, and one that asks who does."""

import pytest

from handover.sep1 import frame as zcl
from handover.sep1.aps import BROADCAST
from handover.sep1.client import HanClient
from handover.sep1.client.identify import IdentifyClient, IdentifyOrderEnded, NodeIdentifies
from handover.sep1.clusters.identify import (
    CommissionState,
    CommissionStateAction,
    EZModeAction,
    EZModeInvoke,
    Identify,
    IdentifyQuery,
    IdentifyQueryResponse,
    UpdateCommissionState,
)
from handover.sep1.general import DefaultResponse, ReadAttributes, ReadAttributesResponse, WriteAttributes
from handover.sep1.server.identify import (
    CommissionStateChanged,
    EZModeInvoked,
    IdentifyBegun,
    IdentifyEnded,
    IdentifyServer,
)
from sep1.dialogue import ESI, NOW, OURS, AnsweringEsi, Dialogue, record
from sep1.wire import Wire

IDENTIFY = 0x0003
OK, INVALID_FIELD = 0x00, 0x85


@pytest.fixture
def client() -> HanClient:
    return HanClient(OURS)


@pytest.fixture
def server(client: HanClient) -> IdentifyServer:
    server = IdentifyServer(client.node)
    client.add(server)
    return server


@pytest.fixture
def d(client: HanClient, server: IdentifyServer) -> Dialogue:
    dialogue = Dialogue(client, to_client=True)
    dialogue.take(client.start(ESI, NOW, meters=[]))
    AnsweringEsi(dialogue).answers()
    dialogue.indications.clear()
    dialogue.to_client = False
    return dialogue


def test_it_shows_itself_for_as_long_as_it_was_told(server: IdentifyServer, d: Dialogue) -> None:
    assert d.receives(Identify(60)) == [IdentifyBegun(NOW + 60)]
    assert d.bodies() == [DefaultResponse(0, OK)]
    d.passes(20.5)
    d.receives(ReadAttributes([0x0000, 0x0001]), IDENTIFY)
    expected = [record(IDENTIFY, 0x0000, 40), record(IDENTIFY, 0x0001, 0)]
    assert d.bodies() == [ReadAttributesResponse(expected)]
    assert d.passes_until(60) == [IdentifyEnded()]
    assert server.remaining(d.now) == 0


def test_zero_ends_it(d: Dialogue) -> None:
    assert d.receives(Identify(0)) == []
    d.receives(Identify(60))
    assert d.receives(Identify(0)) == [IdentifyEnded()]
    assert d.passes_until(100) == []


def test_writing_the_time_is_an_order_too(d: Dialogue) -> None:
    indicated = d.receives(WriteAttributes([record(IDENTIFY, 0x0000, 30)]), IDENTIFY)
    assert IdentifyBegun(NOW + 30) in indicated
    assert IdentifyEnded() in d.passes_until(31)


def test_a_query_is_answered_only_while_it_shows_itself(d: Dialogue) -> None:
    d.receives(IdentifyQuery(), quiet=True)
    d.nothing()
    d.receives(Identify(60), quiet=True)
    d.passes(0.5)
    d.receives(IdentifyQuery(), sequence=0x44)
    answer = d.only()
    assert (answer.body, answer.header.sequence) == (IdentifyQueryResponse(60), 0x44)


def test_a_broadcast_query_is_answered_to_the_asker(d: Dialogue) -> None:
    query = zcl.build(IDENTIFY, IdentifyQuery(), sequence=5, to_client=False)
    d.receives_octets(query, IDENTIFY, destination=BROADCAST)
    d.nothing()
    d.receives(Identify(60), quiet=True)
    d.receives_octets(query, IDENTIFY, destination=BROADCAST)
    assert d.frames[0].destination == ESI
    assert d.bodies() == [IdentifyQueryResponse(60)]


@pytest.mark.parametrize("action", [1, 2, 4, 7])
def test_ez_mode_is_handed_up(d: Dialogue, action: int) -> None:
    assert d.receives(EZModeInvoke(action)) == [EZModeInvoked(ESI, EZModeAction(action))]
    assert d.bodies() == [DefaultResponse(2, OK)]


@pytest.mark.parametrize(
    "bad",
    [
        EZModeInvoke(0),
        EZModeInvoke(8),
        UpdateCommissionState(0, 1),
        UpdateCommissionState(3, 1),
        UpdateCommissionState(1, 4),
    ],
)
def test_what_means_nothing_is_refused(d: Dialogue, bad: EZModeInvoke | UpdateCommissionState) -> None:
    assert d.receives(bad) == []
    assert d.bodies() == [DefaultResponse(2 if isinstance(bad, EZModeInvoke) else 3, INVALID_FIELD)]


def test_the_commission_state_is_set_and_cleared(d: Dialogue) -> None:
    changed = d.receives(UpdateCommissionState(CommissionStateAction.SET, 0x03))
    assert changed == [CommissionStateChanged(ESI, CommissionState.NETWORK | CommissionState.OPERATIONAL)]
    assert d.receives(UpdateCommissionState(CommissionStateAction.SET, 0x01)) == []
    changed = d.receives(UpdateCommissionState(CommissionStateAction.CLEAR, 0x01))
    assert changed == [CommissionStateChanged(ESI, CommissionState.OPERATIONAL)]


def test_the_asker_learns_who_shows_himself() -> None:
    wire = Wire()
    asking = IdentifyClient(wire.esi.node)
    wire.esi.add(asking)
    wire.client.add(IdentifyServer(wire.client.node))
    wire.start()
    wire.esi_does(asking.query())
    assert asking.who(wire.now) == []
    wire.esi_does(asking.identify(OURS, 30, wire.now))
    assert wire.esi_heard(IdentifyOrderEnded) == [IdentifyOrderEnded(OURS, 0)]
    wire.esi_does(asking.query())
    assert wire.esi_heard(NodeIdentifies) == [NodeIdentifies(OURS, 1, wire.now + 30)]
    assert asking.who(wire.now + 29) == [(OURS, 1)]
    assert asking.who(wire.now + 31) == []
    wire.esi_does(asking.invoke_ez_mode(OURS, EZModeAction.NETWORK_STEERING, wire.now))
    wire.esi_does(asking.update_state(OURS, CommissionStateAction.SET, 1, wire.now))
    assert len(wire.client_heard(EZModeInvoked)) == len(wire.client_heard(CommissionStateChanged)) == 1
    asking.forget(OURS)
    assert asking.who(wire.now) == []
