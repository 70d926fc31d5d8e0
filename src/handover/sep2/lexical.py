"""Values and their text in XML documents: one reader and one writer for each wire type.

Readers are lenient where peers are known to be careless (white space, lower case digits, dropped leading
zero octets) and strict otherwise. Both raise Flaw; who calls adds the path and chooses the error.
"""

import re
from collections.abc import Callable
from typing import Any

from handover.sep2.types import Boolean, Characters, HexBinary, Integer, Scalar, Uri

SPACE = " \t\r\n"
_NUMBER = re.compile(r"[+-]?[0-9]{1,64}")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})*")
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = {ord(c): f"&#{ord(c)};" for c in "\t\n\r"} | {
    ord("&"): "&amp;",
    ord("<"): "&lt;",
    ord(">"): "&gt;",
    ord('"'): "&quot;",
}
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


class Flaw(Exception):
    """What is wrong with a value, and where: `path` is filled from the inside out."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.path: list[str] = []

    def at(self, name: str) -> "Flaw":
        """Add the name of the enclosing element, or of the attribute with an at sign."""
        self.path.append(name)
        return self

    def __str__(self) -> str:
        path = "/".join(reversed(self.path))
        if len(path) > 160:
            path = f"{path[:60]}...{path[-90:]}"
        return f"{path}: {self.reason}" if path else self.reason


def shown(value: object) -> str:
    """Return `value` fit for a message: quoted, on one line, short."""
    text = repr(value)
    return text if len(text) <= 48 else f"{text[:44]}..."


def reader(scalar: Scalar) -> Callable[[str], Any]:
    """Return the function that reads text of this type."""
    match scalar:
        case Integer():
            return _integer_reader(scalar)
        case HexBinary():
            return _hex_reader(scalar)
        case Characters():
            return _text_reader(scalar)
        case Uri():
            return _read_uri
        case Boolean():
            return _read_boolean


def writer(scalar: Scalar) -> Callable[[Any], str]:
    """Return the function that writes values of this type, escaped for elements and attributes alike."""
    match scalar:
        case Integer():
            return _integer_writer(scalar)
        case HexBinary():
            return _hex_writer(scalar)
        case Characters():
            return _text_writer(scalar)
        case Uri():
            return escape
        case Boolean():
            return _write_boolean


def escape(value: str) -> str:
    """Return `value` as XML text or attribute value. Raises Flaw for what XML cannot carry."""
    if value.__class__ is not str and not isinstance(value, str):
        raise Flaw(f"must be text, not {shown(value)}")
    if (
        value.isprintable()
        and "&" not in value
        and "<" not in value
        and ">" not in value
        and '"' not in value
    ):
        return value
    forbidden = _FORBIDDEN.search(value)
    if forbidden:
        raise Flaw(f"contains {forbidden[0]!a}, which XML cannot carry")
    return value.translate(_ESCAPES)


def _integer_reader(scalar: Integer) -> Callable[[str], int]:
    low, high = scalar.low, scalar.high

    def read(text: str) -> int:
        if not (text.isdigit() and text.isascii() and len(text) <= 20):
            text = text.strip(SPACE)
            if not _NUMBER.fullmatch(text):
                raise Flaw(f"{shown(text)} is not a whole number")
        value = int(text)
        if low <= value <= high:
            return value
        raise Flaw(f"{value} is out of range, {low} to {high}")

    return read


def _integer_writer(scalar: Integer) -> Callable[[int], str]:
    low, high = scalar.low, scalar.high

    def write(value: int) -> str:
        # Enumerations and booleans are whole numbers too, a float is not: it would lose its fraction.
        if value.__class__ is not int and not isinstance(value, int):
            raise Flaw(f"must be a whole number, not {shown(value)}")
        if low <= value <= high:
            return f"{value:d}"
        raise Flaw(f"{value} is out of range, {low} to {high}")

    return write


def _hex_reader(scalar: HexBinary) -> Callable[[str], bytes]:
    width, padded = scalar.octets, scalar.padded

    def read(text: str) -> bytes:
        try:
            value = bytes.fromhex(text)
        except ValueError:
            raise Flaw(f"{shown(text)} is not an even number of hexadecimal digits") from None
        length = len(value)
        # fromhex skips white space between octets, the schema does not.
        if 2 * length != len(text) and not _HEX.fullmatch(text.strip(SPACE)):
            raise Flaw(f"{shown(text)} is not an even number of hexadecimal digits")
        if length > width:
            raise Flaw(f"{shown(text)} is longer than {width} octets")
        return value.rjust(width, b"\0") if padded and length < width else value

    return read


def _hex_writer(scalar: HexBinary) -> Callable[[bytes], str]:
    width, padded = scalar.octets, scalar.padded

    def write(value: bytes) -> str:
        if value.__class__ is not bytes:
            raise Flaw(f"must be bytes, not {shown(value)}")
        length = len(value)
        if length > width:
            raise Flaw(f"{length} octets are longer than {width}")
        if padded and length < width:
            value = value.rjust(width, b"\0")
        return value.hex().upper()

    return write


def _text_reader(scalar: Characters) -> Callable[[str], str]:
    longest = scalar.longest
    if longest is None:
        return str

    def read(text: str) -> str:
        if len(text) <= longest:
            return text
        raise Flaw(f"{len(text)} characters are longer than {longest}")

    return read


def _text_writer(scalar: Characters) -> Callable[[str], str]:
    longest = scalar.longest
    if longest is None:
        return escape

    def write(value: str) -> str:
        text = escape(value)
        if len(value) <= longest:
            return text
        raise Flaw(f"{len(value)} characters are longer than {longest}")

    return write


def _read_uri(text: str) -> str:
    return text.strip(SPACE)


def _read_boolean(text: str) -> bool:
    value = _BOOLEANS.get(text.strip(SPACE))
    if value is None:
        raise Flaw(f"{shown(text)} is neither true nor false")
    return value


def _write_boolean(value: bool) -> str:
    if value is True:
        return "true"
    if value is False:
        return "false"
    raise Flaw(f"must be True or False, not {shown(value)}")
