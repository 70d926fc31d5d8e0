"""Commands below the clusters: the declared payloads of a layer, each led by the octet that names it.

They are declared like cluster commands and compiled by the same code. Here: the table of a layer and its two
directions. Not here: which commands there are (`mac_commands`, `nwk_commands`, `aps_commands`, `zdp`).
"""

import struct
from collections.abc import Mapping
from typing import Annotated

from handover.errors import DecodeError, EncodeError
from handover.sep1.codec import coder, encode
from handover.sep1.declaration import Command
from handover.sep1.types import EUI64, Octets

EUI = Annotated[int, EUI64]
KEY = Annotated[bytes, Octets(16)]


class CommandSet:
    """The commands of one layer by id."""

    def __init__(self, layer: str, types: Mapping[int, type[Command]]) -> None:
        self.layer = layer
        self.types = dict(types)
        self.ids = {command: number for number, command in self.types.items()}

    def build(self, command: Command) -> bytes:
        """Return the id and the payload of `command`. Raises EncodeError when a value does not fit."""
        number = self.ids.get(type(command))
        if number is None:
            raise EncodeError(f"{self.layer}: {type(command).__name__} is no command of this layer")
        return bytes((number,)) + encode(command)

    def parse(self, octets: bytes) -> Command:
        """Return the command in `octets`. Raises DecodeError when it is unknown or cut short."""
        if not octets:
            raise DecodeError(f"{self.layer}: a command frame without a command")
        command = self.types.get(octets[0])
        if command is None:
            raise DecodeError(f"{self.layer}: command 0x{octets[0]:02X} is not known here")
        return decode(command, octets[1:])


def decode(command: type[Command], payload: bytes) -> Command:
    """Return the command of this class in `payload`. Raises DecodeError when it ends too early."""
    try:
        return coder(command).decode(payload)
    except (struct.error, IndexError):
        raise DecodeError(f"{command.__name__}: the payload of {len(payload)} octets is cut short") from None
