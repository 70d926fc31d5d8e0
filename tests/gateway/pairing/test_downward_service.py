"""A SEP 1.x device from its label to its first data: the desk, HTTPS above, radio frames below."""

from pathlib import Path

import pytest

from gateway.downward.running import Running, until
from handover.gateway.pairing.adapters.desk import desk
from handover.sep1.security.install_code import with_crc

pytestmark = [pytest.mark.req("REQ.GW.3"), pytest.mark.req("REQ.GW.6")]

THERMOSTAT = 0x00124B0000000001
KEY = f"sep1:{THERMOSTAT:016X}"


async def test_a_device_is_admitted_by_its_label(tmp_path: Path) -> None:
    code = with_crc(bytes(range(16)))
    async with Running(tmp_path) as home:
        with desk(home.config()) as at:

            def states() -> dict[str, str]:
                return {told.key: told.state for told in at.all(home.clock.now())}

            await until(lambda: states().get("gateway-sep2") == "FIRST_READING", 30)
            told = at.sep1_device(
                code=code.text, eui64=f"{THERMOSTAT:016X}", name="heating", now=home.clock.now()
            )
            assert told.state == "CODE_ENTERED"
            await until(lambda: states()[KEY] == "WINDOW_OPEN", 30)
            home.codes[THERMOSTAT] = code
            home.switch_on(THERMOSTAT, device_class=1)
            await until(lambda: states()[KEY] in ("KEYS_ESTABLISHED", "REGISTERED", "VERIFIED"), 30)
            await until(lambda: home.service.engine.devices.get(THERMOSTAT), 30)
            home.admit(THERMOSTAT)
            await until(lambda: states()[KEY] == "VERIFIED", 60)
        device = home.service.engine.devices.get(THERMOSTAT)
        assert device is not None
        assert device.name == "heating"
        kept = b"".join(path.read_bytes() for path in (tmp_path / "data").glob("downward.db"))
    assert code.text.encode() not in kept
