"""The OTA file: a header with optional fields, then sub-elements of tag, length and data.

What an image may be installed on, and whether it is genuine, is decided in `verify`.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum

from handover.errors import DecodeError, EncodeError

MAGIC = 0x0BEEF11E
HEADER_VERSION = 0x0100
MAX_IMAGE_SIZE = 16 * 1024 * 1024
"""Octets; longer files are refused before anything is copied."""

_WRAPPING = 4096
"""Octets of a maker's own within which an image must begin."""

_BASE = struct.Struct("<IHHHHHIH32sI")
_ELEMENT = struct.Struct("<HI")
_HARDWARE = struct.Struct("<HH")
_CREDENTIAL, _DEVICE, _VERSIONS = 1, 2, 4


class Tag(IntEnum):
    """Sub-elements with a meaning of their own; makers use 0xF000 and above."""

    IMAGE = 0
    SIGNATURE_1 = 1
    CERTIFICATE_1 = 2
    INTEGRITY = 3
    PICTURE = 4
    SIGNATURE_2 = 5
    CERTIFICATE_2 = 6


FIXED_LENGTHS = {
    Tag.SIGNATURE_1: 50,
    Tag.CERTIFICATE_1: 48,
    Tag.INTEGRITY: 16,
    Tag.SIGNATURE_2: 80,
    Tag.CERTIFICATE_2: 74,
}
"""Octets; such a tag occurs once. A signature is the signer's EUI-64 and then r and s."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says about itself. `text` is 32 octets, padded with zeros; `hardware` is (min, max).

    `total_size` and `length` are octets: of the whole file, and of the header with its optional fields.
    """

    manufacturer: int
    image_type: int
    version: int
    total_size: int
    stack_version: int = 2
    text: bytes = bytes(32)
    credential_version: int | None = None
    destination: int | None = None
    hardware: tuple[int, int] | None = None

    @property
    def control(self) -> int:
        """The field control bits: which optional fields are present."""
        return (
            _CREDENTIAL * (self.credential_version is not None)
            | _DEVICE * (self.destination is not None)
            | _VERSIONS * (self.hardware is not None)
        )

    @property
    def length(self) -> int:
        """Octets of the header."""
        return _header_length(self.control)


@dataclass(frozen=True, slots=True)
class Element:
    """One sub-element; `start` is where its data begins in the file."""

    tag: int
    data: bytes
    start: int


@dataclass(frozen=True, slots=True)
class Image:
    """A file whose form is right; `octets` is all of it.

    `tail` are octets behind the last sub-element, too few for another: some makers put a check of their own
    there.
    """

    header: Header
    elements: tuple[Element, ...]
    octets: bytes
    tail: bytes = b""


def _header_length(control: int) -> int:
    optional = bool(control & _CREDENTIAL) + 8 * bool(control & _DEVICE) + 4 * bool(control & _VERSIONS)
    return _BASE.size + optional


def parse_header(data: bytes) -> Header:
    """Return the header from the first octets of a file; 69 octets are always enough.

    Raises DecodeError.
    """
    if len(data) < _BASE.size:
        raise DecodeError(
            f"OTA header has {len(data)} of at least {_BASE.size} octets; the file is cut short"
        )
    magic, form, length, control, maker, kind, version, stack, text, total = _BASE.unpack_from(data)
    if magic != MAGIC:
        raise DecodeError(f"not an OTA file: it begins with 0x{magic:08X} instead of 0x{MAGIC:08X}")
    if form != HEADER_VERSION:
        raise DecodeError(f"OTA header version 0x{form:04X} is not known; 0x{HEADER_VERSION:04X} is")
    if control & ~(_CREDENTIAL | _DEVICE | _VERSIONS):
        raise DecodeError(f"OTA field control 0x{control:04X} has reserved bits")
    if length != _header_length(control):
        raise DecodeError(f"OTA header length {length} contradicts field control 0x{control:04X}")
    if len(data) < length:
        raise DecodeError(f"OTA header has {len(data)} of {length} octets; the file is cut short")
    if not length <= total <= MAX_IMAGE_SIZE:
        raise DecodeError(f"OTA image size {total} is outside {length}..{MAX_IMAGE_SIZE}")
    at, credential, destination, hardware = _BASE.size, None, None, None
    if control & _CREDENTIAL:
        credential, at = data[at], at + 1
    if control & _DEVICE:
        destination, at = int.from_bytes(data[at : at + 8], "little"), at + 8
    if control & _VERSIONS:
        low, high = _HARDWARE.unpack_from(data, at)
        if low > high:
            raise DecodeError(f"OTA hardware versions 0x{low:04X}..0x{high:04X} are an empty range")
        hardware = (low, high)
    return Header(maker, kind, version, total, stack, text, credential, destination, hardware)


def unwrap(data: bytes) -> tuple[bytes, int, int]:
    """Return the image in a maker's file, and how many octets stand before and behind it.

    Some makers put a header or a signature of their own around the standard's file. Raises DecodeError when
    there is no image.
    """
    at = data.find(MAGIC.to_bytes(4, "little"), 0, _WRAPPING)
    if at < 0:
        parse_header(data)
        raise DecodeError("there is no OTA image in the file")
    end = at + parse_header(data[at:]).total_size
    return data[at:end], at, max(0, len(data) - end)


def parse(data: bytes) -> Image:
    """Return the image that `data` is, from its first to its last octet. Raises DecodeError."""
    header = parse_header(data)
    if len(data) != header.total_size:
        raise DecodeError(f"OTA file has {len(data)} octets, its header says {header.total_size}")
    elements: list[Element] = []
    seen: set[int] = set()
    at = header.length
    while len(data) - at >= _ELEMENT.size:
        tag, length = _ELEMENT.unpack_from(data, at)
        at += _ELEMENT.size
        if length > len(data) - at:
            raise DecodeError(f"OTA sub-element {tag} has {len(data) - at} of {length} octets")
        fault = _fault(tag, length, seen)
        if fault:
            raise DecodeError(fault)
        seen.add(tag)
        elements.append(Element(tag, bytes(data[at : at + length]), at))
        at += length
    if not elements:
        raise DecodeError("OTA file has no sub-element; there is nothing to install")
    return Image(header, tuple(elements), bytes(data), bytes(data[at:]))


def build(header: Header, elements: list[tuple[int, bytes]]) -> bytes:
    """Return the file of `elements` (tag, data) in order; `header.total_size` is computed.

    Raises EncodeError for values that do not fit.
    """
    seen: set[int] = set()
    body = bytearray()
    for tag, data in elements:
        fault = _fault(tag, len(data), seen)
        if fault:
            raise EncodeError(fault)
        seen.add(tag)
        try:
            body += _ELEMENT.pack(tag, len(data)) + data
        except struct.error as error:
            raise EncodeError(f"OTA tag {tag} does not fit 16 bits") from error
    total = header.length + len(body)
    if not elements or total > MAX_IMAGE_SIZE:
        raise EncodeError(
            f"OTA file of {total} octets: 1 sub-element to {MAX_IMAGE_SIZE} octets are possible"
        )
    return _header_octets(header, total) + bytes(body)


def _header_octets(header: Header, total: int) -> bytes:
    if len(header.text) > 32:
        raise EncodeError(f"OTA header string has {len(header.text)} octets; 32 are possible")
    if header.hardware is not None and header.hardware[0] > header.hardware[1]:
        raise EncodeError("OTA hardware versions are an empty range; give the smaller one first")
    first = (MAGIC, HEADER_VERSION, header.length, header.control, header.manufacturer, header.image_type)
    try:
        octets = _BASE.pack(*first, header.version, header.stack_version, header.text, total)
        if header.credential_version is not None:
            octets += struct.pack("<B", header.credential_version)
        if header.destination is not None:
            octets += struct.pack("<Q", header.destination)
        if header.hardware is not None:
            octets += _HARDWARE.pack(*header.hardware)
    except struct.error as error:
        raise EncodeError(f"a value of the OTA header does not fit its field: {error}") from error
    return octets


def _fault(tag: int, length: int, seen: set[int]) -> str | None:
    fixed = FIXED_LENGTHS.get(Tag(tag)) if tag in Tag.__members__.values() else None
    if fixed is None:
        return None
    if tag in seen:
        return f"OTA sub-element {tag} occurs twice"
    if length != fixed:
        return f"OTA sub-element {tag} has {length} octets instead of {fixed}"
    return None
