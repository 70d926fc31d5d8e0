"""The ESI on a network: HTTPS, notifications to real listeners, the tree over restarts."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from time import time

import pytest

from handover.sep2 import exi, xml
from handover.sep2.resources.configuration import Configuration
from handover.sep2.resources.device_capability import DeviceCapability
from handover.sep2.resources.log_event import LogEvent
from handover.sep2.resources.subscription import Subscription
from sep2.esi_running import Listener, RunningEsi
from sep2.test_subscriptions import control

CONFIG = Configuration(currentLocale="en-US", userDeviceName="hall")


async def until(true: Callable[[], object], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0)


def soon(number: int) -> object:
    event = control(number)
    event.interval.start = int(time()) - 5
    event.creationTime = int(time())
    return event


def subscription(uri: str, resource: str, encoding: int = 0) -> Subscription:
    return Subscription(
        subscribedResource=resource, encoding=encoding, level="-S1", limit=5, notificationURI=uri
    )


async def test_it_serves_xml_and_exi(tmp_path: Path) -> None:
    async with RunningEsi(tmp_path) as running:
        running.admit("device")
        capability = await running.get("device", "/dcap")
        assert isinstance(capability, DeviceCapability)
        binary = await running.ask("device", "GET", "/dcap", binary=True)
        assert binary.headers["Content-Type"] == "application/sep-exi; level=-S1"
        assert exi.decode(binary.body) == capability
        written = await running.ask("device", "PUT", "/edev/0/cfg", CONFIG, binary=True)
        assert written.status == 204
        assert (await running.get("device", "/edev/0/cfg")).userDeviceName == "hall"


@pytest.mark.parametrize("encoding", [0, 1])
async def test_a_listener_is_told_of_an_event(tmp_path: Path, encoding: int) -> None:
    async with RunningEsi(tmp_path) as running:
        running.admit("device")
        running.esi.store.put_list("/dr/0/edc", subscribable=1)
        async with Listener(running, "device") as listener:
            wish = subscription(listener.uri, "/dr/0/edc", encoding)
            made = await running.ask("device", "POST", "/edev/0/sub", wish)
            assert made.status == 201, made
            running.esi.schedule.issue("/dr/0/edc", soon(1), time())
            running.serving.changed()
            await until(lambda: listener.notifications)
            (notification,) = listener.notifications
            assert notification.Resource.EndDeviceControl[0].EventStatus.currentStatus == 1
            assert notification.subscriptionURI == f"https://127.0.0.1:1{made.headers['Location']}"


async def test_only_the_subscriber_may_listen(tmp_path: Path) -> None:
    """Another device on the same address gets no notification: its certificate is another one."""
    async with RunningEsi(tmp_path) as running:
        running.admit("device")
        running.peer("thief")
        running.esi.store.put_list("/dr/0/edc", subscribable=1)
        async with Listener(running, "thief") as thief:
            made = await running.ask("device", "POST", "/edev/0/sub", subscription(thief.uri, "/dr/0/edc"))
            assert made.status == 201
            running.esi.schedule.issue("/dr/0/edc", soon(1), time())
            running.serving.changed()
            box = running.esi.subscriptions._box
            await until(lambda: any(letter.pause > 30 for letter in box._letters.values()))
            assert thief.notifications == []


async def test_other_hosts_are_not_called(tmp_path: Path) -> None:
    async with RunningEsi(tmp_path) as running:
        running.admit("device")
        running.esi.store.put_list("/dr/0/edc", subscribable=1)
        for uri in (
            "https://192.0.2.1/ntfy",
            "https://localhost:443/ntfy",
            "https://[::1]/",
            "http://127.0.0.1/",
        ):
            answer = await running.ask("device", "POST", "/edev/0/sub", subscription(uri, "/dr/0/edc"))
            assert answer.status == 403, uri
        assert running.esi.store.items("/edev/0/sub") == []


async def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    running = RunningEsi(tmp_path, kept=True)
    await running.start()
    running.admit("device")
    running.esi.store.put_list("/dr/0/edc", subscribable=1)
    event = running.esi.schedule.issue("/dr/0/edc", soon(1), time())
    log = LogEvent(
        createdDateTime=5, functionSet=0, logEventCode=1, logEventID=1, logEventPEN=37250, profileID=2
    )
    posted = await running.ask("device", "POST", "/edev/0/lel", log)
    assert (await running.ask("device", "PUT", "/edev/0/cfg", CONFIG)).status == 204
    async with Listener(running, "device") as listener:
        wish = subscription(listener.uri, "/dr/0/edc")
        assert (await running.ask("device", "POST", "/edev/0/sub", wish)).status == 201
        await running.stop()
        await running.start()
        await until(lambda: listener.notifications)
    assert (await running.get("device", posted.headers["Location"])).logEventCode == 1
    assert (await running.get("device", "/edev/0/cfg")).userDeviceName == "hall"
    assert (await running.get("device", event)).EventStatus.currentStatus == 1
    assert (await running.get("device", "/edev/0/rg")).pIN == 111115
    await running.stop()


async def test_a_disk_that_takes_nothing_gives_503(tmp_path: Path) -> None:
    async with RunningEsi(tmp_path, kept=True) as running:
        running.admit("device")
        running.serving._flush()
        assert running.database is not None
        running.database._connection.execute("PRAGMA query_only=1")
        answer = await running.ask("device", "PUT", "/edev/0/cfg", CONFIG)
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
        assert b"takes no writes" in answer.body
        running.database._connection.execute("PRAGMA query_only=0")
        assert (await running.ask("device", "PUT", "/edev/0/cfg", CONFIG)).status == 204


async def test_a_device_that_is_not_admitted_gets_what_is_public(tmp_path: Path) -> None:
    async with RunningEsi(tmp_path) as running:
        running.admit("device")
        assert (await running.ask("stranger", "GET", "/dcap")).status == 200
        assert (await running.ask("stranger", "GET", "/edev/0")).status == 404
        answer = await running.ask(
            "stranger", "POST", "/edev/0/sub", subscription("https://127.0.0.1/", "/dr")
        )
        assert answer.status == 403
        assert b"reasonCode" in answer.body
        assert xml.decode(answer.body).reasonCode == 1
