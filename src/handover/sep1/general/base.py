"""What the general commands share: their base, and the smallest pieces of their octets."""

from dataclasses import dataclass
from typing import ClassVar, Self

from handover.errors import DecodeError, EncodeError


@dataclass(slots=True)
class GeneralCommand:
    """Base of the general commands."""

    code: ClassVar[int]

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Return the command whose payload is `data`. Raises DecodeError for anything else."""
        raise DecodeError(f"{cls.__name__} has no payload of its own")

    def encode(self) -> bytes:
        """Return the payload. Raises EncodeError when a value does not fit its wire type."""
        raise EncodeError(f"{type(self).__name__} has no payload of its own")


def cut(command: str, what: str, offset: int) -> DecodeError:
    """Return the error for a payload that ends inside `what`."""
    where = f"inside {what} at octet {offset}"
    return DecodeError(f"{command}: the payload ends {where}; the sender cut it short")


def u16(value: int, what: str) -> bytes:
    """Return two octets. Raises EncodeError when `value` does not fit."""
    if not 0 <= value <= 0xFFFF:
        raise EncodeError(f"{what} {value} is not within 0 to 65535")
    return value.to_bytes(2, "little")


def u8(value: int, what: str) -> bytes:
    """Return one octet. Raises EncodeError when `value` does not fit."""
    if not 0 <= value <= 0xFF:
        raise EncodeError(f"{what} {value} is not within 0 to 255")
    return value.to_bytes(1, "little")
