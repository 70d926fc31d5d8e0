"""What Wireshark opens with which key, and how it joins fragments."""

from pathlib import Path
from typing import Any

import pytest

from conftest import Require
from handover.sep1.network import aps, aps_commands, security
from sep1.network.on_air import CENTRE, CHILD, LINK_KEY, NETWORK_KEY, dissect, in_nwk, protected

OTHER = bytes(range(16))
PLACE: dict[str, Any] = {
    "destination_endpoint": 2,
    "cluster_id": 0x0702,
    "profile_id": 0x0109,
    "source_endpoint": 1,
    "counter": 77,
}
GET_PROFILE = bytes.fromhex("010100 00 00000000 01")


def test_wireshark_finds_a_network_key_in_what_the_link_key_opens(
    require_program: Require, tmp_path: Path
) -> None:
    """Only the link key is given; the second frame is readable by what the first one brings."""
    told = aps_commands.TransportNetworkKey(aps_commands.NETWORK_KEY, NETWORK_KEY, 0, CHILD, CENTRE)
    carrier = aps.ApsData(kind=aps.COMMAND, counter=44, payload=aps_commands.build(told))
    frames = [
        in_nwk(protected(carrier, security.KEY_TRANSPORT)),
        in_nwk(aps.build(aps.ApsData(payload=GET_PROFILE, **PLACE)), key=NETWORK_KEY),
    ]
    tshark = require_program("tshark")
    assert ["zbee_zcl" in seen.protocols for seen in dissect(tshark, tmp_path, frames, link=[LINK_KEY])] == [
        False,
        True,
    ]
    without = dissect(tshark, tmp_path, frames)
    assert [seen.numbers("zbee_aps.cmd.id") for seen in without] == [[], []]
    assert ["zbee_zcl" in seen.protocols for seen in without] == [False, False]


TEXT = b"x" * 60
REPORT = bytes.fromhex("18010a0703413c") + TEXT


@pytest.mark.parametrize("link", [False, True], ids=["network key", "both keys"])
def test_wireshark_joins_fragments(require_program: Require, tmp_path: Path, *, link: bool) -> None:
    frames = []
    for number, start in enumerate(range(0, len(REPORT), 30)):
        frame = aps.ApsData(
            payload=REPORT[start : start + 30],
            fragment=aps.Fragment(number, 3 if number == 0 else None),
            ack_request=True,
            **PLACE,
        )
        inner = protected(frame, counter=30 + number) if link else aps.build(frame)
        frames.append(in_nwk(inner, key=NETWORK_KEY, counter=7 + number))
    seen = dissect(
        require_program("tshark"), tmp_path, frames, network=[NETWORK_KEY], link=[LINK_KEY] if link else []
    )
    assert [packet.complaints for packet in seen] == [[], [], []]
    assert [packet.numbers("zbee_aps.fragmentation") for packet in seen] == [[1], [2], [2]]
    assert [packet.numbers("zbee_aps.block") for packet in seen] == [[3], [1], [2]]
    assert ["zbee_zcl" in packet.protocols for packet in seen] == [False, False, True]
    assert seen[2].numbers("zbee_aps.reassembled.length") == [len(REPORT)]
    assert seen[2].fields["zbee_zcl.attr.ostr"] == [TEXT.hex(":")]


@pytest.mark.parametrize(
    ("network", "link"), [([OTHER], [LINK_KEY]), ([NETWORK_KEY], [OTHER])], ids=["network key", "link key"]
)
def test_wireshark_opens_nothing_with_another_key(
    require_program: Require, tmp_path: Path, network: list[bytes], link: list[bytes]
) -> None:
    """The judge would speak up: what it reads above it has opened, integrity code and all."""
    octets = in_nwk(protected(aps.ApsData(payload=GET_PROFILE, **PLACE)), key=NETWORK_KEY)
    (seen,) = dissect(require_program("tshark"), tmp_path, [octets], network=network, link=link)
    assert "zbee_zcl" not in seen.protocols
    assert any("ncrypted" in complaint for complaint in seen.complaints), seen.complaints
