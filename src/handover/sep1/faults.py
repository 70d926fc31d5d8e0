"""Errors that name the field at fault, found by walking through a payload or a command field by field.

The compiled functions only notice that something is wrong; what it was is looked for here, afterwards.
"""

import struct
from typing import Final

from handover.errors import DecodeError, EncodeError
from handover.sep1.compiler import (
    codes,
    encode_absent,
    encode_counted,
    encode_counted_octets,
    encode_octets,
    encode_rest,
    encode_rows,
    encode_text,
    row_struct,
    sizes_by,
)
from handover.sep1.declaration import Command
from handover.sep1.layout import Field, Layout
from handover.sep1.types import Counted, CountedOctets, CountedRows, DataType, Octets, Rest, RestBy

MISFIT: Final = (struct.error, TypeError, ValueError, OverflowError, AttributeError)


def cut(title: str, layout: Layout, payload: bytes) -> DecodeError:
    """Return the error that names the field in which `payload` ends, or the rest that has a wrong size."""
    position = 0
    numbers: dict[str, int] = {}
    for field in layout.fields:
        if field.when is not None and not field.when.holds(numbers[field.when.by]):
            continue
        have = len(payload) - position
        if isinstance(field.wire, Rest | RestBy):
            return _wrong_rest(title, field, position, have, _rest_sizes(field.wire, numbers))
        need = _need(field, payload, position, numbers)
        if need > have:
            return DecodeError(
                f"{title}: the payload of {len(payload)} octets ends inside {field.name}, which "
                f"starts at octet {position} and needs {need}; the sender cut it short"
            )
        if field.is_integer:
            numbers[field.name] = int.from_bytes(payload[position : position + need], "little")
        position += need
    return DecodeError(f"{title}: the payload of {len(payload)} octets cannot be read")


def _need(field: Field, payload: bytes, position: int, numbers: dict[str, int]) -> int:
    """Return how many octets a field at `position` wants."""
    wire = field.wire
    have = len(payload) - position
    if isinstance(wire, Octets):
        return min(wire.size, max(have, 0)) if wire.short else wire.size
    if isinstance(wire, Counted):
        return wire.item.size * numbers[wire.by]
    if isinstance(wire, CountedOctets):
        return numbers[wire.by]
    if isinstance(wire, CountedRows):
        return row_struct(wire).size * numbers[wire.by]
    if isinstance(wire, DataType) and field.is_integer:
        return wire.size
    return 1 if have < 1 or payload[position] == 0xFF else 1 + payload[position]


def _rest_sizes(wire: Rest | RestBy, numbers: dict[str, int]) -> tuple[int, ...]:
    return wire.sizes if isinstance(wire, Rest) else sizes_by(wire).get(numbers[wire.by], ())


def _wrong_rest(title: str, field: Field, position: int, have: int, sizes: tuple[int, ...]) -> DecodeError:
    wanted = " or ".join(map(str, sizes))
    by = f" by its {field.wire.by}" if isinstance(field.wire, RestBy) else ""
    return DecodeError(
        f"{title}: {field.name} starts at octet {position} and has {have} octets, {wanted} are due{by}; "
        f"the sender means another suite or cut it short"
    )


def misfit(title: str, command: Command, layout: Layout, present: int) -> EncodeError:
    """Return the error that names the field whose value does not fit; fields up to `present` are sent."""
    for field in layout.fields:
        if field.number > present:
            break
        value = getattr(command, field.name, None)
        try:
            _encode_alone(command, field, value)
        except MISFIT as error:
            return EncodeError(f"{title}.{field.name}: {value!r} does not fit {_wire_name(field)}: {error}")
    return EncodeError(f"{title} cannot be encoded: {command!r}")


def _encode_alone(command: Command, field: Field, value: object) -> None:
    wire = field.wire
    if field.when is not None and not field.when.holds(getattr(command, field.when.by)):
        encode_absent(value)
    elif isinstance(wire, Octets):
        encode_octets(value, wire.size, wire.short)  # type: ignore[arg-type]
    elif isinstance(wire, Counted):
        encode_counted(value, getattr(command, wire.by), wire.item)  # type: ignore[arg-type]
    elif isinstance(wire, CountedOctets):
        encode_counted_octets(value, getattr(command, wire.by))  # type: ignore[arg-type]
    elif isinstance(wire, CountedRows):
        encode_rows(value, getattr(command, wire.by), row_struct(wire))  # type: ignore[arg-type]
    elif isinstance(wire, Rest):
        encode_rest(value, wire.sizes)  # type: ignore[arg-type]
    elif isinstance(wire, RestBy):
        encode_rest(value, sizes_by(wire).get(getattr(command, wire.by), ()))  # type: ignore[arg-type]
    elif field.is_integer:
        value.to_bytes(wire.size, "little", signed=codes(wire).islower())  # type: ignore[attr-defined]
    else:
        encode_text(value)  # type: ignore[arg-type]


def _wire_name(field: Field) -> str:
    wire = field.wire
    if isinstance(wire, DataType):
        return wire.name
    if isinstance(wire, Octets):
        return f"{wire.size} octets"
    if isinstance(wire, Counted):
        return f"{wire.by} times {wire.item.name}"
    if isinstance(wire, CountedOctets):
        return f"{wire.by} octets"
    if isinstance(wire, CountedRows):
        return f"{wire.by} times {wire.row.__name__}"
    return "the rest of the payload"
