"""The meter of a premise goes over to SEP 2.0: its SEP 1.x devices go on, through the gateway."""

import pytest

from gateway.downward.switch import CLASSES, DISPLAY, GATEWAY, SWITCH, THERMOSTAT, Home
from handover.sep1.client.load_control.outputs import EventStarted
from handover.sep2.resources.drlc import DutyCycle
from handover.sim.premise import ESI_EUI64

pytestmark = pytest.mark.req("REQ.GW.2")

LONGEST_GAP = 300.0
"""Seconds without a reading that a customer may notice and should not."""


@pytest.fixture(scope="module")
def home() -> Home:
    made = Home()
    made.until(lambda: all(made.readings.values()), 600)
    return made


def test_before_the_change_the_meter_serves_its_devices(home: Home) -> None:
    assert home.meter is not None
    home.meter.send_message(home.now, "Hello", confirm=True)
    home.meter.send_load_control(home.now, minutes=5, device_class=0x0005, duty_cycle=50)
    home.passes(420)
    for eui64, appliance in home.appliances.items():
        assert appliance.prices.current(ESI_EUI64, home.now) is not None
        assert appliance.client.clock_offset(ESI_EUI64) is not None
        started = [told for told in appliance.told if isinstance(told, EventStarted)]
        assert len(started) == (1 if CLASSES[eui64] else 0)
    assert home.appliances[DISPLAY].board.shown is not None


def test_after_it_they_get_everything_through_the_gateway(home: Home) -> None:
    before = {eui64: readings[-1] for eui64, readings in home.readings.items()}
    engines = {eui64: appliance.client for eui64, appliance in home.appliances.items()}
    keys = {e: {s: c.certificate.octets for s, c in w.items()} for e, w in home.wallets.items()}
    codes = dict(home.codes)
    versions = {e: a.client.node.tables[0x0000, False].values[0x0001] for e, a in home.appliances.items()}
    told = {eui64: len(appliance.told) for eui64, appliance in home.appliances.items()}

    home.meter_moves()
    home.utility.price(10, home.now, duration=7200, value=2222)
    home.utility.message(20, home.now, textMessage="Your meter speaks SEP 2.0 now")
    home.passes(30)
    home.devices_follow()
    home.until(lambda: all(readings[-1] > before[e] for e, readings in home.readings.items()), 600)
    gap = max(readings[len([r for r in readings if r <= before[e]])] - before[e]
              for e, readings in home.readings.items())  # fmt: skip
    assert gap <= LONGEST_GAP, f"{gap:.0f} s without a reading"

    home.passes(600)
    home.utility.control(1, home.now, start=300, duration=600, deviceCategory=(1).to_bytes(4, "big"))
    home.utility.control(
        2,
        home.now,
        start=300,
        duration=600,
        deviceCategory=(8).to_bytes(4, "big"),
        SetPoint=None,
        DutyCycle=DutyCycle(normalValue=50),
    )
    home.passes(1800)
    for eui64, appliance in home.appliances.items():
        assert appliance.client.clock_offset(GATEWAY) is not None
        price = appliance.prices.current(GATEWAY, home.now)
        assert price is not None
        assert price.price == 2222
        started = [t for t in appliance.told[told[eui64] :] if isinstance(t, EventStarted)]
        assert len(started) == (1 if CLASSES[eui64] else 0)
    board = home.appliances[DISPLAY].board
    assert board.shown is not None
    assert board.shown.text == "Your meter speaks SEP 2.0 now"
    assert home.utility.statuses(1) == home.utility.statuses(2) == [1, 2, 3]

    assert {eui64: appliance.client for eui64, appliance in home.appliances.items()} == engines
    assert {e: {s: c.certificate.octets for s, c in w.items()} for e, w in home.wallets.items()} == keys
    assert home.codes == codes
    assert {
        e: a.client.node.tables[0x0000, False].values[0x0001] for e, a in home.appliances.items()
    } == versions
    assert {THERMOSTAT, SWITCH, DISPLAY} == {device.eui64 for device in home.gateway.devices}
