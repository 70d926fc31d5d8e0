"""`handover pki` as a person uses it."""

import re
import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from handover.cli.pki import app
from handover.errors import ConfigError
from handover.sep2.security import certificate, pki
from handover.sep2.security.identity import lfdi, sfdi


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "pki"
    assert run("init", path, "--name", "Our [bold]home").exit_code == 0
    return path


def test_from_nothing_to_a_device(tmp_path: Path) -> None:
    folder = tmp_path / "pki"
    first = run("init", folder)
    assert first.exit_code == 0
    assert f"Next: handover pki gateway {folder} --host" in first.output
    second = run("gateway", folder, "--host", "gateway.local", "--host", "10.0.0.5")
    assert "hosts" in second.output
    assert "gateway.local, 10.0.0.5" in second.output
    assert "handover gateway run --config gateway.toml" in second.output
    third = run("device", folder, "--name", "display")
    der = (folder / "display.x509").read_bytes()
    assert lfdi(der).hex().upper() in third.output
    assert f"handover gateway add-device --sfdi {sfdi(lfdi(der))}" in third.output


def test_show_reads_every_form(folder: Path) -> None:
    run("device", folder, "--name", "display", "--serial", "SN-77", "--pen", "40732")
    outputs = {run("show", folder / f"display.{suffix}").output for suffix in ("pem", "x509")}
    assert len(outputs) == 1
    (output,) = outputs
    for part in (r"role\s+device", r"SFDI\s+\d{1,12}\s+\(\d{3}(-\d{3}){3}\)", "without end", "SN-77"):
        assert re.search(part, output)
    assert "CN=Our [bold]home" in output


def test_a_gateway_without_hosts_is_good_for_this_computer(folder: Path) -> None:
    run("gateway", folder)
    found = certificate.describe(certificate.load((folder / "gateway.x509").read_bytes()))
    assert {socket.gethostname(), "localhost", "127.0.0.1", "::1"} <= set(found.hosts)


def test_hostile_names_are_shown_as_text() -> None:
    from handover.cli.pki import _plain

    assert _plain("\x1b[2Jx[red]") == "\ufffd\\[2Jx\\[red]"


def test_an_expired_certificate_says_so(tmp_path: Path) -> None:
    from sep2.certificates import NOW, key, odd

    (tmp_path / "old.x509").write_bytes(odd(key(1), end=NOW + 60))
    assert "EXPIRED" in run("show", tmp_path / "old.x509").output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("init", "{}"), "--force"),
        (("device", "{}", "--name", "../x"), "file name"),
        (("device", "{}/nowhere", "--name", "x"), "handover pki init"),
        (("show", "{}/nothing.pem"), "cannot be read"),
        (("show", "{}/ca.key"), "private key only"),
        (("show", "/dev/null"), "no certificate"),
        (("gateway", "{}", "--host", "a b"), "neither a DNS name"),
    ],
)
def test_mistakes_are_explained(folder: Path, arguments: tuple[str, ...], message: str) -> None:
    result = run(*(argument.format(folder) for argument in arguments))
    assert isinstance(result.exception, ConfigError)
    assert message in str(result.exception)


def test_keys_are_never_printed(folder: Path) -> None:
    output = run("device", folder, "--name", "display").output + run("show", folder / "display.pem").output
    key = (folder / "display.key").read_text()
    assert "PRIVATE" not in output
    assert not any(line in output for line in key.splitlines())
    assert pki.PEN == 32473
