"""Commands of every layer below the clusters: octets there and back, known ones, and their protection."""

import contextlib
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import Require
from handover.errors import DecodeError, EncodeError
from handover.sep1.declaration import Command
from handover.sep1.network import (
    aps,
    aps_commands,
    mac,
    mac_commands,
    nwk,
    nwk_commands,
    pcapng,
    security,
    zdp,
)
from handover.sep1.network.security import Auxiliary, FrameKey
from sep1.samples import commands

LAYERS: dict[str, Any] = {"MAC": mac_commands.COMMANDS, "NWK": nwk_commands.COMMANDS}
EVERY = [
    *((mac_commands.COMMANDS.build, mac_commands.COMMANDS.parse, c) for c in mac_commands.COMMANDS.ids),
    *((nwk_commands.COMMANDS.build, nwk_commands.COMMANDS.parse, c) for c in nwk_commands.COMMANDS.ids),
    *(
        (aps_commands.build, aps_commands.parse, c)
        for c in (
            aps_commands.UpdateDevice,
            aps_commands.RemoveDevice,
            aps_commands.RequestKey,
            aps_commands.SwitchKey,
            aps_commands.Tunnel,
        )
    ),
]
KEY = bytes(range(16))
EUI = 0x00124B0000ABCD01


@pytest.mark.parametrize(("build", "parse", "kind"), EVERY, ids=lambda v: getattr(v, "__name__", ""))
def test_a_command_comes_back(build: Any, parse: Any, kind: type[Command]) -> None:
    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(commands(kind))
    def check(command: Command) -> None:
        octets = build(command)
        assert parse(octets) == command
        for end in range(len(octets)):
            with contextlib.suppress(DecodeError):
                parse(octets[:end])

    check()


@pytest.mark.parametrize("cluster_id", zdp.COMMANDS)
def test_a_zdp_command_comes_back(cluster_id: int) -> None:
    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(commands(zdp.COMMANDS[cluster_id]), st.integers(0, 255))
    def check(command: Command, number: int) -> None:
        assert zdp.parse(cluster_id, zdp.build(number, command)) == (number, command)

    check()


@pytest.mark.parametrize(
    ("command", "octets"),
    [
        (
            aps_commands.TransportNetworkKey(1, KEY, 3, EUI, 0x11),
            "05 01 000102030405060708090a0b0c0d0e0f 03 01cdab00004b1200 1100000000000000",
        ),
        (
            aps_commands.TransportLinkKey(4, KEY, EUI, 0x11),
            "05 04 000102030405060708090a0b0c0d0e0f 01cdab00004b1200 1100000000000000",
        ),
        (
            aps_commands.TransportApplicationKey(3, KEY, EUI, 1),
            "05 03 000102030405060708090a0b0c0d0e0f 01cdab00004b1200 01",
        ),
        (aps_commands.UpdateDevice(EUI, 0x1234, 1), "06 01cdab00004b1200 3412 01"),
        (aps_commands.RemoveDevice(EUI), "07 01cdab00004b1200"),
        (aps_commands.RequestKey(2, EUI), "08 02 01cdab00004b1200"),
        (aps_commands.RequestKey(4), "08 04"),
        (aps_commands.SwitchKey(9), "09 09"),
        (aps_commands.Tunnel(EUI, b"\xaa"), "0e 01cdab00004b1200 aa"),
    ],
)
def test_known_aps_commands(command: Command, octets: str) -> None:
    assert aps_commands.build(command) == bytes.fromhex(octets)
    assert aps_commands.parse(bytes.fromhex(octets)) == command


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        ("018e", mac_commands.AssociationRequest(0x8E)),
        ("02341200", mac_commands.AssociationResponse(0x1234, 0)),
        ("04", mac_commands.DataRequest()),
        ("07", mac_commands.BeaconRequest()),
    ],
)
def test_known_mac_commands(octets: str, expected: Command) -> None:
    assert mac_commands.COMMANDS.parse(bytes.fromhex(octets)) == expected


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        ("0440", nwk_commands.Leave(nwk_commands.LEAVE_REQUEST)),
        ("05 02 3412 7856", nwk_commands.RouteRecord(2, [0x1234, 0x5678])),
        ("068e", nwk_commands.RejoinRequest(0x8E)),
        ("07341200", nwk_commands.RejoinResponse(0x1234, 0)),
        ("01 00 05 3412 00", nwk_commands.RouteRequest(0, 5, 0x1234, 0)),
    ],
)
def test_known_network_commands(octets: str, expected: Command) -> None:
    assert nwk_commands.COMMANDS.parse(bytes.fromhex(octets)) == expected


def test_unknown_and_foreign_commands() -> None:
    with pytest.raises(DecodeError, match="MAC: command 0x63 is not known"):
        mac_commands.COMMANDS.parse(b"\x63")
    with pytest.raises(DecodeError, match="without a command"):
        nwk_commands.COMMANDS.parse(b"")
    with pytest.raises(DecodeError, match="a key of this type"):
        aps_commands.parse(b"\x05\x09")
    with pytest.raises(EncodeError, match="is no command of this layer"):
        mac_commands.COMMANDS.build(nwk_commands.Leave(0))
    octets = zdp.build(7, zdp.BindRequest(1, 1, 2, 3, None, 4, 5))
    assert isinstance(zdp.parse(0x1234, octets)[1], zdp.Unknown)


beacons = st.builds(
    mac_commands.Beacon,
    permit=st.booleans(),
    coordinator=st.booleans(),
    router_capacity=st.booleans(),
    end_device_capacity=st.booleans(),
    depth=st.integers(0, 15),
    extended_pan_id=st.integers(0, 2**64 - 1),
    update_id=st.integers(0, 255),
)


@given(beacons)
def test_a_beacon_comes_back(beacon: mac_commands.Beacon) -> None:
    assert mac_commands.parse_beacon(mac_commands.build_beacon(beacon)) == beacon


@given(
    st.builds(
        mac.MacFrame,
        kind=st.sampled_from([mac.BEACON, mac.DATA, mac.COMMAND]),
        sequence=st.integers(0, 255),
        pan_id=st.integers(0, 0xFFFF),
        destination=st.none() | st.integers(0, 0xFFFF),
        source_eui=st.integers(0, 2**64 - 1),
        payload=st.binary(max_size=90),
        ack_request=st.booleans(),
        pending=st.booleans(),
    )
)
def test_a_mac_frame_comes_back_with_and_without_its_check(frame: mac.MacFrame) -> None:
    octets = mac.build(frame)
    assert mac.parse(octets) == frame
    assert mac.checked(mac.with_check(octets)) == octets
    damaged = bytearray(mac.with_check(octets))
    damaged[0] ^= 1
    with pytest.raises(DecodeError, match="check sequence is wrong"):
        mac.checked(bytes(damaged))


def test_a_known_check_sequence() -> None:
    """The check value of CRC-16/KERMIT."""
    assert mac.check_sequence(b"123456789") == (0x2189).to_bytes(2, "little")


def test_wireshark_finds_the_check_sequence_right(require_program: Require, tmp_path: Path) -> None:
    tshark = require_program("tshark")
    good = mac.with_check(mac.build(mac.MacFrame(sequence=1, destination=2, source=3, payload=b"x")))
    blocks = [pcapng.packet(octets, 1.0) for octets in (good, good[:-1] + bytes((good[-1] ^ 1,)))]
    (tmp_path / "x.pcapng").write_bytes(pcapng.head(pcapng.WITH_CHECK) + b"".join(blocks))
    command = [tshark, "-r", tmp_path / "x.pcapng", "-T", "fields", "-e", "wpan.fcs_ok"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["1", "0"]


@given(
    st.builds(
        aps.ApsData,
        kind=st.sampled_from([aps.DATA, aps.ACK]),
        destination_endpoint=st.integers(0, 255),
        cluster_id=st.integers(0, 0xFFFF),
        profile_id=st.integers(0, 0xFFFF),
        source_endpoint=st.integers(0, 255),
        counter=st.integers(0, 255),
        payload=st.binary(max_size=60),
        secured=st.booleans(),
    ),
    st.integers(0, 255),
)
def test_fragments_and_their_acknowledgements_come_back(frame: aps.ApsData, block: int) -> None:
    if frame.kind == aps.ACK:
        frame.fragment = aps.Fragment(block, received=1)
    else:
        frame.fragment = aps.Fragment(block, 5 if block == 0 else None)
    assert aps.parse(aps.build(frame)) == frame


class TestProtection:
    HEADER = bytes.fromhex("0802341200001e09")
    AUXILIARY = Auxiliary(security.NETWORK, 0x01020304, EUI, 7)

    def sealed(self) -> bytes:
        return FrameKey(KEY).seal(self.HEADER, self.AUXILIARY, EUI, b"payload")

    def test_what_is_sealed_opens(self) -> None:
        octets = self.sealed()
        assert octets.startswith(self.HEADER + bytes.fromhex("28 04030201 01cdab00004b1200 07"))
        auxiliary, start = security.parse(octets, 8)
        assert auxiliary == self.AUXILIARY
        assert FrameKey(KEY).open(octets, 8, auxiliary, start, EUI) == b"payload"

    def test_no_changed_bit_opens(self) -> None:
        octets = self.sealed()
        for bit in range(8 * len(octets)):
            changed = bytearray(octets)
            changed[bit // 8] ^= 1 << bit % 8
            try:
                auxiliary, start = security.parse(bytes(changed), 8)
                opened = FrameKey(KEY).open(bytes(changed), 8, auxiliary, start, EUI)
            except DecodeError:
                continue
            # The level bits are not sent: whatever stands in them, level 5 is what counts.
            assert bit in (64, 65, 66), bit
            assert opened == b"payload"

    @pytest.mark.parametrize(
        ("key", "source", "counter"),
        [(bytes(16), EUI, 0x01020304), (KEY, EUI + 1, 0x01020304), (KEY, EUI, 5)],
    )
    def test_another_key_sender_or_counter_does_not_open(self, key: bytes, source: int, counter: int) -> None:
        octets = self.sealed()
        auxiliary, start = security.parse(octets, 8)
        auxiliary.counter = counter
        with pytest.raises(DecodeError, match="integrity code is wrong"):
            FrameKey(key).open(octets, 8, auxiliary, start, source)

    def test_what_is_too_short(self) -> None:
        with pytest.raises(DecodeError, match="too short"):
            FrameKey(KEY).open(b"12345678", 6, Auxiliary(0, 1), 6, EUI)
        with pytest.raises(DecodeError, match="end inside it"):
            security.parse(b"\x28\x00", 0)
        with pytest.raises(EncodeError, match="auxiliary header"):
            security.build(Auxiliary(0, 1 << 32))


def test_a_network_frame_with_every_flag() -> None:
    frame = nwk.NwkFrame(
        kind=nwk.COMMAND,
        destination=0xFFFC,
        source=1,
        radius=1,
        sequence=2,
        payload=b"x",
        source_eui=EUI,
        secured=True,
    )
    assert nwk.build(frame).hex() == "0912fcff01000102" + "01cdab00004b1200" + "78"
    assert nwk.parse(nwk.build(frame)) == frame
