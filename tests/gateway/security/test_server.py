"""Orientation A, its SEP 2.0 side: what a native SEP 2.0 server refuses to a client, the gateway refuses.

The native server holds a copy of the gateway's tree and offers every write of the standard. Each resource is
asked for with each method by nobody, a commissioned client, a registered device and another registered one.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.home import DISPLAY, STRANGER, THERMOSTAT, Home, registered
from handover.gateway.outputs import Audit
from handover.sep1.clusters.drlc import LoadControlEvent
from handover.sep1.clusters.messaging import DisplayMessage
from handover.sep1.clusters.price import PublishPrice
from handover.sep1.general import AttributeRecord, ReportAttributes
from handover.sep1.types import ZIGBEE_EPOCH
from handover.sep2 import xml
from handover.sep2.esi import Esi, Settings
from handover.sep2.peer import Peer
from handover.sep2.resources import RESOURCES
from handover.sep2.resources.entry import METHODS, Entry
from handover.sep2.resources.response import DrResponse
from handover.sep2.routing import row_of
from handover.sep2.security.access import AccessRules
from handover.sep2.security.policy import Policy
from handover.sep2.server import Request, Response, Server
from handover.sep2.store import Store
from sep2.tree_samples import paths_of, sample

pytestmark = pytest.mark.req("REQ.GW.8")

PEERS: dict[str, Peer | None] = {
    "nobody": None,
    "commissioned": STRANGER,
    "registered": THERMOSTAT,
    "other registered": DISPLAY,
}
POLICY = Policy()
WRITES = ("PUT", "POST", "DELETE")
VERBS = {200: "read", 201: "written", 204: "written"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A gateway with something in every function set, under the access policy that is the default."""
    made = Home(tmp_path_factory.mktemp("home"))
    made.access = AccessRules(made.gateway.store, POLICY)
    made.server = Server(made.gateway.store, made.access, made.gateway.hooks())
    made.join(registered(THERMOSTAT, 1, "tstat", 1), registered(DISPLAY, 2, "display", 0))
    utc = int(made.now) - ZIGBEE_EPOCH
    made.says(PublishPrice(1, b"day", 5, utc, 0, 978, 0x41, 0x30, 0, 60, 2345, 0xFF, 1200, 0xFF))
    made.says(LoadControlEvent(9, 1, 0, 0, 30, 4, 20, 0xFF, -32768, -32768, -128, 0xFF, 0))
    made.says(DisplayMessage(77, 0x80, 0, 60, b"Peak until 20:00"))
    records = [(0x0300, 0x30, 0), (0x0301, 0x22, 1), (0x0302, 0x22, 1000), (0x0306, 0x18, 0)]
    records += [(0x0000, 0x25, 123_456_789), (0x0400, 0x2A, 1500)]
    made.says(ReportAttributes([AttributeRecord(*record) for record in records]), 0x0702)
    yield made
    made.close()


def copied(store: Store) -> Store:
    """Return a store with the same tree."""
    made = Store()
    nodes = [node for path in store.subtree("") if (node := store.find(path)) is not None]
    for node in nodes:
        if node.listing is not None:
            made.put_list(node.path, node.listing.entry.name)
    for node in nodes:
        if node.live is not None:
            made.put_live(node.path, node.cls, node.live)
        elif node.listing is None:
            made.put(node.path, node.resource)
    return made


def natively(home: Home) -> Esi:
    return Esi(Settings(policy=POLICY), copied(home.gateway.store))


def asked(method: str, path: str, peer: Peer | None, body: Any = None) -> Request:
    data = b"" if body is None else xml.encode(body)
    headers = {"Accept": "application/sep+xml"} | ({"Content-Type": "application/sep+xml"} if data else {})
    return Request(method, path, "", headers, data, peer)


def answered(home: Home, request: Request) -> Response:
    response = home.server.handle(request, home.gateway.time.now(home.now))
    home.gateway.done()
    return response


def entry_at(home: Home, path: str) -> Entry | None:
    node = home.gateway.store.find(path)
    if node is None:
        return next((e for e in RESOURCES if path in [where for where, _ in paths_of(e)]), None)
    return node.entry or row_of(path, node.cls)


def bodies(entry: Entry | None, method: str, peers: list[Peer]) -> Iterator[Any]:
    """Give what might be sent: in the name of each peer."""
    if entry is None or method not in ("PUT", "POST"):
        yield None
        return
    kind = entry.posts[0] if method == "POST" and entry.posts else entry.resource
    for peer in peers:
        made = sample(kind)
        for field in ("lFDI", "endDeviceLFDI", "deviceLFDI"):
            if hasattr(made, field):
                setattr(made, field, peer.lfdi)
        if hasattr(made, "sFDI"):
            made.sFDI = peer.sfdi
        yield made


def all_paths(home: Home) -> list[str]:
    """Return the paths of the gateway's tree, and those of every resource that the standard has."""
    elsewhere = {path for entry in RESOURCES for path, _ in paths_of(entry)}
    return sorted({*home.gateway.store.subtree(""), *elsewhere} - {""})


@pytest.mark.parametrize("who", PEERS)
def test_no_request_gets_further_than_at_a_native_server(home: Home, who: str) -> None:
    peer, paths = PEERS[who], all_paths(home)
    assert len(paths) > 150
    now = home.gateway.time.now(home.now)
    counts = {"refused": 0, "read": 0, "written": 0}
    for path in paths:
        entry, reader = entry_at(home, path), natively(home)
        for method in METHODS:
            for body in bodies(entry, method, [THERMOSTAT, DISPLAY]):
                native = natively(home) if method in WRITES else reader
                request = asked(method, path, peer, body)
                theirs, ours = native.handle(request, now).status, answered(home, request).status
                assert ours < 500, (method, path)
                assert ours >= 400 or theirs < 400, f"{who} {method} {path}: {ours}, natively {theirs}"
                counts[VERBS.get(ours, "refused")] += 1
    assert counts["refused"] > 500
    assert bool(counts["read"]) is (who != "nobody")
    assert bool(counts["written"]) is ("registered" in who)


@pytest.mark.parametrize("who", PEERS)
def test_nobody_reads_what_is_another_devices(home: Home, who: str) -> None:
    peer = PEERS[who]
    for owner, number in ((THERMOSTAT, 1), (DISPLAY, 2)):
        for path in home.gateway.store.subtree(f"/edev/{number}"):
            seen = answered(home, asked("GET", path, peer)).status == 200
            assert not seen or peer is owner, path
        pin = answered(home, asked("GET", f"/edev/{number}/rg", peer))
        assert (pin.status == 200) is (peer is owner)
        assert (b"111115" in pin.body) is (peer is owner)


def test_what_a_stranger_writes_changes_nothing(home: Home) -> None:
    before = [(path, home.gateway.store.get(path)) for path in home.gateway.store.subtree("")]
    assert len(before) > 40
    for path in all_paths(home):
        for method in WRITES:
            for body in bodies(entry_at(home, path), method, [THERMOSTAT, STRANGER]):
                for peer in (None, STRANGER):
                    request = asked(method, path, peer, body)
                    response = home.server.handle(request, home.gateway.time.now(home.now))
                    assert response.status >= 400, (method, path)
                    steps = home.gateway.done()
                    assert not [c for s in steps for c in s.changes if not isinstance(c, Audit)]
                    assert not [frame for step in steps for frame in step.frames]
    assert before == [(path, home.gateway.store.get(path)) for path in home.gateway.store.subtree("")]


def test_an_answer_in_another_devices_name_reaches_no_esi(home: Home) -> None:
    (control,) = home.gateway.store.items("/dr/0/edc")
    home.told()
    for sender, named in ((THERMOSTAT, DISPLAY), (DISPLAY, THERMOSTAT), (STRANGER, STRANGER)):
        word = DrResponse(endDeviceLFDI=named.lfdi, status=4, subject=control.mRID, createdDateTime=0)
        assert home.asks("/rsps/0/rsp", sender, "POST", word).status == 403
    assert home.told() == []


def test_without_the_public_tariffs_a_commissioned_client_sees_none(tmp_path: Path) -> None:
    home = Home(tmp_path)
    access = AccessRules(home.gateway.store, replace(POLICY, public=frozenset()))
    server = Server(home.gateway.store, access, home.gateway.hooks())
    reached = {
        path
        for path in home.gateway.store.subtree("")
        if server.handle(asked("GET", path, STRANGER), home.now).status == 200
    }
    assert reached
    assert all(re.match(r"/(dcap|tm|sdev)(/|$)", path) for path in reached), reached
    home.close()
