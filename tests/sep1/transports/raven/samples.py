"""Documents and the shipped recording, for the tests beside this file."""

from handover.sep1.transports.raven import document, framing, stick

METER = 0x000D6F0000123457
COORDINATOR = 0x000D6F0000123456
OURS = 0x000D6F0000ABCDEF
STAMP = 0x234E5AF3


def make(tag: str, **fields: str) -> document.Document:
    """Return a document as the line would give it."""
    return document.Document.of(framing.parse(octets(tag, **fields)))


def octets(tag: str, **fields: str) -> bytes:
    """Return a document as it lies on the line, with the meter's address before the fields."""
    return stick.compose(tag, {"MeterMacId": f"0x{METER:016x}", **fields})


def demand(value: str = "0x00014d", stamp: int | str = STAMP, **fields: str) -> bytes:
    """Return an InstantaneousDemand as it lies on the line."""
    given = {
        "TimeStamp": hexadecimal(stamp),
        "Demand": value,
        "Multiplier": "0x00000001",
        "Divisor": "0x000003e8",
    }
    return octets("InstantaneousDemand", **(given | fields))


def hexadecimal(stamp: int | str, digits: int = 8) -> str:
    """Return a time stamp as a stick writes it; a text is left as it is. `digits` for other numbers."""
    return stamp if isinstance(stamp, str) else f"0x{stamp:0{digits}x}"
