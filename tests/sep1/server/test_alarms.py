"""A node that raises alarms, and one that hears of them."""

import pytest

from handover.sep1.attributes import AttributeTable
from handover.sep1.client import HanClient
from handover.sep1.client.alarms import AlarmClient, AlarmLogRead, AlarmOrderEnded, AlarmRaised, LogEntry
from handover.sep1.clusters.alarms import (
    Alarm,
    GetAlarm,
    GetAlarmResponse,
    ResetAlarm,
    ResetAlarmLog,
    ResetAllAlarms,
)
from handover.sep1.clusters.metering import METERING as METERING_CLUSTER
from handover.sep1.general import DefaultResponse, ReadAttributes, ReadAttributesResponse
from handover.sep1.server.alarm_masks import permitted
from handover.sep1.server.alarms import AlarmReset, AlarmServer, LoggedAlarm
from sep1.dialogue import BASIC, ESI, METERING, NOW, OURS, ZIGBEE_NOW, Dialogue, record
from sep1.wire import Wire

ALARMS = 0x0009
TAMPER = 0x02


@pytest.fixture
def client() -> HanClient:
    return HanClient(OURS)


@pytest.fixture
def alarms(client: HanClient) -> AlarmServer:
    alarms = AlarmServer(
        client.node,
        utc=lambda now: ZIGBEE_NOW + int(now - NOW),
        partners=lambda: [(ESI, 1)],
        capacity=3,
    )
    client.add(alarms)
    return alarms


@pytest.fixture
def d(client: HanClient, alarms: AlarmServer) -> Dialogue:
    return Dialogue(client, to_client=False)


def test_an_alarm_is_told_until_it_is_heard_and_logged(alarms: AlarmServer, d: Dialogue) -> None:
    d.take(alarms.raise_alarm(TAMPER, METERING, d.now))
    assert alarms.raise_alarm(TAMPER, METERING, d.now) == []  # it is active
    first = d.only()
    assert first.body == Alarm(TAMPER, METERING)
    d.passes(10)
    again = d.only()
    assert again.header.sequence == first.header.sequence
    d.receives(DefaultResponse(0, 0), ALARMS, sequence=first.header.sequence, to_client=False)
    d.passes(1000)
    d.nothing()
    assert alarms.log == [LoggedAlarm(TAMPER, METERING, ZIGBEE_NOW)]


def test_it_is_raised_again_once_its_cause_has_gone_and_come(alarms: AlarmServer, d: Dialogue) -> None:
    d.take(alarms.raise_alarm(TAMPER, METERING, d.now))
    alarms.clear(TAMPER, METERING)
    d.take(alarms.raise_alarm(TAMPER, METERING, d.now))
    assert d.bodies() == [Alarm(TAMPER, METERING)] * 2


def test_the_log_gives_its_oldest_entry_and_keeps_the_newest(alarms: AlarmServer, d: Dialogue) -> None:
    for code in range(4):
        alarms.raise_alarm(code, METERING, NOW + code)
    d.receives(ReadAttributes([0x0000]), ALARMS)
    assert d.bodies() == [ReadAttributesResponse([record(ALARMS, 0x0000, 3)])]
    d.receives(GetAlarm(), sequence=1)
    d.receives(GetAlarm(), sequence=1)  # the answer was lost
    d.receives(GetAlarm(), sequence=2)
    d.receives(GetAlarm(), sequence=3)
    d.receives(GetAlarm(), sequence=4)
    entries = [GetAlarmResponse(0, code, METERING, ZIGBEE_NOW + code) for code in (1, 1, 2, 3)]
    assert d.bodies() == [*entries, GetAlarmResponse(0x8B)]


def test_a_node_without_time_logs_without_time(client: HanClient, d: Dialogue) -> None:
    timeless = AlarmServer(client.node, utc=lambda now: None, partners=list)
    client.add(timeless)
    timeless.raise_alarm(1, METERING, NOW)
    d.receives(GetAlarm())
    assert d.bodies() == [GetAlarmResponse(0, 1, METERING, 0xFFFFFFFF)]


def test_an_active_alarm_that_is_reset_is_raised_again(alarms: AlarmServer, d: Dialogue) -> None:
    alarms.raise_alarm(1, METERING, d.now)
    alarms.raise_alarm(2, METERING, d.now)
    alarms.clear(2, METERING)
    assert d.receives(ResetAlarm(1, METERING)) == [AlarmReset(ESI, (1, METERING))]
    assert d.bodies() == [Alarm(1, METERING), DefaultResponse(0, 0)]
    assert d.receives(ResetAlarm(2, METERING)) == [AlarmReset(ESI, (2, METERING))]
    assert d.bodies() == [DefaultResponse(0, 0)]
    assert d.receives(ResetAllAlarms()) == [AlarmReset(ESI, None)]
    assert d.bodies() == [Alarm(1, METERING), DefaultResponse(1, 0)]


def test_the_log_is_emptied(alarms: AlarmServer, d: Dialogue) -> None:
    alarms.raise_alarm(1, METERING, d.now)
    d.receives(ResetAlarmLog())
    assert d.bodies() == [DefaultResponse(3, 0)]
    assert (alarms.log, alarms.active) == ([], [(1, METERING)])


@pytest.mark.parametrize(
    ("code", "mask", "value", "let_out"),
    [
        (0x02, 0x0800, 0x0004, True),
        (0x02, 0x0800, 0xFFFB, False),
        (0x10, 0x0801, 0x0001, True),
        (0x2F, 0x0801, 0x80000000, True),
        (0x30, 0x0802, 0x0000, False),
        (0x61, 0x0805, 0x0002, True),
        (0x10, 0x0800, 0x0000, True),  # the mask of another group
        (0x70, 0x0805, 0x0000, True),  # no group of ours
    ],
)
def test_masks_of_metering(code: int, mask: int, value: int, let_out: bool) -> None:
    table = AttributeTable(METERING_CLUSTER.server_attributes, {mask: value})
    assert permitted({(METERING, False): table}, code, METERING) is let_out


def test_a_masked_alarm_is_neither_told_nor_logged(client: HanClient, alarms: AlarmServer) -> None:
    assert 0x0013 not in client.node.tables[BASIC, False].values
    assert len(alarms.raise_alarm(0, BASIC, NOW)) == 1  # no mask is served
    client.node.tables[BASIC, False].values[0x0013] = 0x01
    assert alarms.raise_alarm(1, BASIC, NOW) == []
    assert (alarms.active, len(alarms.log)) == ([(0, BASIC)], 1)


class TestBothSides:
    @pytest.fixture
    def wire(self) -> Wire:
        wire = Wire()
        wire.start()
        return wire

    @pytest.fixture
    def raising(self, wire: Wire) -> AlarmServer:
        raising = AlarmServer(
            wire.client.node, utc=lambda now: wire.esi.utc(now), partners=lambda: [(ESI, 1)]
        )
        wire.client.add(raising)
        return raising

    @pytest.fixture
    def hearing(self, wire: Wire) -> AlarmClient:
        hearing = AlarmClient(wire.esi.node)
        wire.esi.add(hearing)
        return hearing

    def test_the_esi_hears_reads_and_resets(
        self, wire: Wire, raising: AlarmServer, hearing: AlarmClient
    ) -> None:
        for code in (1, 5):
            wire.client_does(raising.raise_alarm(code, METERING, wire.now))
        assert [a.code for a in wire.esi_heard(AlarmRaised)] == [1, 5]
        wire.esi_does(hearing.read_log(OURS, wire.now))
        entries = tuple(LogEntry(code, METERING, ZIGBEE_NOW) for code in (1, 5))
        assert wire.esi_heard(AlarmLogRead) == [AlarmLogRead(OURS, entries, complete=True)]
        assert raising.log == []
        raising.clear(1, METERING)
        wire.esi_does(hearing.reset(OURS, 1, METERING, wire.now))
        wire.esi_does(hearing.reset_all(OURS, wire.now))
        assert [a.code for a in wire.esi_heard(AlarmRaised)] == [1, 5, 5]
        wire.esi_does(hearing.reset_log(OURS, wire.now))
        assert [o.status for o in wire.esi_heard(AlarmOrderEnded)] == [0, 0, 0]
        assert raising.log == []

    def test_lost_and_doubled_frames_lose_no_entry(
        self, wire: Wire, raising: AlarmServer, hearing: AlarmClient
    ) -> None:
        for code in range(5):
            wire.client_does(raising.raise_alarm(code, METERING, wire.now))
        fates = iter([(0,), (), (0,), (0, 0), (0, 0), (), (0,)])
        wire.fate = lambda frame: next(fates, (0,))
        wire.esi_does(hearing.read_log(OURS, wire.now))
        wire.passes(200)
        (read,) = wire.esi_heard(AlarmLogRead)
        assert ([entry.code for entry in read.entries], read.complete) == ([0, 1, 2, 3, 4], True)

    def test_a_node_that_is_silent_or_has_no_log(self, wire: Wire, hearing: AlarmClient) -> None:
        wire.esi_does(hearing.read_log(OURS, wire.now))
        wire.fate = lambda frame: ()
        wire.esi_does(hearing.read_log(OURS, wire.now))
        wire.esi_does(hearing.reset_all(OURS, wire.now))
        wire.passes(200)
        assert wire.esi_heard(AlarmLogRead) == [AlarmLogRead(OURS, (), complete=False)] * 2
        assert wire.esi_heard(AlarmOrderEnded) == [AlarmOrderEnded(OURS, None)]
