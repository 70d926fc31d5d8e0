"""`BasicServer`: the part of Basic that can be changed over the air, and the reset to factory defaults.

The identity of the node is served by its engine (`identity`); this adds where it stands, whether it is
enabled and which of its alarms are let out. Basic comes under the network key, so a reset is taken only from
whom the owner names: anybody in the network could order it otherwise.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from handover.sep1.attributes import AttributeTable, Change, Check, within
from handover.sep1.clusters.basic import BASIC, ResetToFactoryDefaults
from handover.sep1.declaration import Command
from handover.sep1.exchange import Request
from handover.sep1.node import Node, Received
from handover.sep1.services import Indication, Output, Service
from handover.sep1.types import Status, Value

LOCATION, ENVIRONMENT, ENABLED, ALARM_MASK, LOCAL_CONFIG = 0x0010, 0x0011, 0x0012, 0x0013, 0x0014
LOCATION_OCTETS: Final = 16


@dataclass(frozen=True, slots=True)
class BasicSettings:
    """Basic 0x0010 to 0x0014, as persisted or by default.

    `location` is UTF-8 of at most 16 octets. `alarm_mask` bits: 0 general hardware, 1 general software.
    `local_config_disabled` bits: 0 the reset button, 1 everything else that a person can set on the device.
    """

    location: str = ""
    environment: int = 0
    enabled: bool = True
    alarm_mask: int = 0
    local_config_disabled: int = 0


@dataclass(slots=True)
class BasicChanged(Indication):
    """A peer changed the settings; they must survive a restart."""

    source: int
    settings: BasicSettings


@dataclass(slots=True)
class FactoryResetOrdered(Indication):
    """Every attribute of every cluster is to go back to its default; keys and the network stay."""

    source: int


def _is_location(value: Value) -> bool:
    return isinstance(value, bytes) and len(value) <= LOCATION_OCTETS


CHECKS: Final[Mapping[int, Check]] = {
    LOCATION: _is_location,
    ENVIRONMENT: within(0, 0xFF),
    ENABLED: within(0, 1),
    ALARM_MASK: within(0, 0x03),
    LOCAL_CONFIG: within(0, 0x03),
}


class BasicServer(Service):
    """The changeable part of Basic on one node; `may_reset(EUI-64)` names those whose reset counts."""

    cluster_id = BASIC.id
    client = False

    def __init__(
        self,
        node: Node,
        *,
        settings: BasicSettings | None = None,
        may_reset: Callable[[int], bool] = lambda source: False,
    ) -> None:
        super().__init__(node)
        self._may_reset = may_reset
        identity = node.tables.get((BASIC.id, False))
        self._table = AttributeTable(BASIC.server_attributes, identity.values if identity else {}, CHECKS)
        node.tables[BASIC.id, False] = self._table
        self.set(settings or BasicSettings())

    @property
    def settings(self) -> BasicSettings:
        """The present settings."""
        values = self._table.values
        location = values[LOCATION]
        return BasicSettings(
            location=location.decode(errors="replace") if isinstance(location, bytes) else "",
            environment=_number(values[ENVIRONMENT]),
            enabled=bool(_number(values[ENABLED])),
            alarm_mask=_number(values[ALARM_MASK]),
            local_config_disabled=_number(values[LOCAL_CONFIG]),
        )

    def set(self, settings: BasicSettings) -> None:
        """Put settings in force."""
        self._table.values |= {
            LOCATION: settings.location.encode()[:LOCATION_OCTETS],
            ENVIRONMENT: settings.environment,
            ENABLED: int(settings.enabled),
            ALARM_MASK: settings.alarm_mask,
            LOCAL_CONFIG: settings.local_config_disabled,
        }

    def command(
        self, received: Received, command: Command, request: Request | None, now: float
    ) -> list[Output]:
        """Take the order to go back to factory defaults."""
        source = received.frame.source
        if not isinstance(command, ResetToFactoryDefaults):
            return self.unsupported(received)
        if not self._may_reset(source):
            return [
                self.node.drop(received.frame, "unauthorised"),
                *self.node.default_response(received, Status.NOT_AUTHORIZED),
            ]
        self.set(BasicSettings())
        return [FactoryResetOrdered(source), *self.node.default_response(received, Status.SUCCESS)]

    def written(self, received: Received, changes: list[Change], now: float) -> list[Output]:
        """Hand up what a peer changed."""
        return [BasicChanged(received.frame.source, self.settings)]


def _number(value: Value) -> int:
    return value if isinstance(value, int) else 0
