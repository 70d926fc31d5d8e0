"""APS data frames as they lie in a network frame. Source: ZigBee PRO specification, 2.2.5.

Unsecured and unfragmented unicast and broadcast. Not here: the frame that engines exchange
(`handover.sep1.aps`), which also knows the nodes.
"""

import struct
from dataclasses import dataclass
from typing import Final

from handover.errors import DecodeError, EncodeError

UNICAST: Final = 0
BROADCAST: Final = 2

_HEADER = struct.Struct("<BBHHBB")
_SECURITY, _ACK_REQUEST, _EXTENDED = 0x20, 0x40, 0x80


@dataclass(slots=True, kw_only=True)
class ApsData:
    """An APS data frame; `delivery` is UNICAST or BROADCAST."""

    delivery: int
    destination_endpoint: int
    cluster_id: int
    profile_id: int
    source_endpoint: int
    counter: int
    payload: bytes
    ack_request: bool = False


def build(frame: ApsData) -> bytes:
    """Return the octets of `frame`. Raises EncodeError when a field does not fit."""
    try:
        header = _HEADER.pack(
            frame.delivery << 2 | (_ACK_REQUEST if frame.ack_request else 0),
            frame.destination_endpoint,
            frame.cluster_id,
            frame.profile_id,
            frame.source_endpoint,
            frame.counter,
        )
    except struct.error as error:
        raise EncodeError(f"APS header of {frame!r}: {error}") from None
    return header + frame.payload


def parse(data: bytes) -> ApsData:
    """Return the frame in `data`. Raises DecodeError for any other kind of frame."""
    if len(data) < _HEADER.size:
        raise DecodeError(f"APS frame: the header needs {_HEADER.size} octets, there are {len(data)}")
    control, destination_endpoint, cluster_id, profile_id, source_endpoint, counter = _HEADER.unpack_from(
        data
    )
    delivery = control >> 2 & 0x03
    if control & 0x03:
        raise DecodeError(f"APS frame: type {control & 0x03} is not data")
    if delivery not in (UNICAST, BROADCAST):
        raise DecodeError(f"APS frame: delivery mode {delivery} is neither unicast nor broadcast")
    if control & _SECURITY:
        raise DecodeError("APS frame: it is secured with a link key, which is not known here")
    if control & _EXTENDED:
        raise DecodeError("APS frame: it is a fragment, and fragments are not joined here")
    return ApsData(
        delivery=delivery,
        destination_endpoint=destination_endpoint,
        cluster_id=cluster_id,
        profile_id=profile_id,
        source_endpoint=source_endpoint,
        counter=counter,
        payload=data[_HEADER.size :],
        ack_request=bool(control & _ACK_REQUEST),
    )
