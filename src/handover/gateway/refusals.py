"""What the SEP 2.0 server refused, for the log and the audit log, so that a flood does not fill either.

The first refusal of a kind (who, what, which answer) is recorded at once; its repeats are counted, and the
count is recorded with the next one that comes a minute later or more.
"""

from dataclasses import dataclass

from handover.gateway.outputs import Scalar
from handover.gateway.step import Step
from handover.sep2.server import Incident, Refusal

QUIET_SECONDS = 60.0
MOST_KINDS = 1024


@dataclass(slots=True)
class _Kind:
    recorded: float
    unrecorded: int = 0


class Refusals:
    """The refusals of late, by kind."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, str, str, int], _Kind] = {}

    def note(self, step: Step, refusal: Refusal) -> None:
        """Record one refusal, or count it."""
        who = refusal.peer.lfdi.hex().upper() if refusal.peer else "nobody"
        path = refusal.path[:200]
        key = (who, refusal.method, path, refusal.status)
        kind = self._kinds.get(key)
        if kind is not None and 0 <= step.wall - kind.recorded < QUIET_SECONDS:
            kind.unrecorded += 1
            return
        repeats = kind.unrecorded if kind else 0
        if len(self._kinds) >= MOST_KINDS:
            self._kinds.pop(next(iter(self._kinds)))
        self._kinds[key] = _Kind(step.wall)
        detail: dict[str, Scalar] = {
            "device": who,
            "request": f"{refusal.method} {path}",
            "status": refusal.status,
            "reason": refusal.reason,
            "repeats": repeats,
        }
        step.audit("refused", **detail)
        step.log("info", "a request was refused", **detail)

    def incident(self, step: Step, incident: Incident) -> None:
        """Record a defect of ours that a request ran into."""
        step.log(
            "error",
            f"a request failed: {type(incident.error).__name__}: {incident.error}",
            incident=incident.id,
            request=f"{incident.method} {incident.path[:200]}",
        )
