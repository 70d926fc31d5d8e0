"""Every command of the ZigBee Device Profile, dissected by Wireshark."""

from pathlib import Path

import pytest

from conftest import Require
from handover.sep1.declaration import Command
from handover.sep1.network import aps, zdp
from sep1.network.on_air import CENTRE, CHILD, NETWORK_KEY, SHORT, Seen, dissect, in_nwk

DESCRIPTOR = zdp.build_descriptor(
    zdp.SimpleDescriptor(
        endpoint=9,
        profile=0x0109,
        device_id=0x0500,
        version=1,
        input_clusters=(0x0000, 0x0800),
        output_clusters=(0x0702,),
    )
)
BINDING = {"bind.src64": [CHILD], "bind.src_ep": [9], "cluster": [0x0702]}
TO_NODE = {**BINDING, "addr_mode": [3], "bind.dst64": [CENTRE], "bind.dst_ep": [8]}
TO_GROUP = {**BINDING, "addr_mode": [1], "bind.dst": [0xBEEF], "bind.dst64": [], "bind.dst_ep": []}
BOTH = {"status": [0], "ext_addr": [CHILD], "nwk_addr": [SHORT]}

CASES: list[tuple[int, Command, dict[str, list[int]]]] = [
    (
        0x0000,
        zdp.NwkAddressRequest(CHILD, 1, 2),
        {"ext_addr": [CHILD], "req_type": [1], "index": [2]},
    ),
    (
        0x0001,
        zdp.IeeeAddressRequest(SHORT, 1, 2),
        {"nwk_addr": [SHORT], "req_type": [1], "index": [2]},
    ),
    (0x0002, zdp.NodeDescriptorRequest(SHORT), {"nwk_addr": [SHORT]}),
    (0x0004, zdp.SimpleDescriptorRequest(SHORT, 9), {"nwk_addr": [SHORT], "endpoint": [9]}),
    (0x0005, zdp.ActiveEndpointsRequest(SHORT), {"nwk_addr": [SHORT]}),
    (
        0x0006,
        zdp.MatchDescriptorRequest(SHORT, 0x0109, 2, [0x0800, 0x0702], 1, [0x0700]),
        {
            "nwk_addr": [SHORT],
            "profile": [0x0109],
            "in_count": [2],
            "in_cluster": [0x0800, 0x0702],
            "out_count": [1],
            "out_cluster": [0x0700],
        },
    ),
    (
        0x0013,
        zdp.DeviceAnnounce(SHORT, CHILD, 0x8E),
        {"nwk_addr": [SHORT], "ext_addr": [CHILD], "cinfo": [0x8E], "cinfo.ffd": [1], "cinfo.alloc": [1]},
    ),
    (0x0021, zdp.BindRequest(CHILD, 9, 0x0702, 3, None, CENTRE, 8), TO_NODE),
    (0x0021, zdp.BindRequest(CHILD, 9, 0x0702, 1, 0xBEEF), TO_GROUP),
    (0x0022, zdp.UnbindRequest(CHILD, 9, 0x0702, 3, None, CENTRE, 8), TO_NODE),
    (0x0022, zdp.UnbindRequest(CHILD, 9, 0x0702, 1, 0xBEEF), TO_GROUP),
    (
        0x0034,
        zdp.LeaveRequest(CHILD, 0x40),
        {"ext_addr": [CHILD], "leave.children": [1], "leave.rejoin": [0]},
    ),
    (0x0036, zdp.PermitJoiningRequest(180, 1), {"duration": [180], "significance": [1]}),
    (0x8000, zdp.AddressResponse(0, CHILD, SHORT), BOTH),
    (0x8001, zdp.AddressResponse(0, CHILD, SHORT), BOTH),
    (
        0x8002,
        zdp.NodeDescriptorResponse(0, SHORT, 0x02, 0x40, 0x8E, 0x10AB, 82, 128, 0x2C41, 129, 0),
        {
            "status": [0],
            "nwk_addr": [SHORT],
            "node.type": [2],
            "node.freq.2400mhz": [1],
            "cinfo": [0x8E],
            "node.manufacturer": [0x10AB],
            "node.max_buffer": [82],
            "node.max_incoming_transfer": [128],
            "server": [0x2C41],
            "server.pri_trust": [1],
            "server.stack_compliance_revision": [22],
            "node.max_outgoing_transfer": [129],
            "dcf": [0],
        },
    ),
    (
        0x8002,
        zdp.NodeDescriptorResponse(zdp.DEVICE_NOT_FOUND, SHORT),
        {"status": [0x81], "nwk_addr": [SHORT], "node.manufacturer": []},
    ),
    (
        0x8004,
        zdp.SimpleDescriptorResponse(0, SHORT, len(DESCRIPTOR), DESCRIPTOR),
        {
            "status": [0],
            "nwk_addr": [SHORT],
            "simple_length": [14],
            "endpoint": [9],
            "profile": [0x0109],
            "app.device": [0x0500],
            "app.version": [1],
            "in_count": [2],
            "in_cluster": [0x0000, 0x0800],
            "out_count": [1],
            "out_cluster": [0x0702],
        },
    ),
    (
        0x8005,
        zdp.ActiveEndpointsResponse(0, SHORT, 2, [9, 10]),
        {"status": [0], "nwk_addr": [SHORT], "ep_count": [2], "endpoint": [9, 10]},
    ),
    (
        0x8006,
        zdp.MatchDescriptorResponse(0, SHORT, 1, [9]),
        {"status": [0], "nwk_addr": [SHORT], "ep_count": [1], "endpoint": [9]},
    ),
    (0x8021, zdp.StatusResponse(zdp.TABLE_FULL), {"status": [0x8C]}),
    (0x8022, zdp.StatusResponse(zdp.NO_ENTRY), {"status": [0x88]}),
    (0x8034, zdp.StatusResponse(zdp.NOT_SUPPORTED), {"status": [0x84]}),
    (0x8036, zdp.StatusResponse(zdp.NOT_AUTHORIZED), {"status": [0x8D]}),
]


@pytest.fixture(scope="module")
def dissections(require_program: Require, tmp_path_factory: pytest.TempPathFactory) -> list[Seen]:
    frames = [
        aps.ApsData(cluster_id=cluster_id, counter=3, payload=zdp.build(0x42, command))
        for cluster_id, command, _expected in CASES
    ]
    octets = [in_nwk(aps.build(frame), key=NETWORK_KEY) for frame in frames]
    return dissect(require_program("tshark"), tmp_path_factory.mktemp("zdp"), octets, network=[NETWORK_KEY])


@pytest.mark.parametrize(
    "at", range(len(CASES)), ids=lambda at: f"0x{CASES[at][0]:04X} {type(CASES[at][1]).__name__}"
)
def test_wireshark_reads_the_same(dissections: list[Seen], at: int) -> None:
    cluster_id, _command, expected = CASES[at]
    seen = dissections[at]
    assert seen.complaints == []
    assert seen.numbers("zbee_aps.zdp_cluster") == [cluster_id]
    assert seen.numbers("zbee_zdp.seqno") == [0x42]
    assert {name: seen.numbers(f"zbee_zdp.{name}") for name in expected} == expected


def test_every_command_is_among_the_cases() -> None:
    assert {cluster_id for cluster_id, _command, _expected in CASES} == set(zdp.COMMANDS)
    for cluster_id, command, _expected in CASES:
        assert type(command) is zdp.COMMANDS[cluster_id]


def test_wireshark_finds_an_announcement_cut_short(require_program: Require, tmp_path: Path) -> None:
    """The judge would speak up."""
    cut = zdp.build(0x42, zdp.DeviceAnnounce(SHORT, CHILD, 0x8E))[:-3]
    octets = in_nwk(aps.build(aps.ApsData(cluster_id=0x0013, counter=3, payload=cut)))
    (seen,) = dissect(require_program("tshark"), tmp_path, [octets])
    assert any("alformed" in complaint for complaint in seen.complaints)
