"""`handover sep1 install-code` as a person uses it."""

import json

import pytest
import typer
from typer.testing import CliRunner, Result

from handover.cli.sep1.install_code import install_code
from handover.errors import ConfigError, DecodeError, HandoverError
from handover.sep1.security.install_code import parse

LABEL = "83FE D340 7A93 9738 C552"
KEY = "A833A77434F3BFBD7A7AB97942149287"


def run(*arguments: str, typed: str | None = None) -> Result:
    app = typer.Typer()
    app.command()(install_code)
    return CliRunner().invoke(app, arguments, input=typed)


def fault(*arguments: str) -> HandoverError:
    error = run(*arguments).exception
    assert isinstance(error, HandoverError)
    return error


def test_a_good_code_is_called_valid_and_its_key_kept() -> None:
    result = run(LABEL)
    assert result.exit_code == 0
    assert "valid: 8 octets" in result.output
    assert KEY not in result.output
    assert "83FE" not in result.output


def test_the_key_when_asked_for() -> None:
    assert f"link key  {KEY}" in run(LABEL, "--key").output
    assert json.loads(run(LABEL, "--key", "--json").output) == {"valid": True, "octets": 8, "link_key": KEY}


def test_a_mistyped_group_is_named() -> None:
    error = fault("83FE D340 7A94 9738 C552")
    assert isinstance(error, DecodeError)
    assert "group 3 is likely mistyped" in str(error)


def test_the_code_need_not_stand_on_the_command_line() -> None:
    assert "valid: 8 octets" in run(typed=LABEL + "\n").output


def test_what_a_qr_code_holds() -> None:
    result = run("Z:F4CE36D88AB8B6FD$I:83FED3407A939738C552%", "--json")
    assert json.loads(result.output) == {"valid": True, "octets": 8, "eui64": "F4CE36D88AB8B6FD"}


def test_the_crc_is_added() -> None:
    assert LABEL in run("83fe-d340-7a93-9738", "--add-crc").output
    assert "8 octets" not in str(fault("83fe", "--add-crc"))
    assert "digits" in str(fault("83fx", "--add-crc"))


@pytest.mark.parametrize("size", [6, 8, 12, 16])
def test_random_codes(size: int) -> None:
    codes = [json.loads(run("--make", str(size), "--json").output)["code"] for _ in range(2)]
    assert codes[0] != codes[1]
    assert all(len(parse(code).octets) == size for code in codes)


def test_what_cannot_be_made() -> None:
    assert isinstance(fault("--make", "7"), ConfigError)
    assert isinstance(fault(LABEL, "--make", "8"), ConfigError)
