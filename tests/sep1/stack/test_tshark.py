"""What a home with a router says below the clusters, as Wireshark reads it."""

import subprocess
from pathlib import Path

import pytest

from conftest import Require
from handover.sep1.network import pcapng
from handover.sep1.stack import Role, Settings
from handover.sep1.stack.trust_centre import Policy
from sep1.stack.home import CODE, DEVICE, ESI, ROUTER, Home

FIELDS = ["frame.protocols", "_ws.col.Info", "zbee_aps.cmd.id"]
LONG = bytes.fromhex("18010a0703" + "41be") + b"x" * 190
"""A report of a text that is longer than a radio frame."""

EXPECTED = [
    "Beacon Request",
    "Association Request, FFD",
    "Association Request, RFD",
    "Association Response",
    "Data Request",
    "Transport Key",
    "Update Device",
    "0x0e,0x05",  # a tunnel and in it a transported key
    "Device Announcement",
    "Permit Join Request",
    "Bind Request",
    "Bind Response",
    "Request Key",
    "Switch Key",
    "Leave",
    "Rejoin Request",
    "Rejoin Response",
    "Remove Device",
    "(fragment 1)",
    "APS: Ack",
]


@pytest.fixture(scope="module")
def infos(require_program: Require, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    from handover.sep1.network import zdp

    tshark = require_program("tshark")
    home = Home(settings=Settings(rescan=5), policy=Policy(switch_after=5))
    router = home.admit(ROUTER, Role.ROUTER, position=(10, 0))
    home.air.medium.radio(ESI).reach = 15
    device = home.admit(DEVICE, Role.SLEEPY, position=(20, 0), reach=15)
    home.does(home.esi, home.esi.send(home.frame(ESI, DEVICE, LONG), home.now))
    bind = zdp.BindRequest(DEVICE, 1, 0x0702, 3, None, ESI, 1)
    home.does(home.esi, home.esi.ask(DEVICE, bind, home.now))
    home.passes(40)
    home.does(device, device.request_partner_key(ROUTER, home.now))
    home.passes(20)
    keys = {*router.link_keys().values(), *device.link_keys().values(), CODE.link_key}
    home.does(home.esi, home.esi.rotate(home.now))
    home.passes(30)
    home.does(device, device.rejoin(home.now))
    home.passes(30)
    home.does(home.esi, home.esi.remove(DEVICE, home.now))
    home.passes(30)
    assert not device.joined
    home.does(router, router.leave(home.now))
    home.passes(5)
    folder: Path = tmp_path_factory.mktemp("home")
    (folder / "home.pcapng").write_bytes(pcapng.file(home.frames))
    (folder / "zigbee_pc_keys").write_text(pcapng.key_lines(home.esi.network_keys(), keys))
    run = subprocess.run(
        [
            tshark,
            "-r",
            folder / "home.pcapng",
            "-T",
            "fields",
            "-e",
            "frame.protocols",
            "-e",
            "_ws.col.Info",
            "-e",
            "zbee_aps.cmd.id",
        ],
        capture_output=True,
        text=True,
        check=True,
        env={"WIRESHARK_CONFIG_DIR": str(folder), "PATH": "/usr/bin:/bin"},
    )
    lines = run.stdout.splitlines()
    assert len(lines) == len(home.frames)
    return lines


def test_nothing_is_malformed_and_nothing_stays_closed(infos: list[str]) -> None:
    assert [line for line in infos if "malformed" in line.lower()] == []
    assert [line for line in infos if "Encrypted" in line] == []


@pytest.mark.parametrize("expected", EXPECTED)
def test_wireshark_names_it(infos: list[str], expected: str) -> None:
    assert any(expected in line for line in infos)
