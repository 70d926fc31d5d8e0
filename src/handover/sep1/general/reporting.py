"""General commands that configure reports: who sends which attribute how often.

The reports themselves are in `attributes`. Source: ZCL 2.5.7 to 2.5.10.
"""

from dataclasses import dataclass, field
from typing import ClassVar, Final, Self

from handover.errors import DecodeError
from handover.sep1.general.base import GeneralCommand, cut, u8, u16
from handover.sep1.types import DATA_TYPES, DATE, TIME_OF_DAY, UTC_TIME, Kind, Status, Value
from handover.sep1.values import decode_value, encode_value

SEND: Final = 0
"""Direction: the receiver of the configuration sends the reports."""

RECEIVE: Final = 1
"""Direction: the receiver of the configuration gets the reports."""


def is_analog(data_type: int) -> bool:
    """Tell whether a change of this type has a size, so that a report can wait for a change of some size."""
    known = DATA_TYPES.get(data_type)
    if known is None:
        return False
    if 0x20 <= data_type <= 0x2F or known.kind is Kind.FLOAT:
        return True
    return known in (TIME_OF_DAY, DATE, UTC_TIME)


@dataclass(slots=True)
class ReportingRecord:
    """How one attribute is reported: intervals in seconds; `maximum` 0xFFFF never, 0 on change only.

    With direction SEND, `data_type`, both intervals and (analog types) `change` count; with RECEIVE,
    `timeout`. In a response, a status that is not SUCCESS leaves out all of these.
    """

    attribute_id: int
    direction: int = SEND
    data_type: int = 0
    minimum: int = 0
    maximum: int = 0
    change: Value = None
    timeout: int = 0
    status: int = 0


@dataclass(slots=True)
class ReportingStatus:
    """What became of the configuration of one attribute."""

    attribute_id: int
    direction: int
    status: int


def _decode_rest(command: str, record: ReportingRecord, data: bytes, position: int) -> int:
    """Read what follows the attribute id into `record`; return the offset behind it."""
    size = 2 if record.direction == RECEIVE else 5
    if position + size > len(data):
        raise cut(command, f"the reporting of attribute 0x{record.attribute_id:04X}", position)
    if record.direction == RECEIVE:
        record.timeout = int.from_bytes(data[position : position + 2], "little")
        return position + 2
    record.data_type = data[position]
    record.minimum = int.from_bytes(data[position + 1 : position + 3], "little")
    record.maximum = int.from_bytes(data[position + 3 : position + 5], "little")
    position += 5
    if record.data_type not in DATA_TYPES:
        raise DecodeError(f"{command}: data type 0x{record.data_type:02X} at octet {position - 5} is unknown")
    if is_analog(record.data_type):
        record.change, position = decode_value(record.data_type, data, position)
    return position


def _encode_rest(record: ReportingRecord) -> bytes:
    if record.direction == RECEIVE:
        return u16(record.timeout, "timeout")
    head = u8(record.data_type, "data type")
    head += u16(record.minimum, "minimum interval") + u16(record.maximum, "maximum interval")
    return head + (encode_value(record.data_type, record.change) if is_analog(record.data_type) else b"")


def _direction(command: str, data: bytes, offset: int) -> int:
    if data[offset] > RECEIVE:
        raise DecodeError(f"{command}: direction {data[offset]} at octet {offset} is neither 0 nor 1")
    return data[offset]


@dataclass(slots=True)
class ConfigureReporting(GeneralCommand):
    """Says how attributes are to be reported."""

    code: ClassVar[int] = 0x06
    records: list[ReportingRecord] = field(default_factory=list)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Return the command whose payload is `data`."""
        records, position = [], 0
        while position < len(data):
            if position + 3 > len(data):
                raise cut(cls.__name__, "a reporting record", position)
            attribute_id = data[position + 1] | data[position + 2] << 8
            record = ReportingRecord(attribute_id, _direction(cls.__name__, data, position))
            position = _decode_rest(cls.__name__, record, data, position + 3)
            records.append(record)
        return cls(records)

    def encode(self) -> bytes:
        """Return the payload."""
        return b"".join(
            u8(r.direction, "direction") + u16(r.attribute_id, "attribute id") + _encode_rest(r)
            for r in self.records
        )


@dataclass(slots=True)
class ConfigureReportingResponse(GeneralCommand):
    """The attributes whose reporting could not be configured; none when all could."""

    code: ClassVar[int] = 0x07
    records: list[ReportingStatus] = field(default_factory=list)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Return the command whose payload is `data`."""
        if data == b"\x00":
            return cls([])
        if len(data) % 4 or not data:
            raise cut(cls.__name__, "a status record", len(data) - len(data) % 4)
        name = cls.__name__
        return cls(
            [
                ReportingStatus(data[i + 2] | data[i + 3] << 8, _direction(name, data, i + 1), data[i])
                for i in range(0, len(data), 4)
            ]
        )

    def encode(self) -> bytes:
        """Return the payload."""
        if not self.records:
            return b"\x00"
        return b"".join(
            u8(r.status, "status") + u8(r.direction, "direction") + u16(r.attribute_id, "attribute id")
            for r in self.records
        )


@dataclass(slots=True)
class ReadReportingConfiguration(GeneralCommand):
    """Asks how attributes are reported: (direction, attribute id) each."""

    code: ClassVar[int] = 0x08
    records: list[tuple[int, int]] = field(default_factory=list)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Return the command whose payload is `data`."""
        if len(data) % 3:
            raise cut(cls.__name__, "a record", len(data) - len(data) % 3)
        name = cls.__name__
        return cls(
            [(_direction(name, data, i), data[i + 1] | data[i + 2] << 8) for i in range(0, len(data), 3)]
        )

    def encode(self) -> bytes:
        """Return the payload."""
        return b"".join(u8(d, "direction") + u16(i, "attribute id") for d, i in self.records)


@dataclass(slots=True)
class ReadReportingConfigurationResponse(GeneralCommand):
    """How the attributes asked for are reported."""

    code: ClassVar[int] = 0x09
    records: list[ReportingRecord] = field(default_factory=list)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Return the command whose payload is `data`."""
        records, position = [], 0
        while position < len(data):
            if position + 4 > len(data):
                raise cut(cls.__name__, "a reporting record", position)
            attribute_id = data[position + 2] | data[position + 3] << 8
            direction = _direction(cls.__name__, data, position + 1)
            record = ReportingRecord(attribute_id, direction, status=data[position])
            position += 4
            if record.status == Status.SUCCESS:
                position = _decode_rest(cls.__name__, record, data, position)
            records.append(record)
        return cls(records)

    def encode(self) -> bytes:
        """Return the payload."""
        parts = []
        for r in self.records:
            parts.append(
                u8(r.status, "status") + u8(r.direction, "direction") + u16(r.attribute_id, "attribute id")
            )
            if r.status == Status.SUCCESS:
                parts.append(_encode_rest(r))
        return b"".join(parts)
