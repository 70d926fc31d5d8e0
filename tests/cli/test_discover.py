"""`handover sep2 discover` as a process of its own, on loopback."""

import asyncio
import json
import sys

import pytest
from typer.testing import CliRunner

from handover.cli import sep2
from handover.sep2.transports import discovery
from handover.sep2.transports.discovery import LOCAL, Advertisement, Advertiser, DiscoveredServer


async def discover(*arguments: str) -> tuple[int | None, str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "handover", "sep2", "discover", "--interface", "127.0.0.1", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, error = await process.communicate()
    return process.returncode, out.decode(), error.decode()


async def test_an_advertised_server_is_found() -> None:
    advertisement = Advertisement(
        "Kitchen", "kitchen", ("127.0.0.1",), https_port=8443, function_sets={"upt": "/upt"}
    )
    advertiser = Advertiser(advertisement, chosen=["127.0.0.1"], domains=(LOCAL,))
    await advertiser.open()
    try:
        code, out, _ = await discover("--json", "--subtype", "upt")
        shown, text, _ = await discover()
    finally:
        await advertiser.close()
    assert code == shown == 0
    (server,) = [found for found in json.loads(out) if found["instance"] == "Kitchen"]
    assert (server["https_port"], server["dcap"], server["subtypes"]) == (8443, "/dcap", {"upt": "/upt"})
    assert "Kitchen  https://kitchen.local:8443/dcap  (local)" in text


def test_silence_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nobody(**_: object) -> list[DiscoveredServer]:
        return []  # other tests may be advertising on this machine's loopback at the same time

    monkeypatch.setattr(discovery, "browse", nobody)
    result = CliRunner().invoke(sep2.app, ["discover", "--seconds", "0.2"])
    assert result.exit_code == 1
    assert "nobody answered within 0.2 s" in result.stderr
