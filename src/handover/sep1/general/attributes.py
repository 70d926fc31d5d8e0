"""General commands that read, write, report and discover attributes, and the default response.

The values of attributes are in `values`. Source: ZCL 2.5.
"""

from dataclasses import dataclass, field
from typing import ClassVar, Self

from handover.sep1.general.base import GeneralCommand, cut, u8, u16
from handover.sep1.types import Status, Value
from handover.sep1.values import READERS, decode_value, encode_value, unknown_type


@dataclass(slots=True)
class AttributeRecord:
    """An attribute with its value, or (status not SUCCESS) with the reason why there is none."""

    attribute_id: int
    data_type: int = 0
    value: Value = None
    status: int = 0


@dataclass(slots=True)
class StatusRecord:
    """What became of the writing of one attribute."""

    attribute_id: int
    status: int


@dataclass(slots=True)
class AttributeInfo:
    """An attribute that a cluster has, and its data type."""

    attribute_id: int
    data_type: int


@dataclass(slots=True)
class ReadAttributes(GeneralCommand):
    """Asks for the values of attributes."""

    code: ClassVar[int] = 0x00
    attribute_ids: list[int]

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Return the command whose payload is `data`."""
        if len(data) % 2:
            raise cut(cls.__name__, "an attribute id", len(data) - 1)
        return cls([data[i] | data[i + 1] << 8 for i in range(0, len(data), 2)])

    def encode(self) -> bytes:
        """Return the payload."""
        return b"".join(u16(i, "attribute id") for i in self.attribute_ids)


@dataclass(slots=True)
class ReadAttributesResponse(GeneralCommand):
    """The values asked for; an attribute without one carries the reason in `status`."""

    code: ClassVar[int] = 0x01
    records: list[AttributeRecord] = field(default_factory=list)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Return the command whose payload is `data`."""
        records, position, end = [], 0, len(data)
        while position < end:
            if position + 3 > end:
                raise cut(cls.__name__, "an attribute record", position)
            attribute_id, status = data[position] | data[position + 1] << 8, data[position + 2]
            position += 3
            if status:
                records.append(AttributeRecord(attribute_id, status=status))
                continue
            if position == end:
                raise cut(cls.__name__, "a data type", position)
            data_type = data[position]
            value, position = decode_value(data_type, data, position + 1)
            records.append(AttributeRecord(attribute_id, data_type, value))
        return cls(records)

    def encode(self) -> bytes:
        """Return the payload."""
        parts = []
        for record in self.records:
            parts.append(u16(record.attribute_id, "attribute id") + u8(record.status, "status"))
            if record.status == Status.SUCCESS:
                parts.append(u8(record.data_type, "data type") + encode_value(record.data_type, record.value))
        return b"".join(parts)


@dataclass(slots=True)
class AttributeValues(GeneralCommand):
    """Base of the commands that carry attributes with values."""

    records: list[AttributeRecord] = field(default_factory=list)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Return the command whose payload is `data`."""
        records: list[AttributeRecord] = []
        position, end = 0, len(data)
        while position < end:
            if position + 3 > end:
                raise cut(cls.__name__, "an attribute record", position)
            attribute_id, data_type = data[position] | data[position + 1] << 8, data[position + 2]
            reader = READERS.get(data_type)
            if reader is None:
                raise unknown_type(data_type, position + 2)
            value, position = reader(data, position + 3, 0)
            records.append(AttributeRecord(attribute_id, data_type, value))
        return cls(records)

    def encode(self) -> bytes:
        """Return the payload."""
        parts = []
        for r in self.records:
            parts.append(u16(r.attribute_id, "attribute id") + u8(r.data_type, "data type"))
            parts.append(encode_value(r.data_type, r.value))
        return b"".join(parts)


@dataclass(slots=True)
class WriteAttributes(AttributeValues):
    """Writes every attribute that can be written."""

    code: ClassVar[int] = 0x02


@dataclass(slots=True)
class WriteAttributesUndivided(AttributeValues):
    """Writes all of the attributes or none."""

    code: ClassVar[int] = 0x03


@dataclass(slots=True)
class WriteAttributesResponse(GeneralCommand):
    """The attributes that could not be written; none when all were."""

    code: ClassVar[int] = 0x04
    records: list[StatusRecord] = field(default_factory=list)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Return the command whose payload is `data`."""
        if data == b"\x00":
            return cls([])
        if len(data) % 3 or not data:
            raise cut(cls.__name__, "a status record", len(data) - len(data) % 3)
        return cls([StatusRecord(data[i + 1] | data[i + 2] << 8, data[i]) for i in range(0, len(data), 3)])

    def encode(self) -> bytes:
        """Return the payload."""
        if not self.records:
            return b"\x00"
        return b"".join(u8(r.status, "status") + u16(r.attribute_id, "attribute id") for r in self.records)


@dataclass(slots=True)
class WriteAttributesNoResponse(AttributeValues):
    """Writes every attribute that can be written and wants no answer."""

    code: ClassVar[int] = 0x05


@dataclass(slots=True)
class ReportAttributes(AttributeValues):
    """Values that a server tells without being asked."""

    code: ClassVar[int] = 0x0A


@dataclass(slots=True)
class DefaultResponse(GeneralCommand):
    """Tells what became of a command that has no answer of its own, or why it was refused."""

    code: ClassVar[int] = 0x0B
    command_id: int
    status: int

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Return the command whose payload is `data`."""
        if len(data) < 2:
            raise cut(cls.__name__, "the command id" if not data else "the status", len(data))
        return cls(data[0], data[1])

    def encode(self) -> bytes:
        """Return the payload."""
        return u8(self.command_id, "command id") + u8(self.status, "status")


@dataclass(slots=True)
class DiscoverAttributes(GeneralCommand):
    """Asks for up to `maximum` attribute ids from `start` on."""

    code: ClassVar[int] = 0x0C
    start: int
    maximum: int

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Return the command whose payload is `data`."""
        if len(data) < 3:
            raise cut(cls.__name__, "the start or the maximum", len(data))
        return cls(data[0] | data[1] << 8, data[2])

    def encode(self) -> bytes:
        """Return the payload."""
        return u16(self.start, "start") + u8(self.maximum, "maximum")


@dataclass(slots=True)
class DiscoverAttributesResponse(GeneralCommand):
    """Attributes that the cluster has; `complete` when none follows the last one."""

    code: ClassVar[int] = 0x0D
    complete: bool
    records: list[AttributeInfo] = field(default_factory=list)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Return the command whose payload is `data`."""
        if len(data) % 3 != 1:
            raise cut(cls.__name__, "an attribute record", len(data))
        rows = range(1, len(data), 3)
        return cls(data[0] != 0, [AttributeInfo(data[i] | data[i + 1] << 8, data[i + 2]) for i in rows])

    def encode(self) -> bytes:
        """Return the payload."""
        rows = (u16(r.attribute_id, "attribute id") + u8(r.data_type, "data type") for r in self.records)
        return bytes([self.complete]) + b"".join(rows)
