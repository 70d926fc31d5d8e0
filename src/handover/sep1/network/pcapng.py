"""Capture files: pcapng written block by block, pcap and pcapng read. Octets only; files are the caller's.

What is written holds 802.15.4 frames without check sequence, with times in microseconds. The keys to read
them with lie in a file of Wireshark's own form: its ZigBee dissector takes none out of a capture. Source: the
pcapng and pcap drafts of the IETF opsawg.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from handover.errors import DecodeError

WITH_CHECK: Final = 195
WITHOUT_CHECK: Final = 230
"""Link types: IEEE 802.15.4 with and without frame check sequence."""

_SECTION, _INTERFACE, _SIMPLE, _ENHANCED = 0x0A0D0D0A, 1, 3, 6
_BYTE_ORDER: Final = 0x1A2B3C4D
_PCAP: Final = {0xA1B2C3D4: 1_000_000, 0xA1B23C4D: 1_000_000_000}
_RESOLUTION: Final = 9
_SNAP: Final = 0xFFFF
_MICROSECONDS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Captured:
    """A captured frame; `when` in Unix seconds UTC. `octets` are as the link type has them."""

    when: float
    link_type: int
    octets: bytes


def _block(kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    size = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + size + body + size


def head(link_type: int = WITHOUT_CHECK) -> bytes:
    """Return the beginning of a file: a section with one interface of this link type."""
    section = struct.pack("<IHHq", _BYTE_ORDER, 1, 0, -1)
    return _block(_SECTION, section) + _block(_INTERFACE, struct.pack("<HHI", link_type, 0, _SNAP))


def packet(octets: bytes, when: float) -> bytes:
    """Return one frame as a block; `when` is Unix seconds UTC."""
    ticks = round(when * _MICROSECONDS)
    fields = struct.pack("<IIIII", 0, ticks >> 32, ticks & 0xFFFFFFFF, len(octets), len(octets))
    return _block(_ENHANCED, fields + octets)


def file(frames: Iterable[tuple[float, bytes]]) -> bytes:
    """Return a whole file of (Unix seconds UTC, octets)."""
    return b"".join([head(), *(packet(octets, when) for when, octets in frames)])


def key_lines(network: Iterable[bytes], link: Iterable[bytes]) -> str:
    """Return keys as Wireshark's file `zigbee_pc_keys` has them."""
    rows = [(key, "network key") for key in network] + [(key, "link key") for key in link]
    return "".join(f'"{key.hex(":").upper()}","Normal","{name}"\n' for key, name in rows)


def read(octets: bytes) -> Iterator[Captured]:
    """Give the frames of a pcap or pcapng file in order. Raises DecodeError where it is damaged."""
    if len(octets) < 4:
        raise DecodeError(f"capture file: {len(octets)} octets are too few")
    if octets[:4] == _SECTION.to_bytes(4, "little"):
        return _read_blocks(octets)
    for order in "<>":
        ticks = _PCAP.get(struct.unpack_from(order + "I", octets)[0])
        if ticks is not None:
            return _read_pcap(octets, order, ticks)
    raise DecodeError("capture file: it is neither pcap nor pcapng")


def _read_pcap(octets: bytes, order: str, ticks: int) -> Iterator[Captured]:
    header, record = struct.Struct(order + "IHHiIII"), struct.Struct(order + "IIII")
    if len(octets) < header.size:
        raise DecodeError("capture file: it ends inside its header")
    link_type, position = header.unpack_from(octets)[6] & 0x0FFFFFFF, header.size
    while position < len(octets):
        if position + record.size > len(octets):
            raise DecodeError(f"capture file: it ends inside a record at octet {position}")
        seconds, rest, size, _ = record.unpack_from(octets, position)
        position += record.size
        if position + size > len(octets):
            raise DecodeError(f"capture file: it ends inside a frame at octet {position}")
        yield Captured(seconds + rest / ticks, link_type, octets[position : position + size])
        position += size


@dataclass(slots=True)
class _Interface:
    link_type: int
    ticks: float = _MICROSECONDS


def _read_blocks(octets: bytes) -> Iterator[Captured]:
    order, position = "<", 0
    interfaces: list[_Interface] = []
    while position < len(octets):
        if position + 12 > len(octets):
            raise DecodeError(f"capture file: it ends inside a block at octet {position}")
        kind = struct.unpack_from(order + "I", octets, position)[0]
        if kind == _SECTION:
            order = "<" if octets[position + 8 : position + 12] == b"\x4d\x3c\x2b\x1a" else ">"
            interfaces = []
        size = struct.unpack_from(order + "I", octets, position + 4)[0]
        if size < 12 or size % 4 or position + size > len(octets):
            raise DecodeError(f"capture file: the block at octet {position} has an impossible size of {size}")
        body = octets[position + 8 : position + size - 4]
        try:
            if kind == _INTERFACE:
                interfaces.append(_interface(body, order))
            elif kind in (_ENHANCED, _SIMPLE):
                yield _frame(kind, body, order, interfaces)
        except (struct.error, IndexError, OverflowError):
            raise DecodeError(f"capture file: the block at octet {position} is damaged") from None
        position += size


def _interface(body: bytes, order: str) -> _Interface:
    found = _Interface(struct.unpack_from(order + "H", body)[0])
    position = 8
    while position + 4 <= len(body):
        code, size = struct.unpack_from(order + "HH", body, position)
        if code == 0:
            break
        if code == _RESOLUTION and size == 1:
            value = body[position + 4]
            found.ticks = float(2 ** (value & 0x7F) if value & 0x80 else 10**value)
        position += 4 + size + -size % 4
    return found


def _frame(kind: int, body: bytes, order: str, interfaces: list[_Interface]) -> Captured:
    if kind == _SIMPLE:
        size = struct.unpack_from(order + "I", body)[0]
        return Captured(0.0, interfaces[0].link_type, body[4 : 4 + size])
    number, high, low, size, _ = struct.unpack_from(order + "IIIII", body)
    interface = interfaces[number]
    if 20 + size > len(body):
        raise IndexError
    return Captured((high << 32 | low) / interface.ticks, interface.link_type, body[20 : 20 + size])
