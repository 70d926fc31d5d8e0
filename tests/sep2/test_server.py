"""The request engine: what clients send, in all its variety, and what they get."""

from dataclasses import replace
from typing import Any

import pytest
from lxml import etree

from handover.errors import NotNow, Refused, Untranslatable
from handover.sep2 import exi, xml
from handover.sep2.resources.common import Error, ListLink
from handover.sep2.resources.log_event import LogEvent
from handover.sep2.resources.metering import Reading
from handover.sep2.resources.response import DrResponse, TextResponse
from handover.sep2.resources.time import Time
from handover.sep2.security.access import AccessRules
from handover.sep2.server import (
    Busy,
    Created,
    Existing,
    Incident,
    Options,
    Outcome,
    Request,
    Response,
    Server,
    Write,
    keeping,
)
from handover.sep2.store import Store
from sep2.tree_samples import OTHER, OWN, full_tree, sample

NOW = 1_342_548_000.25
SEP = {"Content-Type": "application/sep+xml"}


class World:
    """A server over the full tree, as OWN sees it. POSTed responses are stored."""

    def __init__(self, **options: Any) -> None:
        self.store = full_tree()
        self.incidents: list[Incident] = []
        self.writes: list[Write] = []
        self.hooks = keeping(self.store) | {("POST", "ResponseList"): self.respond}
        self.server = Server(
            self.store, AccessRules(self.store), self.hooks, failed=self.incidents.append, **options
        )

    def respond(self, write: Write) -> Outcome:
        self.writes.append(write)
        for path in self.store.paths(write.path):
            if replace(self.store.get(path), href=None) == write.resource:
                return Existing(path)
        return Created(self.store.add(write.path, write.resource))

    def ask(
        self, method: str, path: str, query: str = "", body: bytes = b"", peer: Any = OWN, **headers: str
    ) -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.server.handle(Request(method, path, query, named, body, peer), NOW)

    def send(self, method: str, path: str, body: bytes | Any, peer: Any = OWN) -> Response:
        data = body if isinstance(body, bytes) else xml.encode(body)
        return self.ask(method, path, "", data, peer, Content_Type="application/sep+xml; level=-S1")

    def get(self, path: str, query: str = "") -> Any:
        response = self.ask("GET", path, query)
        assert response.status == 200
        return xml.decode(response.body)


@pytest.fixture
def world() -> World:
    return World()


class TestReading:
    def test_an_answer_is_complete(self, world: World) -> None:
        response = world.ask("GET", "/dcap")
        assert response.headers == {
            "Content-Type": "application/sep+xml; level=-S1",
            "Content-Length": str(len(response.body)),
            "Date": "Tue, 17 Jul 2012 18:00:00 GMT",
        }
        assert etree.fromstring(response.body).tag == "{urn:ieee:std:2030.5:ns}DeviceCapability"

    @pytest.mark.parametrize("path", ["/dcap", "/tm", "/edev", "/edev/0", "/tp/0/rc/0/tti", "/edev/1", "/x"])
    def test_head_is_get_without_the_body(self, world: World, path: str) -> None:
        got, head = world.ask("GET", path), world.ask("HEAD", path)
        assert (head.status, head.headers, head.body) == (got.status, got.headers, b"")

    @pytest.mark.parametrize(
        ("accept", "status"),
        [
            (None, 200),
            ("*/*", 200),
            ("application/sep+xml", 200),
            ("application/sep+xml; level=-S1", 200),
            ("application/sep+xml; level=+S1", 200),
            ("application/sep-exi, application/sep+xml;q=0.2", 200),
            ("text/html, */*;q=0.8", 200),
            ("application/sep-exi", 200),
            ("application/json", 406),
            ("application/sep+xml;q=0", 406),
        ],
    )
    def test_accept(self, world: World, accept: str | None, status: int) -> None:
        headers = {} if accept is None else {"accept": accept}
        response = world.ask("GET", "/tm", **headers)
        assert response.status == status
        if status == 406:
            assert b"application/sep+xml" in response.body
            assert b"application/sep-exi" in response.body
        elif accept is not None and "sep-exi" in accept:
            assert response.headers["Content-Type"] == "application/sep-exi; level=-S1"
            assert exi.decode(response.body) == xml.decode(world.ask("GET", "/tm").body)
        elif accept is not None and "+S1" in accept:
            assert response.headers["Content-Type"] == "application/sep+xml; level=+S1"

    def test_single_resources_ignore_the_query(self, world: World) -> None:
        assert world.ask("GET", "/tm", "s=-1&l=garbage").status == 200

    def test_lists_do_not(self, world: World) -> None:
        response = world.ask("GET", "/edev", "s=-1")
        assert response.status == 400
        assert b"'s'" in response.body

    def test_a_client_asks_for_as_many_as_a_link_says(self, world: World) -> None:
        link = world.get("/rsps/0").ResponseListLink
        assert link.all > 1
        assert len(world.get(link.href, f"l={link.all}").Response) == link.all

    @pytest.mark.parametrize(
        "path", ["/edev/0/", "/%65dev/0", "https://gateway:8443/edev/0", "http://x/edev/0"]
    )
    def test_other_spellings_of_a_path(self, world: World, path: str) -> None:
        assert world.ask("GET", path).body == world.ask("GET", "/edev/0").body

    @pytest.mark.parametrize(
        "path", ["//edev/0", "/edev/../edev/0", "/edev/%2e%2e/edev/0", "/edev%2f0", "edev/0", "*", ""]
    )
    def test_doubtful_spellings_are_refused(self, world: World, path: str) -> None:
        assert world.ask("GET", path).status == 400

    def test_no_spelling_leads_around_the_rules(self, world: World) -> None:
        for path in ("/edev/1/", "/edev/%31", "https://gateway/edev/1", "/edev/1/rg/"):
            assert world.ask("GET", path).status == 404

    def test_live_resources_tell_the_time_of_the_answer(self, world: World) -> None:
        world.store.put_live(
            "/tm",
            Time,
            lambda now: Time(
                currentTime=int(now), dstEndTime=0, dstOffset=0, dstStartTime=0, quality=7, tzOffset=0
            ),
        )
        for now in (100, 200):
            response = world.server.handle(Request("GET", "/tm", peer=OWN), now)
            assert xml.decode(response.body).currentTime == now

    def test_every_change_shows_at_once(self, world: World) -> None:
        path = "/upt/0/mr/0/rs/0/r/0"
        for value in (1, 2):
            world.store.put(path, Reading(value=value))
            assert world.get(path).value == value
            assert world.get("/upt/0/mr/0/rs/0/r").Reading[0].value == value
        before = world.get("/upt/0/mr/0/rs/0").ReadingListLink.all
        world.store.put("/upt/0/mr/0/rs/0/r/1", Reading(value=3))
        assert world.get("/upt/0/mr/0/rs/0").ReadingListLink.all == before + 1
        world.store.delete("/upt/0/mr/0/rs/0/r/1")
        assert world.get("/upt/0/mr/0/rs/0").ReadingListLink.all == before

    def test_attributes_of_lists(self, world: World) -> None:
        world.store.put_list("/edev", poll_rate=60, subscribable=1)
        world.store.put_list("/rsps/0/rsp", poll_rate=60)
        assert world.get("/edev").pollRate == 60
        assert world.get("/edev").subscribable == 1
        assert world.ask("GET", "/rsps/0/rsp").status == 200  # has no pollRate in the schema

    def test_polymorphic_items_say_what_they_are(self, world: World) -> None:
        kinds = {type(item).__name__ for item in world.get("/rsps/0/rsp", "l=all").Response}
        assert {"Response", "DrResponse", "TextResponse", "PriceResponse"} <= kinds

    def test_links_to_other_servers_stay(self, world: World) -> None:
        other = "https://other.example/tp"
        store = world.store
        link = ListLink(href=other, all=4)
        store.put("/edev/0/fsa/0", replace(store.get("/edev/0/fsa/0"), TariffProfileListLink=link))
        assert world.get("/edev/0/fsa/0").TariffProfileListLink == link

    def test_answers_come_in_the_namespace_that_a_client_wrote_in(self, world: World) -> None:
        status = world.get("/edev/0/dstat")
        assert xml.NS_2018.encode() in world.ask("GET", "/dcap").body
        assert world.send("PUT", "/edev/0/dstat", xml.encode(status, xml.NS_2013)).status == 204
        for path in ("/dcap", "/edev", "/rsps/0/rsp"):
            body = world.ask("GET", path).body
            assert xml.NS_2013.encode() in body
            assert xml.NS_2018.encode() not in body
        assert xml.NS_2018.encode() in world.ask("GET", "/dcap", peer=OTHER).body
        assert world.send("PUT", "/edev/0/dstat", status).status == 204
        assert xml.NS_2018.encode() in world.ask("GET", "/dcap").body
        asked = Request("GET", "/dcap", peer=OWN, namespace=xml.NS_2013)
        assert xml.NS_2013.encode() in world.server.handle(asked, NOW).body


class TestWriting:
    def answer(self, **fields: Any) -> DrResponse:
        return DrResponse(endDeviceLFDI=OWN.lfdi, subject=b"\1\2", status=1, **fields)

    def test_what_was_posted_is_there_at_once(self, world: World) -> None:
        response = world.send("POST", "/rsps/0/rsp", self.answer(createdDateTime=5))
        assert response.status == 201
        assert response.body == b""
        assert response.headers["Content-Length"] == "0"
        made = world.get(response.headers["Location"])
        assert made == self.answer(createdDateTime=5, href=response.headers["Location"])
        assert world.writes[0].peer == OWN
        assert world.writes[0].now == NOW
        assert world.writes[0].name == "ResponseList"

    def test_a_repetition_gets_the_place_of_the_first(self, world: World) -> None:
        first = world.send("POST", "/rsps/0/rsp", self.answer())
        second = world.send("POST", "/rsps/0/rsp", self.answer())
        assert (first.status, second.status) == (201, 204)
        assert first.headers["Location"] == second.headers["Location"]
        assert "Content-Length" not in second.headers

    def test_put_and_delete(self, world: World) -> None:
        status = replace(world.get("/edev/0/dstat"), opState=2, href="/lie")
        assert world.send("PUT", "/edev/0/dstat", status).status == 204
        assert world.get("/edev/0/dstat").opState == 2
        assert world.get("/edev/0/dstat").href == "/edev/0/dstat"
        assert world.ask("DELETE", "/edev/0/lel/0").status == 204
        assert world.ask("GET", "/edev/0/lel/0").status == 404
        assert world.ask("DELETE", "/edev/0/lel/0").status == 404

    def test_put_may_create_what_the_layout_has_there(self, world: World) -> None:
        status = world.get("/edev/0/dstat")
        world.store.delete("/edev/0/dstat")
        response = world.send("PUT", "/edev/0/dstat", status)
        assert response.status == 204  # clients take 201 for a refusal here
        assert world.get("/edev/0/dstat").changedTime == status.changedTime
        assert world.send("PUT", "/edev/0/di/loc/99", b"<x/>").status == 404  # items get their ids from POST
        assert world.send("PUT", "/edev/0/nothing", b"<x/>").status == 404

    def test_a_link_to_what_a_client_may_put_is_shown_before_it_is_there(self, world: World) -> None:
        link = type(world.get("/dcap").TimeLink)(href="/edev/0/dstat")
        store = world.store
        store.put("/edev/0", replace(store.get("/edev/0"), DeviceStatusLink=link, PowerStatusLink=link))
        store.delete("/edev/0/dstat")
        assert world.get("/edev/0").DeviceStatusLink == link

    def test_clients_do_not_write_links(self, world: World) -> None:
        information = world.get("/edev/0/di")
        lie = replace(information, SupportedLocaleListLink=ListLink(href="/upt", all=9))
        assert world.send("PUT", "/edev/0/di", lie).status == 204
        assert world.get("/edev/0/di").SupportedLocaleListLink == information.SupportedLocaleListLink

    def test_logs_keep_the_newest(self) -> None:
        store = full_tree()
        server = Server(store, AccessRules(store), keeping(store, room=3))
        store.delete("/edev/0/lel/0")

        def post(second: int) -> Response:
            event = sample(LogEvent)
            event.createdDateTime = second
            return server.handle(Request("POST", "/edev/0/lel", "", SEP, xml.encode(event), OWN), NOW)

        assert [post(second).status for second in (5, 1, 3, 3, 9)] == [201, 201, 201, 204, 201]
        assert sorted(event.createdDateTime for event in store.items("/edev/0/lel")) == [3, 5, 9]
        locale = xml.encode(sample(store.listing("/edev/0/di/loc").entry.item))  # type: ignore[union-attr]
        for number in range(4):
            body = locale.replace(b">x<", f">x{number}<".encode())
            response = server.handle(Request("POST", "/edev/0/di/loc", "", SEP, body, OWN), NOW)
            assert response.status == (201 if number < 2 else 503)

    @pytest.mark.parametrize(
        ("body", "hint"),
        [
            (b"", b"needs a body"),
            (b"<DrResponse", b"well-formed"),
            (b"<Response/>", b"namespace"),
            (b'<!DOCTYPE x><Response xmlns="urn:ieee:std:2030.5:ns"/>', b"DOCTYPE"),
            (b'<Nonsense xmlns="urn:ieee:std:2030.5:ns"/>', b"Nonsense"),
            (b'<Time xmlns="urn:ieee:std:2030.5:ns"/>', b"Time"),
            (b'<Error xmlns="urn:ieee:std:2030.5:ns"><reasonCode>1</reasonCode></Error>', b"takes Response"),
            (b'<Response xmlns="urn:ieee:std:2030.5:ns"><subject>01</subject></Response>', b"endDeviceLFDI"),
            (
                b'<Response xmlns="urn:ieee:std:2030.5:ns"><endDeviceLFDI>AA</endDeviceLFDI>'
                b"<status>256</status><subject>01</subject></Response>",
                b"Response/status",
            ),
        ],
    )
    def test_mistakes_are_named(self, world: World, body: bytes, hint: bytes) -> None:
        response = world.send("POST", "/rsps/0/rsp", body)
        assert response.status == 400
        assert hint in response.body
        assert isinstance(xml.decode(response.body), Error)
        assert not world.writes

    @pytest.mark.parametrize(
        "body",
        [
            b"<?xml version='1.0' encoding='UTF-8' standalone='yes'?>\n%s",
            b"\xef\xbb\xbf%s",
            b"<!-- from a client -->%s\n",
        ],
    )
    def test_prologs_and_comments_are_accepted(self, world: World, body: bytes) -> None:
        assert world.send("POST", "/rsps/0/rsp", body % xml.encode(self.answer())).status == 201

    def test_hexadecimal_is_read_leniently(self, world: World) -> None:
        lfdi = b"000000000000000000000000000000000000000a"
        for number, text in enumerate((lfdi, lfdi.upper(), b"0a", b"00000A")):
            peer = replace(OTHER, lfdi=b"\0" * 19 + b"\x0a")
            world.store.put("/edev/1", replace(world.store.get("/edev/1"), lFDI=peer.lfdi, sFDI=peer.sfdi))
            world.store.put("/edev/1/fsa/0", replace(world.store.get("/edev/0/fsa/0"), mRID=b"\1"))
            body = (
                b'<Response xmlns="urn:ieee:std:2030.5:ns"><createdDateTime>%d</createdDateTime>'
                b"<endDeviceLFDI>%s</endDeviceLFDI><subject>0b00006cc8</subject></Response>" % (number, text)
            )
            assert world.send("POST", "/rsps/0/rsp", body, peer).status == 201
        assert world.writes[0].resource.subject == bytes.fromhex("0B00006CC8")

    def test_xsi_type_names_the_kind_of_response(self, world: World) -> None:
        body = (
            b'<Response xmlns="urn:ieee:std:2030.5:ns" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
            b' xsi:type="TextResponse"><endDeviceLFDI>%s</endDeviceLFDI><subject>01</subject></Response>'
        )
        assert world.send("POST", "/rsps/0/rsp", body % OWN.lfdi.hex().encode()).status == 201
        assert isinstance(world.writes[0].resource, TextResponse)

    @pytest.mark.parametrize(
        "content_type",
        [
            None,
            "text/xml",
            "application/json",
            "application/sep-exi; level=-S2",
            "application/sep+xml; level=-S2",
        ],
    )
    def test_other_media_types(self, world: World, content_type: str | None) -> None:
        headers = {} if content_type is None else {"content-type": content_type}
        response = world.ask("POST", "/rsps/0/rsp", "", xml.encode(self.answer()), **headers)
        assert response.status == 415
        assert b"application/sep+xml" in response.body
        assert not world.writes


class TestExi:
    """The same tree in binary form."""

    ACCEPT = "application/sep-exi; level=-S1"

    @pytest.mark.parametrize(
        ("path", "query"),
        [
            ("/dcap", ""),
            ("/edev", "l=255"),
            ("/edev/0", ""),
            ("/tp", "s=0&l=3"),
            ("/mup", "l=9"),
            ("/msg", ""),
        ],
    )
    def test_resources_and_lists_are_the_same_as_in_xml(self, world: World, path: str, query: str) -> None:
        binary = world.ask("GET", path, query, accept=self.ACCEPT)
        assert (binary.status, binary.headers["Content-Type"]) == (200, self.ACCEPT)
        assert exi.decode(binary.body) == xml.decode(world.ask("GET", path, query).body)

    def test_a_body_may_be_exi(self, world: World) -> None:
        answer = DrResponse(endDeviceLFDI=OWN.lfdi, subject=b"\x01", status=1)
        types = {"accept": self.ACCEPT, "content-type": self.ACCEPT}
        assert world.ask("POST", "/rsps/0/rsp", "", exi.encode(answer), **types).status == 201
        assert world.writes[0].resource == answer

    def test_a_bad_body_is_answered_in_exi(self, world: World) -> None:
        types = {"accept": self.ACCEPT, "content-type": self.ACCEPT}
        response = world.ask("POST", "/rsps/0/rsp", "", b"\xa0\x30", **types)
        assert (response.status, response.headers["Content-Type"]) == (400, self.ACCEPT)
        assert exi.decode(response.body, Error).reasonCode == 1

    def test_exi_is_not_for_the_schema_of_2013(self, world: World) -> None:
        request = Request("GET", "/tm", headers={"Accept": self.ACCEPT}, peer=OWN, namespace=xml.NS_2013)
        response = world.server.handle(request, NOW)
        assert response.status == 406
        assert b"2018" in response.body


class TestLimits:
    def test_long_targets(self) -> None:
        world = World(options=Options(longest_target=100))
        assert world.ask("GET", "/tm", "x" * 97).status == 200
        assert world.ask("GET", "/tm", "x" * 98).status == 414
        assert world.ask("PUT", "/" + "x" * 100).status == 414

    def test_large_bodies(self) -> None:
        world = World(options=Options(largest_body=100))
        assert world.send("POST", "/rsps/0/rsp", b"x" * 101).status == 413
        assert world.send("POST", "/rsps/0/rsp", b"x" * 100).status == 400

    @pytest.mark.parametrize("method", ["PATCH", "OPTIONS", "TRACE", "CONNECT", "get", "", "G\nET"])
    def test_other_methods(self, world: World, method: str) -> None:
        assert world.ask(method, "/tm").status == 501

    def test_a_method_that_is_not_offered_names_those_that_are(self, world: World) -> None:
        for method, path, allow in (
            ("POST", "/tm", "GET, HEAD"),
            ("PUT", "/edev/0", "GET, HEAD"),  # optional in the method table, and no hook
            ("PUT", "/rsps/0/rsp", "GET, HEAD, POST"),
            ("POST", "/edev/0/dstat", "GET, HEAD, PUT"),
            ("PUT", "/edev/0/lel/0", "GET, HEAD, DELETE"),
        ):
            response = world.ask(method, path)
            assert (response.status, response.headers["Allow"]) == (405, allow)

    def test_answers_are_kept_within_bounds(self) -> None:
        world = World(options=Options(kept=2_000))
        for number in range(200):
            assert world.ask("GET", "/dcap", f"x={number}").status == 200
        assert world.server._kept_octets <= 2_000


class TestFailure:
    @pytest.mark.parametrize(
        ("error", "status", "retry"),
        [
            (Refused("the operator has locked this"), 403, None),
            (NotNow("the link is down"), 503, "30"),
            (Busy("too many", 4.4), 503, "4"),
            (Busy("too many", 0.0), 503, "1"),
            (Untranslatable("no such thing there"), 404, None),
        ],
    )
    def test_hooks_may_refuse(self, world: World, error: Exception, status: int, retry: str | None) -> None:
        def refuse(write: Write) -> Outcome:
            raise error

        world.hooks["POST", "ResponseList"] = refuse
        answer = DrResponse(endDeviceLFDI=OWN.lfdi, subject=b"\1")
        response = world.send("POST", "/rsps/0/rsp", answer)
        assert response.status == status
        assert response.headers.get("Retry-After") == retry
        assert str(error).encode() in response.body
        assert not world.incidents

    def test_a_defect_becomes_an_incident_with_an_id(self, world: World) -> None:
        def stumble(write: Write) -> Outcome:
            raise KeyError("secret")

        world.hooks["DELETE", "LogEvent"] = stumble
        response = world.ask("DELETE", "/edev/0/lel/0")
        assert response.status == 500
        (incident,) = world.incidents
        assert incident.id.encode() in response.body
        assert b"secret" not in response.body
        assert isinstance(incident.error, KeyError)
        assert (incident.method, incident.path, incident.now) == ("DELETE", "/edev/0/lel/0", NOW)

    def test_a_resource_that_cannot_be_written_is_our_mistake(self, world: World) -> None:
        world.store.put("/upt/0/mr/0/rs/0/r/0", Reading(value=2**60))
        assert world.ask("GET", "/upt/0/mr/0/rs/0/r/0").status == 500
        assert len(world.incidents) == 1

    def test_an_observer_that_fails_takes_nothing_away(self) -> None:
        def fail(_: object) -> None:
            raise RuntimeError("disk full")

        store = full_tree()
        store.put("/upt/0/mr/0/rs/0/r/0", Reading(value=2**60))
        server = Server(store, AccessRules(store), failed=fail)
        assert server.handle(Request("GET", "/upt/0/mr/0/rs/0/r/0", peer=OWN), NOW).status == 500

    def test_admission_comes_first(self) -> None:
        def admit(request: Request, now: float) -> None:
            if request.path == "/tm":
                raise Busy("one request a minute", 60)

        world = World(admit=admit)
        assert world.ask("GET", "/dcap").status == 200
        response = world.ask("GET", "/tm")
        assert (response.status, response.headers["Retry-After"]) == (503, "60")

    def test_what_a_peer_sent_cannot_leave_the_comment(self, world: World) -> None:
        body = b'<a-->&lt;--&gt;<x xmlns="--&gt;&lt;b/&gt;">'
        response = world.send("POST", "/rsps/0/rsp", body)
        assert response.status == 400
        assert isinstance(xml.decode(response.body), Error)
        body = b'<Nonsense--.--- xmlns="urn:ieee:std:2030.5:ns"/>'
        response = world.send("POST", "/rsps/0/rsp", body)
        assert response.status == 400
        assert isinstance(xml.decode(response.body), Error)
        assert b"Nonsense" in response.body


def test_an_empty_server_answers_too() -> None:
    store = Store()
    server = Server(store, AccessRules(store))
    assert server.handle(Request("GET", "/dcap", peer=OWN), NOW).status == 404
    assert server.handle(Request("GET", "/dcap"), NOW).status == 403
