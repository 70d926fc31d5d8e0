"""Devices over real TLS on loopback, run by the asyncio shell."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from handover.clock import ScaledClock
from handover.device import base
from handover.device.display import Display
from handover.device.service import DeviceService
from handover.device.thermostat import Thermostat
from handover.sep2.client.engine import Client, Settings
from handover.sep2.client_service import seeded_draw
from handover.sep2.resources.drlc import Offset
from handover.sep2.security.identity import lfdi, sfdi
from handover.sep2.server import Peer, Request, Response
from handover.sep2.transports.https import HttpsServer, HttpsTransport, client_context, server_context
from sep2.transports.conftest import Certificates, certificates, check
from sep2.utility import NOW, PIN, Utility, mrid

__all__ = ["certificates"]


class Live:
    """A utility on HTTPS whose time runs 600 times as fast as ours."""

    def __init__(self, certificates: Certificates) -> None:
        self.certificates = certificates
        self.clock = ScaledClock(NOW, 600.0, time.monotonic)
        self.peers = {name: _peer(certificates, name) for name in ("device", "second")}
        self.utility = Utility(peer=self.peers["device"], poll=20)
        self.utility.admit(self.peers["second"], number=2)
        self.server = HttpsServer(
            self._exchange, server_context(certificates.of("gateway"), check), host="127.0.0.1"
        )
        self.changed = asyncio.Event()

    def _exchange(self, request: Request) -> Response:
        self.utility.clock.set(self.clock.now())
        answer = self.utility.exchange(request)
        self.changed.set()
        return answer

    def settings(self, name: str, follow: frozenset[str]) -> Settings:
        peer = self.peers[name]
        category = base.THERMOSTAT_CATEGORY
        return Settings(peer.lfdi, peer.sfdi, PIN, category=category, follow=follow, floor=20.0)

    def transport(self, name: str) -> HttpsTransport:
        context = client_context(self.certificates.of(name), check)
        return HttpsTransport(f"https://localhost:{self.server.port}", context)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not condition():
                self.changed.clear()
                await self.changed.wait()


def _peer(certificates: Certificates, name: str) -> Peer:
    long = lfdi(certificates.der(name))
    return Peer(long, sfdi(long))


@asynccontextmanager
async def running(service: DeviceService) -> AsyncIterator[DeviceService]:
    task = asyncio.create_task(service.run())
    try:
        yield service
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_thermostat_and_a_display_live_through_an_event_and_a_message(
    certificates: Certificates,
) -> None:
    live = Live(certificates)
    live.utility.control(1, start=120, duration=120, Offset=Offset(coolingOffset=20))
    live.utility.message(50, duration=100_000)
    live.utility.price(20, 0, 100_000, 603)
    live.utility.read(1234)
    draw = seeded_draw(live.peers["device"].lfdi)
    thermostat = Thermostat(live.settings("device", base.THERMOSTAT_FOLLOWS), draw)
    display = Display(Client(live.settings("second", base.DISPLAY_FOLLOWS), draw))
    with capture_logs() as logs:
        async with live.server:
            hot = DeviceService(thermostat, live.transport("device"), live.clock)
            shown = DeviceService(display, live.transport("second"), live.clock)
            async with running(hot), running(shown):
                await live.until(lambda: 1 in live.utility.statuses(50))
                shown.do(display.confirm)
                await live.until(lambda: 11 in live.utility.statuses(50))
                await live.until(lambda: len(live.utility.statuses(1)) == 3)
                await live.until(lambda: bool(shown.snapshot()["prices"]["now"]))
                assert shown.snapshot()["readings"][0]["value"] == "1234"
                assert shown.snapshot()["prices"]["now"][0]["price"] == "0.0603"
                assert live.server.connections <= 8
    assert live.utility.statuses(1) == [1, 2, 3]
    assert live.utility.statuses(50) == [1, 11]
    assert {entry["new"] for entry in logs if entry["event"] == "event"} >= {"ACTIVE", "COMPLETED"}


async def test_a_device_outlives_its_server(certificates: Certificates) -> None:
    live = Live(certificates)
    display = Display(Client(live.settings("device", base.DISPLAY_FOLLOWS), seeded_draw(b"x")))
    with capture_logs():
        async with live.server:
            pass
        service = DeviceService(display, live.transport("device"), live.clock)
        async with running(service):
            again = HttpsServer(
                live._exchange,
                server_context(certificates.of("gateway"), check),
                host="127.0.0.1",
                port=live.server.port,
            )
            async with again:
                await live.until(lambda: display.client.admitted)


async def test_what_is_not_possible_is_logged_and_nothing_breaks(certificates: Certificates) -> None:
    live = Live(certificates)
    display = Display(Client(live.settings("device", base.DISPLAY_FOLLOWS), seeded_draw(b"x")))
    with capture_logs() as logs:
        async with live.server:
            service = DeviceService(display, live.transport("device"), live.clock)
            async with running(service):
                service.do(display.confirm)
                await live.until(lambda: display.client.admitted)
    assert [entry["event"] for entry in logs if entry["log_level"] == "warning"] == ["not possible"]


@pytest.mark.parametrize("bound", [0, 1, -1, 3600, -3600])
def test_draws_repeat_themselves_and_differ_between_devices(bound: int) -> None:
    one, other = seeded_draw(b"one"), seeded_draw(b"other")
    drawn = [one(f"{mrid(n).hex()} start", bound) for n in range(200)]
    assert drawn == [one(f"{mrid(n).hex()} start", bound) for n in range(200)]
    assert all(min(0, bound) <= value <= max(0, bound) for value in drawn)
    if abs(bound) > 1:
        assert len(set(drawn)) > 100
        assert drawn != [other(f"{mrid(n).hex()} start", bound) for n in range(200)]
