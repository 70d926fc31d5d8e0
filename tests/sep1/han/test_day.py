"""The capture of a whole day, as Wireshark reads it, and as an attacker plays it back."""

import subprocess
from functools import cache
from pathlib import Path

import pytest

from conftest import Require
from handover.sep1 import frame as zcl
from handover.sep1.aps import ApsFrame
from handover.sep1.clusters import CLUSTERS
from handover.sep1.metering.fast_poll import FastReading
from handover.sep1.metering.mirror import MirrorClosed, MirrorOpened
from handover.sep1.metering.profiles import ProfileRead
from handover.sep1.network import mac, nwk, pcapng
from handover.sep1.ota.outputs import UpgradeNow
from handover.sep1.server import EventStatusReported
from sep1.han.day import DEVICE, ESI, FIRMWARE, Day

FIELDS = [
    "frame.number",
    "frame.protocols",
    "_ws.expert.message",
    "zbee_aps.cluster",
    "zbee_zcl.cmd.tsn",
    "_ws.col.Info",
]


@cache
def day() -> tuple[Day, list[ApsFrame]]:
    """A whole day, and every application frame that the two engines gave to the network."""
    given: list[ApsFrame] = []
    home = Day()
    carry = home.han.carry

    def noting(frame: ApsFrame) -> None:
        if frame.source not in home.han._off:
            given.append(frame)
        carry(frame)

    home.han.carry = noting  # type: ignore[method-assign]
    home.join()
    home.evening()
    home.night()
    return home, given


def test_the_day_was_a_full_one() -> None:
    home, given = day()
    assert home.of(UpgradeNow)
    assert home.upgrade.slot.read() == FIRMWARE
    (profile,) = home.of(ProfileRead)
    assert [interval.value for interval in profile.intervals] == [10, 10, 10]
    assert len(home.of(FastReading)) == 12
    assert [type(o) for o in home.of(MirrorOpened | MirrorClosed)] == [MirrorOpened, MirrorClosed]
    assert {r.command.event_status for r in home.of(EventStatusReported)} >= {1, 2, 3}
    clusters = {frame.cluster_id for frame in given}
    assert clusters == set(CLUSTERS) - {0x0800}, "key establishment is the network's own"
    assert home.han.node(DEVICE).ready
    assert home.device.dropped.keys() | home.esi.dropped.keys() <= {"unmatched"}


@pytest.fixture(scope="module")
def dissected(require_program: Require, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    tshark = require_program("tshark")
    home, _ = day()
    folder: Path = tmp_path_factory.mktemp("day")
    (folder / "day.pcapng").write_bytes(pcapng.file(home.frames))
    network, link = home.han.keys()
    (folder / "zigbee_pc_keys").write_text(pcapng.key_lines(network, link))
    command = [tshark, "-r", folder / "day.pcapng", "-T", "fields", "-E", "separator=|"]
    for field in FIELDS:
        command += ["-e", field]
    run = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=True,
        env={"WIRESHARK_CONFIG_DIR": str(folder), "PATH": "/usr/bin:/bin"},
    )
    return [dict(zip(FIELDS, line.split("|"), strict=False)) for line in run.stdout.splitlines()]


def test_wireshark_finds_nothing_malformed(dissected: list[dict[str, str]]) -> None:
    home, _ = day()
    assert len(dissected) == len(home.frames) > 500
    bad = [row for row in dissected if "malformed" in row["frame.protocols"].lower()]
    # Wireshark knows the later layout of this one command only, see test_tshark.py.
    assert {row["_ws.col.Info"].split(",")[0] for row in bad} <= {"ZCL Price: Publish Block Period"}


def test_wireshark_opens_every_frame_with_the_keys(dissected: list[dict[str, str]]) -> None:
    closed = [row for row in dissected if "Encrypted" in row["_ws.expert.message"]]
    assert closed == []
    home, _ = day()
    for row, (_, octets) in zip(dissected, home.frames, strict=True):
        frame = mac.parse(octets)
        if frame.kind == mac.DATA:
            assert "zbee_nwk" in row["frame.protocols"]
            if nwk.parse(frame.payload).kind == nwk.DATA:
                assert "zbee_aps" in row["frame.protocols"], row


def test_wireshark_sees_every_command_that_we_sent(dissected: list[dict[str, str]]) -> None:
    """Cluster and sequence number of each application frame, in the order in which they were given."""
    _, given = day()
    seen = {
        (int(row["zbee_aps.cluster"].split(",")[0], 16), int(row["zbee_zcl.cmd.tsn"]))
        for row in dissected
        if row.get("zbee_zcl.cmd.tsn")
    }
    sent = {(frame.cluster_id, zcl.parse_header(frame.payload)[0].sequence) for frame in given}
    assert sent <= seen
    infos = "\n".join(row["_ws.col.Info"] for row in dissected)
    for expected in (
        "Beacon",
        "Association Response",
        "Transport Key",
        "Device Announcement",
        "Match Descriptor Response",
        "Confirm Key Data Response",
        "Switch Key",
        "Rejoin Response",
        "Publish Price",
        "Load Control Event",
        "Report Event Status",
        "Get Profile Response",
        "Fast Poll Mode Response",
        "Request Mirror Response",
        "Mirror Removed",
        "Display Message",
        "Image Block Response",
        "Transfer Data",
        "Get Alarm Response",
    ):
        assert expected in infos, expected


def test_values_are_ours_in_wireshark(
    dissected: list[dict[str, str]], require_program: Require, tmp_path: Path
) -> None:
    tshark = require_program("tshark")
    home, _ = day()
    (tmp_path / "day.pcapng").write_bytes(pcapng.file(home.frames))
    network, link = home.han.keys()
    (tmp_path / "zigbee_pc_keys").write_text(pcapng.key_lines(network, link))

    def values(field: str) -> set[str]:
        run = subprocess.run(
            [tshark, "-r", tmp_path / "day.pcapng", "-T", "fields", "-e", field],
            capture_output=True,
            text=True,
            check=True,
            env={"WIRESHARK_CONFIG_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"},
        )
        return {part for line in run.stdout.split("\n") for part in line.split(",") if part}

    assert values("zbee_zcl_se.price.price") == {"2345"}
    assert values("zbee_zcl_se.drlc.cooling_temperature_offset") == {"20"}
    assert "Peak until 20:00" in values("zbee_zcl_se.msg.message")
    assert "1234999" in values("zbee_zcl.attr.uint48")
    assert "-700" in values("zbee_zcl.attr.int24")


def test_no_frame_of_the_day_is_accepted_a_second_time() -> None:
    """All of it is put on the air again by a stranger: no engine hears a thing, nobody moves, no key comes.

    It stands last: it is the end of the day that the tests above read.
    """
    home, _ = day()
    recorded = [octets for _, octets in home.frames if mac.parse(octets).kind != mac.ACK]
    before = [home.han.node(eui64).stack.link_keys() for eui64 in (ESI, DEVICE)]
    short = home.han.node(DEVICE).stack.short
    heard = len(home.heard)
    home.han.medium.attach(0x1BAD)
    taken = []
    for octets in recorded:
        home.han.medium.transmit(0x1BAD, octets, home.now)
        home.now += 0.05
        home.han.advance()
        taken += [f for inbox in home.inboxes.values() for f in inbox.take()]
    assert taken == []
    assert len(home.heard) == heard
    assert [home.han.node(eui64).stack.link_keys() for eui64 in (ESI, DEVICE)] == before
    assert home.han.node(DEVICE).stack.short == short
    assert home.han.node(DEVICE).ready
