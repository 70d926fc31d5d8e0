"""APS frames as 802.15.4 octets, and capture files of them that Wireshark reads without any setting.

The security of a frame is not shown: everything lies open in the capture, for reading. Frames longer than a
radio could carry stay in one piece. Files are made as octets; writing them is left to the caller.
"""

import struct
from collections.abc import Iterable, Mapping
from typing import Final

from handover.errors import DecodeError
from handover.sep1.aps import BROADCAST, ApsFrame
from handover.sep1.network import aps, mac, nwk

LINK_TYPE: Final = 230
"""IEEE 802.15.4 without frame check sequence, in the registry of capture files."""

ALL_NODES: Final = 0xFFFF
RADIUS: Final = 30


class Capture:
    """The sniffer of one PAN: gives every node a short address and numbers the frames.

    `coordinator` is the EUI-64 of the node with short address 0.
    """

    def __init__(self, coordinator: int, *, pan_id: int = 0x1AAA) -> None:
        self.pan_id = pan_id
        self._short = {coordinator: 0x0000, BROADCAST: ALL_NODES}
        self._count = 0

    @property
    def addresses(self) -> dict[int, int]:
        """EUI-64 by short address, of the nodes seen so far."""
        return {short: eui for eui, short in self._short.items() if eui != BROADCAST}

    def short_address(self, eui64: int) -> int:
        """Return the short address of a node, the next free one when it is new."""
        return self._short.setdefault(eui64, len(self._short) - 1)

    def encapsulate(self, frame: ApsFrame) -> bytes:
        """Return `frame` under APS, NWK and MAC headers, with both EUI-64s in the NWK header.

        Raises EncodeError when an address, an endpoint or an id does not fit.
        """
        number = self._count & 0xFF
        self._count += 1
        destination, source = self.short_address(frame.destination), self.short_address(frame.source)
        everyone = frame.destination == BROADCAST
        inner = aps.ApsData(
            delivery=aps.BROADCAST if everyone else aps.UNICAST,
            destination_endpoint=frame.destination_endpoint,
            cluster_id=frame.cluster_id,
            profile_id=frame.profile_id,
            source_endpoint=frame.source_endpoint,
            counter=number,
            payload=frame.payload,
        )
        middle = nwk.NwkFrame(
            destination=destination,
            source=source,
            radius=RADIUS,
            sequence=number,
            payload=aps.build(inner),
            destination_eui=None if everyone else frame.destination,
            source_eui=frame.source,
        )
        outer = mac.MacFrame(
            sequence=number,
            pan_id=self.pan_id,
            destination=destination,
            source=source,
            payload=nwk.build(middle),
        )
        return mac.build(outer)


def decapsulate(octets: bytes, addresses: Mapping[int, int] | None = None) -> ApsFrame:
    """Return the APS frame in an 802.15.4 frame.

    `addresses` gives the EUI-64 of a short address where the NWK header has none. Raises DecodeError for
    anything but an unsecured data frame between known nodes.
    """
    outer = mac.parse(octets)
    if outer.kind != mac.DATA:
        raise DecodeError(f"MAC frame: type {outer.kind} is not data")
    middle = nwk.parse(outer.payload)
    if middle.kind != nwk.DATA:
        raise DecodeError("NWK frame: it is a command, not data")
    if middle.secured:
        raise DecodeError("NWK frame: it is secured with the network key, which is not known here")
    inner = aps.parse(middle.payload)
    if inner.kind != aps.DATA or inner.delivery == aps.GROUP:
        raise DecodeError("APS frame: it is no data frame to a node or to all")
    if inner.secured:
        raise DecodeError("APS frame: it is secured with a link key, which is not known here")
    if inner.fragment is not None:
        raise DecodeError("APS frame: it is a fragment, and fragments are not joined here")
    known = addresses or {}
    source = middle.source_eui if middle.source_eui is not None else known.get(middle.source)
    if source is None:
        raise DecodeError(f"NWK frame: no EUI-64 is known of the source 0x{middle.source:04X}")
    destination = middle.destination_eui
    if destination is None:
        everyone = inner.delivery == aps.BROADCAST
        destination = BROADCAST if everyone else known.get(middle.destination)
    if destination is None:
        raise DecodeError(f"NWK frame: no EUI-64 is known of the destination 0x{middle.destination:04X}")
    return ApsFrame(
        source=source,
        destination=destination,
        source_endpoint=inner.source_endpoint,
        destination_endpoint=inner.destination_endpoint,
        cluster_id=inner.cluster_id,
        profile_id=inner.profile_id,
        secured=False,
        payload=inner.payload,
    )


def pcap_header() -> bytes:
    """Return the beginning of a capture file."""
    return struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 0xFFFF, LINK_TYPE)


def pcap_record(octets: bytes, when: float) -> bytes:
    """Return one frame as a capture file holds it; `when` is Unix seconds UTC."""
    microseconds = round(when * 1_000_000)
    seconds, rest = divmod(microseconds, 1_000_000)
    return struct.pack("<IIII", seconds, rest, len(octets), len(octets)) + octets


def pcap_file(frames: Iterable[tuple[float, bytes]]) -> bytes:
    """Return a whole capture file of (Unix seconds UTC, 802.15.4 octets)."""
    return pcap_header() + b"".join(pcap_record(octets, when) for when, octets in frames)
