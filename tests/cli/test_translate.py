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


def up(name: str, *extra: str, before: str = "") -> list[Any]:
    """Translate a golden frame, and return what came out, without hrefs."""
    case = CASES[name]
    frames = [CASES[before].raw.hex()] if before else []
    asked = run(
        *("--to", "sep2", "--cluster", f"0x{case.cluster:04X}"),
        *(*frames, case.raw.hex(" "), *FACTS, *extra, "--json"),
    )
    assert asked.exit_code == 0, asked.output
    return [placeless(xml.decode(text.encode())) for text in json.loads(asked.output)["documents"]]


CREDIT = ["--currency", "826", "--digits", "2"]
PRODUCT = ["--product", "0x1002:0x0001:32473:PCT-100"]


@pytest.mark.parametrize(
    ("name", "extra"),
    [
        ("G01", []),
        ("G02", []),
        ("G13", []),
        ("G14", []),
        ("G23", []),
        ("G24", CREDIT),
        ("G25", []),
    ],
)
def test_golden_frames_become_their_documents(name: str, extra: list[str]) -> None:
    found = up(name, *extra)
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
        ("G25", ["--number", str(0x17985010)]),
        ("G28", PRODUCT),
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
    if name == "G25":
        # Neither is it in a BillingPeriod, nor are tiers and thresholds.
        assert octets[7:18] == CASES[name].raw[7:18]
    if name == "G28":
        assert octets[2:] == CASES[name].raw[2:]


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


def documents_of(*arguments: str) -> list[str]:
    asked = run("--to", "sep2", *arguments, *FACTS, "--json")
    assert asked.exit_code == 0, asked.output
    return list(json.loads(asked.output)["documents"])


def frames_of(folder: Path, documents: list[str], *extra: str) -> list[str]:
    paths = []
    for number, document in enumerate(documents):
        path = folder / f"made-{number}.xml"
        path.write_text(document)
        paths.append(str(path))
    asked = run("--to", "sep1", *paths, *FACTS, *extra, "--json")
    assert asked.exit_code == 0, asked.output
    return [told["frame"] for told in json.loads(asked.output)["frames"]]


def test_an_account_goes_there_and_back(tmp_path: Path) -> None:
    made = documents_of("--cluster", "0x0705", CASES["G24"].raw.hex(), *CREDIT)
    (frame,) = frames_of(tmp_path, made, *CREDIT)
    assert "01 00 2b 06 ff ff ff" in frame
    alone = run("--to", "sep1", *files("G24", tmp_path), *FACTS)
    assert alone.exit_code == 1
    assert "PrepayOperationStatus" in alone.output


def test_a_file_and_how_a_device_fares_with_it(tmp_path: Path) -> None:
    granted = CASES["G28"].raw.hex()
    end = "09 06 07 02 10 01 00 03 02 01 00 a0 64 98 17 04 65 98 17"
    done = "01 07 06 00 02 10 01 00 03 02 01 00"
    file, activated, status = documents_of("--cluster", "0x0019", granted, end, done, *PRODUCT)
    (expected,) = CASES["G28"].resources
    found = placeless(xml.decode(file.encode()))
    found.fileURI = expected.fileURI  # its place is ours to choose
    assert found == expected
    assert "<activateTime>1342548100</activateTime>" in activated
    assert "<status>3</status>" in status
    frames = frames_of(tmp_path, [activated, status], *PRODUCT)
    assert [frame[6:8] for frame in frames] == ["02", "07", "06"]
    assert "<FileLink" in status


def test_a_download_that_has_not_ended_is_a_report(tmp_path: Path) -> None:
    file, status = documents_of(
        *(
            "--cluster",
            "0x0019",
            CASES["G28"].raw.hex(),
            "00 01 0a 01 00 23 00 f1 00 00 06 00 30 01",
            *PRODUCT,
        )
    )
    assert "<loadPercent>49</loadPercent>" in status
    frames = frames_of(tmp_path, [file, status], *PRODUCT)
    assert frames[1].endswith("0a 06 00 30 01")


def test_emergency_credit_and_the_running_period() -> None:
    (change,) = documents_of("--cluster", "0x0705", "01 01 00 00 00 00 00 02 00 00")
    assert "<newType>1</newType><startTime>1342548000</startTime>" in change
    (period,) = documents_of("--cluster", "0x0700", "18 01 0a 00 07 e2 a0 64 98 17 01 07 22 a0 05 00")
    assert "<duration>86400</duration><start>1342548000</start>" in period


def test_the_namespace_is_that_of_the_edition() -> None:
    (old,) = documents_of("--cluster", "0x0701", CASES["G01"].raw.hex(), "--edition", "2013")
    assert 'xmlns="http://ieee.org/2030.5"' in old
    (new,) = documents_of("--cluster", "0x0701", CASES["G01"].raw.hex(), "--edition", "2023")
    assert "<potentiallySuperseded>true</potentiallySuperseded>" in new


def test_what_has_no_equal_says_what_is_told(tmp_path: Path) -> None:
    inter_pan = CASES["G19"].raw[:7] + bytes([0x02]) + CASES["G19"].raw[8:]
    asked = run("--to", "sep2", "--cluster", "0x0703", inter_pan.hex(), *FACTS)
    assert asked.exit_code == 1
    assert "told: ZCL status 0x85" in asked.output
    asked = run("--to", "sep1", *files("G28", tmp_path), *FACTS)
    assert asked.exit_code == 1
    assert "told: HTTP 404" in asked.output


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--to", "sep2", "--cluster", "0x0701", "zz"], "hexadecimal"),
        (["--to", "sep2", "0901"], "--cluster"),
        (["--to", "sep2", "--cluster", "0x0999", "0901"], "handover map"),
        (["--to", "sep2", "--cluster", "0x0701", "09010b0a00"], "no command 0x0B"),
        (["--to", "sep1", "nowhere.xml"], "cannot be read"),
        (["--to", "sep2", "--cluster", "0x0701", "--esi", "12", "0901"], "EUI-64"),
        (["--to", "sep2", "--cluster", "0x0019", "--product", "0x1002:1", "0901"], "CODE:TYPE:PEN:MODEL"),
        (["--to", "sep2", "--cluster", "0x0019", "09 01 07 02100100030201000000000000000000"], "first"),
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
