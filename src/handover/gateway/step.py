"""One step of the engine: what time it is, and what is to be done once it is journalled.

The services write into a `Step`; the shell commits `changes` in one transaction, and only then sends
`frames` (to the HAN) and `asks` (to a SEP 2.0 server) and writes `logs`. Nothing is decided here.
"""

from dataclasses import dataclass, field

from handover.gateway.outputs import Audit, Change, Log, Scalar
from handover.sep1.aps import ApsFrame
from handover.sep2.client.outputs import Ask


@dataclass(slots=True)
class Step:
    """What one input or one moment leads to.

    `now` is the upstream (ESI's) clock, by which events run; `wall` is our own. Both are Unix seconds.
    """

    now: float
    wall: float
    changes: list[Change] = field(default_factory=list)
    frames: list[ApsFrame] = field(default_factory=list)
    asks: list[Ask] = field(default_factory=list)
    logs: list[Log] = field(default_factory=list)

    def log(self, level: str, text: str, **detail: Scalar) -> None:
        """Add a log line."""
        self.logs.append(Log(level, text, detail))

    def audit(self, what: str, **detail: Scalar) -> None:
        """Add an entry to the audit log, stamped with the upstream clock."""
        self.changes.append(Audit(round(self.now, 3), what, detail))
