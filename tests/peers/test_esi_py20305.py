"""py20305, a whole client that none of us wrote, through its full cycle at our ESI.

It discovers, follows DER controls and responds, mirrors its meter, reports its DER, leaves log events.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from time import time
from typing import Any

import pytest
from py20305.client import RetryPolicy, TlsConfig
from py20305.client.csip_client import CsipClient
from py20305.connectors.print_demo import PrintDemoConnector
from py20305.telemetry.coordinator import TelemetryCoordinator

from handover.sep2.esi import RESPONSES
from handover.sep2.resources.common import DateTimeInterval, EventStatus, Link, ListLink
from handover.sep2.resources.der import DERControl, DERControlBase, DERProgram
from handover.sep2.resources.der_device import DER
from sep2.esi_running import RunningEsi
from sep2.test_serving import until

PATIENCE = 30.0


class Alarming(PrintDemoConnector):
    """The demonstration device, with an alarm that it has to log."""

    async def fetch_status(self) -> dict[str, Any]:
        status = await super().fetch_status()
        return status | {"alarmStatus": 1}


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningEsi]:
    async with RunningEsi(tmp_path, poll_rate=1) as running:
        running.admit("inverter")
        put = running.esi.store.put
        put(
            "/derp/0",
            DERProgram(
                mRID=b"\1",
                primacy=1,
                ActiveDERControlListLink=ListLink(href="/derp/0/actderc"),
                DERControlListLink=ListLink(href="/derp/0/derc"),
            ),
        )
        der = DER(
            DERAvailabilityLink=Link(href="/edev/0/der/0/dera"),
            DERCapabilityLink=Link(href="/edev/0/der/0/dercap"),
            DERSettingsLink=Link(href="/edev/0/der/0/derg"),
            DERStatusLink=Link(href="/edev/0/der/0/ders"),
        )
        put("/edev/0/der/0", der)
        yield running


@pytest.fixture
async def client(running: RunningEsi) -> AsyncIterator[CsipClient]:
    files, trust = running.pki.files("inverter"), running.pki.files("ca")
    client = CsipClient(
        running.origin,
        tls=TlsConfig(files.certificate, files.key, trust.certificate),
        retry=RetryPolicy(max_transient=0, max_tls=0),
        registration_pins={running.peer("inverter").lfdi.hex().upper(): 111115},
    )
    await client.connect()
    working = asyncio.create_task(client.run())
    yield client
    await client.shutdown()
    with contextlib.suppress(asyncio.CancelledError):
        await working


def control(number: int, start: int, duration: int) -> DERControl:
    return DERControl(
        mRID=number.to_bytes(12) + (37250).to_bytes(4),
        creationTime=int(time()),
        EventStatus=EventStatus(currentStatus=0, dateTime=0, potentiallySuperseded=False),
        interval=DateTimeInterval(start=int(time()) + start, duration=duration),
        DERControlBase=DERControlBase(opModMaxLimW=5000),
        replyTo=RESPONSES,
        responseRequired=b"\x03",
    )


async def test_it_follows_a_control_and_responds(running: RunningEsi, client: CsipClient) -> None:
    event = control(1, 1, 3)
    running.esi.schedule.issue("/derp/0/derc", event, time())
    running.serving.changed()
    await client.poll_now()
    await until(lambda: running.heard, PATIENCE)
    assert {response.endDeviceLFDI for _, response in running.heard} == {running.peer("inverter").lfdi}
    assert {response.subject for _, response in running.heard} == {event.mRID}
    await until(lambda: 1 in {response.status for _, response in running.heard}, PATIENCE)


async def test_it_mirrors_its_meter_and_reports_its_der(
    running: RunningEsi, client: CsipClient, caplog: pytest.LogCaptureFixture
) -> None:
    lfdi = running.peer("inverter").lfdi.hex()
    connector = Alarming()
    coordinator = TelemetryCoordinator(
        client, lfdis=[lfdi], connector_resolver=lambda _: connector, post_rate_seconds=1
    )
    coordinator.setup()
    coordinator.start_device_telemetry()
    store = running.esi.store
    try:
        await until(lambda: store.items("/upt"), PATIENCE)
        await until(lambda: len(store.items("/upt/0/mr")) >= 5, PATIENCE)
        await until(lambda: all(meter.ReadingLink for meter in store.items("/upt/0/mr")), PATIENCE)
        await until(lambda: store.items("/edev/0/lel"), PATIENCE)
        await until(lambda: store.get("/edev/0/der/0/dercap") is not None, PATIENCE)
        await until(lambda: store.get("/edev/0/der/0/derg") is not None, PATIENCE)
        await until(lambda: store.get("/edev/0/der/0/ders") is not None, PATIENCE)
    finally:
        await coordinator.shutdown()
    (mirror,) = store.items("/mup")
    assert mirror.deviceLFDI == bytes.fromhex(lfdi)
    values = {
        store.get(meter.ReadingTypeLink.href).uom: store.get(meter.ReadingLink.href).value
        for meter in store.items("/upt/0/mr")
        if meter.ReadingLink is not None
    }
    assert {38, 33, 29} <= set(values)
    assert store.get("/edev/0/der/0/dercap").rtgMaxW.value > 0
    assert "rejected" not in caplog.text
