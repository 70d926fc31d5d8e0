"""The ids under which our HAN knows events: they grow for good, over restarts too.

SEP 1.x devices take the higher id for the newer price and refuse lower ones, so no id may ever be drawn or
computed from an mRID. An id is journalled before the frame that carries it leaves.
"""

from dataclasses import dataclass

from handover.errors import NotNow
from handover.gateway.outputs import Keep
from handover.gateway.step import Step
from handover.sep1.types import ZIGBEE_EPOCH

RECORD = "down.number"
LAST = 0xFFFFFFFE


@dataclass(slots=True)
class Latest:
    """The id that was given last."""

    id: int


class Numbers:
    """Gives ids: each higher than all before it, and not below the ZigBee time."""

    def __init__(self) -> None:
        self._last = 0

    def restore(self, records: dict[str, Latest]) -> None:
        """Take over what the journal holds."""
        self._last = max([self._last, *(record.id for record in records.values())])

    def next(self, step: Step) -> int:
        """Return a new id. Raises NotNow when there is none left (in the year 2136)."""
        number = max(self._last + 1, int(step.now) - ZIGBEE_EPOCH, 1)
        if number > LAST:
            raise NotNow("no event id is left: ids are 32 bits and follow the ZigBee time")
        self._last = number
        step.changes.append(Keep(RECORD, RECORD, Latest(number)))
        return number
