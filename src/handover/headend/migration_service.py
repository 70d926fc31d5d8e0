"""Runs migrations: their steps into the journal, their tasks to drivers, answers and time back to them.

Nothing is decided here. Whatever was open when the process ended is told again when it starts, under the same
keys; a driver that has carried out a key must not do it twice.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Protocol

import structlog

from handover.clock import Clock
from handover.errors import HandoverError, NotNow
from handover.headend.adapters.journal import Journal
from handover.headend.migration.engine import Migration
from handover.headend.migration.patience import Patience
from handover.headend.migration.rows import Answer, Step, Task
from handover.headend.plan import Plan, Policy

log = structlog.get_logger("handover.headend.migration")

LONGEST_PAUSE = 0.5
"""Real seconds after which the clock is looked at, whatever the next deadline is."""


class Driver(Protocol):
    """Carries out tasks: the meter's contract (UESI), a channel to devices, a desk where people are asked.

    `perform` returns the answer, or None when it will come by itself or the task is to be told again. It does
    every key once, however often it is told; it tells the truth about the past when told again.
    """

    async def perform(self, premise: str, task: Task) -> Answer | None:
        """Carry out a task. Raises HandoverError when that is not possible at present."""


class MigrationService:
    """Every migration of one head-end. `add` plans, then `run`.

    `pause` is how long, in real seconds, the clock may go unseen: 0 for one that leaps.
    """

    def __init__(
        self, journal: Journal, driver: Driver, clock: Clock, *, pause: float = LONGEST_PAUSE
    ) -> None:
        self._longest = pause
        self._journal = journal
        self._driver = driver
        self._clock = clock
        self._migrations: dict[str, Migration] = {}
        self._wake = asyncio.Event()
        self._underway: dict[str, asyncio.Task[None]] = {}

    @property
    def migrations(self) -> Mapping[str, Migration]:
        """The migrations by premise."""
        return self._migrations

    def add(self, plan: Plan, *, policy: Policy | None = None, patience: Patience | None = None) -> Migration:
        """Begin a premise's migration, or go on with it if the journal knows it.

        Raises Refused when the plan may not be carried out, NotNow when it is under way or the journal fails.
        """
        if plan.premise.id in self._migrations:
            raise NotNow(f"premise {plan.premise.id} is under way; wait for its end or withdraw it")
        now = self._clock.now()
        migration = Migration(plan, now, policy=policy, patience=patience)
        kept = self._journal.load(plan.premise.id)
        known = kept.premise is not None
        self._do(plan.premise.id, migration.restore(kept, now) if known else migration.start(now))
        self._migrations[plan.premise.id] = migration
        return migration

    def consent(self, premise: str, agreed: bool, *, channel: str) -> None:
        """Take a customer's choice. Raises NotNow for a premise that is not under way."""
        migration = self._migrations.get(premise)
        if migration is None:
            raise NotNow(f"premise {premise} is not under way; plan it first")
        self._do(premise, migration.consent(agreed, self._clock.now(), channel=channel))

    def answered(self, premise: str, answer: Answer) -> None:
        """Take an answer that came by itself."""
        migration = self._migrations.get(premise)
        if migration is not None:
            self._do(premise, migration.handle(answer, self._clock.now()))

    async def run(self) -> None:
        """Go on until every migration is over."""
        try:
            while any(migration.deadline() is not None for migration in self._migrations.values()):
                now = self._clock.now()
                for premise, migration in self._migrations.items():
                    due = migration.deadline()
                    if due is not None and due <= now:
                        self._do(premise, migration.tick(now))
                await self._pause()
        finally:
            tasks = list(self._underway.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _pause(self) -> None:
        self._wake.clear()
        due = [d for migration in self._migrations.values() if (d := migration.deadline()) is not None]
        wait = min(self._longest, max(0.0, min(due, default=0.0) - self._clock.now()))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), wait)

    def _do(self, premise: str, step: Step) -> None:
        """Commit a step, then tell its tasks."""
        self._journal.commit(step.changes)
        for task in step.tasks:
            if task.key not in self._underway:
                self._underway[task.key] = asyncio.ensure_future(self._perform(premise, task))

    async def _perform(self, premise: str, task: Task) -> None:
        try:
            answer = await self._driver.perform(premise, task)
        except HandoverError as error:
            log.warning("task.failed", task=task.key, reason=str(error))
            answer = None
        finally:
            self._underway.pop(task.key, None)
        if answer is not None:
            self.answered(premise, answer)
        self._wake.set()
