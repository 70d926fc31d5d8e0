"""Runs the demo of the other direction: a SEP 2.0 meter, the gateway, and devices of SEP 1.x, for real.

Real HTTPS with certificates above, radio frames with install codes and established keys below.
"""

import asyncio
import contextlib
import secrets
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from handover.clock import ScaledClock
from handover.gateway.adapters.journal import Journal
from handover.gateway.config import Config, GatewaySection, HanSection, Sep1Section, ServerSection
from handover.gateway.downward.assembly import downward
from handover.gateway.downward.service import JOURNAL, DownwardService
from handover.gateway.outputs import Keep
from handover.gateway.pairing.expected import RECORD, Expected
from handover.sep1.clusters.drlc import DeviceClass
from handover.sep1.security.install_code import InstallCode, with_crc
from handover.sep2.adapters.pki_folder import PkiFolder
from handover.sep2.peer import Peer
from handover.sep2.resources.drlc import DutyCycle
from handover.sep2.serving import Serving
from handover.sim.below.appliance import Appliance
from handover.sim.below.utility import PIN, MovedMeter
from handover.sim.coordinating import VirtualNetwork

SPEED = 60.0
LOOK_PERIOD = 0.1
GATEWAY = 0x000D6F0000ABCDE0
DISPLAY, THERMOSTAT, SWITCH = 0x00124B0000000001, 0x00124B0000000002, 0x00124B0000000003
_KINDS = (
    (DISPLAY, "display", 0),
    (THERMOSTAT, "thermostat", DeviceClass.HVAC),
    (SWITCH, "load switch", DeviceClass.WATER_HEATER),
)
_THERMOSTATS, _WATER_HEATERS = 1, 8
READINGS, PRICE, MESSAGE, LOAD_CONTROL = "readings", "price", "message", "load_control"
JOURNEYS = (READINGS, PRICE, MESSAGE, LOAD_CONTROL)


class BelowHome:
    """One running home: `meter` above, `gateway`, `appliances` below. Made by `opened`."""

    def __init__(
        self, meter: MovedMeter, serving: Serving, gateway: DownwardService, network: VirtualNetwork,
        clock: ScaledClock,
    ) -> None:  # fmt: skip
        self.meter = meter
        self.gateway = gateway
        self.clock = clock
        self.journeys = dict.fromkeys(JOURNEYS, False)
        self.appliances = [
            Appliance(eui64, name, int(kind), lambda most: secrets.randbelow(most + 1))
            for eui64, name, kind in _KINDS
        ]
        self._serving = serving
        self._network = network
        self._path = ""
        self._special: set[int] = set()
        self._texts: list[bytes] = []
        self._controls: list[bytes] = []

    async def live(self, codes: dict[int, InstallCode]) -> None:
        """Let the devices join, the utility act and the resident confirm, until cancelled."""
        for appliance in self.appliances:
            self._network.han.host(appliance.client, code=codes[appliance.eui64])
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._utility())
            tasks.create_task(self._watch())

    async def _utility(self) -> None:
        """Read the meter, admit what the gateway introduces, and act over and over."""
        turn = 0
        while True:
            now = self.clock.now()
            self.meter.read(now)
            if len(self._admitted()) == len(self.appliances) and turn % 40 == 0:
                value = 2000 + 111 * (turn // 40 % 9)
                self._special.add(value)
                self.meter.price(now, value=value, minutes=30)
                self._texts.append(self.meter.text(now, "The meter has moved; everything goes on"))
                for category in (_THERMOSTATS, _WATER_HEATERS):
                    cooling = 2750 if category == _THERMOSTATS else None
                    duty = None if cooling else DutyCycle(normalValue=50)
                    self._controls.append(
                        self.meter.control(
                            now, category=category, start=120, minutes=3, cooling=cooling, DutyCycle=duty
                        )
                    )
            turn += bool(self._special) or len(self._admitted()) < len(self.appliances)
            turn = turn if self._special else 0
            self._serving.changed()
            await asyncio.sleep(0.5)

    def _admitted(self) -> list[str]:
        """Do the operator's part: admit the devices behind the gateway. Returns who has a place."""
        found = []
        for device in self.gateway.engine.devices:
            peer = Peer(device.lfdi, device.sfdi)
            path = self.meter.esi.access.device_of(peer)
            if path is None or f"{path}/rg" not in self.meter.esi.store:
                self.meter.admit_behind(self._path, peer, self.clock.now())
            if device.path is not None:
                found.append(device.path)
        return found

    def admit_gateway(self, peer: Peer) -> None:
        """Do the operator's part: register the gateway."""
        self._path = self.meter.admit(peer, self.clock.now())

    async def _watch(self) -> None:
        """Be the resident, and note what has come through from end to end."""
        while True:
            await asyncio.sleep(LOOK_PERIOD)
            now = self.clock.now()
            for appliance in self.appliances:
                appliance.hear(self._network.han.told(appliance.eui64))
                notice = appliance.board.shown
                if appliance.eui64 == DISPLAY and notice is not None and notice.wants_confirmation:
                    confirmed = appliance.board.confirm(notice.command.message_id, now)
                    self._network.han.do(appliance.eui64, confirmed)
            self._judge(now)

    def _judge(self, now: float) -> None:
        """Compare the meter's books with the devices."""
        shown = [a.register for a in self.appliances]
        real = self.meter.registers
        prices = [a.prices.current(GATEWAY, now) for a in self.appliances]
        self.journeys[READINGS] |= all(r is not None and int(r * 1000) in real for r in shown)
        self.journeys[PRICE] |= all(p is not None and p.price in self._special for p in prices)
        self.journeys[MESSAGE] |= any(11 in self.meter.statuses(text) for text in self._texts)
        done = [self.meter.statuses(control) == [1, 2, 3] for control in self._controls]
        self.journeys[LOAD_CONTROL] |= sum(done) >= 2 and sum(bool(a.obeyed) for a in self.appliances) == 2

    def rows(self) -> list[tuple[str, str]]:
        """Return each device with what it does."""
        now = self.clock.now()
        return [(a.name, a.doing(GATEWAY, now)) for a in self.appliances]


@contextlib.asynccontextmanager
async def opened(folder: Path, clock: ScaledClock) -> AsyncIterator[tuple[BelowHome, dict[int, InstallCode]]]:
    """Set a home up in `folder` on loopback, and give it with the install codes on its devices' labels."""
    pki = PkiFolder(folder / "pki")
    pki.init("Handover demo utility", time.time())
    pki.gateway(["127.0.0.1"], time.time())
    pki.device("home", time.time())
    own = pki.peer("gateway")
    meter = MovedMeter(20120717, clock.now(), lfdi=own.lfdi, sfdi=own.sfdi)
    network = VirtualNetwork(clock, GATEWAY, speed=clock.speed)
    codes = {eui64: with_crc(secrets.token_bytes(16)) for eui64, *_ in _KINDS}
    async with (
        Serving(meter.esi, pki.credentials("gateway"), host="127.0.0.1", clock=clock) as serving,
        asyncio.TaskGroup() as beside,
    ):
        running = [beside.create_task(part) for part in network.running()]
        gateway = downward(_config(folder, pki, serving.port), network.coordinator, clock)
        home = BelowHome(meter, serving, gateway, network, clock)
        home.admit_gateway(pki.peer("home"))
        await gateway.start()
        try:
            announce(folder, codes, clock.now())
            yield home, codes
        finally:
            await gateway.close()
            for task in running:
                task.cancel()


def announce(folder: Path, codes: dict[int, InstallCode], now: float) -> None:
    """Do the customer's part: say at the gateway which devices may join, by the codes on their labels."""
    names = {eui64: name for eui64, name, _ in _KINDS}
    journal = Journal(folder / "data" / JOURNAL)
    journal.open()
    rows = [Expected(eui64, code.text, names[eui64], now) for eui64, code in codes.items()]
    journal.commit([Keep(RECORD, f"{row.eui64:016X}", row) for row in rows])
    journal.close()


def _config(folder: Path, pki: PkiFolder, port: int) -> Config:
    files = pki.files("home")
    return Config(
        gateway=GatewaySection(name="Handover demo"),
        sep1=Sep1Section(transport="none"),
        server=ServerSection(
            url=f"https://127.0.0.1:{port}/dcap",
            certificate=str(files.certificate),
            key=str(files.key),
            ca=str(pki.files("ca").certificate),
            pin=PIN,
        ),
        han=HanSection(eui64=f"{GATEWAY:016X}"),
        base=str(folder),
    )


Show = Callable[[BelowHome], None]
"""Called several times a second with the home."""


async def demo(*, seconds: float | None = None, show: Show = lambda home: None) -> BelowHome:
    """Run the demo for `seconds` (None: until cancelled) and return the home as it was at the end."""
    clock = ScaledClock(time.time(), SPEED, time.monotonic)
    with tempfile.TemporaryDirectory(prefix="handover-demo-") as folder:
        async with opened(Path(folder), clock) as (home, codes):
            life = asyncio.create_task(home.live(codes))
            try:
                async with asyncio.timeout(seconds):
                    while not life.done():
                        await asyncio.sleep(LOOK_PERIOD)
                        show(home)
                        if seconds is not None and all(home.journeys.values()):
                            break
            except TimeoutError:
                pass
            finally:
                life.cancel()
                await asyncio.gather(life, return_exceptions=True)
    return home
