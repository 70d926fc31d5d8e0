"""The server learns what the SEP 1.x devices are, and what they notice."""

from gateway.downward.premise import GATEWAY, THERMOSTAT, Premise
from handover.sep1.server.alarms import AlarmServer
from handover.sep2.resources.device_information import DeviceInformation
from handover.sep2.resources.end_device import EndDevice
from handover.sep2.resources.log_event import LogEvent
from handover.sep2.resources.power_status import PowerStatus


def place(home: Premise) -> str:
    device = home.gateway.devices.get(THERMOSTAT)
    assert device is not None
    assert device.path is not None
    return device.path


def home_with_a_thermostat() -> Premise:
    home = Premise()
    home.start()
    home.add(THERMOSTAT, device_class=1)
    home.passes(200)
    return home


def test_a_device_is_described_under_its_own_end_device() -> None:
    home = home_with_a_thermostat()
    store = home.utility.esi.store
    information = store.get(f"{place(home)}/di")
    assert isinstance(information, DeviceInformation)
    assert information.lFDI == home.lfdi(THERMOSTAT)
    assert information.mfSerNum == f"{THERMOSTAT:016X}"
    assert information.mfModel not in ("", "unknown")
    assert isinstance(store.get(f"{place(home)}/ps"), PowerStatus)
    device = store.get(place(home))
    assert isinstance(device, EndDevice)


def test_an_alarm_is_an_entry_of_its_log() -> None:
    home = home_with_a_thermostat()
    appliance = home.appliances[THERMOSTAT]
    server = AlarmServer(
        appliance.client.node, utc=lambda now: int(now) - 946684800, partners=lambda: [(GATEWAY, 1)]
    )
    appliance.client.add(server)
    home.does(THERMOSTAT, server.raise_alarm(0x02, 0x0702, home.now))
    home.passes(60)
    (event,) = home.utility.esi.store.of_class(LogEvent).values()
    assert (event.functionSet, event.logEventCode, event.extendedData) == (6, 2, 0x070202)
    assert home.utility.esi.store.paths(f"{place(home)}/lel")
