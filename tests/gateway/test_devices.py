"""Playbooks of registration: by LFDI, by SFDI alone, in-band; what devices write about themselves."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.home import DISPLAY, NOW, STRANGER, THERMOSTAT, Home, registered
from handover.errors import ConfigError
from handover.gateway.adapters import audit, registrations
from handover.gateway.adapters.registry import registry
from handover.gateway.config import Config
from handover.gateway.posted import MOST_LOG_EVENTS
from handover.sep2.peer import Peer
from handover.sep2.resources.device_information import DeviceInformation
from handover.sep2.resources.end_device import DeviceStatus, EndDevice
from handover.sep2.resources.log_event import LogEvent
from handover.sep2.resources.power_status import PowerStatus
from handover.sep2.security.identity import sfdi
from handover.sep2.security.policy import Registering

pytestmark = pytest.mark.req("REQ.GW.3")

LFDI = bytes.fromhex("3E4F45AB31EDFE5B67E343E5E4562E31984E23E5")


def information(peer: Peer) -> DeviceInformation:
    return DeviceInformation(
        lFDI=peer.lfdi,
        mfDate=0,
        mfHwVer="2",
        mfID=32473,
        mfModel="PCT-100",
        mfSerNum="1",
        primaryPower=1,
        secondaryPower=0,
        swActTime=0,
        swVer="5",
    )


def log_event(number: int) -> LogEvent:
    return LogEvent(
        createdDateTime=NOW + number,
        functionSet=0,
        logEventCode=1,
        logEventID=number,
        logEventPEN=32473,
        profileID=1,
    )


@pytest.fixture
def in_band(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path, registering=Registering.IN_BAND)
    home.join()
    yield home
    home.close()


def test_a_device_admitted_by_its_sfdi_is_pinned_to_its_certificate(home: Home) -> None:
    home.join(registered(THERMOSTAT, 1, "tstat"), replace(registered(STRANGER, 3, "new"), lfdi=b""))
    assert home.gets("/edev/3", STRANGER).lFDI == STRANGER.lfdi
    impostor = Peer(bytes([0x44] * 20), STRANGER.sfdi)
    assert home.asks("/edev/3", impostor).status == 404
    assert home.gateway.devices.seen[STRANGER.sfdi].requests == 1, "only its own count"
    home.restart()
    assert home.asks("/edev/3", impostor).status == 404
    assert home.asks("/edev/3", STRANGER).status == 200


def test_a_device_finds_its_pin_and_its_assignments(home: Home) -> None:
    assert home.gets("/edev?l=9").EndDevice[0].sFDI == THERMOSTAT.sfdi
    assert home.gets("/edev/1/rg").pIN == 111115
    (assignments,) = home.gets("/edev/1/fsa?l=9").FunctionSetAssignments
    assert assignments.TimeLink.href == "/tm"
    assert assignments.DemandResponseProgramListLink.all == 1


def test_in_band_a_device_waits_for_the_operator(in_band: Home) -> None:
    home = in_band
    me = EndDevice(sFDI=STRANGER.sfdi, lFDI=STRANGER.lfdi, changedTime=0, deviceCategory=b"\0\0\0\1")
    answer = home.asks("/edev", STRANGER, "POST", me)
    assert (answer.status, answer.headers["Location"]) == (201, "/edev/1")
    assert home.asks("/edev", STRANGER, "POST", me).status == 204
    assert home.gets("/edev/1", STRANGER).enabled is False
    assert home.asks("/upt", STRANGER).status == 404
    assert home.asks("/edev/1/rg", STRANGER).status == 404
    home.restart()
    assert home.gets("/edev/1", STRANGER).deviceCategory == b"\0\0\0\1"
    pending = registrations.load(home.journal.connection)
    admitted = replace(pending[0], pending=False, pin=111115)
    home.join(admitted)
    assert home.gets("/edev/1/rg", STRANGER).pIN == 111115
    assert home.asks("/upt", STRANGER).status == 200


def test_in_band_nobody_announces_another(in_band: Home) -> None:
    other = EndDevice(sFDI=DISPLAY.sfdi, lFDI=DISPLAY.lfdi, changedTime=0)
    assert in_band.asks("/edev", STRANGER, "POST", other).status == 403


def test_in_band_a_short_identifier_is_given_once(in_band: Home) -> None:
    me = EndDevice(sFDI=STRANGER.sfdi, lFDI=STRANGER.lfdi, changedTime=0)
    assert in_band.asks("/edev", STRANGER, "POST", me).status == 201
    impostor = Peer(bytes([0x44] * 20), STRANGER.sfdi)
    other = EndDevice(sFDI=impostor.sfdi, lFDI=impostor.lfdi, changedTime=0)
    assert in_band.asks("/edev", impostor, "POST", other).status == 403


def test_out_of_band_the_refusal_says_what_to_do(home: Home) -> None:
    me = EndDevice(sFDI=STRANGER.sfdi, lFDI=STRANGER.lfdi, changedTime=0)
    answer = home.asks("/edev", STRANGER, "POST", me)
    assert answer.status == 403
    assert b"out-of-band" in answer.body


def test_what_a_device_writes_about_itself_survives_a_kill(home: Home) -> None:
    assert home.gets("/edev/1/di").mfModel == "unknown"
    assert home.asks("/edev/1/di", THERMOSTAT, "PUT", information(THERMOSTAT)).status == 204
    status = DeviceStatus(changedTime=NOW, opState=2)
    power = PowerStatus(batteryStatus=4, changedTime=NOW, currentPowerSource=1)
    assert home.asks("/edev/1/dstat", THERMOSTAT, "PUT", status).status == 204
    assert home.asks("/edev/1/ps", THERMOSTAT, "PUT", power).status == 204
    assert home.asks("/edev/1/lel", THERMOSTAT, "POST", log_event(1)).status == 201
    home.restart()
    assert home.gets("/edev/1/di").mfModel == "PCT-100"
    assert home.gets("/edev/1/dstat").opState == 2
    assert home.gets("/edev/1/ps").batteryStatus == 4
    assert home.gets("/edev/1/lel?l=9").LogEvent[0].logEventID == 1


def test_a_device_writes_for_itself_only(home: Home) -> None:
    assert home.asks("/edev/1/di", THERMOSTAT, "PUT", information(DISPLAY)).status == 403
    assert home.asks("/edev/2/di", THERMOSTAT, "PUT", information(THERMOSTAT)).status in (403, 404)
    assert home.asks("/sdev/di", THERMOSTAT, "PUT", information(THERMOSTAT)).status in (403, 405)
    assert home.asks("/edev/1/dstat", STRANGER, "PUT", DeviceStatus(changedTime=1)).status == 403
    for path in ("/dcap", "/tm", "/sdev", "/tp", "/edev/1/rg"):
        assert home.asks(path, THERMOSTAT, "PUT", DeviceStatus(changedTime=1)).status in (403, 405), path


def test_a_log_of_a_device_is_bounded_and_can_be_cleared(home: Home) -> None:
    for number in range(MOST_LOG_EVENTS + 5):
        assert home.asks("/edev/1/lel", THERMOSTAT, "POST", log_event(number)).status == 201
    events = home.gets("/edev/1/lel?l=255").LogEvent
    assert len(events) == MOST_LOG_EVENTS
    assert min(e.logEventID for e in events) == 5
    assert home.asks(events[0].href, THERMOSTAT, "DELETE").status == 204
    home.restart()
    assert home.gets("/edev/1/lel?l=255").all == MOST_LOG_EVENTS - 1


def test_what_a_removed_device_wrote_is_dropped(home: Home) -> None:
    home.asks("/edev/2/di", DISPLAY, "PUT", information(DISPLAY))
    with home.journal.transaction() as connection:
        registrations.remove(connection, DISPLAY.sfdi)
    home.gateway.register(registrations.load(home.journal.connection), 3, home.now)
    assert home.asks("/edev/2", DISPLAY).status == 404
    home.restart()
    assert home.asks("/edev/2/di", DISPLAY).status == 404
    assert (
        home.journal.connection.execute("SELECT count(*) FROM record WHERE kind='posted'").fetchone()[0] == 0
    )


def test_the_operators_commands_write_the_registrations(tmp_path: Path) -> None:
    config = Config(base=str(tmp_path))
    with registry(config) as known:
        first = known.add(lfdi=LFDI, pin=111115, name="tstat", now=1.0)
        second = known.add(sfdi_=THERMOSTAT.sfdi, pin=111115, now=2.0)
        assert (first.sfdi, first.number, second.number) == (sfdi(LFDI), 1, 2)
        again = known.add(lfdi=LFDI, pin=111115, categories=1, now=3.0)
        assert (again.number, again.name, again.categories) == (1, "tstat", 1)
        for bad in (
            {"pin": 111115},
            {"lfdi": LFDI, "sfdi_": THERMOSTAT.sfdi, "pin": 111115},
            {"lfdi": LFDI, "pin": 111116},
            {"lfdi": LFDI[:8] + bytes(12), "pin": 111115},
        ):
            with pytest.raises(ConfigError):
                known.add(**bad, now=4.0)
        assert known.remove("tstat", now=5.0).sfdi == sfdi(LFDI)
        with pytest.raises(ConfigError, match="list-devices"):
            known.remove("tstat", now=6.0)
        assert [device.number for device in known.all()] == [2]
        assert known.add(lfdi=LFDI, pin=111115, now=7.0).number == 3
    entries = audit.read(config.audit_path)
    assert [entry["what"] for entry in entries] == ["admitted"] * 3 + ["removed", "admitted"]
    assert "111115" not in config.audit_path.read_text()
