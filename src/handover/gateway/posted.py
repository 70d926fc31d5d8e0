"""What devices write into their own subtree: descriptions, states, log events, locales. Kept over restarts.

What a write does is `sep2.server.keeping`'s business; here its result is journalled. Nothing of it goes to
the SEP 1.x side. Who may write where has been checked before.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from handover.errors import DecodeError, Refused
from handover.gateway import tree
from handover.gateway.outputs import Forget, Keep
from handover.gateway.step import Step
from handover.sep2 import xml
from handover.sep2.server import Hook, Outcome, Write, keeping
from handover.sep2.store import Change, Store

RECORD = "posted"
MOST_LOG_EVENTS = 100
OFFERED = (
    ("PUT", "DeviceInformation"),
    ("PUT", "DeviceStatus"),
    ("PUT", "PowerStatus"),
    ("POST", "LogEventList"),
    ("DELETE", "LogEvent"),
)
"""The writes that are offered of those that `keeping` knows."""


@dataclass(slots=True)
class Posted:
    """A resource as XML without a prolog."""

    xml: bytes


class PostedResources:
    """The resources that devices wrote, by path."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._keeping = keeping(store, room=MOST_LOG_EVENTS)

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

    def hooks(self, within: Callable[[Callable[[Step], Outcome]], Outcome]) -> dict[tuple[str, str], Hook]:
        """Return the hooks; `within` runs each write inside a step of the engine."""

        def bind(hook: Hook) -> Hook:
            return lambda write: within(lambda step: self._write(step, write, hook))

        return {name: bind(self._keeping[name]) for name in OFFERED}

    def _write(self, step: Step, write: Write, hook: Hook) -> Outcome:
        if not write.path.startswith(f"{tree.DEVICES}/"):
            raise Refused(f"{write.path} cannot be written: a device writes below its own EndDevice only")
        changes: list[Change] = []
        end = self._store.listen(changes.append)
        try:
            outcome = hook(write)
        finally:
            end()
        for change in changes:
            step.changes.append(_record(change.path, change.resource))
        return outcome


def _record(path: str, resource: Any) -> Keep | Forget:
    if resource is None:
        return Forget(RECORD, path)
    return Keep(RECORD, path, Posted(xml.encode(resource)))
