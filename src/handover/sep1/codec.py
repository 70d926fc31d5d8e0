"""Commands of clusters to payloads and back, by functions that are compiled of the declarations at first use.

Here: the two public functions. Not here: the ZCL header (`frame`), general commands (`general`), the code
itself (`compiler`), errors that name a field (`faults`).
"""

import struct
from dataclasses import dataclass
from typing import Final

from handover.errors import DecodeError, EncodeError
from handover.sep1.clusters import CLUSTERS
from handover.sep1.compiler import Decoder, Encoder, compile_decoder, compile_encoder
from handover.sep1.declaration import REVISION, REVISIONS, Command, not_later
from handover.sep1.faults import MISFIT, cut, misfit
from handover.sep1.layout import Layout, layouts
from handover.sep1.types import Status


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command class stands in the tables."""

    cluster_id: int
    to_client: bool
    command_id: int


def unsupported(message: str, status: Status) -> DecodeError:
    """Return the error for a well formed frame that is not spoken here; the peer is told `status`."""
    error = DecodeError(message)
    error.zcl_status = status
    return error


class Coder:
    """The compiled functions of one command class."""

    def __init__(self, command: type[Command]) -> None:
        self.command = command
        self.layout, self.later = layouts(command)
        self.decode: Decoder = compile_decoder(self.layout)
        self.encoders: dict[int | str, Encoder] = {}
        self.counts = self.layout.counts()
        if self.later is not None:
            size = self.layout.size or 0
            self.decode = self._by_size(self.decode, compile_decoder(self.later), size)
            # a shorter one would be taken for the first layout
            self.counts += [n for n in self.later.counts() if self.later.prefix(n) > size]

    @staticmethod
    def _by_size(before: Decoder, after: Decoder, size: int) -> Decoder:
        def decode(payload: bytes) -> Command:
            return after(payload) if len(payload) > size else before(payload)

        return decode

    def layout_for(self, key: int | str) -> tuple[Layout, int]:
        """Return the layout and the last field for a number of fields or a revision."""
        name = self.command.__name__
        if isinstance(key, str):
            if key not in REVISIONS:
                raise EncodeError(f"{name}: revision {key!r} is unknown; known: {', '.join(REVISIONS)}")
            later = self.later if self.later is not None and not_later(self.later.since, key) else None
            layout = later or self.layout
            return layout, layout.present(key)
        if key not in self.counts:
            raise EncodeError(
                f"{name}: fields_present is {key}, possible are {', '.join(map(str, self.counts))}; "
                f"set it to None to send the fields of a revision"
            )
        return self.layout if self.later is None or key <= self.layout.last else self.later, key

    def layout_of(self, payload: bytes) -> Layout:
        """Return the layout by which `payload` is read."""
        return (
            self.later if self.later is not None and len(payload) > (self.layout.size or 0) else self.layout
        )

    def encoder(self, key: int | str) -> Encoder:
        """Return the encoder for a number of fields or a revision, compiled at first use."""
        made = self.encoders.get(key)
        if made is None:
            made = self.encoders[key] = compile_encoder(*self.layout_for(key))
        return made


PLACES: Final[dict[type[Command], Place]] = {
    row.type: Place(cluster.id, to_client, row.id)
    for cluster in CLUSTERS.values()
    for to_client in (False, True)
    for row in cluster.commands(to_client).values()
}
"""Cluster, direction and id of every command class."""

_TYPES: Final = {(p.cluster_id, p.to_client, p.command_id): command for command, p in PLACES.items()}
_CODERS: Final[dict[type[Command], Coder]] = {}
_DECODERS: Final[dict[tuple[int, bool, int], Decoder]] = {}


def coder(command: type[Command]) -> Coder:
    """Return the compiled functions of a command class."""
    made = _CODERS.get(command)
    if made is None:
        made = _CODERS[command] = Coder(command)
    return made


def decode(cluster_id: int, to_client: bool, command_id: int, payload: bytes) -> Command:
    """Return the command that `payload` holds.

    Trailing octets behind the last declared field are ignored. Raises DecodeError when the payload ends
    inside a field; and, with `zcl_status` UNSUP_CLUSTER_COMMAND, when the tables have no such command.
    """
    key = (cluster_id, to_client, command_id)
    decoder = _DECODERS.get(key)
    if decoder is None:
        decoder = _DECODERS[key] = coder(_type(key)).decode
    try:
        return decoder(payload)
    except (struct.error, IndexError):
        made = coder(_TYPES[key])
        raise cut(_title(made.command), made.layout_of(payload), payload) from None


def encode(command: Command, *, revision: str = REVISION) -> bytes:
    """Return the payload of `command`.

    A command that was decoded gets as many fields as it came with, one built here those of `revision` of
    Smart Energy. Raises EncodeError when a value does not fit its wire type.
    """
    kind = type(command)
    made = _CODERS.get(kind) or coder(kind)
    key = revision if command.fields_present is None else command.fields_present
    encoder = made.encoders.get(key) or made.encoder(key)
    try:
        return encoder(command)
    except MISFIT:
        raise misfit(_title(kind), command, *made.layout_for(key)) from None


def _type(key: tuple[int, bool, int]) -> type[Command]:
    found = _TYPES.get(key)
    if found is None:
        cluster_id, to_client, command_id = key
        cluster = CLUSTERS.get(cluster_id)
        name = cluster.name if cluster else "not spoken here"
        raise unsupported(
            f"cluster 0x{cluster_id:04X} ({name}) has no command 0x{command_id:02X} "
            f"to the {'client' if to_client else 'server'}",
            Status.UNSUP_CLUSTER_COMMAND,
        )
    return found


def _title(command: type[Command]) -> str:
    place = PLACES.get(command)
    return f"{CLUSTERS[place.cluster_id].name} {command.__name__}" if place else command.__name__
