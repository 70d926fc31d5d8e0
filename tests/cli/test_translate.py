"""`handover translate`: the golden cases by hand, in both directions, and what goes wrong."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from handover.cli.main import app
from handover.sep2 import xml
from mapping.conftest import LFDI, Golden, placeless

pytestmark = pytest.mark.req("REQ.GW.1")

NOW = "1342548000"
ROWS = json.loads((Path(__file__).parents[1] / "data" / "golden.json").read_text())
CASES = {row["n"].split()[0]: Golden(row["cluster"], bytes.fromhex(row["zcl"]), row["xml"]) for row in ROWS}
FACTS = ["--now", NOW, "--duration-randomisation", "5", "--lfdi", LFDI.hex()]


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["translate", *arguments])


def up(name: str, *, before: str = "") -> list[Any]:
    """Translate a golden frame, and return what came out, without hrefs."""
    case = CASES[name]
    frames = [CASES[before].raw.hex()] if before else []
    asked = run(
        "--to", "sep2", "--cluster", f"0x{case.cluster:04X}", *frames, case.raw.hex(" "), *FACTS, "--json"
    )
    assert asked.exit_code == 0, asked.output
    return [placeless(xml.decode(text.encode())) for text in json.loads(asked.output)["documents"]]


@pytest.mark.parametrize("name", ["G01", "G02", "G13", "G14", "G23"])
def test_golden_frames_become_their_documents(name: str) -> None:
    found = up(name)
    assert [resource for resource in CASES[name].resources if resource not in found] == []


def test_a_price_becomes_its_bundle() -> None:
    kinds = {type(resource).__name__ for resource in up("G09")}
    assert kinds >= {"TariffProfile", "RateComponent", "ReadingType", "TimeTariffInterval"}
    for resource in CASES["G09"].resources:
        if type(resource).__name__ == "TimeTariffInterval":
            assert resource in up("G09")


def test_what_a_cancellation_ends_is_given_before_it() -> None:
    (_, cancelled) = up("G05", before="G01")
    assert (cancelled.EventStatus.currentStatus, cancelled.version) == (3, 1)
    alone = run("--to", "sep2", "--cluster", "0x0701", CASES["G05"].raw.hex(), *FACTS)
    assert alone.exit_code == 1
    assert "give the frame that it ends before it" in alone.output


def files(name: str, folder: Path) -> list[str]:
    paths = []
    for number, document in enumerate(CASES[name].documents):
        path = folder / f"{number}.xml"
        path.write_text(document)
        paths.append(str(path))
    return paths


@pytest.mark.parametrize(
    ("name", "extra"),
    [
        ("G07", ["--number", str(0x179864A4)]),
        ("G18", []),
        ("G23", []),
        ("G27", []),
        ("G11", ["--number", str(0x17985002)]),
    ],
)
def test_golden_documents_become_frames(name: str, extra: list[str], tmp_path: Path) -> None:
    asked = run("--to", "sep1", *files(name, tmp_path), *FACTS, *extra, "--json")
    assert asked.exit_code == 0, asked.output
    (told,) = json.loads(asked.output)["frames"]
    assert told["cluster"] == f"0x{CASES[name].cluster:04X}"
    octets = bytes.fromhex(told["frame"])
    assert len(octets) > 8
    if name == "G11":
        # The provider is in no PriceResponse.
        assert octets[7:16] == CASES[name].raw[7:16]


def test_a_price_of_files_becomes_one_frame(tmp_path: Path) -> None:
    asked = run("--to", "sep1", *files("G09", tmp_path), *FACTS, "--json")
    assert asked.exit_code == 0, asked.output
    (told,) = json.loads(asked.output)["frames"]
    says = json.dumps(told["says"])
    assert "publish_price" in says
    assert "1134" in says


def test_each_loss_is_named(tmp_path: Path) -> None:
    path = tmp_path / "text.xml"
    path.write_text(CASES["G19"].documents[0].replace("Peak today 16-19h", "x" * 300))
    asked = run("--to", "sep1", str(path), *FACTS)
    assert asked.exit_code == 0
    assert "lost: textMessage" in asked.output
    assert asked.output.startswith("0x0703  ")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--to", "sep2", "--cluster", "0x0701", "zz"], "hexadecimal"),
        (["--to", "sep2", "0901"], "--cluster"),
        (["--to", "sep2", "--cluster", "0x0999", "0901"], "handover map"),
        (["--to", "sep2", "--cluster", "0x0701", "09010b0a00"], "no command 0x0B"),
        (["--to", "sep1", "nowhere.xml"], "cannot be read"),
        (["--to", "sep2", "--cluster", "0x0701", "--esi", "12", "0901"], "EUI-64"),
    ],
)
def test_errors_say_what_to_do(arguments: list[str], word: str) -> None:
    asked = run(*arguments)
    assert asked.exit_code in (1, 2)
    assert word in asked.output


def test_documents_that_belong_together_are_missed(tmp_path: Path) -> None:
    path = tmp_path / "tariff.xml"
    path.write_text(CASES["G09"].documents[0])
    asked = run("--to", "sep1", str(path), *FACTS)
    assert asked.exit_code == 1
    assert "ConsumptionTariffInterval" in asked.output
