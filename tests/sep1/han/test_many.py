"""Many devices in one home, most of them behind routers; a thousand are measured in the benchmarks."""

import random
from collections import Counter

from handover.clock import VirtualClock
from handover.sep1.client import AttributesReceived, HanClient
from handover.sep1.server import Esi
from handover.sep1.stack import Role, Settings
from handover.sep1.transports.medium import faulty
from handover.sep1.transports.radio_han import RadioHan

NOW = 1_342_548_000.0
ESI, FIRST = 0x000D6F0000123456, 0x00124B0001000000
DEVICES, ROUTERS = 60, 5


def test_sixty_devices_join_over_a_bad_medium_and_read_the_meter() -> None:
    clock, draws = VirtualClock(NOW), random.Random(4)
    han = RadioHan(
        clock=clock.now,
        draw=draws.randbytes,
        coordinator=ESI,
        suites=(1,),
        fate=faulty(draws.random, loss=0.05, duplication=0.05),
        settings=Settings(children=16, rescan=5, rescan_limit=30),
    )
    esi = han.host(Esi(ESI, metering={0x0000: 7_654_321, 0x0300: 0}))
    for number in range(DEVICES):
        role = Role.ROUTER if number < ROUTERS else [Role.SLEEPY, Role.END_DEVICE][number % 2]
        han.host(HanClient(FIRST + number), role=role)
        clock.advance(5.0)
        han.advance()
    clock.advance(1200.0)
    han.advance()
    devices = [FIRST + number for number in range(DEVICES)]
    assert [hex(d) for d in devices if not han.node(d).ready] == []
    assert sorted(esi.engine.devices) == devices  # type: ignore[union-attr]
    depths = Counter(han.node(d).stack.parent for d in devices)
    assert len(depths) > 3, "they did not all fit under the ESI"
    for device in devices:
        told = [heard for heard in han.told(device) if isinstance(heard, AttributesReceived)]
        assert any(heard.values.get(0x0000) == 7_654_321 for heard in told), hex(device)
