"""Looks after the running gateway: signs of life for the supervisor, and the end of a trial.

A full disk is no reason to be restarted: devices still read. A loop or an engine that stands still is.
"""

import asyncio
import os
from collections.abc import Mapping
from typing import Protocol

import structlog

from handover.errors import HandoverError
from handover.gateway.adapters.notify import Notifier
from handover.gateway.config import Config
from handover.gateway.selfupdate import record as records
from handover.gateway.selfupdate import slots
from handover.gateway.selfupdate.adapters.process import SLOT_VARIABLE
from handover.gateway.selfupdate.adapters.real_disk import RealDisk
from handover.gateway.selfupdate.probation import Probation, Verdict
from handover.gateway.selfupdate.states import Update

log = structlog.get_logger("handover.gateway")

PERIOD = 5.0
"""Seconds between two looks, unless the supervisor wants them more often."""
STANDSTILL = 20.0
"""Seconds without a tick of the engine after which it counts as dead."""


class Watched(Protocol):
    """What is looked after: a running gateway."""

    @property
    def idle(self) -> float | None:
        """Real seconds since the engine was last ticked; None before it begins."""

    @property
    def problem(self) -> str | None:
        """Why the gateway is not well, or None."""

    def stop(self) -> None:
        """End it."""


class Trial:
    """The trial that this process is, in the update folder of `disk`."""

    def __init__(self, disk: RealDisk, now: float) -> None:
        self._disk = disk
        self.probation = Probation(now)

    def keep(self) -> None:
        """Keep this software. Raises HandoverError when that cannot be written now."""
        with self._disk.locked():
            slots.store(self._disk, records.committed(slots.load(self._disk)))

    def give_up(self) -> None:
        """Let the next start run what ran before. Raises HandoverError when that cannot be written."""
        with self._disk.locked():
            record = records.given_up(slots.load(self._disk), "it was not well in time")
            slots.store(self._disk, record)


def trial(config: Config, environment: Mapping[str, str] = os.environ) -> Trial | None:
    """Return the trial that this process is; None when it is none."""
    slot = environment.get(SLOT_VARIABLE)
    if slot is None:
        return None
    disk = RealDisk(config.path(config.update.folder))
    record = slots.recorded(disk)
    if record.at is not Update.TRIAL or record.target != slot:
        return None
    return Trial(disk, asyncio.get_running_loop().time())


class Watch:
    """Looks after `service` until cancelled."""

    def __init__(self, service: Watched, on_trial: Trial | None, notifier: Notifier | None = None) -> None:
        self._service = service
        self._trial = on_trial
        self._notifier = notifier or Notifier()
        self._since: float | None = None

    async def run(self) -> None:
        """Tell the supervisor that the gateway serves, then look again and again."""
        self._notifier.ready(self._said())
        wanted = self._notifier.period
        pause = PERIOD if wanted is None else min(PERIOD, wanted / 3)
        try:
            while True:
                self.look(asyncio.get_running_loop().time())
                await asyncio.sleep(pause)
        finally:
            self._notifier.stopping()

    def look(self, now: float) -> None:
        """Look once, at `now` of the loop's clock."""
        if self._since is None:
            self._since = now
        ticked = self._service.idle
        idle = now - self._since if ticked is None else ticked
        if idle < STANDSTILL:
            self._notifier.alive(self._said())
        if self._trial is not None:
            well = ticked is not None and idle < STANDSTILL and self._service.problem is None
            self._judge(self._trial, self._trial.probation.look(well, now))

    def _said(self) -> str:
        return self._service.problem or "serving"

    def _judge(self, on_trial: Trial, verdict: Verdict) -> None:
        if verdict is Verdict.WAIT:
            return
        try:
            if verdict is Verdict.KEEP:
                on_trial.keep()
                log.info("update.kept")
            else:
                on_trial.give_up()
                log.error("update.given_up", hint="the version before starts again")
                self._service.stop()
            self._trial = None
        except (HandoverError, OSError) as error:
            log.warning("update.undecided", reason=str(error))
