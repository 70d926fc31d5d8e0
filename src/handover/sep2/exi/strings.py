"""The string tables of one stream: values and names that were met before are sent as numbers (section 7.3).

Values are looked up first among those of the same element or attribute, then among all. Names are looked up
in their namespace. A table for reading keeps lists, one for writing keeps numbers.
"""

from handover.errors import DecodeError
from handover.sep2.exi import bits
from handover.sep2.exi.bits import BitReader
from handover.sep2.exi.grammar import width
from handover.sep2.exi.names import LOCAL_NAMES, URIS

QName = tuple[str, str]
"""Namespace and local name."""

LOCAL_HIT, GLOBAL_HIT, MISS = 0, 1, 2


class StringsRead:
    """Tables for reading. `most` bounds the characters of all values together.

    `local` is keyed by the element or attribute that carries the value.
    """

    __slots__ = ("_left", "_names", "_uris", "everywhere", "local")

    def __init__(self, most: int) -> None:
        self.local: dict[QName, list[str]] = {}
        self.everywhere: list[str] = []
        self._uris = list(URIS)
        self._names = {uri: list(names) for uri, names in LOCAL_NAMES.items()}
        self._left = most

    def value(self, stream: BitReader, carrier: QName) -> str:
        """Return the value that comes next, carried by `carrier`."""
        length = stream.unsigned()
        if length < MISS:
            table = self.everywhere if length else self.local.get(carrier, [])
            index = stream.bits(width(len(table)))
            if index >= len(table):
                raise DecodeError(f"EXI bit {stream.position}: string {index} of {len(table)} does not exist")
            text = table[index]
            self.spend(len(text))
            return text
        self.spend(length - MISS)
        text = stream.characters(length - MISS)
        if text:
            self.local.setdefault(carrier, []).append(text)
            self.everywhere.append(text)
        return text

    def qname(self, stream: BitReader) -> QName:
        """Return the name that comes next."""
        index = stream.bits(width(len(self._uris) + 1))
        if index:
            if index > len(self._uris):
                raise DecodeError(f"EXI bit {stream.position}: namespace {index} does not exist")
            uri = self._uris[index - 1]
        else:
            uri = self._literal(stream, stream.unsigned())
            self._uris.append(uri)
        names = self._names.setdefault(uri, [])
        length = stream.unsigned()
        if length:
            name = self._literal(stream, length - 1)
            names.append(name)
            return uri, name
        index = stream.bits(width(len(names)))
        if index >= len(names):
            raise DecodeError(f"EXI bit {stream.position}: name {index} of {len(names)} does not exist")
        return uri, names[index]

    def spend(self, characters: int) -> None:
        """Count characters against the limit: a table entry of many costs only a few bits."""
        self._left -= characters
        if self._left < 0:
            raise DecodeError("the EXI stream has more text than is accepted")

    def _literal(self, stream: BitReader, length: int) -> str:
        self.spend(length)
        return stream.characters(length)


class StringsWritten:
    """Tables for writing."""

    __slots__ = ("_everywhere", "_local", "_names", "_uris")

    def __init__(self) -> None:
        self._local: dict[QName, dict[str, int]] = {}
        self._everywhere: dict[str, int] = {}
        self._uris: dict[str, int] = {uri: index for index, uri in enumerate(URIS)}
        self._names: dict[str, dict[str, int]] = {}

    def value(self, text: str, carrier: QName) -> str:
        """Return the bits of a value that `carrier` carries."""
        local = self._local.get(carrier)
        if local is None:
            local = self._local[carrier] = {}
        index = local.get(text)
        if index is not None:
            return bits.unsigned(LOCAL_HIT) + bits.number(index, width(len(local)))
        everywhere = self._everywhere
        index = everywhere.get(text)
        if index is not None:
            return bits.unsigned(GLOBAL_HIT) + bits.number(index, width(len(everywhere)))
        if text:
            local[text] = len(local)
            everywhere[text] = len(everywhere)
        return bits.unsigned(len(text) + MISS) + bits.characters(text)

    def qname(self, name: QName) -> str:
        """Return the bits of a name."""
        uri, local = name
        uris = self._uris
        index = uris.get(uri)
        if index is None:
            head = bits.number(0, width(len(uris) + 1)) + bits.unsigned(len(uri)) + bits.characters(uri)
            uris[uri] = len(uris)
        else:
            head = bits.number(index + 1, width(len(uris) + 1))
        names = self._names.get(uri)
        if names is None:
            names = self._names[uri] = {n: i for i, n in enumerate(LOCAL_NAMES.get(uri, ()))}
        index = names.get(local)
        if index is not None:
            return head + bits.unsigned(0) + bits.number(index, width(len(names)))
        names[local] = len(names)
        return head + bits.unsigned(len(local) + 1) + bits.characters(local)
