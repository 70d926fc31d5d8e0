"""`handover sep1 decode` and `encode` as a person and a script use them."""

import json

import pytest
from typer.testing import CliRunner, Result

from handover.cli.main import app
from handover.sep1 import frame as zcl
from handover.sep1.clusters.drlc import LoadControlEvent

EVENT = zcl.build(
    0x0701,
    LoadControlEvent(9, 1, 0, 0, 30, 4, 20, 0xFF, 2600, -32768, -128, 0xFF, 0),
    sequence=3,
    to_client=True,
).hex()
REPORT = "08010a000025" + "87d612000000"


def run(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, ["sep1", *arguments], input=typed)


def test_a_person_reads_a_frame() -> None:
    result = run("decode", EVENT, "--cluster", "0x0701")
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0] == "Demand Response and Load Control: load_control_event (0x00) → client, #3"
    assert any("cooling_temperature_set_point" in line and "26.0 °C" in line for line in lines)
    assert any("duty_cycle" in line and "not used" in line for line in lines)
    assert any("start_time" in line and "now" in line for line in lines)


def test_a_person_reads_a_report() -> None:
    output = run("decode", REPORT, "--cluster", "Metering").output
    assert "0x0000 current_summation_delivered" in output
    assert "1234567  uint48" in output


def test_a_script_reads_a_frame_and_gets_it_back() -> None:
    described = run("decode", "-", "--cluster", "0x0701", "--json", typed=EVENT.upper())
    assert json.loads(described.output)["values"]["cooling_temperature_set_point"] == 26.0
    again = run("encode", "-", typed=described.output * 2)
    assert again.output.split() == [EVENT, EVENT]


def test_a_general_command_needs_no_cluster() -> None:
    described = json.loads(run("decode", REPORT, "--json").output)
    assert described["attributes"][0] == {"id": "0x0000", "name": None, "type": "uint48", "value": 1234567}


@pytest.mark.parametrize(
    ("arguments", "typed", "message", "code"),
    [
        (("decode", "zz"), None, "no hexadecimal text", 2),
        (("decode", "090"), None, "one digit is missing", 2),
        (("decode", EVENT), None, "give --cluster, one of: ", 2),
        (("decode", EVENT, "--cluster", "nonsense"), None, "names no cluster", 2),
        (("decode", EVENT, "--cluster", "e"), None, "names several clusters", 2),
        (("decode", EVENT[:20], "--cluster", "0x0701"), None, "ends inside", 1),
        (("encode", "/nowhere.json"), None, "cannot be read", 2),
        (("encode", "-"), "", "no JSON to encode", 1),
        (("encode", "-"), "{", "this is no JSON", 1),
        (("encode", "-"), "[]", "a JSON object is expected", 1),
    ],
)
def test_what_is_wrong_is_said(
    arguments: tuple[str, ...], typed: str | None, message: str, code: int
) -> None:
    result = run(*arguments, typed=typed)
    assert message in result.output
    assert result.exit_code == code
