"""Signs of life for the supervisor over a real socket, and a trial that is kept or given up."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.running import fast_clock, make_config, running
from gateway.selfupdate.releases import Shelf, updater
from handover.gateway.adapters.notify import Notifier
from handover.gateway.adapters.watch import Trial, Watch, trial
from handover.gateway.config import template
from handover.gateway.selfupdate import record as records
from handover.gateway.selfupdate import slots
from handover.gateway.selfupdate.adapters.real_disk import RealDisk
from handover.gateway.selfupdate.states import Update
from handover.sim.premise import Premise


class Supervisor:
    """The other end of NOTIFY_SOCKET."""

    def __init__(self, address: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self.socket.setblocking(False)
        self.environment = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "30000000"}

    def waits(self) -> list[str]:
        """Return the lines of the next datagram."""
        self.socket.settimeout(60.0)
        return self.socket.recv(4096).decode().split("\n")

    def heard(self) -> list[str]:
        lines: list[str] = []
        while True:
            try:
                lines += self.socket.recv(4096).decode().split("\n")
            except BlockingIOError:
                return lines


@pytest.fixture(params=["file", "abstract"])
def supervisor(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Supervisor]:
    made = Supervisor(
        str(tmp_path / "notify") if request.param == "file" else f"@handover-test-{os.getpid()}"
    )
    yield made
    made.socket.close()


class Service:
    idle: float | None = 0.1
    problem: str | None = None
    stopped = False

    def stop(self) -> None:
        self.stopped = True


def test_the_supervisor_hears_that_the_gateway_is_alive(supervisor: Supervisor) -> None:
    service, notifier = Service(), Notifier(supervisor.environment)
    assert notifier.period == 30.0
    watch = Watch(service, None, notifier)
    watch.look(0.0)
    assert supervisor.heard() == ["WATCHDOG=1", "STATUS=serving"]
    service.problem = "the disk is full"
    watch.look(5.0)
    assert supervisor.heard() == ["WATCHDOG=1", "STATUS=the disk is full"]
    notifier.ready("serving")
    notifier.stopping()
    assert supervisor.heard() == ["READY=1", "STATUS=serving", "STOPPING=1"]


def test_an_engine_that_stands_still_gives_no_sign_of_life(supervisor: Supervisor) -> None:
    service = Service()
    service.idle = 21.0
    Watch(service, None, Notifier(supervisor.environment)).look(0.0)
    assert supervisor.heard() == []


def test_an_engine_that_never_begins_is_waited_for_only_so_long(supervisor: Supervisor) -> None:
    service = Service()
    service.idle = None
    watch = Watch(service, None, Notifier(supervisor.environment))
    watch.look(100.0)
    watch.look(119.0)
    assert supervisor.heard() == ["WATCHDOG=1", "STATUS=serving"] * 2
    watch.look(120.0)
    assert supervisor.heard() == []


def test_without_a_supervisor_or_with_one_that_is_gone_nothing_happens(tmp_path: Path) -> None:
    Notifier({}).ready("x")
    Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")}).alive("x")
    assert Notifier({"WATCHDOG_USEC": "1000000"}).period is None
    assert Notifier({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "no"}).period is None
    assert Notifier({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "9", "WATCHDOG_PID": "1"}).period is None


async def test_a_real_gateway_ticks_and_reports(supervisor: Supervisor, tmp_path: Path) -> None:
    clock = fast_clock()
    async with running(make_config(tmp_path), Premise(seed=1, start=clock.now()), clock) as service:
        watch = Watch(service, None, Notifier(supervisor.environment))
        watch.look(0.0)
        assert service.idle is None or service.idle < 20.0
    assert supervisor.heard() == ["WATCHDOG=1", "STATUS=serving"]


def test_the_process_of_the_gateway_tells_its_life(supervisor: Supervisor, tmp_path: Path) -> None:
    (tmp_path / "gateway.toml").write_text(template(make_config(tmp_path)))
    process = subprocess.Popen(
        [sys.executable, "-m", "handover", "gateway", "run", "-c", str(tmp_path / "gateway.toml")],
        env=os.environ | supervisor.environment | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert supervisor.waits() == ["READY=1", "STATUS=serving"]
        assert supervisor.waits() == ["WATCHDOG=1", "STATUS=serving"]
        process.send_signal(signal.SIGTERM)
        assert supervisor.waits() == ["STOPPING=1"]
        assert process.wait() == 0
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def on_trial(tmp_path: Path) -> RealDisk:
    disk = RealDisk(tmp_path / "software")
    slots.store(disk, records.started(updater(disk, Shelf("1.1.0")).apply()))
    return disk


@pytest.mark.req("REQ.GW.7")
def test_a_healthy_trial_is_kept(on_trial: RealDisk) -> None:
    service = Service()
    watch = Watch(service, Trial(on_trial, 0.0), Notifier({}))
    for now in (0.0, 30.0, 59.0):
        watch.look(now)
        assert slots.load(on_trial).at is Update.TRIAL
    watch.look(60.0)
    record = slots.load(on_trial)
    assert (record.at, record.active, record.floor) == (Update.COMMITTED, "a", "1.1.0")
    assert not service.stopped


@pytest.mark.req("REQ.GW.7")
@pytest.mark.parametrize("fault", ["problem", "standstill"])
def test_a_trial_that_is_not_well_in_time_is_given_up_and_ended(on_trial: RealDisk, fault: str) -> None:
    service = Service()
    service.problem = "no journal" if fault == "problem" else None
    service.idle = 30.0 if fault == "standstill" else 0.0
    watch = Watch(service, Trial(on_trial, 0.0), Notifier({}))
    watch.look(599.0)
    assert not service.stopped
    watch.look(600.0)
    assert (service.stopped, slots.load(on_trial).at) == (True, Update.ROLLED_BACK)


@pytest.mark.req("REQ.GW.7")
def test_a_verdict_that_cannot_be_written_is_tried_again(on_trial: RealDisk) -> None:
    watch = Watch(Service(), Trial(on_trial, 0.0), Notifier({}))
    watch.look(0.0)
    with on_trial.locked():
        watch.look(60.0)
    assert slots.load(on_trial).at is Update.TRIAL
    watch.look(65.0)
    assert slots.load(on_trial).at is Update.COMMITTED


async def test_a_process_knows_whether_it_is_the_trial(on_trial: RealDisk) -> None:
    config = make_config(on_trial.root.parent)
    assert trial(config, {}) is None
    assert trial(config, {"HANDOVER_SLOT": "b"}) is None
    assert trial(config, {"HANDOVER_SLOT": "a"}) is not None
    slots.store(on_trial, records.committed(slots.load(on_trial)))
    assert trial(config, {"HANDOVER_SLOT": "a"}) is None
