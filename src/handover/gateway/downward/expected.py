"""Devices that the customer has announced with their install codes, until they have joined."""

from dataclasses import dataclass

RECORD = "down.expected"


@dataclass(slots=True)
class Expected:
    """A device that may join: `code` is its install code with CRC, in hexadecimal; times are Unix seconds."""

    eui64: int
    code: str
    name: str = ""
    since: float = 0.0
