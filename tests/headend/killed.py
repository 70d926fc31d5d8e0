"""A migration service to be killed: `python killed.py FOLDER N` dies at the Nth commit of its journal.

The world outlives it: drivers note in a file, with fsync, what they have carried out, by key.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from handover.clock import VirtualClock
from handover.headend.adapters.journal import Journal
from handover.headend.migration.rows import Action, Answer, Task
from handover.headend.migration.states import State
from handover.headend.migration_service import MigrationService
from handover.headend.ways import DeviceWay, Order
from headend.homes import DISPLAY, NOW, SWITCH, THERMOSTAT, obliging, plan


class Leaping(VirtualClock):
    """A clock that leaps ten minutes whenever it is read: weeks pass in no time."""

    def now(self) -> float:
        return self.advance(600.0)


class World:
    """Does what it is told, once for each key."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a+")
        self._file.seek(0)
        self._done = set(self._file.read().split("\n"))

    async def perform(self, premise: str, task: Task) -> Answer | None:
        if task.action not in {Action.CHECK, Action.RECHECK} and task.key not in self._done:
            self._done.add(task.key)
            self._file.write(f"{task.key}\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        return obliging(task)


async def main(folder: Path, fatal: int) -> None:
    def committed(number: int) -> None:
        if number == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    journal = Journal(folder / "journal.db", committed=committed)
    journal.open()
    world = World(folder / "world")
    service = MigrationService(journal, world, Leaping(NOW), pause=0.0)
    devices = dict.fromkeys((DISPLAY, THERMOSTAT, SWITCH), DeviceWay.AMI_OTA)
    migration = service.add(plan(devices=devices, order=Order.TOGETHER))
    running = asyncio.ensure_future(service.run())
    while not running.done():
        await asyncio.sleep(0)
        if migration.state is State.ANNOUNCED:
            service.consent("P1", True, channel="page")
    await running
    journal.close()
    sys.stdout.write(f"{migration.state.name}\n")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
