"""Carries out steps: journal first, in one commit for all that came together, then frames and log lines.

While the journal cannot be written, nothing that must be on the disk first leaves; it waits in order and goes
when the journal works again. What needs no durable row (queries, readings) goes on.
"""

from collections.abc import Callable
from pathlib import Path

from handover.errors import NotNow
from handover.gateway.adapters import audit
from handover.gateway.adapters.journal import Journal
from handover.gateway.outputs import durable
from handover.gateway.step import Step

Release = Callable[[Step], None]
"""Sends a step's frames and writes its log lines."""


class Writer:
    """The steps that wait for the journal."""

    def __init__(self, journal: Journal, audit_path: Path, release: Release) -> None:
        self._stuck: str | None = None
        self._unaudited: str | None = None
        self._journal = journal
        self._audit_path = audit_path
        self._release = release
        self._waiting: list[Step] = []

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def problem(self) -> str | None:
        """Why steps wait for the journal, or audit entries in it; None while all is well."""
        return self._stuck or self._unaudited

    def add(self, step: Step) -> None:
        """Queue a step for the next `flush`."""
        self._waiting.append(step)

    def flush(self) -> bool:
        """Commit and release what is waiting; tell whether everything is on the disk."""
        steps, self._waiting = self._waiting, []
        try:
            self._journal.commit(change for step in steps for change in step.changes)
        except NotNow as error:
            self._stuck = str(error)
            for step in steps:
                if any(map(durable, step.changes)):
                    step.changes = list(filter(durable, step.changes))
                    self._waiting.append(step)
                else:
                    self._release(step)
            return False
        self._stuck = None
        for step in steps:
            self._release(step)
        return True

    def audit(self) -> None:
        """Move audit entries from the journal, where they are safe already, into the file."""
        try:
            audit.flush(self._journal, self._audit_path)
            self._unaudited = None
        except NotNow as error:
            self._unaudited = str(error)
