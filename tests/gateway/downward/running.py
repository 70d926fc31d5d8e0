"""The downward gateway as it really runs: HTTPS to a server, a HAN of radio frames, a journal on disk."""

import asyncio
import secrets
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from gateway.downward.premise import PIN, Appliance, Utility
from handover.clock import ScaledClock
from handover.gateway.adapters.journal import Journal
from handover.gateway.config import Config, HanSection, Sep1Section, ServerSection
from handover.gateway.downward.assembly import downward
from handover.gateway.downward.service import JOURNAL, DownwardService
from handover.gateway.outputs import Keep
from handover.gateway.pairing.expected import RECORD, Expected
from handover.sep1.client import HanClient, LoadControlAttributes
from handover.sep1.client.load_control import LoadController
from handover.sep1.client.message_board import MessageBoard
from handover.sep1.client.price_book import PriceBook
from handover.sep1.security.install_code import InstallCode, with_crc
from handover.sep1.transports import real_time
from handover.sep1.transports.radio_han import RadioHan
from handover.sep2.adapters.pki_folder import PkiFolder
from handover.sep2.peer import Peer
from handover.sep2.serving import Serving
from handover.sim.coordinating import VirtualCoordinator

SPEED = 60.0
EUI64 = 0x000D6F0000ABCDE0


class Running:
    """Use as an async context. `frames` is all that was on the air."""

    def __init__(self, folder: Path, *, speed: float = SPEED) -> None:
        self.folder = folder
        self.clock = ScaledClock(time.time(), speed, time.monotonic)
        self.pki = PkiFolder(folder / "pki")
        self.pki.init("utility", time.time())
        self.pki.gateway(["127.0.0.1"], time.time())
        self.pki.device("home", time.time())
        self.frames: list[tuple[float, bytes]] = []
        self.appliances: dict[int, Appliance] = {}
        self.codes: dict[int, InstallCode] = {}
        self.speed = speed
        peer = self.pki.peer("home")
        self.utility = Utility(peer=peer, now=self.clock.now())
        self.han = RadioHan(
            clock=self.clock.now,
            draw=secrets.token_bytes,
            coordinator=EUI64,
            tap=lambda when, octets: self.frames.append((when, octets)),
            registers=False,
        )
        self._stack = AsyncExitStack()
        self._tasks: list[asyncio.Task[Any]] = []
        self.service: DownwardService

    async def __aenter__(self) -> "Running":
        self.serving = Serving(
            self.utility.esi, self.pki.credentials("gateway"), host="127.0.0.1", clock=_Now()
        )
        # The tree runs on the scaled clock, certificates are checked by the real one.
        self.serving.exchange = self._exchange  # type: ignore[method-assign]
        self.serving._https._exchange = self._exchange
        await self.serving.start()
        self._stack.push_async_callback(self.serving.close)
        self._tasks.append(asyncio.create_task(real_time.run(self.han, self.clock, speed=self.speed)))
        await self.begin()
        return self

    def _exchange(self, request: Any) -> Any:
        return self.utility.esi.handle(request, self.clock.now())

    async def __aexit__(self, *_: object) -> None:
        await self.service.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._stack.aclose()

    def config(self) -> Config:
        files = self.pki.files("home")
        return Config(
            sep1=Sep1Section(transport="none"),
            server=ServerSection(
                url=f"https://127.0.0.1:{self.serving.port}/dcap",
                certificate=str(files.certificate),
                key=str(files.key),
                ca=str(self.pki.files("ca").certificate),
                pin=PIN,
            ),
            han=HanSection(eui64=f"{EUI64:016X}"),
            base=str(self.folder),
        )

    async def begin(self) -> None:
        self.service = downward(self.config(), VirtualCoordinator(self.han, EUI64), self.clock)
        await self.service.start()

    def announce(self, eui64: int, name: str) -> None:
        """Do what the customer does on the command line: say which device may join, and its install code."""
        code = self.codes[eui64] = with_crc(secrets.token_bytes(16))
        journal = Journal(self.folder / "data" / JOURNAL)
        journal.open()
        expected = Expected(eui64, code.text, name, self.clock.now())
        journal.commit([Keep(RECORD, f"{eui64:016X}", expected)])
        journal.close()

    def switch_on(self, eui64: int, device_class: int = 0) -> Appliance:
        """Let a device join with its install code, establish its key, and live."""
        client = HanClient(eui64, load_control=LoadControlAttributes(device_class=device_class))

        def utc(esi: int, now: float) -> int:
            return int(now + (client.clock_offset(esi) or 0.0)) - 946684800

        controller = LoadController(client.node, utc=utc, draw=lambda n: 0)
        prices, board = PriceBook(client.node, utc=utc, draw=lambda n: 0), MessageBoard(client.node, utc=utc)
        for service in (controller, prices, board):
            client.add(service)
        self.appliances[eui64] = Appliance(client, controller, prices, board)
        self.han.host(client, code=self.codes[eui64])
        return self.appliances[eui64]

    def admit(self, eui64: int) -> Peer:
        """Let the utility register a device behind the gateway; return who it is to the server."""
        device = self.service.engine.devices.get(eui64)
        assert device is not None
        peer = Peer(device.lfdi, device.sfdi)
        self.utility.esi.admit(peer, PIN, self.clock.now(), behind=self.utility.gateway)
        return peer


class _Now:
    def now(self) -> float:
        return time.time()


async def until(condition: Callable[[], Any], seconds: float = 20.0) -> Any:
    """Let everything else run until `condition` gives something true, and return that."""
    async with asyncio.timeout(seconds):
        while not (found := condition()):  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.01)
    return found
