"""Reading and writing attribute values of any ZCL data type.

Here: one value at an offset, as in attribute records. Not here: the table of types (`types`), commands
(`codec`). Any octets give a value or a DecodeError.
"""

import struct
from collections.abc import Callable

from handover.errors import DecodeError, EncodeError
from handover.sep1.types import DATA_TYPES, Collection, DataType, Kind, Structure, Value

NESTING_LIMIT = 15
"""How deep collections may stand in one another (ZCL 2.6.1)."""

Reader = Callable[[bytes, int, int], tuple[Value, int]]
Writer = Callable[[Value, int], bytes]


def decode_value(data_type: int, data: bytes, offset: int, depth: int = 0) -> tuple[Value, int]:
    """Return the value at `offset` and the offset behind it.

    Raises DecodeError when the type is unknown, the value is cut short or nested too deep.
    """
    reader = READERS.get(data_type)
    if reader is None:
        raise unknown_type(data_type, offset)
    return reader(data, offset, depth)


def encode_value(data_type: int, value: Value, depth: int = 0) -> bytes:
    """Return the octets of `value`. Raises EncodeError when it does not fit the data type."""
    writer = WRITERS.get(data_type)
    if writer is None:
        raise EncodeError(f"data type 0x{data_type:02X} is unknown; see handover.sep1.types.DATA_TYPES")
    try:
        return writer(value, depth)
    except (struct.error, OverflowError, TypeError, AttributeError, ValueError) as error:
        name = DATA_TYPES[data_type].name
        raise EncodeError(f"{value!r} does not fit the ZCL data type {name}: {error}") from None


def unknown_type(data_type: int, offset: int) -> DecodeError:
    """Return the error for a data type that no table lists."""
    return DecodeError(
        f"octet {offset}: data type 0x{data_type:02X} is unknown, so its length is too; "
        f"the frame cannot be read further"
    )


def _cut(name: str, offset: int, need: int, have: int) -> DecodeError:
    return DecodeError(
        f"attribute value at octet {offset}: {name} needs {need} octets, {max(have, 0)} are left; "
        f"the sender cut the frame short"
    )


def _nested(depth: int) -> None:
    if depth >= NESTING_LIMIT:
        raise DecodeError(f"collections are nested deeper than {NESTING_LIMIT}, the limit of ZCL")


def _integer(known: DataType) -> tuple[Reader, Writer]:
    size, name, signed = known.size, known.name, known.kind is Kind.SIGNED
    from_bytes = int.from_bytes

    def read_one(data: bytes, offset: int, depth: int) -> tuple[Value, int]:
        if offset >= len(data):
            raise _cut(name, offset, 1, 0)
        return data[offset], offset + 1

    def read(data: bytes, offset: int, depth: int) -> tuple[Value, int]:
        end = offset + size
        if end > len(data):
            raise _cut(name, offset, size, len(data) - offset)
        return from_bytes(data[offset:end], "little"), end

    def read_signed(data: bytes, offset: int, depth: int) -> tuple[Value, int]:
        end = offset + size
        if end > len(data):
            raise _cut(name, offset, size, len(data) - offset)
        return from_bytes(data[offset:end], "little", signed=True), end

    def write(value: Value, depth: int) -> bytes:
        return value.to_bytes(size, "little", signed=signed)  # type: ignore[union-attr]

    return read_signed if signed else read_one if size == 1 else read, write


def _float(known: DataType) -> tuple[Reader, Writer]:
    layout = struct.Struct({2: "<e", 4: "<f", 8: "<d"}[known.size])

    def read(data: bytes, offset: int, depth: int) -> tuple[Value, int]:
        if offset + layout.size > len(data):
            raise _cut(known.name, offset, layout.size, len(data) - offset)
        return float(layout.unpack_from(data, offset)[0]), offset + layout.size

    def write(value: Value, depth: int) -> bytes:
        return layout.pack(value)

    return read, write


def _text(known: DataType) -> tuple[Reader, Writer]:
    width, name = (1 if known.kind is Kind.TEXT else 2), known.name
    none = b"\xff" * width
    absent = int.from_bytes(none, "little")

    def read(data: bytes, offset: int, depth: int) -> tuple[Value, int]:
        start = offset + width
        if start > len(data):
            raise _cut(name, offset, width, len(data) - offset)
        length = int.from_bytes(data[offset:start], "little")
        if length == absent:
            return None, start
        if start + length > len(data):
            raise _cut(name, offset, width + length, len(data) - offset)
        return data[start : start + length], start + length

    def write(value: Value, depth: int) -> bytes:
        if value is None:
            return none
        if not isinstance(value, bytes):
            raise TypeError("octets are expected")
        if len(value) >= absent:
            raise ValueError(f"{len(value)} octets, the limit is {absent - 1}")
        return len(value).to_bytes(width, "little") + value

    return read, write


def _raw(known: DataType) -> tuple[Reader, Writer]:
    def read(data: bytes, offset: int, depth: int) -> tuple[Value, int]:
        end = offset + known.size
        if end > len(data):
            raise _cut(known.name, offset, known.size, len(data) - offset)
        return data[offset:end], end

    def write(value: Value, depth: int) -> bytes:
        if not isinstance(value, bytes) or len(value) != known.size:
            raise ValueError(f"{known.size} octets are expected")
        return value

    return read, write


def _nothing(known: DataType) -> tuple[Reader, Writer]:
    def read(data: bytes, offset: int, depth: int) -> tuple[Value, int]:
        return None, offset

    def write(value: Value, depth: int) -> bytes:
        if value is not None:
            raise ValueError("the type has no octets, so the value must be None")
        return b""

    return read, write


def _collection(known: DataType) -> tuple[Reader, Writer]:
    def read(data: bytes, offset: int, depth: int) -> tuple[Value, int]:
        _nested(depth)
        if offset + 3 > len(data):
            raise _cut(known.name, offset, 3, len(data) - offset)
        element_type, count = data[offset], data[offset + 1] | data[offset + 2] << 8
        position = offset + 3
        if count == 0xFFFF:
            return None, position
        element = DATA_TYPES.get(element_type)
        if element is not None and element.kind is Kind.NOTHING and count:
            raise DecodeError(f"attribute value at octet {offset}: {count} elements of type {element.name}")
        values: list[Value] = []
        for _ in range(count):
            value, position = decode_value(element_type, data, position, depth + 1)
            values.append(value)
        return Collection(element_type, values), position

    def write(value: Value, depth: int) -> bytes:
        if value is None:
            return b"\x00\xff\xff"
        if not isinstance(value, Collection) or len(value.values) > 0xFFFE:
            raise ValueError("a Collection of at most 65534 elements is expected")
        head = struct.pack("<BH", value.element_type, len(value.values))
        return head + b"".join(encode_value(value.element_type, v, depth + 1) for v in value.values)

    return read, write


def _structure(known: DataType) -> tuple[Reader, Writer]:
    def read(data: bytes, offset: int, depth: int) -> tuple[Value, int]:
        _nested(depth)
        if offset + 2 > len(data):
            raise _cut(known.name, offset, 2, len(data) - offset)
        count = data[offset] | data[offset + 1] << 8
        position = offset + 2
        if count == 0xFFFF:
            return None, position
        members: list[tuple[int, Value]] = []
        for _ in range(count):
            if position >= len(data):
                raise _cut(known.name, position, 1, 0)
            member_type = data[position]
            value, position = decode_value(member_type, data, position + 1, depth + 1)
            members.append((member_type, value))
        return Structure(members), position

    def write(value: Value, depth: int) -> bytes:
        if value is None:
            return b"\xff\xff"
        if not isinstance(value, Structure) or len(value.members) > 0xFFFE:
            raise ValueError("a Structure of at most 65534 members is expected")
        head = len(value.members).to_bytes(2, "little")
        return head + b"".join(bytes([t]) + encode_value(t, v, depth + 1) for t, v in value.members)

    return read, write


_MAKERS: dict[Kind, Callable[[DataType], tuple[Reader, Writer]]] = {
    Kind.NOTHING: _nothing,
    Kind.UNSIGNED: _integer,
    Kind.SIGNED: _integer,
    Kind.FLOAT: _float,
    Kind.TEXT: _text,
    Kind.LONG_TEXT: _text,
    Kind.RAW: _raw,
    Kind.COLLECTION: _collection,
    Kind.STRUCTURE: _structure,
}
_PAIRS = {code: _MAKERS[known.kind](known) for code, known in DATA_TYPES.items()}
READERS: dict[int, Reader] = {code: pair[0] for code, pair in _PAIRS.items()}
WRITERS: dict[int, Writer] = {code: pair[1] for code, pair in _PAIRS.items()}
