"""TERM.COMM: what a device gets that is in the network but not registered, by cluster and function set.

Both engines hold a price, a message, a load control event and readings while they are asked.
"""

import random
from itertools import count
from pathlib import Path

import pytest

from gateway.downward.premise import DISPLAY, GATEWAY, Premise
from gateway.home import STRANGER, THERMOSTAT, Home, registered
from handover.sep1 import frame as zcl
from handover.sep1.aps import ApsFrame
from handover.sep1.clusters import CLUSTERS
from handover.sep1.codec import PLACES
from handover.sep1.declaration import Command
from handover.sep1.general import (
    DefaultResponse,
    DiscoverAttributes,
    DiscoverAttributesResponse,
    GeneralCommand,
    ReadAttributes,
    ReadAttributesResponse,
)
from handover.sep1.key_establishment import KeyEstablishment
from handover.sep1.node import Send
from handover.sep1.security.authority import Authority
from handover.sep1.server.identify import IdentifyServer
from handover.sep2.peer import Peer
from handover.sep2.resources import RESOURCES
from handover.sep2.security.access import AccessRules, Policy
from handover.sep2.server import Request, Server
from sep1.samples import telling
from sep2.tree_samples import STRANGER as COMMISSIONED
from sep2.tree_samples import full_tree, paths_of

pytestmark = pytest.mark.req("TERM.COMM")

UNREGISTERED = 0x00124B00000000AA

# SEP 1.x: what a device without a link key is given, by cluster.
SEP1 = {
    "Key Establishment": True,
    "Basic": True,
    "Identify": True,
    "Power Configuration": False,
    "Alarms": False,
    "Time": False,
    "Commissioning": False,
    "Over the Air Bootloading": False,
    "Price": False,
    "Demand Response and Load Control": False,
    "Simple Metering": False,
    "Messaging": False,
    "Tunneling": False,
    "Prepayment": False,
}
# SEP 2.0: the roots that a device without a registration may read, of those in the method table.
SEP2 = {
    "/dcap": True,
    "/sdev": True,
    "/tm": True,
    "/tp": True,
    "/bill": False,
    "/brs": False,
    "/derp": False,
    "/dr": False,
    "/edev": False,
    "/file": False,
    "/msg": False,
    "/mup": False,
    "/ntfy": False,
    "/ppy": False,
    "/rsps": False,
    "/upt": False,
}


@pytest.fixture(scope="module")
def home() -> Premise:
    """A gateway of orientation B with everything in it, and one registered device."""
    made = Premise()
    made.utility.price(10, made.now)
    made.utility.message(20, made.now)
    made.start()
    made.gateway.esi.add(IdentifyServer(made.gateway.esi.node))
    made.add(DISPLAY, device_class=1)
    made.utility.control(1, made.now, start=60, duration=86_400)
    made.passes(600)
    return made


@pytest.fixture(scope="module")
def establishment() -> KeyEstablishment:
    draw = random.Random(1).randbytes
    return KeyEstablishment(GATEWAY, {1: Authority.new(draw).issue(GATEWAY, 1, draw)}, draw)


_sequence = count(1)


def given(
    home: Premise, establishment: KeyEstablishment, cluster: int, device: int, *, secured: bool
) -> list[object]:
    """Ask for everything in a cluster; return what is more than a refusal."""
    bodies: list[Command | GeneralCommand] = [
        ReadAttributes(sorted(CLUSTERS[cluster].server_attributes)[:20]),
        DiscoverAttributes(0, 255),
    ]
    bodies += [
        telling(command)
        for command, place in PLACES.items()
        if place.cluster_id == cluster and not place.to_client
    ]
    answers: list[object] = []
    for body in bodies:
        sequence = next(_sequence) & 0xFF
        frame = ApsFrame(
            source=device,
            destination=GATEWAY,
            source_endpoint=1,
            destination_endpoint=1,
            cluster_id=cluster,
            secured=secured,
            payload=zcl.build(cluster, body, sequence=sequence, to_client=False),
        )
        if establishment.takes(frame):
            frames = [o.frame for o in establishment.handle(frame, home.now) if isinstance(o, Send)]
        else:
            frames = [f for f in home.gateway.handle(frame, home.now).frames if f.destination == device]
        told = [zcl.parse(answer.cluster_id, answer.payload).body for answer in frames]
        answers += [t for t in told if not empty(t)]
    return answers


def empty(answer: object) -> bool:
    """Tell whether an answer says no more than that there is nothing."""
    match answer:
        case DefaultResponse(status=status):
            return status != 0
        case ReadAttributesResponse(records=records):
            return all(record.status for record in records)
        case DiscoverAttributesResponse(records=records):
            return not records
    return False


def test_the_matrix_names_every_cluster() -> None:
    assert set(SEP1) == {cluster.name for cluster in CLUSTERS.values()}


@pytest.mark.parametrize("name", SEP1)
def test_a_sep1_device_without_a_link_key(home: Premise, establishment: KeyEstablishment, name: str) -> None:
    cluster = next(c.id for c in CLUSTERS.values() if c.name == name)
    answers = given(home, establishment, cluster, UNREGISTERED, secured=False)
    assert bool(answers) is SEP1[name], answers


@pytest.mark.parametrize("name", [name for name, open_ in SEP1.items() if not open_])
def test_a_secured_frame_does_not_make_a_sep1_device_registered(
    home: Premise, establishment: KeyEstablishment, name: str
) -> None:
    cluster = next(c.id for c in CLUSTERS.values() if c.name == name)
    assert given(home, establishment, cluster, UNREGISTERED, secured=True) == []


@pytest.mark.parametrize("name", ["Time", "Price", "Demand Response and Load Control", "Simple Metering"])
def test_a_registered_sep1_device_is_given_it(
    home: Premise, establishment: KeyEstablishment, name: str
) -> None:
    cluster = next(c.id for c in CLUSTERS.values() if c.name == name)
    assert given(home, establishment, cluster, DISPLAY, secured=True)
    assert given(home, establishment, cluster, DISPLAY, secured=False) == []


def test_nothing_is_told_to_a_sep1_device_unasked(home: Premise) -> None:
    assert {frame.destination for frame in home.frames if frame.source == GATEWAY} == {DISPLAY}


def roots() -> list[str]:
    return sorted({"/" + entry.path.split("/")[1] for entry in RESOURCES})


def test_the_matrix_names_every_function_set() -> None:
    assert sorted(SEP2) == roots()


@pytest.mark.parametrize("root", SEP2)
def test_a_sep2_device_that_is_not_registered(root: str) -> None:
    store = full_tree()
    server = Server(store, AccessRules(store))
    for entry in RESOURCES:
        for path, _ in paths_of(entry):
            if "/" + path.split("/")[1] == root:
                status = server.handle(Request("GET", path, peer=COMMISSIONED), 0).status
                assert (path, status) == (path, 200 if SEP2[root] else 404)


def test_a_tariff_that_is_not_public_is_for_the_registered() -> None:
    store = full_tree()
    server = Server(store, AccessRules(store, Policy(public=frozenset())))
    assert server.handle(Request("GET", "/tp", peer=COMMISSIONED), 0).status == 404
    assert server.handle(Request("GET", "/tm", peer=COMMISSIONED), 0).status == 200


@pytest.mark.parametrize(
    ("peer", "statuses"),
    [
        (STRANGER, {"/tm": 200, "/tp": 200, "/upt": 404, "/dr": 404, "/edev/1": 404, "/rsps": 404}),
        (THERMOSTAT, {"/tm": 200, "/tp": 200, "/upt": 200, "/dr": 200, "/edev/1": 200, "/rsps": 200}),
    ],
    ids=["commissioned", "registered"],
)
def test_the_running_gateway_keeps_to_it(tmp_path: Path, peer: Peer, statuses: dict[str, int]) -> None:
    home = Home(tmp_path)
    home.join(registered(THERMOSTAT, 1, "tstat"))
    got = {path: home.server.handle(Request("GET", path, peer=peer), home.now).status for path in statuses}
    assert got == statuses
