"""Captures taken apart: with keys everything, without them what is open, and any octets at all."""

import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from handover.cli.main import app
from handover.sep1.clusters import CLUSTERS
from handover.sep1.dissection import Dissector
from handover.sep1.network import mac, pcapng
from sep1.han.day import DEVICE, Day


def home() -> Day:
    made = Day()
    made.join()
    made.evening()
    made.night()
    return made


@pytest.fixture(scope="module")
def day() -> Day:
    return home()


def test_with_the_keys_every_frame_opens(day: Day) -> None:
    dissector = Dissector(*day.han.keys())
    found = [dissector.frame(octets, when) for when, octets in day.frames]
    assert [f.fault for f in found if f.fault] == []
    assert dissector.counts["closed"] == 0
    seen = {f.layers[-1][1]["cluster"] for f in found if f.layers[-1][0] == "zcl"}
    assert seen == {f"0x{cluster:04X}" for cluster in CLUSTERS}
    prices = [f.layer("zcl") for f in found if "publish price" in f.summary]
    assert {row["fields"]["price"] for row in prices if row} == {2345}
    for one in found:
        json.dumps(one.layers)


def test_the_install_code_opens_the_network_key_and_link_keys_the_rest(day: Day) -> None:
    """The network key is learned from its transport; of the established link key nothing can be learned."""
    dissector = Dissector(link=[day.han.codes[DEVICE].link_key])
    found = [dissector.frame(octets, when) for when, octets in day.frames]
    assert len(dissector.network_keys) == 1
    assert dissector.network_keys[0] in day.han.keys()[0]
    closed = [f for f in found if f.closed]
    assert closed
    assert all("key is not known" in f.summary for f in closed)
    opened = " ".join(f.summary for f in found)
    assert "confirm key data response" in opened
    assert "publish price" not in opened


def test_without_keys_only_the_joining_is_open(day: Day) -> None:
    dissector = Dissector()
    found = [dissector.frame(octets, when) for when, octets in day.frames]
    summaries = {f.summary for f in found if not f.closed}
    assert "association request" in summaries
    assert not any("Price" in s for s in summaries)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2000), st.integers(0, 120), st.binary(max_size=6), st.binary(max_size=40))
def test_any_octets_are_taken_apart_or_named(
    day: Day, number: int, at: int, junk: bytes, other: bytes
) -> None:
    dissector = Dissector(*day.han.keys())
    good = day.frames[number % len(day.frames)][1]
    for octets in (other, good[:at] + junk + good[at + len(junk) :]):
        found = dissector.frame(octets)
        assert found.summary
        assert found.layers or found.fault


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["sep1", "decode", *map(str, arguments)])


def test_a_capture_on_the_command_line(day: Day, tmp_path: Path) -> None:
    path, keys = tmp_path / "day.pcapng", tmp_path / "zigbee_pc_keys"
    path.write_bytes(pcapng.file(day.frames))
    keys.write_text(pcapng.key_lines(*day.han.keys()))
    result = run(path, "--keys", keys)
    assert result.exit_code == 0
    assert "closed" not in result.output
    assert "Price: publish price" in result.output
    rows = [json.loads(line) for line in run(path, "--keys", keys, "--json").output.splitlines()]
    assert len(rows) == len(day.frames)
    assert any(row.get("zcl", {}).get("command") == "load_control_event" for row in rows)
    code = day.han.codes[DEVICE].text
    some = run(path, "--install-code", code)
    assert "stayed closed; give --key" in some.output
    assert "confirm key data response" in some.output
    network, link = day.han.keys()
    given = [f"nwk={key.hex()}" for key in network] + [f"link={key.hex()}" for key in link]
    arguments = [part for text in given for part in ("--key", text)]
    assert "stayed closed" not in run(path, *arguments).output


def test_a_capture_with_check_sequences(day: Day, tmp_path: Path) -> None:
    path = tmp_path / "checked.pcapng"
    frames = [mac.with_check(octets) for _, octets in day.frames[:5]]
    damaged = bytearray(frames[2])
    damaged[1] ^= 1
    blocks = [pcapng.packet(o, 1.0) for o in (*frames[:2], bytes(damaged), *frames[3:])]
    path.write_bytes(pcapng.head(pcapng.WITH_CHECK) + b"".join(blocks))
    lines = run(path).output.splitlines()
    assert "check sequence is wrong" in lines[2]
    assert "beacon request" in lines[1] + lines[3]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("/nowhere.pcap",), "cannot be read"),
        (("{bad}",), "neither pcap nor pcapng"),
        (("{bad}", "--key", "x=00"), "give nwk=HEX or link=HEX"),
        (("{bad}", "--key", "nwk=00"), "32 hexadecimal digits"),
        (("{bad}", "--keys", "/nowhere"), "cannot be read"),
        (("{bad}", "--install-code", "zz"), "no hexadecimal digit"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    bad = tmp_path / "bad.pcap"
    bad.write_bytes(random.Random(1).randbytes(100))
    result = run(*(a.format(bad=bad) for a in arguments))
    assert message in result.output
    assert result.exit_code != 0
