"""Capture files: what we write is read by Wireshark, what others write is read by us."""

import contextlib
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import Require
from handover.errors import DecodeError
from handover.sep1.network import pcapng
from handover.sep1.network.capture import pcap_file

FRAMES = [(1342548000.25, bytes.fromhex("030801ffffffff07")), (1342548001.0, b"\x02\x00\x05")]


def test_known_octets() -> None:
    octets = pcapng.file(FRAMES[1:])
    assert octets.hex() == (
        "0a0d0d0a" "1c000000" "4d3c2b1a" "01000000" "ffffffffffffffff" "1c000000"
        "01000000" "14000000" "e6000000" "ffff0000" "14000000"
        "06000000" "24000000" "00000000" "0ac50400" "408ab150" "03000000" "03000000" "02000500" "24000000"
    )  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, 2**31), st.binary(max_size=127)), max_size=5))
def test_what_is_written_is_read(frames: list[tuple[int, bytes]]) -> None:
    for made in (pcapng.file(frames), pcap_file(frames)):
        assert [(c.when, c.octets) for c in pcapng.read(made)] == frames
        assert all(c.link_type == 230 for c in pcapng.read(made))


def test_other_byte_orders_and_resolutions() -> None:
    big = (
        "0a0d0d0a" "0000001c" "1a2b3c4d" "00010000" "ffffffffffffffff" "0000001c"
        "00000001" "00000020" "00c30000" "0000ffff" "00090001" "09000000" "00000000" "00000020"
        "00000006" "00000024" "00000000" "12a18f1e" "b5b9ca00" "00000003" "00000003" "02000500" "00000024"
        "00000003" "00000014" "00000003" "02000600" "00000014"
        "00000bad" "0000000c" "0000000c"
    )  # fmt: skip
    found = list(pcapng.read(bytes.fromhex(big)))
    assert [(c.link_type, c.octets.hex()) for c in found] == [(195, "020005"), (195, "020006")]
    assert found[0].when == 0x12A18F1EB5B9CA00 / 1e9
    nano = bytes.fromhex("a1b23c4d 00020004 00000000 00000000 0000ffff 000000e6")
    nano += bytes.fromhex("50056020 0ee6b280 00000003 00000003 020005")
    assert [(c.when, c.octets) for c in pcapng.read(nano)] == [(0x50056020 + 0.25, b"\x02\x00\x05")]


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        (b"", "too few"),
        (b"GIF89a..", "neither pcap nor pcapng"),
        (pcap_file(FRAMES)[:10], "ends inside its header"),
        (pcap_file(FRAMES)[:30], "inside a record at octet 24"),
        (pcap_file(FRAMES)[:42], "inside a frame at octet 40"),
        (pcapng.file(FRAMES)[:50], "impossible size|inside a block"),
        (pcapng.head()[:28] + pcapng.packet(b"", 0), "is damaged"),
    ],
)
def test_damage_is_named(octets: bytes, message: str) -> None:
    with pytest.raises(DecodeError, match=message):
        list(pcapng.read(octets))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([pcapng.file(FRAMES), pcap_file(FRAMES)]), st.integers(0, 120), st.binary(max_size=8))
def test_any_octets_give_frames_or_a_decode_error(good: bytes, at: int, junk: bytes) -> None:
    data = good[:at] + junk + good[at + len(junk) :]
    with contextlib.suppress(DecodeError):
        assert all(isinstance(c.octets, bytes) for c in pcapng.read(data))


def test_wireshark_reads_it(tmp_path: Path, require_program: Require) -> None:
    require_program("tshark")
    path = tmp_path / "x.pcapng"
    path.write_bytes(pcapng.file(FRAMES))
    run = subprocess.run(
        ["tshark", "-r", path, "-T", "fields", "-e", "frame.time_epoch", "-e", "frame.protocols"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert [line.split("\t") for line in run.stdout.splitlines()] == [
        ["1342548000.250000000", "wpan"],
        ["1342548001.000000000", "wpan"],
    ]


def test_keys_as_wireshark_has_them() -> None:
    lines = pcapng.key_lines([bytes(range(16))], [bytes(16)]).splitlines()
    assert lines[0] == '"00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F","Normal","network key"'
    assert lines[1] == f'"{"00:" * 15}00","Normal","link key"'
