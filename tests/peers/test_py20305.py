"""py20305, a SEP 2.0 client that none of us wrote, against the running gateway."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from py20305.client import DiscoveredState, RetryPolicy, Sep2Client, TlsConfig
from py20305.client.discovery import discover
from py20305.client.errors import Sep2Error, Sep2ProtocolError
from py20305.models.sep import sep

from handover.sep2.security import certificate
from handover.sim.demo.home import PINS
from peers.conftest import Running


def tls(running: Running, name: str, trust: str = "ca") -> TlsConfig:
    files = running.identity(name)
    return TlsConfig(files.certificate, files.key, running.identity(trust).certificate)


@pytest.fixture
async def client(running: Running) -> AsyncIterator[Sep2Client]:
    client = Sep2Client(
        running.origin, tls=tls(running, "thermostat"), retry=RetryPolicy(max_transient=0, max_tls=0)
    )
    yield client
    await client.close()


async def test_it_walks_from_the_capability_to_the_assignments(running: Running, client: Sep2Client) -> None:
    state = DiscoveredState()
    state.pricing_enabled = True
    files = running.identity("thermostat")
    own = certificate.describe(certificate.load(files.certificate.read_bytes()))

    await discover(client, state, registration_pins={own.lfdi.hex().upper(): PINS["thermostat"]})

    assert state.dcap is not None
    assert state.time is not None
    assert state.self_device is not None
    (device,) = state.end_devices.values()
    assert device.device.l_fdi == own.lfdi
    assert device.device.s_fdi.value == own.sfdi
    (assignments,) = device.fsa_list
    assert assignments.demand_response_program_list_link is not None
    assert assignments.messaging_program_list_link is not None
    (tariff,) = state.tariff_profiles.values()
    assert sum(len(component.time_tariff_intervals) for component in tariff.rate_components) >= 2


async def test_it_finds_its_pin_in_the_registration(running: Running, client: Sep2Client) -> None:
    (page,) = await client.get_list("/edev", sep.EndDeviceList)
    (device,) = page.end_device
    registration = await client.get(device.registration_link.href, sep.Registration)
    assert registration.p_in.value == PINS["thermostat"]


async def test_it_reads_the_clock_the_meter_and_the_price(running: Running, client: Sep2Client) -> None:
    before = running.source.clock.now()
    clock = await client.get("/tm", sep.Time)
    assert before - 2 <= clock.current_time.value <= running.source.clock.now() + 2
    (points,) = await client.get_list("/upt", sep.UsagePointList)
    (point,) = points.usage_point
    (readings,) = await client.get_list(point.meter_reading_list_link.href, sep.MeterReadingList)
    values = {}
    for meter in readings.meter_reading:
        kind = await client.get(meter.reading_type_link.href, sep.ReadingType)
        reading = await client.get(meter.reading_link.href, sep.Reading)
        values[kind.uom.value, kind.flow_direction.value] = reading.value
    served = {reading[0x0000] for reading in running.source.premise.observed.readings}
    assert values[72, 1] in served
    assert (38, 1) in values


async def test_a_client_that_is_not_registered_sees_what_is_public_only(running: Running) -> None:
    running.pki.device("stranger", 0.0 + running.source.clock.now())
    stranger = Sep2Client(
        running.origin, tls=tls(running, "stranger"), retry=RetryPolicy(max_transient=0, max_tls=0)
    )
    try:
        capability = await stranger.get("/dcap", sep.DeviceCapability)
        assert capability.time_link is not None
        assert capability.tariff_profile_list_link is not None
        assert capability.demand_response_program_list_link is None
        assert capability.usage_point_list_link is None
        for path in ("/upt", "/dr", "/edev/1", "/edev/1/rg", "/rsps/0/rsp"):
            with pytest.raises(Sep2ProtocolError) as error:
                await stranger.get(path, sep.UsagePointList)
            assert error.value.status_code == 404, path
    finally:
        await stranger.close()


async def test_a_client_of_another_authority_gets_no_connection(running: Running) -> None:
    foreign = type(running.pki)(running.pki.path.parent / "foreign")
    foreign.init("Foreign authority", running.source.clock.now())
    files = foreign.device("intruder", running.source.clock.now())
    config = TlsConfig(files.certificate, files.key, running.identity("ca").certificate)
    intruder = Sep2Client(running.origin, tls=config, retry=RetryPolicy(max_transient=0, max_tls=0))
    try:
        with pytest.raises(Sep2Error):
            await asyncio.wait_for(intruder.get("/dcap", sep.DeviceCapability), 10)
    finally:
        await intruder.close()
