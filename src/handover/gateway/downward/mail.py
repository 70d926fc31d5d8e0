"""What is on its way to the server: Responses and other posts, in the journal until the server has them.

Rows are written with the step that makes them, so that nothing of what led to them is lost or repeated.
"""

from handover.gateway.outputs import Forget, Keep
from handover.gateway.step import Step
from handover.sep2.client.outbox import MemoryOutbox, Pending

RECORD = "down.mail"


class Mail(MemoryOutbox):
    """An outbox whose changes belong to the present step."""

    def __init__(self) -> None:
        super().__init__()
        self._step: Step | None = None

    def restore(self, records: dict[str, Pending]) -> None:
        """Take over what the journal holds, oldest first; the waiting times begin anew."""
        for entry in sorted(records.values(), key=lambda entry: entry.made):
            entry.due = entry.made
            super().add(entry)

    def within(self, step: Step) -> None:
        """Let what follows belong to `step`."""
        self._step = step

    def add(self, entry: Pending) -> bool:
        """Keep a new entry; False when its key is known."""
        added = super().add(entry)
        if added:
            self._change(Keep(RECORD, entry.key, entry))
        return added

    def remove(self, key: str) -> None:
        """Take an entry out."""
        super().remove(key)
        self._change(Forget(RECORD, key))

    def _change(self, change: Keep | Forget) -> None:
        assert self._step is not None, "the outbox is used outside of a step"
        self._step.changes.append(change)
