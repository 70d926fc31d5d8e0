"""Startup parameters: written, kept, restored, put in force by a restart; keys go in and never out."""

from typing import Any

import pytest

from handover.errors import EncodeError
from handover.sep1.client.commissioning import CommissioningClient, CommissioningEnded
from handover.sep1.clusters.commissioning import (
    ResetStartupParameters,
    ResetStartupParametersResponse,
    RestartDevice,
    RestartDeviceResponse,
    RestoreStartupParameters,
    RestoreStartupParametersResponse,
    SaveStartupParameters,
    SaveStartupParametersResponse,
)
from handover.sep1.general import (
    AttributeRecord,
    DefaultResponse,
    ReadAttributes,
    ReadAttributesResponse,
    WriteAttributes,
    WriteAttributesResponse,
    WriteAttributesUndivided,
)
from handover.sep1.server import Esi
from handover.sep1.server.commissioning import CommissioningServer, RestartDue
from handover.sep1.server.startup import DEFAULTS, can_start
from sep1.dialogue import ESI, NOW, OURS, STRANGER, Dialogue, record
from sep1.wire import Wire

COMMISSIONING = 0x0015
KEY = bytes(range(16))
NETWORK = {0x0000: 0x1234, 0x0001: 0xAABB, 0x0002: 0x1A62, 0x0006: 0, 0x0012: KEY}


@pytest.fixture
def esi() -> Esi:
    esi = Esi(ESI)
    esi.admit(OURS)
    return esi


@pytest.fixture
def server(esi: Esi) -> CommissioningServer:
    server = CommissioningServer(esi.node, random=lambda: 0.5, capacity=2)
    esi.add(server)
    return server


@pytest.fixture
def d(esi: Esi, server: CommissioningServer) -> Dialogue:
    return Dialogue(esi, us=ESI, them=OURS, to_client=False)


def writes(d: Dialogue) -> None:
    d.receives(WriteAttributes([record(COMMISSIONING, i, v) for i, v in NETWORK.items()]), COMMISSIONING)
    assert d.bodies() == [WriteAttributesResponse([])]


class TestKeys:
    def test_they_go_in_and_never_out(self, server: CommissioningServer, d: Dialogue) -> None:
        writes(d)
        d.receives(ReadAttributes([0x0011, 0x0012, 0x0014, 0x0002]), COMMISSIONING)
        refused = [AttributeRecord(i, status=0x7E) for i in (0x0011, 0x0012, 0x0014)]
        assert d.bodies() == [ReadAttributesResponse([*refused, record(COMMISSIONING, 0x0002, 0x1A62)])]

    def test_no_text_and_no_indication_shows_one(self, server: CommissioningServer, d: Dialogue) -> None:
        writes(d)
        d.receives(RestartDevice(0, 0, 0))
        due = d.passes(0)
        assert due[0].parameters[0x0012] == KEY
        assert repr(KEY) not in repr(d.indications)
        assert "parameters" not in repr(due)

    def test_a_key_of_a_write_that_failed_as_a_whole_is_not_kept(
        self, server: CommissioningServer, d: Dialogue
    ) -> None:
        bad = [record(COMMISSIONING, 0x0012, KEY), record(COMMISSIONING, 0x0006, 9)]
        d.receives(WriteAttributesUndivided(bad), COMMISSIONING)
        assert d.bodies()[0].records[0].status == 0x87  # type: ignore[union-attr]
        assert server.node.tables[COMMISSIONING, False].values[0x0012] == bytes(16)


class TestWhoMay:
    def test_without_the_link_key_nothing_counts(self, d: Dialogue) -> None:
        d.receives(RestartDevice(1, 0, 0), secured=False)
        assert d.passes(1) == []
        d.nothing()

    def test_a_stranger_may_nothing(self, d: Dialogue) -> None:
        d.receives(RestartDevice(1, 0, 0), source=STRANGER)
        assert d.bodies() == [DefaultResponse(0, 0x7E)]
        assert d.passes(1) == []


class TestRestart:
    def test_it_comes_after_delay_and_half_of_the_jitter(self, d: Dialogue) -> None:
        writes(d)
        d.receives(RestartDevice(0x08, 10, 100))
        assert d.bodies() == [RestartDeviceResponse(0)]
        assert d.passes_until(13.9) == []
        (due,) = d.passes_until(14.0)
        assert due == RestartDue({**DEFAULTS, **NETWORK}, immediate=True)
        assert d.passes_until(100) == []

    def test_it_may_leave_the_node_as_it_is(self, d: Dialogue) -> None:
        d.receives(RestartDevice(1, 0, 0))
        assert d.passes(0) == [RestartDue(None, immediate=False)]

    def test_a_repeated_order_keeps_its_time(self, d: Dialogue) -> None:
        d.receives(RestartDevice(1, 10, 0), sequence=7)
        d.passes(6)
        d.receives(RestartDevice(1, 10, 0), sequence=7)
        assert d.bodies() == [RestartDeviceResponse(0)] * 2
        assert len(d.passes(4)) == 1

    @pytest.mark.parametrize(
        ("change", "possible"),
        [
            ({}, True),
            ({0x0012: bytes(16)}, False),
            ({0x0001: 0}, False),
            ({0x0000: 0xFFFF}, False),
            ({0x0006: 1}, False),
            ({0x0006: 2}, True),
            ({0x0006: 2, 0x0001: 0xFFFFFFFFFFFFFFFF}, False),
            ({0x0006: 3, 0x0001: 0xFFFFFFFFFFFFFFFF, 0x0012: bytes(16)}, True),
        ],
    )
    def test_a_state_that_cannot_start_is_refused(
        self, server: CommissioningServer, d: Dialogue, change: dict[int, Any], possible: bool
    ) -> None:
        server.node.tables[COMMISSIONING, False].values |= {**NETWORK, **change}
        d.receives(RestartDevice(0, 0, 0))
        assert d.bodies() == [RestartDeviceResponse(0x00 if possible else 0x90)]

    def test_a_coordinator_may_form(self) -> None:
        assert can_start({**DEFAULTS, 0x0006: 1, 0x0001: 0}, may_form=True)

    def test_a_mode_that_is_not_known_is_refused(self, d: Dialogue) -> None:
        d.receives(RestartDevice(5, 0, 0))
        assert d.bodies() == [RestartDeviceResponse(0x85)]


class TestSets:
    def test_they_are_kept_restored_and_reset(self, server: CommissioningServer, d: Dialogue) -> None:
        values = lambda: server.node.tables[COMMISSIONING, False].values  # noqa: E731
        writes(d)
        d.receives(SaveStartupParameters(0, 1))
        d.receives(ResetStartupParameters(1, 0))
        assert values() == DEFAULTS
        d.receives(RestoreStartupParameters(0, 1))
        assert values() == {**DEFAULTS, **NETWORK}
        d.receives(ResetStartupParameters(4, 1))
        d.receives(RestoreStartupParameters(0, 1))
        d.receives(ResetStartupParameters(4, 1))
        d.receives(ResetStartupParameters(0, 1))
        assert d.bodies() == [
            SaveStartupParametersResponse(0),
            ResetStartupParametersResponse(0),
            RestoreStartupParametersResponse(0),
            ResetStartupParametersResponse(0),
            RestoreStartupParametersResponse(0x8B),
            ResetStartupParametersResponse(0x8B),
            ResetStartupParametersResponse(0x85),
        ]

    def test_room_is_limited_and_a_reset_of_all_makes_some(
        self, server: CommissioningServer, d: Dialogue
    ) -> None:
        for index in (1, 2, 3, 2):
            d.receives(SaveStartupParameters(0, index))
        assert [b.status for b in d.bodies()] == [0, 0, 0x89, 0]  # type: ignore[union-attr]
        d.receives(ResetStartupParameters(2, 0))
        assert server.saved == {}


class TestTheTool:
    @pytest.fixture
    def wire(self) -> Wire:
        wire = Wire()
        wire.start()
        wire.esi.add(CommissioningServer(wire.esi.node, random=lambda: 0.0))
        return wire

    @pytest.fixture
    def tool(self, wire: Wire) -> CommissioningClient:
        tool = CommissioningClient(wire.client.node)
        wire.client.add(tool)
        return tool

    def test_it_moves_a_node(self, wire: Wire, tool: CommissioningClient) -> None:
        wire.client_does(tool.set(ESI, NETWORK, wire.now))
        wire.client_does(tool.save(ESI, 1, wire.now))
        wire.client_does(tool.reset(ESI, 1, wire.now))
        wire.client_does(tool.restore(ESI, 1, wire.now))
        wire.client_does(tool.restart(ESI, wire.now, delay=5))
        ended = [(e.command_id, e.status) for e in wire.client_heard(CommissioningEnded)]
        assert ended == [(None, 0), (1, 0), (3, 0), (2, 0), (0, 0)]
        wire.passes(6)
        (due,) = wire.esi_heard(RestartDue)
        assert due.parameters is not None
        assert due.parameters[0x0002] == 0x1A62

    def test_refusal_and_silence_are_told(self, wire: Wire, tool: CommissioningClient) -> None:
        wire.client_does(tool.set(ESI, {0x0006: 9}, wire.now))
        wire.fate = lambda frame: ()
        wire.client_does(tool.restart(ESI, wire.now))
        wire.passes(200)
        ended = [(e.command_id, e.status) for e in wire.client_heard(CommissioningEnded)]
        assert ended == [(None, 0x87), (0, None)]

    def test_an_attribute_that_is_not_declared_is_refused(self, tool: CommissioningClient) -> None:
        with pytest.raises(EncodeError, match="no attribute 0x0099"):
            tool.set(ESI, {0x0099: 1}, NOW)
