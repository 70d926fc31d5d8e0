"""`handover gateway`: what the operator types, and what it says."""

import json
import stat
from pathlib import Path

import pytest
from lxml import etree
from typer.testing import CliRunner

from handover.cli.main import app
from handover.gateway.adapters.journal import Journal
from handover.gateway.config import load
from handover.gateway.outputs import Sample

PIN = "111115"
SFDI = "167261211391"


def run(*arguments: str, given: str | None = None) -> tuple[int, str]:
    """Return exit code and everything that was printed."""
    result = CliRunner().invoke(app, ["gateway", *arguments], input=given)
    return result.exit_code, result.output


@pytest.fixture
def config(tmp_path: Path) -> str:
    code, text = run("init", str(tmp_path / "home"), "--host", "127.0.0.1", "--port", "0")
    assert code == 0, text
    return str(tmp_path / "home" / "gateway.toml")


def test_init_writes_what_run_needs_and_says_what_comes_next(config: str) -> None:
    found = load(Path(config))
    for name in (found.sep2.certificate, found.sep2.key, found.sep2.ca):
        assert found.path(name).is_file()
    assert stat.S_IMODE(found.path(found.sep2.key).stat().st_mode) == 0o600
    assert stat.S_IMODE(found.data_dir.stat().st_mode) == 0o700


def test_init_does_not_overwrite_a_home(config: str) -> None:
    code, text = run("init", str(Path(config).parent))
    assert (code, "there already" in text) == (2, True)


def test_init_for_a_stick_names_its_device(tmp_path: Path) -> None:
    code, text = run("init", str(tmp_path / "home"), "--raven", "/dev/ttyUSB0")
    assert code == 0
    assert "handover gateway run --config" in text
    sep1 = load(tmp_path / "home" / "gateway.toml").sep1
    assert (sep1.transport, sep1.device) == ("raven", "/dev/ttyUSB0")


def test_a_device_is_admitted_listed_and_removed(config: str) -> None:
    code, text = run("add-device", "-c", config, "--sfdi", SFDI, "--pin", PIN, "--name", "tstat")
    assert (code, SFDI in text, PIN in text) == (0, True, False)
    code, text = run("list-devices", "-c", config, "--json")
    (row,) = json.loads(text)
    assert (row["sfdi"], row["name"], row["number"], row["state"]) == (int(SFDI), "tstat", 1, "registered")
    assert PIN not in text
    assert "tstat" in run("list-devices", "-c", config)[1]
    assert run("remove-device", "tstat", "-c", config)[0] == 0
    assert run("remove-device", "tstat", "-c", config)[0] == 2
    assert run("list-devices", "-c", config, "--json")[1].strip() == "[]"


def test_a_pin_that_is_not_on_the_command_line_is_asked_for(config: str) -> None:
    code, text = run("add-device", "-c", config, "--sfdi", SFDI, given=f"{PIN}\n")
    assert (code, PIN in text) == (0, False)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--pin", PIN], "--lfdi or --sfdi"),
        (["--sfdi", "167261211392", "--pin", PIN], "SFDI"),
        (["--sfdi", SFDI, "--pin", "111116"], "PIN"),
        (["--sfdi", SFDI, "--pin", PIN, "--category", "fridge"], "known: thermostat"),
    ],
)
def test_a_typing_error_is_explained(config: str, arguments: list[str], words: str) -> None:
    code, text = run("add-device", "-c", config, *arguments)
    assert (code, words in text) == (2, True), text


def test_categories_are_given_by_name(config: str) -> None:
    arguments = ["--sfdi", SFDI, "--pin", PIN, "--category", "thermostat", "--category", "water-heater"]
    assert run("add-device", "-c", config, *arguments)[0] == 0


def test_the_audit_log_is_shown_and_checked(config: str) -> None:
    run("add-device", "-c", config, "--sfdi", SFDI, "--pin", PIN)
    code, text = run("audit", "-c", config)
    assert (code, "admitted" in text, PIN in text) == (0, True, False)
    assert run("audit", "-c", config, "--verify")[0] == 0
    path = load(Path(config)).audit_path
    path.write_text(path.read_text().replace(SFDI, "167261211390"))
    code, text = run("audit", "-c", config, "--verify")
    assert (code, "changed after it was written" in text) == (1, True)


def test_an_export_needs_a_gateway_that_has_run(config: str) -> None:
    code, text = run("export", "-c", config)
    assert (code, "handover gateway run" in text) == (2, True)


def test_the_history_is_exported_to_the_terminal_or_a_private_file(config: str, tmp_path: Path) -> None:
    journal = Journal(load(Path(config)).journal_path)
    journal.open()
    journal.commit([Sample("price", 1342548000.0 + 3600 * n, f"0.1{n}") for n in range(3)])
    journal.close()
    code, text = run("export", "-c", config, "--since", "2012-07-17T19:00")
    assert code == 0
    assert [line.split(",")[7] for line in text.splitlines()] == ["value", "0.11", "0.12"]
    path = tmp_path / "out.xml"
    code, _ = run("export", "-c", config, "--format", "greenbutton", "-o", str(path))
    assert (code, etree.parse(path).getroot().tag) == (0, "{http://www.w3.org/2005/Atom}feed")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--since", "soon"], "Examples: 2026-01-31"),
        (["--since", "2026-01-02", "--until", "2026-01-01"], "nothing between"),
        (["--format", "xls"], "greenbutton"),
        (["-o", "/nowhere/at/all"], "cannot be written"),
    ],
)
def test_an_export_that_cannot_be_is_explained(config: str, arguments: list[str], words: str) -> None:
    run("add-device", "-c", config, "--sfdi", SFDI, "--pin", PIN)
    code, text = run("export", "-c", config, *arguments)
    assert (code, words in text) == (2, True), text


def test_status_without_a_gateway_says_how_to_start_one(config: str) -> None:
    code, text = run("status", "-c", config)
    assert (code, "handover gateway run" in text) == (2, True)


def test_a_configuration_that_is_not_there_says_how_to_make_one(tmp_path: Path) -> None:
    code, text = run("list-devices", "-c", str(tmp_path / "gateway.toml"))
    assert (code, "handover gateway init" in text) == (2, True)
