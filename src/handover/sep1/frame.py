"""ZCL frames: the header, and the command behind it. Source: ZCL 2.4.

Not here: the payloads of cluster commands (`codec`) and of general commands (`general`), the APS frame
around (`aps`).
"""

from dataclasses import dataclass

from handover.errors import DecodeError, EncodeError
from handover.sep1 import codec
from handover.sep1.declaration import REVISION, Command
from handover.sep1.general import GENERAL, GeneralCommand
from handover.sep1.types import Status

GLOBAL = 0
CLUSTER = 1


@dataclass(slots=True)
class Header:
    """A ZCL header. `frame_type` is GLOBAL or CLUSTER; `to_client` the direction server to client.

    `manufacturer` is a manufacturer code or None.
    """

    frame_type: int
    to_client: bool
    disable_default_response: bool
    manufacturer: int | None
    sequence: int
    command_id: int


@dataclass(slots=True)
class Zcl:
    """A ZCL frame: its header and the command in it."""

    header: Header
    body: Command | GeneralCommand


def parse_header(data: bytes) -> tuple[Header, int]:
    """Return the header and the offset of the payload. Raises DecodeError when cut short or reserved."""
    if not data:
        raise DecodeError("ZCL frame: it is empty")
    control = data[0]
    if control & 0x03 > CLUSTER:
        raise DecodeError(f"ZCL frame: frame type {control & 0x03} is reserved")
    offset = 5 if control & 0x04 else 3
    if len(data) < offset:
        raise DecodeError(f"ZCL frame: the header needs {offset} octets, there are {len(data)}")
    manufacturer = data[1] | data[2] << 8 if control & 0x04 else None
    return (
        Header(
            control & 0x03,
            bool(control & 0x08),
            bool(control & 0x10),
            manufacturer,
            data[offset - 2],
            data[offset - 1],
        ),
        offset,
    )


def parse_body(cluster_id: int, header: Header, payload: bytes) -> Command | GeneralCommand:
    """Return the command behind `header`.

    Raises DecodeError when the payload is malformed, or the command is not spoken here; its `zcl_status` says
    which.
    """
    special = header.manufacturer is not None
    if header.frame_type == CLUSTER:
        if special:
            raise codec.unsupported(
                f"cluster 0x{cluster_id:04X}: command 0x{header.command_id:02X} of manufacturer "
                f"0x{header.manufacturer:04X} is not spoken here",
                Status.UNSUP_MANUF_CLUSTER_COMMAND,
            )
        return codec.decode(cluster_id, header.to_client, header.command_id, payload)
    command = GENERAL.get(header.command_id)
    if command is None:
        raise codec.unsupported(
            f"cluster 0x{cluster_id:04X}: general command 0x{header.command_id:02X} is not spoken here",
            Status.UNSUP_MANUF_GENERAL_COMMAND if special else Status.UNSUP_GENERAL_COMMAND,
        )
    return command.decode(payload)


def parse(cluster_id: int, data: bytes) -> Zcl:
    """Return the frame in `data`. Raises DecodeError for anything else, see `parse_body`."""
    header, offset = parse_header(data)
    return Zcl(header, parse_body(cluster_id, header, data[offset:]))


def build(
    cluster_id: int,
    body: Command | GeneralCommand,
    *,
    sequence: int,
    to_client: bool,
    disable_default_response: bool = False,
    manufacturer: int | None = None,
    revision: str = REVISION,
) -> bytes:
    """Return the octets of a frame.

    `sequence` is 0 to 255; `manufacturer` concerns general commands. Raises EncodeError when a value does not
    fit, or the command does not belong to the cluster and the direction.
    """
    if isinstance(body, Command):
        place = codec.PLACES.get(type(body))
        if place is None or (place.cluster_id, place.to_client) != (cluster_id, to_client):
            raise EncodeError(
                f"{type(body).__name__} is no command of cluster 0x{cluster_id:04X} to the "
                f"{'client' if to_client else 'server'}"
            )
        kind, command_id, payload = CLUSTER, place.command_id, codec.encode(body, revision=revision)
    else:
        kind, command_id, payload = GLOBAL, body.code, body.encode()
    if not 0 <= sequence <= 0xFF:
        raise EncodeError(f"sequence {sequence} is not within 0 to 255")
    control = kind | to_client << 3 | disable_default_response << 4
    if manufacturer is None:
        return bytes((control, sequence, command_id)) + payload
    if kind == CLUSTER or not 0 <= manufacturer <= 0xFFFF:
        raise EncodeError(f"manufacturer code {manufacturer} is for general commands, 0 to 65535")
    return bytes((control | 0x04, manufacturer & 0xFF, manufacturer >> 8, sequence, command_id)) + payload
