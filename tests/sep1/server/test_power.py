"""Mains and battery of a node, and the alarms that they raise."""

import pytest

from handover.errors import EncodeError
from handover.sep1.client.power import PowerClient, PowerTold, PowerUnread
from handover.sep1.clusters.alarms import Alarm
from handover.sep1.general import WriteAttributes
from handover.sep1.server import Esi
from handover.sep1.server.alarms import AlarmServer
from handover.sep1.server.power import PowerServer
from sep1.dialogue import ESI, NOW, OURS, STRANGER, Dialogue, record, report
from sep1.wire import Wire

POWER = 0x0001
LOW, HIGH, LOST, BATTERY = 0x00, 0x01, 0x02, 0x10
VALUES = {0x0010: 0x07, 0x0011: 2000, 0x0012: 2530, 0x0013: 10, 0x0035: 0x01, 0x0036: 24}


@pytest.fixture
def esi() -> Esi:
    esi = Esi(ESI)
    esi.admit(OURS)
    return esi


@pytest.fixture
def alarms(esi: Esi) -> AlarmServer:
    alarms = AlarmServer(esi.node, utc=esi.utc, partners=lambda: [(OURS, 1)])
    esi.add(alarms)
    return alarms


@pytest.fixture
def power(esi: Esi, alarms: AlarmServer) -> PowerServer:
    power = PowerServer(esi.node, alarms=alarms, values=VALUES)
    esi.add(power)
    return power


@pytest.fixture
def d(esi: Esi, power: PowerServer) -> Dialogue:
    return Dialogue(esi, us=ESI, them=OURS, to_client=False)


@pytest.mark.parametrize(("voltage", "code"), [(1999, LOW), (2531, HIGH), (0, LOST)])
def test_a_mains_alarm_waits_for_the_dwell_time(
    power: PowerServer, d: Dialogue, voltage: int, code: int
) -> None:
    d.take(power.measured(d.now, mains_voltage=voltage))
    d.passes(9)
    d.nothing()
    d.passes(1)
    assert d.bodies() == [Alarm(code, POWER)]


@pytest.mark.parametrize("voltage", [2000, 2530, 2300, 0xFFFF])
def test_a_voltage_within_its_thresholds_raises_none(
    power: PowerServer, alarms: AlarmServer, voltage: int
) -> None:
    power.measured(NOW, mains_voltage=voltage)
    assert power.deadline() is None
    assert alarms.active == []


def test_a_short_dip_raises_none(power: PowerServer, d: Dialogue) -> None:
    d.take(power.measured(d.now, mains_voltage=1900))
    d.passes(9)
    d.take(power.measured(d.now, mains_voltage=2300))
    d.passes(60)
    d.nothing()


def test_an_alarm_ends_with_its_cause(power: PowerServer, alarms: AlarmServer) -> None:
    power.measured(NOW, mains_voltage=1900)
    power.tick(NOW + 10)
    assert alarms.active == [(LOW, POWER)]
    power.measured(NOW + 20, mains_voltage=2300)
    assert alarms.active == []


def test_a_low_battery_is_told_at_once(power: PowerServer, alarms: AlarmServer, d: Dialogue) -> None:
    d.take(power.measured(d.now, battery_voltage=24))
    d.nothing()
    d.take(power.measured(d.now, battery_voltage=23))
    assert d.bodies() == [Alarm(BATTERY, POWER)]
    power.measured(d.now, battery_voltage=30)
    assert alarms.active == []


def test_a_mask_holds_alarms_back_until_it_is_opened(
    power: PowerServer, alarms: AlarmServer, d: Dialogue
) -> None:
    d.receives(WriteAttributes([record(POWER, 0x0010, 0)]), POWER)
    power.measured(d.now, mains_voltage=1900)
    d.passes(20)
    assert alarms.active == []
    assert power.deadline() is None
    d.receives(WriteAttributes([record(POWER, 0x0010, 1)]), POWER)
    assert alarms.active == [(LOW, POWER)]


def test_a_dwell_time_of_ffff_never_passes(power: PowerServer, alarms: AlarmServer, d: Dialogue) -> None:
    d.receives(WriteAttributes([record(POWER, 0x0013, 0xFFFF)]), POWER)
    power.measured(d.now, mains_voltage=0)
    assert power.deadline() is None
    d.passes(100_000)
    assert alarms.active == []


@pytest.mark.parametrize(
    ("attribute_id", "value", "status"),
    [(0x0000, 1, 0x88), (0x0010, 0x08, 0x87), (0x0030, b"seventeen octets!", 0x87), (0x0031, 3, None)],
)
def test_what_may_be_written(d: Dialogue, attribute_id: int, value: int | bytes, status: int | None) -> None:
    d.engine.node.tables[POWER, False].values |= {0x0000: 2300, 0x0030: b"", 0x0031: 0}  # type: ignore[attr-defined]
    d.receives(WriteAttributes([record(POWER, attribute_id, value)]), POWER)
    records = d.bodies()[0].records  # type: ignore[union-attr]
    assert [r.status for r in records] == ([] if status is None else [status])


def test_a_stranger_in_the_network_sets_no_threshold(power: PowerServer, d: Dialogue) -> None:
    d.receives(WriteAttributes([record(POWER, 0x0011, 1)]), POWER, source=STRANGER)
    assert d.bodies()[0].records[0].status == 0x7E  # type: ignore[union-attr]
    assert power.node.tables[POWER, False].values[0x0011] == 2000


def test_an_attribute_that_is_not_declared_cannot_be_served(esi: Esi, alarms: AlarmServer) -> None:
    with pytest.raises(EncodeError, match="no attribute 0x0999"):
        PowerServer(esi.node, alarms=alarms, values={0x0999: 1})


class TestTheOtherSide:
    @pytest.fixture
    def wire(self) -> Wire:
        wire = Wire()
        wire.start()
        alarms = AlarmServer(wire.esi.node, utc=wire.esi.utc, partners=list)
        wire.esi.add(PowerServer(wire.esi.node, alarms=alarms, values={0x0020: 29}))
        return wire

    @pytest.fixture
    def reader(self, wire: Wire) -> PowerClient:
        reader = PowerClient(wire.client.node)
        wire.client.add(reader)
        return reader

    def test_it_reads(self, wire: Wire, reader: PowerClient) -> None:
        wire.client_does(reader.read(ESI, wire.now))
        assert wire.client_heard(PowerTold) == [PowerTold(ESI, 1, {0x0020: 29, 0x0036: 0}, report=False)]

    def test_it_takes_reports(self, wire: Wire, reader: PowerClient) -> None:
        d = Dialogue(wire.client)
        told = d.receives(report(POWER, battery_voltage=25), POWER)
        assert told == [PowerTold(ESI, 1, {0x0020: 25}, report=True)]

    def test_silence_is_told(self, wire: Wire, reader: PowerClient) -> None:
        wire.fate = lambda frame: ()
        wire.client_does(reader.read(ESI, wire.now))
        wire.passes(200)
        assert wire.client_heard(PowerUnread) == [PowerUnread(ESI)]
