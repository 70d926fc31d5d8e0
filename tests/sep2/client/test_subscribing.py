"""A client that subscribes where it may: against the engine of our ESI, and over the network."""

import asyncio
from pathlib import Path
from time import time
from typing import Any

from handover.sep2 import xml
from handover.sep2.client.engine import Client, Settings
from handover.sep2.client.outputs import Answer, EventChanged, Failure, Fetch, Post, Put
from handover.sep2.client.requests import request_of
from handover.sep2.client.subscribing import AGAIN, RENEWAL, Subscribe
from handover.sep2.client_service import ClientService, seeded_draw
from handover.sep2.notification_listener import NotificationListener
from handover.sep2.resources.subscription import Notification
from handover.sep2.server import Response
from sep2.esi_running import RunningEsi
from sep2.model_esi import PIN, furnish, model_esi
from sep2.test_serving import soon, until
from sep2.test_subscriptions import control
from sep2.tree_samples import OWN

T = 1_700_000_000.0
URI, ADDRESS = "https://192.0.2.7:8443/ntfy", "192.0.2.7"


class World:
    """The ESI engine and a client engine, in lockstep."""

    def __init__(self, uri: str | None = URI, *, takes: int = 0) -> None:
        self.esi = model_esi(OWN, T, poll_rate=900)
        self.esi.store.put_list("/dr/0/edc", subscribable=1)
        settings = Settings(OWN.lfdi, OWN.sfdi, PIN, category=1, notification_uri=uri)
        self.client = Client(settings, seeded_draw(OWN.lfdi))
        self.now = T
        self.takes = takes
        self.wishes: list[str] = []
        self.told: list[Any] = []
        self.read: list[str] = []
        self.perform(self.client.start(self.now))

    def perform(self, outputs: list[Any]) -> None:
        while outputs:
            output = outputs.pop(0)
            if not isinstance(output, Fetch | Post | Put):
                self.told.append(output)
                continue
            if isinstance(output, Subscribe):
                self.wishes.append(output.watched)
                if self.takes < 0:
                    outputs += self.client.handle(Failure(output, "gone"), self.now)
                    continue
            request = request_of(output)
            request.peer, request.address = OWN, ADDRESS
            response = self.esi.handle(request, self.now)
            if isinstance(output, Subscribe) and self.takes:
                response = Response(self.takes, {})
            self.read.append(request.path)
            answer = Answer(output, response.status, response.headers, response.body)
            outputs += self.client.handle(answer, self.now)

    def advance(self, seconds: float) -> None:
        self.now += seconds
        self.perform(self.client.tick(self.now))

    def deliver(self) -> int:
        """Hand the ESI's notifications to the client; return how many there were."""
        notifications = self.esi.tick(self.now)
        for notify in notifications:
            assert notify.uri == URI
            self.perform(self.client.notified(xml.decode(notify.body, Notification), self.now))
            self.esi.subscriptions.delivered(notify.key, 201, self.now)
        return len(notifications)


def test_it_subscribes_to_every_list_that_may_be() -> None:
    world = World()
    assert "/dr/0/edc" in world.client.subscriptions
    assert set(world.wishes) == set(world.client.subscriptions)
    assert len(world.esi.store.items("/edev/0/sub")) == len(world.wishes) >= 5
    for path in world.client.subscriptions:
        listing = world.esi.store.listing(path)
        assert listing is not None
        assert listing.subscribable == 1


def test_without_an_address_it_only_polls() -> None:
    world = World(uri=None)
    assert world.wishes == []
    assert world.client.subscriptions == {}


def test_an_event_is_known_at_once_and_not_at_the_next_poll() -> None:
    world = World()
    world.advance(10)
    world.esi.schedule.issue("/dr/0/edc", control(1, start=10), world.now)
    assert world.deliver() >= 1
    changes = [o for o in world.told if isinstance(o, EventChanged)]
    assert [change.new.name for change in changes] == ["SCHEDULED", "ACTIVE"]


def test_subscriptions_are_renewed_every_day() -> None:
    world = World()
    first = len(world.wishes)
    world.advance(RENEWAL - 60)
    assert len(world.wishes) == first
    world.advance(120)
    assert len(world.wishes) == 2 * first
    assert len(world.esi.store.items("/edev/0/sub")) == first


def test_a_server_that_takes_none_is_asked_again_later() -> None:
    world = World(takes=403)
    first = len(world.wishes)
    assert world.client.subscriptions == {}
    assert any("took no subscription" in str(trouble) for trouble in world.told)
    world.advance(AGAIN - 60)
    assert len(world.wishes) == first
    world.takes = 0
    world.advance(120)
    assert len(world.client.subscriptions) == first


def test_an_answer_that_is_lost_is_no_subscription() -> None:
    world = World(takes=-1)
    assert len(world.wishes) == len(set(world.wishes)) >= 1
    assert world.client.subscriptions == {}
    world.takes = 0
    world.advance(400)
    assert "/dr/0/edc" in world.client.subscriptions


def test_notifications_of_what_is_not_subscribed_to_are_ignored() -> None:
    world = World()
    world.advance(10)
    reads = len(world.read)
    for path in ("/upt/0/mr/0/r", "https://elsewhere/dr/0/edc", "/dr/0/edc?x=1", "/nowhere"):
        strange = Notification(subscribedResource=path, status=0, subscriptionURI="https://esi/edev/0/sub/0")
        world.perform(world.client.notified(strange, world.now))
    assert len(world.read) == reads


def test_a_subscription_that_the_server_ends_is_made_again() -> None:
    world = World()
    ended = Notification(subscribedResource="/dr/0/edc", status=1, subscriptionURI="https://esi/edev/0/sub/0")
    world.perform(world.client.notified(ended, world.now))
    assert "/dr/0/edc" not in world.client.subscriptions
    world.advance(AGAIN + 1)
    assert "/dr/0/edc" in world.client.subscriptions


async def test_over_the_network(tmp_path: Path) -> None:
    async with RunningEsi(tmp_path, poll_rate=3600) as running:
        furnish(running.esi)
        running.admit("device")
        running.esi.store.put_list("/dr/0/edc", subscribable=1)
        me, told = running.peer("device"), []
        notifications: list[Notification] = []
        listener = NotificationListener(
            running.credentials("device"),
            notifications.append,
            host="127.0.0.1",
            lfdi=running.peer("gateway").lfdi,
        )
        async with listener:
            settings = Settings(me.lfdi, me.sfdi, PIN, category=1, notification_uri=listener.uri)
            client = Client(settings, seeded_draw(me.lfdi))
            service = ClientService(client, running.transport("device"), told=told.append)
            working = asyncio.create_task(service.run())
            await until(lambda: "/dr/0/edc" in client.subscriptions)
            running.esi.schedule.issue("/dr/0/edc", soon(1), time())
            running.serving.changed()
            await until(lambda: notifications)
            service.do(lambda now: client.notified(notifications[0], now))
            await until(lambda: any(isinstance(o, EventChanged) and o.new.name == "ACTIVE" for o in told))
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)


async def test_the_listener_hears_its_server_only(tmp_path: Path) -> None:
    async with RunningEsi(tmp_path) as running:
        running.peer("device")
        heard: list[Notification] = []
        notification = Notification(subscribedResource="/x", status=0, subscriptionURI="https://a/b")
        listener = NotificationListener(
            running.credentials("device"), heard.append, host="127.0.0.1", lfdi=running.peer("gateway").lfdi
        )
        async with listener:
            for name, body, status in (
                ("stranger", xml.encode(notification), 403),
                ("gateway", b"<x/>", 400),
                ("gateway", xml.encode(notification), 201),
            ):
                answer = await running.call(name, listener.uri, body)
                assert answer.status == status
        assert heard == [notification]
