"""Typed values as bits (EXI 1.0, section 7.1): one reader and one writer for each wire type but text.

Text goes through the string tables (`strings`). Readers give a value's text in an XML document; writers take
it and raise ValueError for text that is not of the type: such values are then sent as they are.
"""

import re
from collections.abc import Callable

from handover.sep2.exi import bits
from handover.sep2.exi.bits import BitReader
from handover.sep2.lexical import SPACE
from handover.sep2.types import Boolean, HexBinary, Integer, Scalar

Read = Callable[[BitReader], str]
Write = Callable[[str], str]

BOUNDED = 4096
"""Integers of no more values than this take a fixed number of bits."""

_NUMBER = re.compile(r"[+-]?[0-9]{1,24}")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})*")
_BOOLEANS = {"true": "1", "1": "1", "false": "0", "0": "0"}


def fixed_width(scalar: Integer) -> int | None:
    """Return the width of a bounded integer, None for one of any length."""
    values = scalar.high - scalar.low + 1
    return (values - 1).bit_length() if values <= BOUNDED else None


def reader(scalar: Scalar) -> Read | None:
    """Return how values of this type are read; None for text."""
    match scalar:
        case Boolean():
            return lambda stream: "true" if stream.bits(1) else "false"
        case HexBinary():
            return lambda stream: stream.octets(stream.unsigned()).hex().upper()
        case Integer(low=low):
            width = fixed_width(scalar)
            if width is not None:
                return lambda stream: str(stream.bits(width) + low)
            return _read_signed if low < 0 else (lambda stream: str(stream.unsigned()))
        case _:
            return None


def writer(scalar: Scalar) -> Write | None:
    """Return how text of this type is written; None for text that stays text."""
    match scalar:
        case Boolean():
            return _write_boolean
        case HexBinary(octets=octets):
            return lambda text: _write_hex(text, octets)
        case Integer():
            return lambda text: _write_integer(text, scalar)
        case _:
            return None


def _read_signed(stream: BitReader) -> str:
    negative = stream.bits(1)
    magnitude = stream.unsigned()
    return str(-magnitude - 1 if negative else magnitude)


def _write_boolean(text: str) -> str:
    value = _BOOLEANS.get(text.strip(SPACE))
    if value is None:
        raise ValueError(text)
    return value


def _write_hex(text: str, most: int) -> str:
    text = text.strip(SPACE)
    if not _HEX.fullmatch(text) or len(text) > 2 * most:
        raise ValueError(text)
    value = bytes.fromhex(text)
    return bits.unsigned(len(value)) + bits.octets(value)


def _write_integer(text: str, scalar: Integer) -> str:
    text = text.strip(SPACE)
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    value = int(text)
    if not scalar.low <= value <= scalar.high:
        raise ValueError(text)
    width = fixed_width(scalar)
    if width is not None:
        return bits.number(value - scalar.low, width)
    return bits.signed(value) if scalar.low < 0 else bits.unsigned(value)
