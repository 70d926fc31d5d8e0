"""The demo's home: a folder with certificates and configuration, the production gateway, and two devices."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handover.clock import ScaledClock
from handover.device import base
from handover.device.display import Display
from handover.device.service import DeviceService
from handover.device.thermostat import Thermostat
from handover.gateway import config as configuration
from handover.gateway.adapters.registry import registry
from handover.gateway.service import GatewayService
from handover.sep1.client.settings import ClientSettings
from handover.sep1.transports.base import Transport
from handover.sep2.adapters.pki_folder import PkiFolder
from handover.sep2.client.engine import Client, Settings
from handover.sep2.client_service import seeded_draw
from handover.sep2.security import certificate
from handover.sep2.transports.https import Credentials, HttpsTransport, client_context

GATEWAY_EUI64 = 0x000D6F0000ABCDEF
PINS = {"display": 111115, "thermostat": 123455}
CATEGORIES = {"display": 0, "thermostat": base.THERMOSTAT_CATEGORY}
FASTEST_POLL = 0.4
"""Real seconds between two readings of a document, however fast the demo's clock runs."""

USER_LATENCY = 0.5
"""Real seconds in which the demo's resident confirms a message."""


@dataclass(frozen=True, slots=True)
class Ports:
    """TCP ports of the SEP 2.0 server and of the local status API; 0 takes any free one."""

    sep2: int = 0
    local: int = 0


class DemoGateway(GatewayService):
    """The production gateway; its status document also tells what the demo's own devices do at present."""

    doing: Callable[[], dict[str, str]] | None = None
    """What to show as the state of the devices, by name."""

    def status(self) -> dict[str, Any]:
        """Return the status document."""
        document = super().status()
        doing = self.doing() if self.doing else {}
        for row in document["devices"]:
            row["state"] = doing.get(row["name"], row["state"])
        return document


class Home:
    """One running home: `gateway`, `display`, `thermostat`. Made by `opened`."""

    def __init__(self, gateway: DemoGateway, display: DeviceService, thermostat: DeviceService) -> None:
        self.gateway = gateway
        self.display = display
        self.thermostat = thermostat
        gateway.doing = lambda: {
            "display": _display_state(self.display),
            "thermostat": _thermostat_state(self.thermostat),
        }

    @property
    def ready(self) -> bool:
        """Whether both devices have found out that they are admitted."""
        return all(device.snapshot()["admitted"] for device in (self.display, self.thermostat))

    async def live(self) -> None:
        """Run the devices and their resident until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.display.run())
            tasks.create_task(self.thermostat.run())
            tasks.create_task(self._resident())

    async def _resident(self) -> None:
        display = self.display.device
        assert isinstance(display, Display)
        while True:
            await asyncio.sleep(USER_LATENCY)
            if display.awaiting():
                self.display.do(display.confirm)


@contextlib.asynccontextmanager
async def opened(
    folder: Path,
    transport_name: str,
    transport: Transport,
    clock: ScaledClock,
    *,
    settings: ClientSettings | None,
    ports: Ports,
) -> AsyncIterator[Home]:
    """Set a home up in `folder`, start its gateway on loopback, and give it; it is closed at the end."""
    pki = PkiFolder(folder / "pki")
    pki.init("Handover demo authority", time.time())
    pki.gateway(["localhost", "127.0.0.1"], time.time())
    config = configuration.Config(
        base=str(folder),
        gateway=configuration.GatewaySection(name="Handover demo"),
        sep1=configuration.Sep1Section(
            transport="raven" if transport_name == "raven" else "virtual",
            eui64=f"{GATEWAY_EUI64:016X}",
        ),
        sep2=configuration.Sep2Section(host="127.0.0.1", port=ports.sep2, dns_sd=False),
        local=configuration.LocalSection(port=ports.local),
    )
    with registry(config) as known:
        for name, pin in PINS.items():
            files = pki.device(name, time.time())
            identity = certificate.describe(certificate.load(files.certificate.read_bytes()))
            known.add(
                lfdi=identity.lfdi,
                sfdi_=identity.sfdi,
                pin=pin,
                name=name,
                categories=CATEGORIES[name],
                now=clock.now(),
            )
    gateway = DemoGateway(config, lambda _: transport, clock, settings=settings)
    await gateway.start()
    try:
        yield Home(gateway, _display(pki, gateway, clock), _thermostat(pki, gateway, clock))
    finally:
        await gateway.close()


def _display(pki: PkiFolder, gateway: GatewayService, clock: ScaledClock) -> DeviceService:
    settings, transport = _settings(pki, "display", gateway, clock, base.DISPLAY_FOLLOWS)
    return DeviceService(Display(Client(settings, seeded_draw(settings.lfdi))), transport, clock)


def _thermostat(pki: PkiFolder, gateway: GatewayService, clock: ScaledClock) -> DeviceService:
    settings, transport = _settings(
        pki, "thermostat", gateway, clock, base.THERMOSTAT_FOLLOWS, base.THERMOSTAT_CATEGORY
    )
    return DeviceService(Thermostat(settings, seeded_draw(settings.lfdi)), transport, clock)


def _settings(
    pki: PkiFolder,
    name: str,
    gateway: GatewayService,
    clock: ScaledClock,
    follow: frozenset[str],
    category: int = 0,
) -> tuple[Settings, HttpsTransport]:
    """Return what the client `name` is, and its way to the gateway over HTTPS."""
    files = pki.files(name)
    identity = certificate.describe(certificate.load(files.certificate.read_bytes()))
    credentials = Credentials(files.certificate, files.key, (pki.files("ca").certificate,))
    context = client_context(credentials, lambda der: certificate.check_peer(der, time.time()))
    transport = HttpsTransport(gateway.url, context)
    settings = Settings(
        lfdi=identity.lfdi,
        sfdi=identity.sfdi,
        pin=PINS[name],
        category=category,
        authority=transport.authority,
        follow=follow,
        floor=FASTEST_POLL * clock.speed,
    )
    return settings, transport


def _display_state(service: DeviceService) -> str:
    state = service.snapshot()
    registers = [r for r in state["readings"] if r["register"] and not r["received"]]
    shown = f"shows {registers[0]['value']} {registers[0]['unit']}" if registers else "no reading yet"
    waiting = sum(1 for m in state["messages"] if m["confirm"] and not m["confirmed"])
    return f"{shown}, {waiting} to confirm" if waiting else shown


def _thermostat_state(service: DeviceService) -> str:
    state = service.snapshot()
    doing = "obeys a load control event" if state["event"] else state["running"]
    return f"{state['temperature']:.1f} °C, cools above {state['aim']['cooling']:.1f} °C, {doing}"
