"""Commands and their raw values as plain data, without loss. Octets become hexadecimal text."""

import dataclasses
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, get_type_hints

from handover.errors import EncodeError
from handover.sep1.declaration import Command
from handover.sep1.general import GENERAL, AttributeRecord, GeneralCommand
from handover.sep1.general.attributes import AttributeInfo, StatusRecord
from handover.sep1.general.reporting import ReportingRecord, ReportingStatus
from handover.sep1.layout import Field, fields
from handover.sep1.types import (
    DATA_TYPES,
    Collection,
    Counted,
    CountedRows,
    Kind,
    Structure,
    Value,
)

_ROWS: Final = (AttributeRecord, StatusRecord, AttributeInfo, ReportingRecord, ReportingStatus)
_LONG_WORD: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

Plain = dict[str, Any]


def snake(name: str) -> str:
    """Return a class name in snake_case, as the standard's command names are written in JSON."""
    return _LONG_WORD.sub("_", name).lower()


GENERAL_BY_NAME: Final = {snake(command.__name__): command for command in GENERAL.values()}


def fault(path: str, what: str) -> EncodeError:
    """Return the error for a description that cannot be put on the wire."""
    return EncodeError(f"{path}: {what}")


# values of any data type


def plain_value(value: Value) -> Any:
    """Return an attribute's value as plain data."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Collection):
        return {"element_type": value.element_type, "values": [plain_value(v) for v in value.values]}
    if isinstance(value, Structure):
        return {"members": [[kind, plain_value(v)] for kind, v in value.members]}
    return value


def typed_value(data_type: int, value: Any, path: str) -> Value:
    """Return plain data as a value of a data type. Raises EncodeError."""
    known = DATA_TYPES.get(data_type)
    kind = known.kind if known is not None else Kind.UNSIGNED
    try:
        if value is None:
            return None
        if kind in (Kind.TEXT, Kind.LONG_TEXT, Kind.RAW):
            return octets(value, path)
        if kind is Kind.COLLECTION:
            element = int(value["element_type"])
            return Collection(element, [typed_value(element, v, path) for v in value["values"]])
        if kind is Kind.STRUCTURE:
            return Structure([(int(k), typed_value(int(k), v, path)) for k, v in value["members"]])
    except (KeyError, TypeError, ValueError):
        raise fault(path, f"{value!r} is no value of type {known.name if known else data_type}") from None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise fault(path, f"{value!r} is no number")
    return value


def octets(value: Any, path: str) -> bytes:
    """Return octets from hexadecimal text. Raises EncodeError."""
    try:
        return bytes.fromhex(value)
    except (TypeError, ValueError):
        raise fault(path, f"{value!r} is no hexadecimal text") from None


# cluster commands


def plain_command(command: Command) -> Plain:
    """Return the fields of a cluster command by name."""
    found: Plain = {}
    for field in fields(type(command)):
        value = getattr(command, field.name)
        if isinstance(value, bytes):
            value = value.hex()
        elif isinstance(field.wire, CountedRows):
            value = [list(row) for row in value]
        elif isinstance(value, list):
            value = list(value)
        elif isinstance(value, int):
            value = int(value)
        found[field.name] = value
    return found


def command_of(kind: type[Command], given: Mapping[str, Any], present: int | None) -> Command:
    """Return the cluster command of these fields. Raises EncodeError that names the field at fault."""
    name = snake(kind.__name__)
    known = {field.name: field for field in fields(kind)}
    unknown = [key for key in given if key not in known]
    if unknown:
        raise fault(f"fields.{unknown[0]}", f"{name} has no such field; it has {', '.join(known)}")
    optional = {f.name for f in dataclasses.fields(kind) if f.default is not dataclasses.MISSING and f.init}
    missing = [key for key in known if key not in given and key not in optional]
    if missing:
        raise fault(f"fields.{missing[0]}", f"{name} cannot be built without it")
    values = {key: _field(known[key], value, f"fields.{key}") for key, value in given.items()}
    made = kind(**values)
    made.fields_present = present
    return made


def _field(field: Field, value: Any, path: str) -> Any:
    if value is None:
        return None
    if isinstance(field.wire, CountedRows):
        if not isinstance(value, list) or not all(isinstance(row, list) for row in value):
            raise fault(path, "a list of rows is expected")
        try:
            return [field.wire.row(*row) for row in value]
        except TypeError as error:
            raise fault(path, str(error)) from None
    if isinstance(field.wire, Counted):
        if not isinstance(value, list):
            raise fault(path, "a list is expected")
        return value
    if field.is_integer:
        if isinstance(value, bool) or not isinstance(value, int):
            raise fault(path, f"{value!r} is no integer")
        return value
    return octets(value, path)


# general commands


def plain_general(command: GeneralCommand) -> Plain:
    """Return the fields of a general command by name; records are lists of objects."""
    found: Plain = {}
    for field in dataclasses.fields(command):
        value = getattr(command, field.name)
        if isinstance(value, list):
            value = [_plain_row(row) for row in value]
        found[field.name] = value
    return found


def _plain_row(row: Any) -> Any:
    if isinstance(row, tuple):
        return list(row)
    if not isinstance(row, _ROWS):
        return row
    return {field.name: plain_value(getattr(row, field.name)) for field in dataclasses.fields(row)}


def general_of(kind: type[GeneralCommand], given: Mapping[str, Any]) -> GeneralCommand:
    """Return the general command of these fields. Raises EncodeError that names the field at fault."""
    hints = get_type_hints(kind)
    names = [field.name for field in dataclasses.fields(kind)]
    if set(given) != set(names):
        odd = sorted(set(given) ^ set(names))[0]
        raise fault(f"fields.{odd}", f"{snake(kind.__name__)} has the fields {', '.join(names)}")
    values: Plain = {}
    for name in names:
        value, path = given[name], f"fields.{name}"
        if isinstance(value, list):
            values[name] = [_row(hints[name], row, f"{path}[{n}]") for n, row in enumerate(value)]
        elif isinstance(value, int):
            values[name] = value
        else:
            raise fault(path, f"{value!r} is neither a number nor a list")
    return kind(**values)


def _row(hint: Any, row: Any, path: str) -> Any:
    """Return one record of a general command, or one number of a list of them."""
    item = hint.__args__[0]
    maker: Callable[..., Any] | None = next((kind for kind in _ROWS if kind is item), None)
    if maker is None:
        if isinstance(row, list):
            return tuple(row)
        if isinstance(row, bool) or not isinstance(row, int):
            raise fault(path, f"{row!r} is no number")
        return row
    if not isinstance(row, dict):
        raise fault(path, "an object is expected")
    known = {field.name for field in dataclasses.fields(item)}
    values = {key: value for key, value in row.items() if key in known}
    for key in ("value", "change"):
        if key in values:
            values[key] = typed_value(int(values.get("data_type", 0)), values[key], f"{path}.{key}")
    try:
        return maker(**values)
    except TypeError as error:
        raise fault(path, str(error)) from None
