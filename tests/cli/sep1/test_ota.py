"""`handover sep1 ota` as a maker of devices uses it."""

import json
import random
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from handover.cli.main import app
from handover.sep1.ota.image import parse
from handover.sep1.security import certicom
from handover.sep1.security.authority import Authority

MAKER = 0x00124B0000ABCD01
IDS = ["--manufacturer", "0x1234", "--type", "1", "--version", "0x00000107"]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["sep1", "ota", *map(str, arguments)])


@pytest.fixture
def firmware(tmp_path: Path) -> Path:
    path = tmp_path / "firmware.bin"
    path.write_bytes(random.Random(1).randbytes(1000))
    return path


@pytest.mark.parametrize("suite", [1, 2])
def test_an_image_is_signed_and_judged(tmp_path: Path, firmware: Path, suite: int) -> None:
    draw = random.Random(suite).randbytes
    credentials, foreign = tmp_path / "maker.txt", tmp_path / "foreign.txt"
    credentials.write_text(certicom.write(Authority.new(draw).issue(MAKER, suite, draw)))
    foreign.write_text(certicom.write(Authority.new(draw).issue(MAKER, suite, draw)))
    image = tmp_path / "image.ota"
    made = run("build", firmware, "-o", image, *IDS, "--sign", credentials)
    assert made.exit_code == 0, made.output
    assert "signed; give --ca" in run("show", image).output
    good = run("show", image, "--ca", credentials)
    assert (good.exit_code, good.output.splitlines()[-1]) == (0, "verdict             genuine")
    bad = run("show", image, "--ca", foreign, "--json")
    assert bad.exit_code == 1
    assert json.loads(bad.output)["good"] is False
    octets = bytearray(image.read_bytes())
    octets[200] ^= 1
    image.write_bytes(octets)
    assert run("show", image, "--ca", credentials).exit_code == 1


def test_an_image_with_all_that_a_header_holds(tmp_path: Path, firmware: Path) -> None:
    image = tmp_path / "image.ota"
    more = ["--text", "Meter", "--hardware-min", "1", "--hardware-max", "0x10", "--device", f"{MAKER:016X}"]
    assert run("build", firmware, "-o", image, *IDS, *more).exit_code == 0
    header = parse(image.read_bytes()).header
    assert (header.hardware, header.destination, header.text[:5]) == ((1, 0x10), MAKER, b"Meter")
    shown = json.loads(run("show", image, "--json").output)
    assert shown["hardware"] == ["0x0001", "0x0010"]
    assert [e["name"] for e in shown["elements"]] == ["upgrade image", "integrity code"]
    assert shown["verdict"] == "whole, not signed"
    output = run("show", image).output
    assert "version             0x00000107" in output
    assert "0x0000       1000 octets  upgrade image" in output


def test_a_makers_wrapping_is_seen_through(tmp_path: Path, firmware: Path) -> None:
    image, wrapped = tmp_path / "image.ota", tmp_path / "wrapped.ota"
    run("build", firmware, "-o", image, *IDS, "--no-integrity")
    wrapped.write_bytes(b"MAKER" * 4 + image.read_bytes() + b"signature")
    output = run("show", wrapped).output
    assert "20 octets before the image" in output
    assert "9 octets behind the image" in output
    assert "neither integrity code nor signature" in output


@pytest.mark.parametrize(
    ("arguments", "message", "code"),
    [
        (("show", "/nowhere"), "cannot be read", 2),
        (("show", "{firmware}"), "not an OTA file", 1),
        (("build", "{firmware}", "-o", "{out}", *IDS[:4], "--version", "x"), "version 'x' is no number", 2),
        (("build", "{firmware}", "-o", "{out}", *IDS, "--hardware-min", "1"), "go together", 2),
        (("build", "{firmware}", "-o", "{out}", *IDS, "--text", "x" * 33), "32 are possible", 2),
        (("build", "{firmware}", "-o", "/nowhere/x", *IDS), "cannot be written", 2),
        (("build", "{firmware}", "-o", "{out}", *IDS, "--sign", "{firmware}"), "certificate file", 1),
    ],
)
def test_what_is_wrong_is_said(
    tmp_path: Path, firmware: Path, arguments: tuple[str, ...], message: str, code: int
) -> None:
    result = run(*(a.format(firmware=firmware, out=tmp_path / "out") for a in arguments))
    assert message in result.output
    assert result.exit_code == code
    assert not (tmp_path / "out").exists()
