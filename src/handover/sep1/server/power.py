"""`PowerServer`: Power Configuration of a node: its mains and battery, and the alarms that they raise.

Mains alarms wait until the voltage has been outside of its thresholds for the dwell time; the battery's is
raised at once (ZCL 3.3). The alarms themselves go through the node's `AlarmServer`.
"""

from collections.abc import Mapping
from typing import Final

from handover.errors import EncodeError
from handover.sep1.attributes import AttributeTable, Change, Check, within
from handover.sep1.clusters.power_configuration import POWER_CONFIGURATION
from handover.sep1.node import Node, Received
from handover.sep1.server.alarms import AlarmServer
from handover.sep1.services import Output, Service
from handover.sep1.types import Value

MAINS_VOLTAGE, MAINS_FREQUENCY, BATTERY_VOLTAGE = 0x0000, 0x0001, 0x0020
MAINS_MIN, MAINS_MAX, DWELL, BATTERY_MIN = 0x0011, 0x0012, 0x0013, 0x0036
TOO_LOW, TOO_HIGH, SUPPLY_LOST, BATTERY_TOO_LOW = 0x00, 0x01, 0x02, 0x10
UNUSED: Final = 0xFFFF
"""A threshold that raises no alarm; as a dwell time, one that never passes."""

DEFAULTS: Final[Mapping[int, Value]] = {
    0x0010: 0,
    MAINS_MIN: 0,
    MAINS_MAX: UNUSED,
    DWELL: 0,
    0x0031: 0xFF,
    0x0035: 0,
    BATTERY_MIN: 0,
}
"""The defaults of ZCL: no alarm is let out until a mask is set."""


def _is_text(value: Value) -> bool:
    return isinstance(value, bytes) and len(value) <= 16


WRITABLE: Final[Mapping[int, Check]] = {
    0x0010: within(0, 0x07),
    MAINS_MIN: within(0, 0xFFFF),
    MAINS_MAX: within(0, 0xFFFF),
    DWELL: within(0, 0xFFFF),
    0x0030: _is_text,
    0x0031: within(0, 0xFF),
    0x0032: within(0, 0xFFFF),
    0x0033: within(0, 0xFF),
    0x0034: within(0, 0xFF),
    0x0035: within(0, 0x01),
    BATTERY_MIN: within(0, 0xFF),
}


class PowerServer(Service):
    """Mains and battery of one node. `values` are attributes that it serves beyond the defaults, by id."""

    cluster_id = POWER_CONFIGURATION.id
    client = False

    def __init__(self, node: Node, *, alarms: AlarmServer, values: Mapping[int, Value] | None = None) -> None:
        super().__init__(node)
        self._alarms = alarms
        self._since: dict[int, float] = {}
        self._judged: set[int] = set()
        for attribute_id in values or {}:
            if attribute_id not in POWER_CONFIGURATION.server_attributes:
                raise EncodeError(
                    f"Power Configuration has no attribute {attribute_id:#06x}; see its declaration"
                )
        self._table = AttributeTable(
            POWER_CONFIGURATION.server_attributes, {**DEFAULTS, **(values or {})}, WRITABLE
        )
        node.tables[POWER_CONFIGURATION.id, False] = self._table

    def measured(
        self,
        now: float,
        *,
        mains_voltage: int | None = None,
        mains_frequency: int | None = None,
        battery_voltage: int | None = None,
    ) -> list[Output]:
        """Take measurements: voltages in 0.1 V, the frequency in 0.5 Hz; a mains voltage of 0 is none."""
        taken = {
            MAINS_VOLTAGE: mains_voltage,
            MAINS_FREQUENCY: mains_frequency,
            BATTERY_VOLTAGE: battery_voltage,
        }
        self._table.values |= {i: value for i, value in taken.items() if value is not None}
        return self._judge(now)

    def written(self, received: Received, changes: list[Change], now: float) -> list[Output]:
        """Judge anew under thresholds that a peer has changed."""
        return self._judge(now)

    def tick(self, now: float) -> list[Output]:
        """Raise the alarms whose dwell time is over."""
        return self._judge(now)

    def deadline(self) -> float | None:
        """Return when `tick` is next worth calling."""
        dwell = self._number(DWELL, 0)
        waiting = [
            since + dwell
            for code, since in self._since.items()
            if code not in self._judged and dwell != UNUSED
        ]
        return min(waiting, default=None)

    def _judge(self, now: float) -> list[Output]:
        outputs: list[Output] = []
        voltage = self._number(MAINS_VOLTAGE, UNUSED)
        low, high = self._number(MAINS_MIN, 0), self._number(MAINS_MAX, UNUSED)
        known = voltage != UNUSED
        outputs += self._mains(TOO_LOW, known and low != UNUSED and 0 < voltage < low, now)
        outputs += self._mains(TOO_HIGH, known and high != UNUSED and voltage > high, now)
        outputs += self._mains(SUPPLY_LOST, known and voltage == 0, now)
        battery = self._number(BATTERY_VOLTAGE, 0xFF)
        if battery < self._number(BATTERY_MIN, 0):
            outputs += self._alarms.raise_alarm(BATTERY_TOO_LOW, self.cluster_id, now)
        elif battery != 0xFF:
            self._alarms.clear(BATTERY_TOO_LOW, self.cluster_id)
        return outputs

    def _mains(self, code: int, out_of_bounds: bool, now: float) -> list[Output]:
        if not out_of_bounds:
            self._since.pop(code, None)
            self._judged.discard(code)
            self._alarms.clear(code, self.cluster_id)
            return []
        since = self._since.setdefault(code, now)
        dwell = self._number(DWELL, 0)
        if dwell == UNUSED or now < since + dwell:
            return []
        self._judged.add(code)
        return self._alarms.raise_alarm(code, self.cluster_id, now)

    def _number(self, attribute_id: int, default: int) -> int:
        value = self._table.values.get(attribute_id)
        return value if isinstance(value, int) else default
