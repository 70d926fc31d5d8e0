"""`handover exi`, as a user calls it."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from handover.cli.main import app

FOLDER = Path(__file__).parents[1] / "data" / "exi"
XML, EXI = FOLDER / "07_Registration.xml", FOLDER / "07_Registration.exi"
RUNNER = CliRunner()


def test_there_and_back(tmp_path: Path) -> None:
    stream, document = tmp_path / "a.exi", tmp_path / "a.xml"
    encoded = RUNNER.invoke(app, ["exi", "encode", str(XML), "-o", str(stream)])
    assert encoded.exit_code == 0
    assert f"{EXI.stat().st_size} octets" in encoded.stderr
    assert stream.read_bytes() == EXI.read_bytes()
    assert RUNNER.invoke(app, ["exi", "decode", str(stream), "-o", str(document)]).exit_code == 0
    assert document.read_bytes() == XML.read_bytes().strip()


def test_the_screen_shows_digits_and_indented_xml() -> None:
    digits = RUNNER.invoke(app, ["exi", "encode", str(XML)]).stdout
    assert bytes.fromhex(digits) == EXI.read_bytes()
    shown = RUNNER.invoke(app, ["exi", "decode", "-"], input=digits)
    assert shown.exit_code == 0
    assert "\n  <pIN>" in shown.stdout


def test_an_extension_is_kept() -> None:
    shown = RUNNER.invoke(app, ["exi", "decode", str(FOLDER / "x4_csipaus_ext.exi")])
    assert "ConnectionPointLink" in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["decode", str(XML)], "does not begin with the octet 3C"),
        (["encode", str(EXI)], "not"),
        (["decode", "/nowhere/x"], "cannot be read: No such file"),
        (["encode", str(XML), "-o", "/nowhere/x"], "cannot be written: No such file"),
    ],
)
def test_errors_say_what_is_wrong(arguments: list[str], reason: str) -> None:
    result = RUNNER.invoke(app, ["exi", *arguments])
    assert result.exit_code != 0
    assert "error:" in result.stderr
    assert reason in result.stderr
