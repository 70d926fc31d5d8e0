"""Attributes that a node serves: reading, writing and discovering them, with the ZCL status of each refusal.

One table is one side (server or client) of one cluster on one endpoint. Who may write, and what follows
from a change, is decided by the engine that owns the table; the records themselves are in `general`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from handover.sep1.declaration import Attribute
from handover.sep1.general import AttributeInfo, AttributeRecord
from handover.sep1.types import DataType, Status, Value

Check = Callable[[Value], bool]
"""Tells whether a value may be written."""


@dataclass(slots=True)
class Change:
    """An attribute that a peer has written."""

    attribute_id: int
    old: Value
    new: Value


class AttributeTable:
    """The attributes in `values`, typed by the cluster; those in `writable` accept a checked value."""

    def __init__(
        self,
        declared: Mapping[int, Attribute],
        values: Mapping[int, Value],
        writable: Mapping[int, Check] | None = None,
    ) -> None:
        self._declared = declared
        self._writable = dict(writable or {})
        self.values: dict[int, Value] = dict(values)

    def type_of(self, attribute_id: int) -> DataType | None:
        """Return the declared type of a served attribute."""
        return self._declared[attribute_id].type if attribute_id in self.values else None

    def read(self, attribute_ids: Iterable[int]) -> list[AttributeRecord]:
        """Return one record for each id asked for, in the same order."""
        return [self._read(attribute_id) for attribute_id in attribute_ids]

    def _read(self, attribute_id: int) -> AttributeRecord:
        known = self.type_of(attribute_id)
        if known is None:
            return AttributeRecord(attribute_id, status=Status.UNSUPPORTED_ATTRIBUTE)
        return AttributeRecord(attribute_id, known.code, self.values[attribute_id])

    def write(self, attribute_id: int, data_type: int, value: Value) -> tuple[Status, Change | None]:
        """Write one attribute if that is allowed; a write of the present value succeeds without a change."""
        known = self.type_of(attribute_id)
        if known is None:
            return Status.UNSUPPORTED_ATTRIBUTE, None
        check = self._writable.get(attribute_id)
        if check is None:
            return Status.READ_ONLY, None
        if data_type != known.code:
            return Status.INVALID_DATA_TYPE, None
        if not check(value):
            return Status.INVALID_VALUE, None
        old = self.values[attribute_id]
        self.values[attribute_id] = value
        return Status.SUCCESS, Change(attribute_id, old, value) if old != value else None

    def discover(self, start: int, limit: int) -> tuple[bool, list[AttributeInfo]]:
        """Return (complete, up to `limit` served attributes from id `start` on)."""
        found = sorted(attribute_id for attribute_id in self.values if attribute_id >= start)
        rows = [
            AttributeInfo(attribute_id, self._declared[attribute_id].type.code)
            for attribute_id in found[:limit]
        ]
        return len(found) <= limit, rows


def within(low: int, high: int) -> Check:
    """Return a check that allows integers from `low` to `high`."""
    return lambda value: isinstance(value, int) and low <= value <= high
