"""The startup parameters of Commissioning: their defaults, limits, and whether a node could start with them.

Keys can be written and never read: a read is answered NOT_AUTHORIZED (WRITE_ONLY in older ZCL), no change
that is handed up and no text holds one.
"""

from collections.abc import Mapping
from typing import Final

from handover.sep1.attributes import AttributeTable, Change, Check, within
from handover.sep1.clusters.commissioning import COMMISSIONING, StartupControl
from handover.sep1.general import AttributeRecord
from handover.sep1.types import Status, Value

SHORT_ADDRESS, EXTENDED_PAN_ID, PAN_ID, CHANNEL_MASK, STARTUP_CONTROL = 0x0000, 0x0001, 0x0002, 0x0003, 0x0006
NETWORK_KEY: Final = 0x0012
KEYS: Final = frozenset({0x0011, NETWORK_KEY, 0x0014})
"""Trust centre master key, network key, preconfigured link key."""

NO_KEY: Final = bytes(16)
ANY_PAN: Final = (0, 0xFFFF_FFFF_FFFF_FFFF)

DEFAULTS: Final[Mapping[int, Value]] = {
    SHORT_ADDRESS: 0xFFFF,
    EXTENDED_PAN_ID: 0xFFFF_FFFF_FFFF_FFFF,
    PAN_ID: 0xFFFF,
    CHANNEL_MASK: 0x07FFF800,
    0x0004: 2,
    0x0005: 2,
    STARTUP_CONTROL: StartupControl.JOIN,
    0x0010: 0,
    0x0011: NO_KEY,
    NETWORK_KEY: NO_KEY,
    0x0013: 0,
    0x0014: NO_KEY,
    0x0015: 0,
    0x0016: 1,
    0x0017: 0,
    0x0020: 3,
    0x0021: 100,
    0x0022: 60,
    0x0023: 3600,
    0x0030: 300,
    0x0031: 3,
    0x0040: 0,
    0x0041: 0,
    0x0042: 0,
}
"""A node that looks for a network on any channel and joins it under its preconfigured link key."""


def _limits(attribute_id: int) -> Check:
    size = COMMISSIONING.server_attributes[attribute_id].type.size
    special = {
        CHANNEL_MASK: within(1 << 11, 0x07FFF800),
        STARTUP_CONTROL: within(0, 3),
        0x0013: within(0, 1),
        0x0020: within(1, 0xFF),
        0x0021: within(1, 0xFFFF),
        0x0022: within(1, 0xFFFF),
        0x0023: within(1, 0xFFFF),
        0x0040: within(0, 1),
    }
    return special.get(attribute_id, within(0, (1 << 8 * size) - 1))


def _is_key(value: Value) -> bool:
    return isinstance(value, bytes) and len(value) == 16


class StartupTable(AttributeTable):
    """The startup attribute set in force for the next start."""

    def __init__(self, values: Mapping[int, Value]) -> None:
        checks = {i: _is_key if i in KEYS else _limits(i) for i in COMMISSIONING.server_attributes}
        super().__init__(COMMISSIONING.server_attributes, values, checks)

    def _read(self, attribute_id: int) -> AttributeRecord:
        if attribute_id in KEYS and attribute_id in self.values:
            return AttributeRecord(attribute_id, status=Status.NOT_AUTHORIZED)
        return super()._read(attribute_id)

    def write(self, attribute_id: int, data_type: int, value: Value) -> tuple[Status, Change | None]:
        """Write one attribute; that a key was changed is not told as a change, which would tell the key."""
        status, change = super().write(attribute_id, data_type, value)
        return status, None if attribute_id in KEYS else change


def can_start(values: Mapping[int, Value], *, may_form: bool) -> bool:
    """Tell whether a node could start with these parameters, as its startup control has it."""
    control = values[STARTUP_CONTROL]
    named = values[EXTENDED_PAN_ID] not in ANY_PAN
    keyed = values[NETWORK_KEY] != NO_KEY
    if control == StartupControl.ON_NETWORK:
        return named and keyed and values[SHORT_ADDRESS] != 0xFFFF and values[PAN_ID] != 0xFFFF
    if control == StartupControl.FORM:
        return may_form and values[EXTENDED_PAN_ID] != ANY_PAN[1]
    return named if control == StartupControl.REJOIN else True
