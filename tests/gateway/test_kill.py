"""A gateway process killed without warning: nothing acknowledged is lost, nothing is done twice."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from time import time
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.running import Client, make_config, until
from gateway.wire import Bridge
from handover.errors import NotNow
from handover.gateway.adapters import audit
from handover.gateway.config import template
from handover.sep1 import frame as zcl
from handover.sep1.aps import ApsFrame
from handover.sep1.client import Retry
from handover.sep1.clusters.drlc import ReportEventStatus
from handover.sep1.declaration import Command
from handover.sep2 import xml
from handover.sep2.resources.response import DrResponse, TextResponse
from handover.sim import live
from handover.sim.premise import Premise

pytestmark = pytest.mark.req("REQ.GW.8")


class SystemClock:
    def now(self) -> float:
        return time()


class Process:
    """The gateway's process, the premise it is at, and a device. `kill_at` kills it at a chosen frame."""

    def __init__(self, folder: Path) -> None:
        self.config = make_config(folder)
        (folder / "gateway.toml").write_text(template(self.config))
        self.premise = Premise(seed=5, start=time(), retry=Retry(timeout=0.5, tries=8))
        self.premise.admit(self.config.eui64)
        self.inbox = self.premise.han.attach(self.config.eui64)
        self.bridge = Bridge(self.premise.han.carry, self._passes)
        self.device = Client(self.config, "thermostat")
        self.device.admit("thermostat")
        self.sent: list[Command] = []
        self.kill_at: Callable[[Any], bool] = lambda body: False
        self.kills = 0
        self._process: asyncio.subprocess.Process | None = None

    async def run(self) -> None:
        await self.bridge.start()
        self.tasks = [
            asyncio.create_task(live.run(self.premise, SystemClock())),
            asyncio.create_task(self._deliver()),
        ]

    async def start(self) -> None:
        before = len(self.sent)
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(Path(__file__).with_name("wire.py")),
            str(self.config.base),
            str(self.bridge.port),
            str(self.premise.eui64),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        )
        assert self._process.stdout is not None
        url = (await self._process.stdout.readline()).decode().strip()
        assert url, "the gateway did not start"
        await until(lambda: len(self.sent) > before)  # it has met the ESI
        await self.device.close()
        await self.device.open(SimpleNamespace(url=url))  # type: ignore[arg-type]

    def kill(self) -> None:
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)
        self.kills += 1

    async def gone(self) -> None:
        assert self._process is not None
        await self._process.wait()

    async def close(self) -> None:
        self.kill()
        await self.gone()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.device.close()
        await self.bridge.close()

    def reports(self, number: int) -> list[ReportEventStatus]:
        return [
            row.command
            for row in self.premise.observed.event_statuses
            if row.command.issuer_event_id == number
        ]

    def _passes(self, frame: ApsFrame) -> bool:
        body = zcl.parse(frame.cluster_id, frame.payload).body
        if isinstance(body, Command):
            self.sent.append(body)
        if self.kill_at(body):
            self.kill_at = lambda body: False
            self.kill()
            return False
        return True

    async def _deliver(self) -> None:
        while (frame := await self.inbox.get()) is not None:
            self.bridge.deliver(frame)


@pytest.fixture
async def process(tmp_path: Path) -> AsyncIterator[Process]:
    made = Process(tmp_path)
    await made.run()
    await made.start()
    yield made
    await made.close()


def is_status(status: int) -> Callable[[Any], bool]:
    return lambda body: isinstance(body, ReportEventStatus) and body.event_status == status


async def control(process: Process) -> Any:
    found = (await process.device.gets("/dr/0/edc?l=9")).EndDeviceControl
    assert len(found) == 1
    return found[0]


async def respond(process: Process, served: Any, status: int, at: int) -> int | None:
    """Post a response and return the answer's status, None when the gateway died before it could answer."""
    word = DrResponse(
        createdDateTime=at, endDeviceLFDI=process.device.lfdi, status=status, subject=served.mRID
    )
    try:
        return (await process.device.asks("POST", served.replyTo, word)).status
    except NotNow:
        return None


async def test_an_event_survives_kills_at_every_stage(process: Process) -> None:
    process.kill_at = is_status(1)
    number = process.premise.send_load_control(time(), minutes=60, duty_cycle=50)
    await until(lambda: process.kills == 1)
    await process.gone()
    await process.start()
    await until(lambda: process.reports(number))
    before = await control(process)

    process.kill_at = is_status(2)
    started = int(time())
    assert await respond(process, before, 2, started) in (201, None)
    await until(lambda: process.kills == 2)
    await process.gone()
    await process.start()
    await until(lambda: [r.event_status for r in process.reports(number)][-1:] == [2])
    assert xml.encode(await control(process)) == xml.encode(before)
    assert await respond(process, before, 2, started) == 204, "it was kept before anything was told"

    process.kill()
    await process.gone()
    await process.start()
    after = await control(process)
    assert (after.mRID, after.interval, after.creationTime) == (
        before.mRID,
        before.interval,
        before.creationTime,
    )

    process.kill_at = is_status(6)
    process.premise.cancel_load_control(time(), number)
    await until(lambda: process.kills == 4)
    await process.gone()
    await process.start()
    await until(lambda: [r.event_status for r in process.reports(number)][-1:] == [6])
    assert (await control(process)).EventStatus.currentStatus == 2

    reports = [body for body in process.sent if isinstance(body, ReportEventStatus)]
    assert [r.event_status for r in process.reports(number)] == [1, 2, 6]
    for status in (1, 2, 6):
        told = [r for r in reports if r.event_status == status]
        assert len(told) >= 2, "the killed one and its repeat"
        assert all(r == told[0] for r in told), "a repeat says the same"
    assert audit.problems(process.config.audit_path) == []
    translated = [e for e in audit.read(process.config.audit_path) if e.get("command") == "LoadControlEvent"]
    assert len(translated) == 1


async def test_what_was_answered_with_201_is_there_after_a_kill(process: Process) -> None:
    await until(lambda: process.premise.observed.acknowledgements)
    process.premise.send_message(time(), "Please confirm", confirm=True)
    text: Any = None
    while text is None:
        texts = (await process.device.gets("/msg/0/txt?l=9")).TextMessage
        text = texts[0] if texts else None
    word = TextResponse(
        createdDateTime=int(time()), endDeviceLFDI=process.device.lfdi, status=11, subject=text.mRID
    )
    answer = await process.device.asks("POST", text.replyTo, word)
    assert answer.status == 201
    process.kill()
    await process.gone()
    await process.start()
    kept = await process.device.gets(answer.headers["Location"])
    assert (kept.status, kept.subject) == (11, text.mRID)
    await until(lambda: process.premise.observed.confirmations)
    assert (await process.device.asks("POST", text.replyTo, word)).status == 204
    served = {p.mRID for p in (await process.device.gets("/tp/99/rc/0/tti?l=9")).TimeTariffInterval}
    process.kill()
    await process.gone()
    await process.start()
    assert {p.mRID for p in (await process.device.gets("/tp/99/rc/0/tti?l=9")).TimeTariffInterval} >= served
    told = [row.command for row in process.premise.observed.confirmations]
    assert all(word == told[0] for word in told), "a repeat says the same"
