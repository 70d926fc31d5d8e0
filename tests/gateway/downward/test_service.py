"""Orientation B end to end: HTTPS with certificates above, radio frames with keys below, a journal."""

import subprocess
from pathlib import Path

import pytest

from conftest import Require
from gateway.downward.running import Running, until
from handover.sep1.network import pcapng
from handover.sep2.resources.response import DrResponse

THERMOSTAT = 0x00124B0000000001

pytestmark = pytest.mark.req("REQ.GW.2")


async def joined(home: Running) -> bytes:
    """Let a thermostat join and the utility register it; return its LFDI."""
    home.announce(THERMOSTAT, "thermostat")
    await until(lambda: home.service._expected)
    home.switch_on(THERMOSTAT, device_class=1)
    await until(lambda: home.service.engine.devices.get(THERMOSTAT), 30)
    await until(lambda: home.service.engine.devices.get(THERMOSTAT).categories)
    lfdi = home.admit(THERMOSTAT).lfdi
    await until(lambda: home.service.engine.devices.get(THERMOSTAT).path)
    return lfdi


async def test_a_control_reaches_a_thermostat_and_its_opt_out_returns(
    tmp_path: Path, require_program: Require
) -> None:
    async with Running(tmp_path) as home:
        lfdi = await joined(home)
        assert home.service.status()["devices"][0]["name"] == "thermostat"
        home.utility.control(1, home.clock.now(), start=120, duration=600)
        controller = home.appliances[THERMOSTAT].controller
        obeyed = await until(lambda: controller.obeyed, 30)
        assert obeyed[0].command.cooling_temperature_set_point == 2650
        number = obeyed[0].command.issuer_event_id
        home.han.do(THERMOSTAT, controller.opt_out(number, home.clock.now()))
        await until(lambda: 8 in home.utility.statuses(1), 30)
        assert home.utility.statuses(1) == [1, 2, 4, 8]
        assert {type(r) for r in home.utility.got} == {DrResponse}
        assert {r.endDeviceLFDI for r in home.utility.got} == {lfdi}
        assert home.service.engine.esi.dropped == {}
        keys = home.han.keys()
    clean(require_program("tshark"), tmp_path, home, keys)


def clean(tshark: str, folder: Path, home: Running, keys: tuple[list[bytes], list[bytes]]) -> None:
    """Let Wireshark read all that was on the air: nothing malformed, nothing that it cannot open."""
    (folder / "han.pcapng").write_bytes(pcapng.file(home.frames))
    (folder / "zigbee_pc_keys").write_text(pcapng.key_lines(*keys))
    run = subprocess.run(
        [
            *(tshark, "-r", folder / "han.pcapng", "-T", "fields", "-E", "separator=|"),
            *("-e", "frame.protocols", "-e", "_ws.expert.message", "-e", "_ws.col.Info"),
        ],
        capture_output=True,
        text=True,
        check=True,
        env={"WIRESHARK_CONFIG_DIR": str(folder), "PATH": "/usr/bin:/bin"},
    )
    rows = run.stdout.splitlines()
    assert len(rows) == len(home.frames) > 50
    assert [row for row in rows if "malformed" in row.lower() or "encrypted" in row.lower()] == []
    infos = "\n".join(rows)
    for expected in ("Confirm Key Data Response", "Load Control Event", "Report Event Status"):
        assert expected in infos
