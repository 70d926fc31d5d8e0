"""Subscriptions and notifications, from a client's POST to its last notification."""

from typing import Any

import pytest

from handover.sep2 import exi, xml
from handover.sep2.peer import Peer
from handover.sep2.resources.common import DateTimeInterval, Error, EventStatus
from handover.sep2.resources.drlc import EndDeviceControl, EndDeviceControlList
from handover.sep2.resources.metering import Reading
from handover.sep2.resources.subscription import Condition, Notification, Subscription
from handover.sep2.resources.time import Time
from handover.sep2.security.access import AccessRules
from handover.sep2.server import Request, Response, Server
from handover.sep2.server.event_schedule import EventSchedule
from handover.sep2.server.post_box import FIRST_PAUSE, PATIENCE, Notify
from handover.sep2.server.subscriptions import Options, Subscriptions, same_address
from sep2.tree_samples import OTHER, OWN, full_tree

T = 1_700_000_000.0
SEP = "application/sep+xml; level=-S1"
MINE = "/edev/0/sub"
CONTROLS, READING = "/dr/0/edc", "/upt/0/mr/0/r"
URI = "https://192.0.2.7:8443/ntfy"
ADDRESS = "192.0.2.7"
ANY_CONDITION = Condition(attributeIdentifier=0, lowerThreshold=0, upperThreshold=1)


def control(number: int, start: float = 0) -> EndDeviceControl:
    return EndDeviceControl(
        mRID=number.to_bytes(16),
        creationTime=int(T) + number,
        EventStatus=EventStatus(currentStatus=0, dateTime=0, potentiallySuperseded=False),
        interval=DateTimeInterval(start=int(T + start), duration=600),
        deviceCategory=b"\0\0\0\1",
        drProgramMandatory=False,
        loadShiftForward=False,
    )


class World:
    """A server with subscriptions over the full tree, without the subscriptions that it holds."""

    def __init__(self, **options: Any) -> None:
        self.store = full_tree()
        for path in ("/edev/0/sub/0", "/edev/1/sub/0", "/dr/0/edc/0"):
            self.store.delete(path)
        self.store.put_list(CONTROLS, subscribable=1)
        self.store.put(READING, Reading(value=50, subscribable=3))
        self.access = AccessRules(self.store)
        self.server = Server(self.store, self.access)
        self.options = Options("https://esi.example:443", **options)
        self.schedule = EventSchedule(self.store)
        self.take_over()

    def take_over(self) -> None:
        """Start (again) over the tree as it is."""
        subscriptions = Subscriptions(self.store, self.access, self.server.renderer, self.options)
        self.server = Server(self.store, self.access, subscriptions.hooks())
        self.subscriptions = subscriptions

    def ask(
        self, method: str, path: str, body: Any = None, peer: Peer = OWN, address: str = ADDRESS
    ) -> Response:
        headers = {"Accept": SEP, "Content-Type": SEP}
        data = b"" if body is None else xml.encode(body)
        return self.server.handle(Request(method, path, "", headers, data, peer, None, address), T)

    def subscribe(self, resource: str = CONTROLS, peer: Peer = OWN, **more: Any) -> Response:
        place = MINE if peer is OWN else "/edev/1/sub"
        return self.ask("POST", place, subscription(resource, **more), peer)

    def sent(self, at: float = 0) -> list[Notify]:
        return self.subscriptions.tick(T + at)

    def told(self, at: float = 0) -> list[Notification]:
        """Return what is notified now, and take it."""
        found = self.sent(at)
        for notify in found:
            self.subscriptions.delivered(notify.key, 201, T + at)
        return [xml.decode(notify.body, Notification) for notify in found]


def subscription(resource: str = CONTROLS, **more: Any) -> Subscription:
    values = {"encoding": 0, "level": "-S1", "limit": 1, "notificationURI": URI} | more
    return Subscription(subscribedResource=resource, **values)


@pytest.fixture
def world() -> World:
    return World()


class TestSubscribing:
    def test_a_subscription_is_a_resource(self, world: World) -> None:
        made = world.subscribe()
        path = made.headers["Location"]
        assert (made.status, path) == (201, f"{MINE}/1")
        kept = xml.decode(world.ask("GET", path).body, Subscription)
        assert (kept.subscribedResource, kept.notificationURI) == (CONTROLS, URI)
        assert world.ask("GET", path, peer=OTHER).status == 404
        assert world.ask("DELETE", path, peer=OTHER).status == 403
        assert world.ask("DELETE", path).status == 204
        world.schedule.issue(CONTROLS, control(1), T)
        assert world.sent() == []

    def test_the_same_wish_is_one_subscription(self, world: World) -> None:
        first, again = world.subscribe(), world.subscribe(limit=5)
        assert (again.status, again.headers["Location"]) == (204, first.headers["Location"])
        assert world.store.get(first.headers["Location"]).limit == 5

    def test_it_can_be_changed(self, world: World) -> None:
        path = world.subscribe().headers["Location"]
        assert world.ask("PUT", path, subscription(limit=3)).status == 204
        assert world.ask("PUT", path, subscription("/tm")).status == 403
        assert world.store.get(path).limit == 3

    @pytest.mark.parametrize(
        ("change", "status", "code", "reason"),
        [
            ({"resource": "/nowhere"}, 403, 1, b"nothing to subscribe to"),
            ({"resource": "/edev/1"}, 403, 1, b"nothing to subscribe to"),
            ({"resource": "/tm"}, 403, 1, b"takes no subscriptions"),
            ({"resource": "/msg/0/txt"}, 403, 1, b"poll it"),
            ({"encoding": 2}, 400, 1, b"encoding 2"),
            ({"level": "-S9"}, 400, 1, b"level"),
            ({"notificationURI": "https://[x"}, 400, 1, b"not a URI"),
            ({"notificationURI": "https://192.0.2.7:99999/"}, 400, 1, b"not a URI"),
            ({"notificationURI": "http://192.0.2.7/ntfy"}, 403, 1, b"over https"),
            ({"notificationURI": "ftp://192.0.2.7/ntfy"}, 403, 1, b"over https"),
            ({"notificationURI": "https://me@192.0.2.7/ntfy"}, 403, 1, b"user name"),
            ({"notificationURI": "https://192.0.2.8/ntfy"}, 403, 1, b"own address only"),
            ({"notificationURI": "https://localhost/ntfy"}, 403, 1, b"own address only"),
            ({"notificationURI": "https://127.0.0.1/ntfy"}, 403, 1, b"own address only"),
            ({"notificationURI": "/ntfy"}, 403, 1, b"over https"),
            ({"Condition": ANY_CONDITION}, 400, 3, b"condition"),
        ],
    )
    def test_what_is_refused(
        self, world: World, change: dict[str, Any], status: int, code: int, reason: bytes
    ) -> None:
        answer = world.subscribe(**change)
        assert answer.status == status
        assert reason in answer.body
        assert xml.decode(answer.body, Error).reasonCode == code
        assert world.store.items(MINE) == []

    def test_room_is_bounded(self) -> None:
        world = World(room=2)
        assert [world.subscribe(notificationURI=f"{URI}/{n}").status for n in range(3)] == [201, 201, 503]


@pytest.mark.parametrize(
    ("host", "address", "same"),
    [
        ("192.0.2.7", "192.0.2.7", True),
        ("192.0.2.7", "::ffff:192.0.2.7", True),
        ("fe80::1", "fe80::1%eth0", True),
        ("fe80::1", "FE80:0::1", True),
        ("192.0.2.8", "192.0.2.7", False),
        ("127.0.0.1", "192.0.2.7", False),
        ("localhost", "127.0.0.1", False),
        ("3221225991", "192.0.2.7", False),
        ("0x7f.1", "127.0.0.1", False),
        ("", "", False),
    ],
)
def test_addresses_are_compared_as_addresses(host: str, address: str, same: bool) -> None:
    assert same_address(OWN, host, address) is same


class TestNotifying:
    def test_a_new_event_is_told_at_once_with_its_list(self, world: World) -> None:
        path = world.subscribe().headers["Location"]
        assert world.sent() == []
        world.schedule.issue(CONTROLS, control(1), T)
        (notify,) = world.sent()
        assert (notify.uri, notify.content_type, notify.key) == (URI, SEP, path)
        notification = xml.decode(notify.body, Notification)
        assert notification.subscriptionURI == f"https://esi.example:443{path}"
        assert (notification.subscribedResource, notification.status) == (CONTROLS, 0)
        page = notification.Resource
        assert isinstance(page, EndDeviceControlList)
        assert (page.all, page.results) == (1, 1)
        assert page.EndDeviceControl[0].mRID == (1).to_bytes(16)
        assert b'xsi:type="EndDeviceControlList"' in notify.body

    def test_changes_of_status_are_told(self, world: World) -> None:
        world.subscribe()
        world.schedule.issue(CONTROLS, control(1, start=60), T)
        assert len(world.told()) == 1
        world.schedule.tick(T + 60)
        (notification,) = world.told(60)
        assert notification.Resource.EndDeviceControl[0].EventStatus.currentStatus == 1

    def test_the_active_list_can_be_watched(self, world: World) -> None:
        active = "/dr/0/actedc"
        world.store.put_list(active, subscribable=1)
        world.subscribe(active)
        world.schedule.issue(CONTROLS, control(1), T)
        (notification,) = world.told()
        assert (notification.subscribedResource, notification.Resource.all) == (active, 1)

    def test_exi_for_those_who_want_it(self, world: World) -> None:
        world.subscribe(encoding=1)
        world.schedule.issue(CONTROLS, control(1), T)
        (notify,) = world.sent()
        assert notify.content_type == "application/sep-exi; level=-S1"
        assert exi.decode(notify.body, Notification).Resource.all == 1

    def test_the_limit_bounds_the_items(self, world: World) -> None:
        world.subscribe(limit=0)
        for number in (1, 2, 3):
            world.schedule.issue(CONTROLS, control(number, start=1000 * number), T)
        (notification,) = world.told()
        assert (notification.Resource.all, notification.Resource.results) == (3, 0)
        assert World(most_items=2).options.most_items == 2

    def test_many_changes_are_one_notification_and_spaced(self, world: World) -> None:
        world.subscribe()
        for number in range(1, 20):
            world.schedule.issue(CONTROLS, control(number, start=1000 * number), T)
        assert len(world.told()) == 1
        world.schedule.issue(CONTROLS, control(99, start=99_000), T)
        assert world.told(0.5) == []
        assert world.subscriptions.deadline() == T + world.options.spacing
        assert len(world.told(1)) == 1

    def test_a_change_while_one_is_on_its_way_follows_it(self, world: World) -> None:
        world.subscribe(limit=9)
        world.schedule.issue(CONTROLS, control(1), T)
        (first,) = world.sent()
        world.schedule.issue(CONTROLS, control(2, start=1000), T)
        assert world.sent(5) == []
        world.subscriptions.delivered(first.key, 204, T + 5)
        (notification,) = world.told(6)
        assert notification.Resource.all == 2

    def test_a_condition_must_hold(self, world: World) -> None:
        condition = Condition(attributeIdentifier=0, lowerThreshold=10, upperThreshold=90)
        assert world.subscribe(READING, Condition=condition).status == 201
        told = []
        for at, value in enumerate((50, 90, 91, 10, 9)):
            world.store.put(READING, Reading(value=value, subscribable=3))
            told += [notification.Resource.value for notification in world.told(10 * at)]
        assert told == [91, 9]

    def test_what_concerns_others_is_not_told(self, world: World) -> None:
        world.subscribe()
        world.store.put("/msg/0/txt/9", world.store.get("/msg/0/txt/0"))
        world.store.put("/dr/0", world.store.get("/dr/0"))
        assert world.sent() == []


class TestFailing:
    def begin(self, world: World) -> str:
        path = world.subscribe().headers["Location"]
        world.schedule.issue(CONTROLS, control(1), T)
        return path

    def test_attempts_are_repeated_ever_less_often(self, world: World) -> None:
        key, at, pauses = self.begin(world), 0.0, []
        for _ in range(9):
            assert [n.key for n in world.sent(at)] == [key]
            world.subscriptions.failed(key, T + at)
            due = world.subscriptions.deadline()
            assert due is not None
            pauses.append(due - T - at)
            assert world.sent(due - T - 1) == []
            at = due - T
        assert pauses == [FIRST_PAUSE * min(2**n, 120) for n in range(9)]

    def test_after_a_day_the_subscription_ends(self, world: World) -> None:
        key = self.begin(world)
        at = 0.0
        while at <= PATIENCE + 3600:
            if world.sent(at):
                world.subscriptions.delivered(key, 503, T + at)
            at += FIRST_PAUSE
        assert world.store.get(key) is None
        assert world.sent(at + 10_000) == []

    @pytest.mark.parametrize("status", [404, 410])
    def test_a_subscriber_that_is_gone_ends_it(self, world: World, status: int) -> None:
        key = self.begin(world)
        world.sent()
        world.subscriptions.delivered(key, status, T)
        assert world.store.get(key) is None

    def test_a_late_notification_shows_the_present(self, world: World) -> None:
        key = self.begin(world)
        world.sent()
        world.subscriptions.failed(key, T)
        world.schedule.issue(CONTROLS, control(2, start=1000), T + 10)
        (notification,) = world.told(FIRST_PAUSE)
        assert notification.Resource.all == 2

    def test_a_restart_tells_everything_once_more(self, world: World) -> None:
        self.begin(world)
        assert len(world.told()) == 1
        world.take_over()
        assert len(world.told(100)) == 1
        assert world.told(200) == []


class TestEnding:
    def test_a_resource_that_is_deleted_is_the_last_notification(self, world: World) -> None:
        path = world.subscribe().headers["Location"]
        world.store.delete("/dr/0")
        (notification,) = world.told()
        assert (notification.status, notification.Resource) == (4, None)
        assert world.store.get(path) is None

    def test_who_may_not_read_any_more_is_told_so(self, world: World) -> None:
        world.subscribe()
        world.store.delete("/edev/0/fsa/0")
        world.schedule.issue(CONTROLS, control(1), T)
        (notification,) = world.told()
        assert (notification.status, notification.Resource) == (1, None)
        assert world.store.items(MINE) == []

    def test_a_device_that_is_removed_takes_its_subscriptions_along(self, world: World) -> None:
        world.subscribe()
        world.store.delete("/edev/0")
        world.schedule.issue(CONTROLS, control(1), T)
        assert world.sent() == []


def test_a_notification_without_a_resource_is_valid() -> None:
    notification = Notification(subscribedResource="/x", status=0, subscriptionURI="https://a/b")
    assert xml.decode(xml.encode(notification)) == notification
    assert (
        Time.__name__
        in xml.encode(
            Notification(
                subscribedResource="/tm",
                status=0,
                subscriptionURI="https://a/b",
                Resource=Time(
                    currentTime=1, dstEndTime=0, dstOffset=0, dstStartTime=0, quality=7, tzOffset=0
                ),
            )
        ).decode()
    )
