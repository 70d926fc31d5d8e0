"""How long each task may take, and how often it is told again. Seconds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from handover.headend.migration.rows import Action
from handover.headend.plan import DAY
from handover.headend.ways import BY_CUSTOMER, BY_UTILITY, DeviceWay, MeterWay

HOUR = 3600.0


class Pace(NamedTuple):
    """Told again every `again` seconds, given up after `limit`."""

    again: float
    limit: float


_PACES: Mapping[Action, Pace] = {
    Action.NOTIFY: Pace(HOUR, 3 * DAY),
    Action.STORE: Pace(HOUR, 2 * DAY),
    Action.ARM: Pace(60.0, HOUR),
    Action.REGISTER: Pace(60.0, HOUR),
    Action.TURN_ON: Pace(60.0, HOUR),
    Action.CHECK: Pace(300.0, 2 * HOUR),
    Action.UNDO: Pace(60.0, HOUR),
    Action.RECHECK: Pace(300.0, 2 * HOUR),
    Action.TICKET: Pace(HOUR, 30 * DAY),
    Action.CONCLUDE: Pace(HOUR, 30 * DAY),
}

_PEOPLE = Pace(DAY, 28 * DAY)
"""Where a person has to make time: a visit, a parcel, an evening with a thumb drive."""

_BY_PEOPLE = (
    {way.value for way in BY_CUSTOMER | BY_UTILITY}
    | {DeviceWay.REPLACE.value, DeviceWay.GATEWAY.value}
    | {MeterWay.EXCHANGE.value}
)


@dataclass(frozen=True, slots=True)
class Patience:
    """The paces of one migration.

    Storing begins `ahead` of the planned moment; the moment is never nearer than `margin` when it is told;
    what has switched is looked at `settling` after it.
    """

    ahead: float = 12 * HOUR
    margin: float = 900.0
    settling: float = 120.0
    paces: Mapping[Action, Pace] = field(default_factory=lambda: _PACES)
    people: Pace = _PEOPLE

    def pace(self, action: Action, way: str) -> Pace:
        """Return the pace of an action for one that goes this way."""
        slow = way in _BY_PEOPLE and action in {Action.STORE, Action.ARM, Action.UNDO}
        return self.people if slow else self.paces[action]
