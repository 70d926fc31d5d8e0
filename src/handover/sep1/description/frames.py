"""Whole ZCL frames as plain data and back."""

from collections.abc import Mapping
from typing import Any, Final

from handover.errors import EncodeError
from handover.sep1 import frame as zcl
from handover.sep1.clusters import CLUSTERS
from handover.sep1.codec import PLACES
from handover.sep1.declaration import Command
from handover.sep1.description.meaning import meanings, moment
from handover.sep1.description.plain import (
    GENERAL_BY_NAME,
    Plain,
    command_of,
    fault,
    general_of,
    octets,
    plain_command,
    plain_general,
    plain_value,
    snake,
)
from handover.sep1.general import AttributeRecord, GeneralCommand
from handover.sep1.types import DATA_TYPES, UTC_TIME, Kind, is_invalid

_DIRECTIONS: Final = {False: "client_to_server", True: "server_to_client"}


def describe(cluster_id: int, data: bytes) -> Plain:
    """Return the ZCL frame in `data` as plain data.

    `fields` are raw, by their names in the standard; `values` what they mean, in the `units` given;
    `trailing` are octets behind the last known field. Raises DecodeError.
    """
    header, at = zcl.parse_header(data)
    body = zcl.parse_body(cluster_id, header, data[at:])
    cluster = CLUSTERS.get(cluster_id)
    found: Plain = {
        "cluster": f"0x{cluster_id:04X}",
        "cluster_name": cluster.name if cluster else None,
        "command": snake(type(body).__name__).removesuffix("_to_client"),
        "command_id": f"0x{header.command_id:02X}",
        "general": isinstance(body, GeneralCommand),
        "direction": _DIRECTIONS[header.to_client],
        "sequence": header.sequence,
        "disable_default_response": header.disable_default_response,
        "manufacturer": header.manufacturer,
    }
    if isinstance(body, Command):
        found["fields"] = plain_command(body)
        found["fields_present"] = body.fields_present
        found["values"], found["units"] = meanings(body, found["fields"])
    else:
        found["fields"] = plain_general(body)
        found["attributes"] = _attributes(cluster_id, header.to_client, body)
    rest = data[len(_built(cluster_id, header, body)) :]
    if rest:
        found["trailing"] = rest.hex()
    return found


def _built(cluster_id: int, header: zcl.Header, body: Command | GeneralCommand) -> bytes:
    return zcl.build(
        cluster_id,
        body,
        sequence=header.sequence,
        to_client=header.to_client,
        disable_default_response=header.disable_default_response,
        manufacturer=header.manufacturer,
    )


def _attributes(cluster_id: int, to_client: bool, body: GeneralCommand) -> list[Plain]:
    """Return the attributes in a general command by their names, with what their values mean."""
    cluster = CLUSTERS.get(cluster_id)
    # A report or a response to the client tells of the server's attributes; the other way round for the rest.
    asks = type(body).__name__ in ("ReadAttributes", "WriteAttributes", "ConfigureReporting")
    client = to_client if asks else not to_client
    declared = cluster.attributes(client=client) if cluster else {}
    rows: list[Plain] = []
    for item in [*getattr(body, "attribute_ids", []), *getattr(body, "records", [])]:
        number = item if isinstance(item, int) else getattr(item, "attribute_id", None)
        if number is None:
            continue
        row: Plain = {"id": f"0x{number:04X}", "name": declared[number].name if number in declared else None}
        if isinstance(item, AttributeRecord) and not item.status:
            row |= _value(item)
        rows.append(row)
    return rows


def _value(record: AttributeRecord) -> Plain:
    known = DATA_TYPES.get(record.data_type)
    value: Any = plain_value(record.value)
    if is_invalid(record.data_type, record.value):
        value = None
    elif known is UTC_TIME and isinstance(record.value, int):
        value = moment(record.value)
    elif known is not None and known.kind is Kind.TEXT and isinstance(record.value, bytes):
        value = record.value.decode("utf-8", "replace")
    return {"type": known.name if known else None, "value": value}


def build(described: Mapping[str, Any]) -> bytes:
    """Return the octets of a described frame; only what is raw counts. Raises EncodeError."""
    cluster_id = _number(described, "cluster", 0xFFFF)
    name = described.get("command")
    direction = described.get("direction")
    if direction not in _DIRECTIONS.values():
        raise fault("direction", f"{direction!r} is neither {' nor '.join(_DIRECTIONS.values())}")
    to_client = direction == _DIRECTIONS[True]
    given = described.get("fields", {})
    if not isinstance(given, Mapping):
        raise fault("fields", "an object is expected")
    present = described.get("fields_present")
    if present is not None and (isinstance(present, bool) or not isinstance(present, int)):
        raise fault("fields_present", f"{present!r} is no number")
    body: Command | GeneralCommand
    if described.get("general", name in GENERAL_BY_NAME):
        kind = GENERAL_BY_NAME.get(str(name))
        if kind is None:
            raise fault("command", f"{name!r} is no general command; known: {', '.join(GENERAL_BY_NAME)}")
        body = general_of(kind, given)
    else:
        body = command_of(_command(cluster_id, to_client, str(name)), given, present)
    manufacturer = described.get("manufacturer")
    if manufacturer is not None:
        manufacturer = _number(described, "manufacturer", 0xFFFF)
    header = zcl.Header(
        zcl.CLUSTER if isinstance(body, Command) else zcl.GLOBAL,
        to_client,
        bool(described.get("disable_default_response", False)),
        manufacturer,
        _number(described, "sequence", 0xFF),
        0,
    )
    return _built(cluster_id, header, body) + octets(described.get("trailing", ""), "trailing")


def _command(cluster_id: int, to_client: bool, name: str) -> type[Command]:
    names = {
        snake(kind.__name__).removesuffix("_to_client"): kind
        for kind, place in PLACES.items()
        if (place.cluster_id, place.to_client) == (cluster_id, to_client)
    }
    found = names.get(name)
    if found is None:
        known = ", ".join(names) or "none"
        raise fault("command", f"{name!r} is no command of 0x{cluster_id:04X} that way; known: {known}")
    return found


def _number(described: Mapping[str, Any], key: str, limit: int) -> int:
    value = described.get(key, 0 if key == "sequence" else None)
    try:
        number = int(value, 0) if isinstance(value, str) else value
    except ValueError:
        number = None
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= limit:
        raise EncodeError(f"{key}: {value!r} is no number within 0 to {limit}")
    return number
