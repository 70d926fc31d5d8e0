"""One RAVEn document: its name, its fields as text, and what the texts mean as numbers.

Here: hexadecimal values, MAC addresses, time stamps and their markers. Not here: finding documents in a byte
stream (`framing`), what a document says in terms of clusters (`documents`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from xml.etree.ElementTree import Element

from handover.errors import DecodeError

QUIET_TAGS: Final = frozenset(
    {
        "ConnectionStatus",
        "CurrentPeriodUsage",
        "DeviceInfo",
        "LastPeriodUsage",
        "MeterInfo",
        "MeterList",
        "NetworkInfo",
        "NicInfo",
        "ScheduleInfo",
    }
)
"""Documents of the stick that say nothing which a Smart Energy frame could carry."""

TRANSLATED_TAGS: Final = frozenset(
    {
        "BillingPeriodList",
        "BlockPriceDetail",
        "CurrentSummation",
        "CurrentSummationDelivered",
        "FastPollStatus",
        "InstantaneousDemand",
        "MessageCluster",
        "PriceCluster",
        "ProfileData",
        "TimeCluster",
    }
)
"""Documents that become frames. EAGLEs of the second generation shorten CurrentSummationDelivered."""

FAULT_TAGS: Final = frozenset({"Warning", "Error"})
"""Documents in which the stick complains about a command."""

KNOWN_TAGS: Final = QUIET_TAGS | TRANSLATED_TAGS | FAULT_TAGS

WRAPPER: Final = "rainforest"
"""The element that an EAGLE puts around what it uploads."""

NO_TIME: Final = frozenset({0, 0xFFFFFF, 0xFFFFFFFF})
"""ZigBee times by which a stick says that it has no time: 1970 or 2000, and all ones."""

NO_MAC: Final = frozenset({0, 0xFFFF_FFFF_FFFF_FFFF})


@dataclass(slots=True)
class Document:
    """A document as it came: `fields` keeps every child element in order, a repeated one once per occurrence.

    Texts are stripped and have lost one level of XML escapes; an empty element is an empty text.
    """

    tag: str
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, element: Element) -> "Document":
        """Take the document out of a parsed element. Grandchildren are left out: the stick sends none."""
        fields: dict[str, tuple[str, ...]] = {}
        for child in element:
            fields[child.tag] = (*fields.get(child.tag, ()), (child.text or "").strip())
        return cls(element.tag, fields)

    def text(self, name: str) -> str:
        """Return the first field of that name; empty when it is absent or empty."""
        return self.fields.get(name, ("",))[0]

    def all(self, name: str) -> tuple[str, ...]:
        """Return every field of that name, in order."""
        return self.fields.get(name, ())

    def number(self, name: str) -> int | None:
        """Return an unsigned field; None when absent or empty. Raises DecodeError when it is no number."""
        text = self.text(name)
        return unsigned(text, f"{self.tag}.{name}") if text else None

    def time(self, name: str) -> int | None:
        """Return a ZigBee time (seconds since 2000); None when absent or one of the markers. Raises
        DecodeError.
        """
        value = self.number(name)
        if value is None or value in NO_TIME or value > 0xFFFF_FFFF:
            return None
        return value

    def mac(self, name: str) -> int | None:
        """Return a MAC address (EUI-64); None when it is absent, not a number, or stands for none."""
        try:
            value = self.number(name)
        except DecodeError:
            return None
        return value if value is not None and value not in NO_MAC and value < 1 << 64 else None


def unsigned(text: str, what: str) -> int:
    """Return a hexadecimal (0x..) or decimal number. Raises DecodeError naming `what`."""
    digits, base = (text[2:], 16) if text[:2] in ("0x", "0X") else (text, 10)
    if not digits or len(digits) > 32 or not digits.isascii() or not digits.isalnum():
        raise DecodeError(f"{what} is {text[:40]!r}, which is no number; the document is dropped")
    try:
        return int(digits, base)
    except ValueError:
        raise DecodeError(f"{what} is {text[:40]!r}, which is no number; the document is dropped") from None


def signed(text: str, what: str) -> tuple[int, int]:
    """Return (value, bits) of a two's complement number whose width its digits tell.

    Up to six hexadecimal digits are 24 bits, up to eight are 32, more are 64. A decimal number may have a
    minus sign.
    """
    if text[:2] not in ("0x", "0X"):
        negative = text.startswith("-")
        value = unsigned(text[1:] if negative else text, what)
        return (-value if negative else value), 64
    value = unsigned(text, what)
    digits = len(text) - 2
    bits = 24 if digits <= 6 else 32 if digits <= 8 else 64
    if value >> bits:
        raise DecodeError(f"{what} is {text[:40]!r}, which does not fit {bits} bits; the document is dropped")
    return value - (value >> bits - 1 << bits), bits


def hexadecimal(value: int, digits: int) -> str:
    """Return a number as the stick writes it: 0x and lower-case digits."""
    return f"0x{value:0{digits}x}"
