"""The client engine against a real server, in virtual time: discovery, admission, polling, errors."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from handover.device.lockstep import Lockstep
from handover.errors import NotNow
from handover.sep2 import xml
from handover.sep2.client.engine import Client, Settings
from handover.sep2.client.outputs import (
    Admitted,
    Answer,
    ClockSet,
    EventChanged,
    Failure,
    Fetch,
    Gone,
    NotAdmitted,
    Output,
    ServerBack,
    ServerLost,
    Trouble,
    Updated,
)
from handover.sep2.peer import Peer
from handover.sep2.resources.common import Link, ListLink
from handover.sep2.resources.device_capability import DeviceCapability
from handover.sep2.resources.end_device import EndDevice, EndDeviceList, Registration
from handover.sep2.server import Response
from handover.sep2.transports.virtual import VirtualTransport
from sep2.utility import LFDI, NOW, PEER, PIN, Utility, of

SETTINGS = Settings(LFDI, PEER.sfdi, PIN, category=1)


def middle(seed: str, bound: int) -> int:
    """Draw the middle, which is easy to calculate with."""
    return bound // 2


class Bench:
    """A client and a server, and the time that both live in."""

    def __init__(self, utility: Utility, settings: Settings = SETTINGS, peer: Peer = PEER) -> None:
        self.utility = utility
        self.client = Client(settings, middle)
        self.transport = VirtualTransport(utility.exchange, peer)
        self.lockstep = Lockstep(_Bare(self.client), self.transport)

    async def __aenter__(self) -> "Bench":
        await self.transport.open()
        self.lockstep.start(self.utility.now)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.transport.close()

    def until(self, seconds: float) -> None:
        """Let time pass until `seconds` after NOW, the server following every step."""
        self.lockstep.run(self.utility.clock, NOW + seconds)

    def said(self, kind: type[Any]) -> list[Any]:
        return [output for _, output in self.lockstep.said if isinstance(output, kind)]

    def asked(self, path: str) -> int:
        return sum(request.path == path for request in self.utility.requests)


class _Bare:
    """A client engine without a device around it."""

    def __init__(self, client: Client) -> None:
        self.start: Callable[[float], list[Output]] = client.start
        self.handle = client.handle
        self.tick = client.tick
        self.deadline = client.deadline

    def snapshot(self, now: float) -> dict[str, Any]:
        return {}


async def test_walks_from_device_capability_to_everything_that_is_assigned() -> None:
    utility = Utility()
    utility.control()
    utility.message()
    utility.price(20, 0, 3600, 603)
    utility.read(102)
    async with Bench(utility) as bench:
        assert bench.said(Admitted) == [Admitted("/edev/1", True)]
        assert {u.path for u in bench.said(Updated)} >= {
            "/dcap", "/edev", "/edev/1/rg", "/edev/1/fsa", "/dr", "/dr/1/edc", "/msg", "/msg/1/txt", "/tp",
            "/tp/1/rc", "/tp/1/rc/1/tti", "/tp/1/rc/1/tti/20/cti", "/upt", "/upt/1/mr", "/upt/1/mr/1/rt",
            "/upt/1/mr/1/r",
        }  # fmt: skip
        assert not bench.said(Trouble)
        assert bench.client.admitted
        assert bench.client.connected
        assert {e.key >> 32 for e in bench.client.schedule} == {1, 20, 50}


async def test_asks_for_the_media_type_of_sep_2() -> None:
    utility = Utility()
    async with Bench(utility):
        assert {r.headers["Accept"] for r in utility.requests} == {"application/sep+xml; level=-S1"}


async def test_reads_long_lists_page_by_page() -> None:
    utility = Utility()
    for number in range(1, 8):
        utility.control(number, start=600 + 4000 * number)
    async with Bench(utility, replace(SETTINGS, page=3)) as bench:
        assert [r.query for r in utility.requests if r.path == "/dr/1/edc"] == [
            "s=0&l=3",
            "s=3&l=3",
            "s=6&l=3",
        ]
        (edc,) = [u.resource for u in bench.said(Updated) if u.path == "/dr/1/edc"]
        assert edc.all == edc.results == 7
        assert len(list(bench.client.schedule)) == 7


async def test_stops_reading_the_device_list_at_its_own_entry() -> None:
    devices = [EndDevice(href=f"/edev/{n}", sFDI=n, lFDI=n.to_bytes(20), changedTime=0) for n in range(1, 7)]
    devices.append(EndDevice(href="/edev/7", sFDI=PEER.sfdi, changedTime=0))  # a server that gives no LFDI
    devices += [EndDevice(href=f"/edev/{n}", sFDI=n, changedTime=0) for n in range(8, 40)]
    client = Client(replace(SETTINGS, page=5, pin=None), middle)
    capability = DeviceCapability(href="/dcap", EndDeviceListLink=ListLink(href="/edev", all=39))
    (dcap,) = client.start(NOW)
    (first,) = of(client.handle(Answer(dcap, 200, {}, xml.encode(capability)), NOW), Fetch)
    second = _page(client, first, devices[0:5])
    assert second.query == "s=5&l=5"
    outputs = client.handle(Answer(second, 200, {}, _list(devices[5:10])), NOW)
    assert of(outputs, Admitted) == [Admitted("/edev/7", False)]
    assert not [f for f in of(outputs, Fetch) if f.path == "/edev"]


def _list(devices: list[EndDevice]) -> bytes:
    return xml.encode(EndDeviceList(all=39, results=len(devices), EndDevice=devices))


def _page(client: Client, fetch: Fetch, devices: list[EndDevice]) -> Fetch:
    (following,) = of(client.handle(Answer(fetch, 200, {}, _list(devices)), NOW), Fetch)
    return following


async def test_another_pin_than_ours_closes_the_door() -> None:
    utility = Utility(pin=123455)
    utility.control()
    async with Bench(utility) as bench:
        (refused,) = bench.said(NotAdmitted)
        assert "PIN" in refused.reason
        assert not list(bench.client.schedule)
        assert bench.asked("/edev/1/fsa") == 0


async def test_a_device_that_is_not_registered_reads_what_is_public_and_joins_once_it_is() -> None:
    other = Peer(bytes(20), 0)
    utility = Utility()
    utility.price(20, 0, 3600, 603)
    utility.control()
    async with Bench(utility, replace(SETTINGS, lfdi=other.lfdi, sfdi=other.sfdi), other) as bench:
        assert bench.said(NotAdmitted)
        assert {e.key >> 32 for e in bench.client.schedule} == {20}
        utility.admit(other, PIN, number=2)
        bench.until(901)
        assert bench.said(Admitted) == [Admitted("/edev/2", True)]
        assert {e.key >> 32 for e in bench.client.schedule} == {1, 20}


async def test_losing_the_registration_ends_what_was_assigned() -> None:
    utility = Utility()
    utility.control(start=0, duration=7200)
    async with Bench(utility) as bench:
        assert [c.new.name for c in bench.said(EventChanged)] == ["SCHEDULED", "ACTIVE"]
        utility.store.delete("/edev/1")
        bench.until(1000)
        assert bench.said(EventChanged)[-1].new.name == "CANCELLED"
        assert "/edev/1/fsa" in {gone.path for gone in bench.said(Gone)}


async def test_polls_at_the_servers_rate_and_not_below_the_floor() -> None:
    utility = Utility(poll=60)
    async with Bench(utility) as bench:
        bench.until(601)
        assert bench.asked("/dcap") == 11
        assert bench.asked("/tm") == 1
    utility = Utility(poll=1)
    async with Bench(utility, replace(SETTINGS, floor=20.0)) as bench:
        bench.until(101)
        assert bench.asked("/upt") == 6


async def test_asks_again_after_the_edges_of_an_event() -> None:
    utility = Utility()
    utility.control(start=100, duration=200)
    async with Bench(utility) as bench:
        bench.until(99)
        assert bench.asked("/dr/1/edc") == 1
        bench.until(102)
        assert bench.asked("/dr/1/edc") == 2
        bench.until(302)
        assert bench.asked("/dr/1/edc") == 3


async def test_an_event_runs_on_the_servers_clock() -> None:
    utility = Utility(ahead=5000)
    utility.control(start=100, duration=200)
    async with Bench(utility) as bench:
        assert bench.said(ClockSet) == [ClockSet("/tm", 5000.0)]
        bench.until(99)
        assert utility.statuses() == [1]
        bench.until(101)
        assert utility.statuses() == [1, 2]
        bench.until(301)
        assert utility.statuses() == [1, 2, 3]
        assert [r.createdDateTime - NOW for r in utility.got] == [5000, 5100, 5300]


async def test_a_server_without_time_has_ours() -> None:
    utility = Utility()
    utility.refuse["/tm"] = Response(404, {})
    utility.control(start=100)
    async with Bench(utility) as bench:
        bench.until(101)
        assert utility.statuses() == [1, 2]


async def test_a_broken_document_is_reported_and_tried_again_at_its_next_turn() -> None:
    utility = Utility(poll=60)
    utility.control()
    utility.refuse["/dr/1/edc"] = Response(200, {}, b"<EndDeviceControlList")
    async with Bench(utility) as bench:
        (trouble,) = bench.said(Trouble)
        assert trouble.path == "/dr/1/edc"
        del utility.refuse["/dr/1/edc"]
        bench.until(61)
        assert len(list(bench.client.schedule)) == 1


@pytest.mark.parametrize("status", [500, 503])
async def test_a_server_in_trouble_is_given_time(status: int) -> None:
    utility = Utility()
    utility.control()
    utility.refuse["/dr"] = Response(status, {})
    async with Bench(utility) as bench:
        bench.until(600)
        assert 4 <= bench.asked("/dr") <= 9
        del utility.refuse["/dr"]
        bench.until(1200)
        assert len(list(bench.client.schedule)) == 1


async def test_retry_after_is_kept() -> None:
    utility = Utility()
    utility.refuse["/dr"] = Response(503, {"retry-after": "120"})
    async with Bench(utility) as bench:
        bench.until(119)
        assert bench.asked("/dr") == 1
        bench.until(121)
        assert bench.asked("/dr") == 2


async def test_events_go_on_while_the_server_is_gone_and_responses_follow_later() -> None:
    utility = Utility(poll=60)
    utility.control(start=100, duration=200)
    async with Bench(utility) as bench:
        bench.until(50)
        bench.transport.down = True
        bench.until(400)
        assert [c.new.name for c in bench.said(EventChanged)] == ["SCHEDULED", "ACTIVE", "COMPLETED"]
        assert utility.statuses() == [1]
        assert len(bench.said(ServerLost)) == 1
        bench.transport.down = False
        bench.until(800)
        assert len(bench.said(ServerBack)) == 1
        assert utility.statuses() == [1, 2, 3]


async def test_an_outage_slows_the_client_down() -> None:
    utility = Utility(poll=60)
    client = Client(SETTINGS, middle)
    now, tries = float(NOW), 0
    outputs = client.start(now)
    while now < NOW + 3600:
        for fetch in of(outputs, Fetch):
            tries += 1
            client.handle(Failure(fetch, "unreachable"), now)
        now = max(now, client.deadline() or now)
        outputs = client.tick(now)
    assert 12 <= tries <= 25
    assert not utility.requests


async def test_an_event_that_vanishes_is_asked_for_and_cancelled_when_it_is_gone() -> None:
    utility = Utility(poll=60)
    path = utility.control(start=10, duration=3600)
    async with Bench(utility) as bench:
        bench.until(30)
        utility.store.delete(path)
        bench.until(75)
        assert bench.asked(path) == 1
        assert utility.statuses() == [1, 2, 6]


async def test_events_for_other_categories_get_no_response_at_all() -> None:
    utility = Utility()
    utility.control(deviceCategory=(1 << 3).to_bytes(4))
    async with Bench(utility) as bench:
        bench.until(4000)
        assert not list(bench.client.schedule)
        assert utility.got == []


async def test_old_events_are_not_reported_but_late_ones_are() -> None:
    utility = Utility(poll=60)
    utility.control(1, start=-4000, duration=100)
    async with Bench(utility) as bench:
        assert utility.statuses(1) == []
        utility.control(2, start=-300, duration=100)
        bench.until(61)
        assert utility.statuses(2) == [254]
        assert utility.statuses(1) == []


async def test_hrefs_that_leave_the_server_are_not_followed() -> None:
    utility = Utility()
    utility.control(replyTo="https://elsewhere.example/rsps/1/rsp")
    capability = utility.store.get("/dcap")
    utility.store.put("/dcap", replace(capability, TimeLink=Link(href="http://elsewhere.example/tm")))
    async with Bench(utility) as bench:
        troubles = {t.path for t in bench.said(Trouble)}
        assert {"http://elsewhere.example/tm", "https://elsewhere.example/rsps/1/rsp"} <= troubles
        assert utility.got == []


async def test_hrefs_with_the_servers_own_name_are_followed() -> None:
    utility = Utility()
    utility.control(start=0, replyTo="https://gateway.local:8443/rsps/1/rsp")
    async with Bench(utility, replace(SETTINGS, authority="gateway.local:8443")):
        posts = [r.path for r in utility.requests if r.method == "POST"]
        assert set(posts) == {"/rsps/1/rsp"}


async def test_a_moved_document_is_found() -> None:
    utility = Utility()
    utility.refuse["/edev/1/rg"] = Response(301, {"Location": "/edev/1/registration"})
    utility.store.put("/edev/1/registration", Registration(dateTimeRegistered=0, pIN=PIN))
    utility.refuse["/edev/1/registration"] = Response(
        200, {}, xml.encode(Registration(dateTimeRegistered=0, pIN=PIN))
    )
    async with Bench(utility) as bench:
        assert bench.client.admitted


async def test_the_2013_namespace_is_understood() -> None:
    utility = Utility()
    capability = utility.store.get("/dcap")
    utility.refuse["/dcap"] = Response(200, {}, xml.encode(capability, xml.NS_2013))
    async with Bench(utility) as bench:
        assert bench.client.admitted


async def test_an_empty_assignment_list_is_said() -> None:
    utility = Utility()
    utility.store.delete("/edev/1/fsa/1")
    async with Bench(utility) as bench:
        assert any("assigned nothing" in trouble.reason for trouble in bench.said(Trouble))


async def test_a_clock_that_steps_back_reads_the_time_again_and_repeats_nothing() -> None:
    utility = Utility()
    utility.control(start=10, duration=7200)
    async with Bench(utility) as bench:
        bench.until(60)
        assert utility.statuses() == [1, 2]
        utility.clock.set(utility.now - 1800)
        utility.ahead += 1800
        bench.lockstep.tick(utility.now)
        assert bench.said(ClockSet)[-1].offset == 1800
        assert utility.statuses() == [1, 2]


def test_starting_twice_is_refused() -> None:
    client = Client(SETTINGS, middle)
    client.start(NOW)
    with pytest.raises(NotNow):
        client.start(NOW)


def test_answers_to_documents_that_are_no_longer_wanted_change_nothing() -> None:
    client = Client(SETTINGS, middle)
    (dcap,) = of(client.start(NOW), Fetch)
    capability = DeviceCapability(EndDeviceListLink=ListLink(href="/edev"))
    (edev,) = of(client.handle(Answer(dcap, 200, {}, xml.encode(capability)), NOW), Fetch)
    (again,) = of(client.tick(NOW + 901), Fetch)
    client.handle(Answer(again, 200, {}, xml.encode(DeviceCapability())), NOW + 901)
    assert of(client.handle(Answer(edev, 200, {}, b"garbage"), NOW + 901), Trouble) == []
    assert len(client.tree) == 1
