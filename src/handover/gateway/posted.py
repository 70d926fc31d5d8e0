"""What devices write into their own subtree: descriptions, states, log events. Kept, served, bounded.

Nothing of it goes to the SEP 1.x side. Who may write where has been checked before.
"""

from dataclasses import dataclass

from handover.errors import DecodeError, Refused
from handover.gateway import tree
from handover.gateway.outputs import Forget, Keep
from handover.gateway.step import Step
from handover.sep2 import xml
from handover.sep2.server.hooks import Created, Done, Outcome, Write
from handover.sep2.store import Store

RECORD = "posted"
MOST_LOG_EVENTS = 100
WRITABLE = ("DeviceInformation", "DeviceStatus", "PowerStatus")
"""Resources that a device may PUT, at the place the standard's table gives them."""


@dataclass(slots=True)
class Posted:
    """A resource as XML without a prolog."""

    xml: bytes


class PostedResources:
    """The resources that devices wrote, by path."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def restore(self, step: Step, records: dict[str, Posted]) -> None:
        """Put back what the journal holds; what belongs to a removed device is dropped."""
        for path, posted in records.items():
            if "/".join(path.split("/")[:3]) not in self._store:
                step.changes.append(Forget(RECORD, path))
                continue
            try:
                self._store.put(path, xml.decode(posted.xml))
            except DecodeError as error:
                step.log("warning", f"a stored resource cannot be read any more: {error}", path=path)

    def put(self, step: Step, write: Write) -> Outcome:
        """Replace a resource of the device."""
        if not write.path.startswith(f"{tree.DEVICES}/") or write.path not in self._store:
            raise Refused(f"{write.path} cannot be replaced: a device writes below its own EndDevice only")
        self._keep(step, write.path, write.resource)
        return Done()

    def add_log_event(self, step: Step, write: Write) -> Outcome:
        """Add an entry to the device's log; the oldest of more than a hundred is dropped."""
        path = self._store.new_path(write.path)
        self._keep(step, path, write.resource)
        paths = self._store.paths(write.path)
        if len(paths) > MOST_LOG_EVENTS:
            oldest = min(paths, key=lambda item: int(item.rpartition("/")[2]))
            self._store.delete(oldest)
            step.changes.append(Forget(RECORD, oldest))
        return Created(path)

    def delete_log_event(self, step: Step, write: Write) -> Outcome:
        """Remove an entry from the device's log."""
        self._store.delete(write.path)
        step.changes.append(Forget(RECORD, write.path))
        return Done()

    def _keep(self, step: Step, path: str, resource: object) -> None:
        self._store.put(path, resource)
        step.changes.append(Keep(RECORD, path, Posted(xml.encode(self._store.get(path)))))
