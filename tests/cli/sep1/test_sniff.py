"""Watching a HAN that runs: the capture file is read by Wireshark with the keys that come with it."""

import asyncio
import contextlib
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from conftest import Require
from handover.cli.main import app
from handover.clock import VirtualClock
from handover.errors import NotNow, Refused
from handover.sep1.network import pcapng
from handover.sep1.transports import sniffer
from handover.sim.premise import ESI_EUI64
from handover.sim.virtual_home import VirtualHome

DEVICE = 0x00124B0000ABCD01
NOW = 1_342_548_000.0


@contextlib.asynccontextmanager
async def watched(path: Path):  # type: ignore[no-untyped-def]
    """A home whose device has just joined, with its sniffer at `path`."""
    clock = VirtualClock(NOW)
    home = VirtualHome(clock, eui64=DEVICE)
    home.han.attach(DEVICE)
    for _ in range(50):
        clock.advance(0.1)
        home.han.advance()
    server = asyncio.create_task(home._sniffer.serve(home.han, path))
    for _ in range(3):  # the socket is made without waiting for anything
        await asyncio.sleep(0)
    try:
        yield home
    finally:
        server.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await server


def dissected(tshark: str, path: Path, config: Path) -> str:
    return subprocess.run(
        [tshark, "-r", path, "-T", "fields", "-e", "_ws.col.Info"],
        capture_output=True,
        text=True,
        check=True,
        env={"WIRESHARK_CONFIG_DIR": str(config), "PATH": "/usr/bin:/bin"},
    ).stdout


async def run(*arguments: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, ["sep1", "sniff", *arguments])


async def test_a_capture_holds_everything_since_the_beginning_and_its_keys(
    tmp_path: Path, require_program: Require
) -> None:
    tshark = require_program("tshark")
    out, config = tmp_path / "x.pcapng", tmp_path / "wireshark"
    config.mkdir()
    async with watched(tmp_path / "han.sock") as home:
        assert home.han.node(DEVICE).ready
        options = ("--from", str(tmp_path / "han.sock"), "--seconds", "0.3")
        result = await run("--out", str(out), "--keys", str(config / "zigbee_pc_keys"), *options)
    assert result.exit_code == 0, result.output
    assert (config / "zigbee_pc_keys").stat().st_mode & 0o777 == 0o600
    frames = list(pcapng.read(out.read_bytes()))
    assert len(frames) > 40
    found = await asyncio.to_thread(dissected, tshark, out, config)
    for expected in ("Transport Key", "Device Announcement", "Initiate Key Establishment Response"):
        assert expected in found


async def test_new_frames_come_as_they_are_sent(tmp_path: Path) -> None:
    async with watched(tmp_path / "han.sock") as home:
        reader, writer = await asyncio.open_unix_connection(tmp_path / "han.sock")
        writer.write(b"frames\n")
        assert await reader.readexactly(len(pcapng.head())) == pcapng.head()
        await asyncio.sleep(0)
        home._sniffer.tap(NOW + 9, b"\x02\x00\x63")
        block = pcapng.packet(b"\x02\x00\x63", NOW + 9)
        assert (await reader.readuntil(block)).endswith(block)
        writer.close()
        stranger, writer = await asyncio.open_unix_connection(tmp_path / "han.sock")
        writer.write(b"hello\n")
        assert await stranger.read() == b""
        writer.close()


async def test_where_nothing_runs_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with pytest.raises(NotNow, match="handover demo"):
        sniffer.newest()
    result = await run("--out", str(tmp_path / "x.pcapng"))
    assert result.exit_code == 1
    assert "no virtual HAN runs here" in result.output
    (sniffer.folder() / "old.sock").touch()
    result = await run("--out", str(tmp_path / "x.pcapng"))
    assert "is it still running?" in result.output


def test_a_folder_open_to_others_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / "handover").mkdir(mode=0o755)
    with pytest.raises(Refused, match="open to others"):
        sniffer.folder()
    assert ESI_EUI64
