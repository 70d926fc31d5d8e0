"""Bits in and bits out: unaligned numbers, integers of 7-bit groups, characters (EXI 1.0, section 7.1).

Reading works on eight copies of the stream, each shifted by one bit more: in the right copy every octet is
whole, and a run of them is a slice. Writing collects runs of "0" and "1", which Python joins and converts
faster than it shifts. What the bits mean is not known here.
"""

from typing import Final

from handover.errors import DecodeError

GROUPS: Final = 10
"""The most groups of an integer: enough for 64 bits."""

_GROUP = tuple(f"{value:08b}" for value in range(256))
ZERO = _GROUP[0]


class BitReader:
    """Reads from `data`, beginning at bit `start`. Every method raises DecodeError at the end of the stream.

    `rows[k]` is the stream without its first k bits; generated decoders use it with positions of their own.
    """

    __slots__ = ("end", "position", "rows")

    def __init__(self, data: bytes, start: int = 0) -> None:
        length = len(data)
        number, mask = int.from_bytes(data), (1 << 8 * length) - 1
        self.rows = tuple((number << shift & mask).to_bytes(length) for shift in range(8))
        self.position = start
        self.end = 8 * length

    def bits(self, width: int) -> int:
        """Return the next `width` bits as a number; no bits are 0."""
        if not width:
            return 0
        position = self.position
        last = position + width
        if last > self.end:
            raise self.ended()
        self.position = last
        row, first = self.rows[position & 7], position >> 3
        count = width + 7 >> 3
        return int.from_bytes(row[first : first + count]) >> 8 * count - width

    def unsigned(self) -> int:
        """Return an Unsigned Integer: groups of 7 bits, the lowest first."""
        row, first = self.rows[self.position & 7], self.position >> 3
        value = shift = 0
        for index, octet in enumerate(row[first : first + GROUPS]):
            value |= (octet & 0x7F) << shift
            if octet < 0x80:
                self.position += 8 * (index + 1)
                if self.position > self.end:
                    raise self.ended()
                return value
            shift += 7
        if len(row) - first < GROUPS:
            raise self.ended()
        raise DecodeError(f"EXI bit {self.position}: an integer of more than {GROUPS} groups")

    def octets(self, count: int) -> bytes:
        """Return `count` octets."""
        position = self.position
        if position + 8 * count > self.end:
            raise self.ended()
        self.position = position + 8 * count
        first = position >> 3
        return self.rows[position & 7][first : first + count]

    def characters(self, count: int) -> str:
        """Return `count` code points, each an Unsigned Integer."""
        plain = self.octets(count)
        if plain.isascii():
            return plain.decode("ascii")
        self.position -= 8 * count
        points = [self.unsigned() for _ in range(count)]
        try:
            return "".join(map(chr, points))
        except (ValueError, OverflowError):
            raise DecodeError(f"EXI bit {self.position}: {max(points)} is not a character") from None

    def ended(self) -> DecodeError:
        """Return the error for a stream that is too short."""
        return DecodeError(f"the EXI stream ends early, after {self.end // 8} octets")


def number(value: int, width: int) -> str:
    """Return `value` in `width` bits; nothing for no bits."""
    return f"{value:0{width}b}" if width else ""


def unsigned(value: int) -> str:
    """Return an Unsigned Integer."""
    if value < 0x80:
        return _GROUP[value]
    groups = []
    while value >= 0x80:
        groups.append(_GROUP[value & 0x7F | 0x80])
        value >>= 7
    groups.append(_GROUP[value])
    return "".join(groups)


def signed(value: int) -> str:
    """Return an Integer: a sign bit, and the magnitude, less one when negative."""
    return "0" + unsigned(value) if value >= 0 else "1" + unsigned(-value - 1)


def octets(value: bytes) -> str:
    """Return octets as they are."""
    return f"{int.from_bytes(value):0{8 * len(value)}b}" if value else ""


def characters(text: str) -> str:
    """Return the code points of `text`."""
    return octets(text.encode()) if text.isascii() else "".join(unsigned(ord(c)) for c in text)


def packed(bits: str) -> bytes:
    """Return bits as octets, the last one filled up with zeros."""
    length = len(bits) + 7 >> 3
    return (int(bits, 2) << 8 * length - len(bits)).to_bytes(length) if bits else b""
