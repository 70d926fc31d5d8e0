"""Every kind of frame below the clusters, dissected by Wireshark: an outside judge of each field."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from conftest import Require
from handover.sep1.declaration import Command
from handover.sep1.network import aps, aps_commands, mac, mac_commands, nwk, nwk_commands, pcapng, security
from handover.sep1.network.mac import MacFrame
from sep1.network.on_air import (
    CENTRE,
    CHILD,
    LINK_KEY,
    NETWORK_KEY,
    PAN,
    SHORT,
    Seen,
    dissect,
    in_nwk,
    protected,
)

KEY = bytes(range(16))
PLACE: dict[str, Any] = {
    "destination_endpoint": 2,
    "cluster_id": 0x0702,
    "profile_id": 0x0109,
    "source_endpoint": 1,
    "counter": 77,
}
GET_PROFILE = bytes.fromhex("010100 00 00000000 01")


@dataclass(frozen=True)
class Case:
    """A frame, and every value that Wireshark must show of a field, in order."""

    name: str
    octets: bytes
    expected: dict[str, list[int]] = field(default_factory=dict)


def mac_command(name: str, command: Command, expected: dict[str, list[int]], **addresses: Any) -> Case:
    octets = mac.build(
        MacFrame(kind=mac.COMMAND, sequence=200, payload=mac_commands.COMMANDS.build(command), **addresses)
    )
    return Case(name, octets, {"wpan.frame_type": [mac.COMMAND], "wpan.seq_no": [200], **expected})


MAC = [
    Case(
        "beacon",
        mac.build(
            MacFrame(
                kind=mac.BEACON,
                sequence=1,
                pan_id=PAN,
                source=0,
                payload=mac_commands.build_beacon(
                    mac_commands.Beacon(
                        permit=True,
                        coordinator=False,
                        router_capacity=True,
                        end_device_capacity=False,
                        depth=3,
                        extended_pan_id=CENTRE,
                        update_id=5,
                    )
                ),
            )
        ),
        {
            "wpan.frame_type": [mac.BEACON],
            "wpan.src_pan": [PAN],
            "wpan.src16": [0],
            "wpan.beacon_order": [15],
            "wpan.superframe_order": [15],
            "wpan.cap": [15],
            "wpan.bcn_coord": [0],
            "wpan.assoc_permit": [1],
            "zbee_beacon.protocol": [0],
            "zbee_beacon.profile": [2],
            "zbee_beacon.version": [2],
            "zbee_beacon.router": [1],
            "zbee_beacon.depth": [3],
            "zbee_beacon.end_dev": [0],
            "zbee_beacon.ext_panid": [CENTRE],
            "zbee_beacon.tx_offset": [0xFFFFFF],
            "zbee_beacon.update_id": [5],
        },
    ),
    mac_command(
        "beacon request",
        mac_commands.BeaconRequest(),
        {"wpan.cmd": [7], "wpan.dst_pan": [0xFFFF], "wpan.dst16": [0xFFFF]},
        destination=mac.EVERYBODY,
    ),
    mac_command(
        "association request",
        mac_commands.AssociationRequest(0x8E),
        {
            "wpan.cmd": [1],
            "wpan.dst_pan": [PAN],
            "wpan.dst16": [0],
            "wpan.src_pan": [0xFFFF],
            "wpan.src64": [CHILD],
            "wpan.ack_request": [1],
            "wpan.cinfo.alt_coord": [0],
            "wpan.cinfo.device_type": [1],
            "wpan.cinfo.power_src": [1],
            "wpan.cinfo.idle_rx": [1],
            "wpan.cinfo.sec_capable": [0],
            "wpan.cinfo.alloc_addr": [1],
        },
        pan_id=PAN,
        destination=0,
        source_eui=CHILD,
        ack_request=True,
        unattached=True,
    ),
    mac_command(
        "association response",
        mac_commands.AssociationResponse(SHORT, mac_commands.AT_CAPACITY),
        {
            "wpan.cmd": [2],
            "wpan.dst_pan": [PAN],
            "wpan.dst64": [CHILD],
            "wpan.src64": [CENTRE],
            "wpan.asoc.addr": [SHORT],
            "wpan.assoc.status": [1],
        },
        pan_id=PAN,
        destination_eui=CHILD,
        source_eui=CENTRE,
        ack_request=True,
    ),
    mac_command(
        "data request",
        mac_commands.DataRequest(),
        {"wpan.cmd": [4], "wpan.dst_pan": [PAN], "wpan.dst16": [0], "wpan.src64": [CHILD]},
        pan_id=PAN,
        destination=0,
        source_eui=CHILD,
        ack_request=True,
    ),
    Case(
        "MAC ack",
        mac.build(MacFrame(kind=mac.ACK, sequence=9, pending=True)),
        {"wpan.frame_type": [mac.ACK], "wpan.seq_no": [9], "wpan.pending": [1]},
    ),
]


def nwk_command(command: Command, **expected: list[int]) -> Case:
    """Return a network command under the network key; `expected` are names of fields of such commands."""
    octets = in_nwk(nwk_commands.COMMANDS.build(command), kind=nwk.COMMAND, key=NETWORK_KEY)
    fields = {f"zbee_nwk.cmd.{name.replace('__', '.')}": values for name, values in expected.items()}
    head = {
        "zbee_nwk.frame_type": [nwk.COMMAND],
        "zbee_nwk.proto_version": [2],
        "zbee_nwk.security": [1],
        "zbee_nwk.dst": [SHORT],
        "zbee_nwk.src": [0],
        "zbee_nwk.radius": [30],
        "zbee_nwk.seqno": [9],
        "zbee_nwk.src64": [CENTRE],
        "zbee.sec.field": [0x28],
        "zbee.sec.counter": [7],
        "zbee.sec.src64": [CENTRE],
        "zbee.sec.key_seqno": [0],
        "zbee_nwk.cmd.id": [nwk_commands.COMMANDS.ids[type(command)]],
    }
    return Case(type(command).__name__, octets, {**head, **fields})


NWK = [
    nwk_command(
        nwk_commands.RouteRequest(0x20, 5, SHORT, 3, CHILD),
        route__opts__dest_ext=[1],
        route__id=[5],
        route__dest=[SHORT],
        route__cost=[3],
        route__dest_ext=[CHILD],
    ),
    nwk_command(
        nwk_commands.RouteReply(0x30, 5, 0, SHORT, 3, CENTRE, CHILD),
        route__id=[5],
        route__orig=[0],
        route__resp=[SHORT],
        route__cost=[3],
        route__orig_ext=[CENTRE],
        route__resp_ext=[CHILD],
    ),
    nwk_command(nwk_commands.NetworkStatus(0x0D, SHORT), status=[0x0D], route__dest=[SHORT]),
    nwk_command(
        nwk_commands.Leave(nwk_commands.LEAVE_REQUEST),
        leave__rejoin=[0],
        leave__request=[1],
        leave__children=[0],
    ),
    nwk_command(
        nwk_commands.RouteRecord(2, [0x1111, 0x2222]), relay_count=[2], relay_device=[0x1111, 0x2222]
    ),
    nwk_command(
        nwk_commands.RejoinRequest(0x8E), cinfo=[0x8E], cinfo__ffd=[1], cinfo__on_idle=[1], cinfo__alloc=[1]
    ),
    nwk_command(nwk_commands.RejoinResponse(SHORT, 2), addr=[SHORT], rejoin_status=[2]),
    nwk_command(
        nwk_commands.LinkStatus(0x62, bytes.fromhex("000011 341273")),
        link__first=[1],
        link__last=[1],
        link__count=[2],
        link__address=[0, SHORT],
        link__incoming_cost=[1, 3],
        link__outgoing_cost=[1, 7],
    ),
]


def command_frame(command: Command) -> aps.ApsData:
    return aps.ApsData(kind=aps.COMMAND, counter=44, payload=aps_commands.build(command))


def aps_command(
    command: Command, key_id: int | None, expected: dict[str, list[int]], *, key: bytes | None = NETWORK_KEY
) -> Case:
    """Return an APS command under a link key's derivative (None: open) and under the network key `key`."""
    frame = command_frame(command)
    octets = in_nwk(aps.build(frame) if key_id is None else protected(frame, key_id), key=key)
    shown = {f"zbee_aps.cmd.{name}": values for name, values in expected.items()}
    return Case(type(command).__name__, octets, shown)


KEY_NUMBER = int.from_bytes(KEY, "big")
TRANSPORT = aps_commands.TransportNetworkKey(aps_commands.NETWORK_KEY, KEY, 3, CHILD, CENTRE)
TRANSPORTED = {"key_type": [1], "key": [KEY_NUMBER], "seqno": [3], "src": [CENTRE]}

APS_COMMANDS = [
    aps_command(TRANSPORT, security.KEY_TRANSPORT, {"id": [5], "dst": [CHILD], **TRANSPORTED}, key=None),
    aps_command(
        aps_commands.TransportLinkKey(4, KEY, CHILD, CENTRE),
        security.KEY_LOAD,
        {"id": [5], "key_type": [4], "key": [KEY_NUMBER], "dst": [CHILD], "src": [CENTRE]},
    ),
    aps_command(
        aps_commands.TransportApplicationKey(3, KEY, CHILD, 1),
        security.KEY_LOAD,
        {"id": [5], "key_type": [3], "key": [KEY_NUMBER], "partner": [CHILD], "init_flag": [1]},
    ),
    aps_command(
        aps_commands.UpdateDevice(CHILD, SHORT, aps_commands.TRUST_CENTRE_REJOIN),
        security.LINK,
        {"id": [6], "device": [CHILD], "addr": [SHORT], "update_status": [3]},
    ),
    aps_command(aps_commands.RemoveDevice(CHILD), security.LINK, {"id": [7], "device": [CHILD]}),
    aps_command(
        aps_commands.RequestKey(2, CHILD), security.LINK, {"id": [8], "key_type": [2], "partner": [CHILD]}
    ),
    aps_command(aps_commands.RequestKey(4), security.LINK, {"id": [8], "key_type": [4], "partner": []}),
    aps_command(aps_commands.SwitchKey(9), None, {"id": [9], "seqno": [9]}),
    aps_command(
        aps_commands.Tunnel(CHILD, protected(command_frame(TRANSPORT), security.KEY_TRANSPORT)),
        None,
        {"id": [14, 5], "dst": [CHILD, CHILD], **TRANSPORTED},
    ),
]


def aps_frame(name: str, frame: aps.ApsData, expected: dict[str, list[int]], *, link: bool = False) -> Case:
    octets = in_nwk(protected(frame) if link else aps.build(frame), key=NETWORK_KEY)
    shown = {f"zbee_aps.{key}": values for key, values in expected.items()}
    return Case(name, octets, {"zbee_aps.type": [frame.kind], "zbee_aps.counter": [frame.counter], **shown})


ENDPOINTS = {"dst": [2], "cluster": [0x0702], "profile": [0x0109], "src": [1]}
APS = [
    aps_frame(
        "data under both keys",
        aps.ApsData(payload=GET_PROFILE, ack_request=True, **PLACE),
        {"security": [1], "ack_req": [1], "delivery": [0], **ENDPOINTS},
        link=True,
    ),
    aps_frame(
        "broadcast",
        aps.ApsData(payload=GET_PROFILE, delivery=aps.BROADCAST, **PLACE),
        {"security": [0], "delivery": [2], **ENDPOINTS},
    ),
    aps_frame(
        "group",
        aps.ApsData(
            delivery=aps.GROUP,
            group=0xBEEF,
            cluster_id=0x0702,
            profile_id=0x0109,
            source_endpoint=1,
            counter=77,
            payload=GET_PROFILE,
        ),
        {"delivery": [3], **ENDPOINTS, "group": [0xBEEF], "dst": []},
    ),
    aps_frame("ack", aps.ApsData(kind=aps.ACK, **PLACE), {"ack_format": [0], **ENDPOINTS}),
    aps_frame("ack under both keys", aps.ApsData(kind=aps.ACK, **PLACE), {"security": [1]}, link=True),
    aps_frame(
        "ack of a command",
        aps.ApsData(kind=aps.ACK, counter=3, endpoints=False),
        {"ack_format": [1], "dst": [], "cluster": [], "profile": [], "src": []},
    ),
    aps_frame(
        "ack of fragments",
        aps.ApsData(kind=aps.ACK, fragment=aps.Fragment(1, received=5), **PLACE),
        {
            "fragmentation": [2],
            "block": [1],
            "block_acks": [5],
            "block1_ack": [1],
            "block2_ack": [0],
            "block3_ack": [1],
        },
    ),
]

CASES = [*MAC, *NWK, *APS_COMMANDS, *APS]


@pytest.fixture(scope="module")
def dissections(require_program: Require, tmp_path_factory: pytest.TempPathFactory) -> list[Seen]:
    folder = tmp_path_factory.mktemp("frames")
    octets = [case.octets for case in CASES]
    return dissect(require_program("tshark"), folder, octets, network=[NETWORK_KEY], link=[LINK_KEY])


@pytest.mark.parametrize("at", range(len(CASES)), ids=lambda at: CASES[at].name)
def test_wireshark_reads_the_same(dissections: list[Seen], at: int) -> None:
    seen = dissections[at]
    assert seen.complaints == []
    assert {name: seen.numbers(name) for name in CASES[at].expected} == CASES[at].expected


@pytest.mark.parametrize("name", ["data under both keys", "broadcast", "group"])
def test_the_cluster_frame_inside_is_read(dissections: list[Seen], name: str) -> None:
    seen = next(seen for seen, case in zip(dissections, CASES, strict=True) if case.name == name)
    assert "zbee_zcl" in seen.protocols
    assert seen.numbers("zbee_zcl_se.met.cmd.srv_rx.id") == [0]


def test_every_command_is_among_the_cases() -> None:
    names = [case.name for case in CASES]
    for command in nwk_commands.COMMANDS.ids:
        assert command.__name__ in names
    sent = {number for case in MAC for number in case.expected.get("wpan.cmd", [])}
    assert sent == set(mac_commands.COMMANDS.types)


def test_wireshark_agrees_on_the_check_sequence_of_every_frame(
    require_program: Require, tmp_path: Path
) -> None:
    frames = [mac.with_check(case.octets) for case in CASES]
    spoilt = [octets[:-1] + bytes((octets[-1] ^ 0x80,)) for octets in frames]
    seen = dissect(
        require_program("tshark"),
        tmp_path,
        [*frames, *spoilt],
        network=[NETWORK_KEY],
        link=[LINK_KEY],
        link_type=pcapng.WITH_CHECK,
    )
    assert [packet.numbers("wpan.fcs_ok") for packet in seen] == [[1]] * len(frames) + [[0]] * len(frames)
    assert [packet.complaints for packet in seen[: len(frames)]] == [[]] * len(frames)
