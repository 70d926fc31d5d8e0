"""`handover doctor` on this machine: a new home, and one that is damaged in every way."""

import json
import socket
import stat
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.running import fast_clock, running
from handover.cli.main import app
from handover.gateway import config as configuration
from handover.sim.premise import Premise


def free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1]), int(two.getsockname()[1])


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A home as `handover gateway init` makes it, on ports that are free here."""
    path = tmp_path / "home" / "gateway.toml"
    https, local = free_ports()
    made = CliRunner().invoke(app, ["gateway", "init", str(path.parent), "--host", "127.0.0.1"])
    assert made.exit_code == 0, made.output
    text = (
        path.read_text().replace("port = 8443", f"port = {https}").replace("port = 8480", f"port = {local}")
    )
    path.write_text(text)
    return path


def examine(config: Path) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    """Return the exit code, and what is not fine by subject."""
    result = CliRunner().invoke(app, ["doctor", "-c", str(config), "--json"])
    found: dict[str, list[dict[str, Any]]] = {}
    for finding in json.loads(result.stdout)["findings"]:
        if finding["level"] != "ok":
            found.setdefault(finding["subject"], []).append(finding)
    # Whether something keeps this machine's clock, and whether it is connected, is not ours to say.
    found.pop("clock", None)
    found.pop("discovery", None)
    return result.exit_code, found


def test_a_new_home_is_healthy_and_nothing_is_changed(config: Path) -> None:
    before = sorted(path.name for path in config.parent.rglob("*"))
    assert examine(config) == (0, {})
    result = CliRunner().invoke(app, ["doctor", "-c", str(config)])
    assert "ECDHE-ECDSA-AES128-CCM8 works" in result.output
    assert sorted(path.name for path in config.parent.rglob("*")) == before


def test_a_damaged_home_is_described(config: Path) -> None:
    settings = configuration.load(config)
    settings.path(settings.sep2.key).chmod(0o644)
    settings.journal_path.write_bytes(b"SQLite format 3\0 and then nothing" * 50)
    settings.audit_path.write_text("{}\n")
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", settings.sep2.port))
        taken.listen()
        code, found = examine(config)
    assert code == 1
    assert "chmod 600" in found["keys"][0]["next_step"]
    assert "in use" in found["ports"][0]["text"]
    assert ["journal" in one["text"] for one in found["data"]] == [True, False]
    assert "audit log" in found["data"][1]["text"]


def test_keys_and_certificates_that_do_not_fit_are_found(config: Path) -> None:
    settings = configuration.load(config)
    key = settings.path(settings.sep2.key)
    key.write_bytes((key.parent / "ca.key").read_bytes())
    code, found = examine(config)
    assert (code, "cannot be used" in found["certificates"][0]["text"]) == (1, True)
    key.unlink()
    settings.path(settings.sep2.ca).write_text("no certificate")
    code, found = examine(config)
    assert (code, "is missing" in found["keys"][0]["text"]) == (1, True)
    assert "ca.pem: this is not a certificate" in found["certificates"][0]["text"]


def test_a_stick_that_is_not_there_is_found(config: Path) -> None:
    device = config.parent / "ttyUSB9"
    text = config.read_text().replace('transport = "virtual"', 'transport = "raven"', 1)
    config.write_text(text.replace('device = ""', f'device = "{device}"', 1))
    code, found = examine(config)
    assert (code, "ttyUSB9 is not there" in found["stick"][0]["text"]) == (1, True)
    device.touch()
    assert examine(config) == (0, {})
    assert stat.S_ISREG(device.stat().st_mode)


def test_a_configuration_that_cannot_be_used_is_code_2(tmp_path: Path) -> None:
    code, found = examine(tmp_path / "gateway.toml")
    assert (code, "gateway init" in found["configuration"][0]["text"]) == (2, True)


@pytest.fixture
def quiet(config: Path) -> Path:
    """A home that does not advertise itself."""
    config.write_text(config.read_text().replace("dns_sd = true", "dns_sd = false"))
    return config


async def test_a_running_gateway_is_healthy(quiet: Path) -> None:
    settings, clock = configuration.load(quiet), fast_clock()
    async with running(settings, Premise(seed=1, start=clock.now()), clock):
        assert examine(quiet) == (0, {})
