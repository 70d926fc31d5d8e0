"""Finding documents in what a stick sends: complete XML elements out of pieces, garbage and truncated rests.

The stream has no root element and no length: a document begins with its start tag and ends with its end tag.
A document that breaks off is recognised by the start of the next known one, so that it costs itself and
nothing after it. Every fragment is parsed on its own, so that nothing accumulates and no DOCTYPE has a place.
No I/O here.
"""

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from handover.errors import DecodeError
from handover.sep1.transports.raven.document import KNOWN_TAGS, WRAPPER

MAX_DOCUMENT = 16384
"""Octets of the longest document accepted; a real one has about 600."""

MAX_TAG = 256
"""Octets of the longest start tag accepted between documents."""

_TAG = re.compile(rb"<(/?)([A-Za-z][A-Za-z0-9_.-]{0,63})((?:[\s/][^<>]*)?)>")
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)")
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")

Complain = Callable[[str], None]
"""Takes one line of text about input that was thrown away."""


@dataclass(slots=True)
class Fragment:
    """One complete document: parsed, and the octets as they came."""

    element: Element
    octets: bytes


def parse(fragment: bytes) -> Element:
    """Parse one document. Raises DecodeError.

    Texts are UTF-8, or else Windows-1252 as older firmware writes it. An ampersand that begins no XML escape
    stands for itself: firmware passes the utility's text on unescaped. So entities are never expanded.
    """
    try:
        text = fragment.decode("utf-8")
    except UnicodeDecodeError:
        text = fragment.decode("windows-1252", "replace")
    text = _NOT_XML.sub("\ufffd", _BARE_AMPERSAND.sub("&amp;", text))
    try:
        return ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError, RecursionError) as error:
        raise DecodeError(f"a document is not well-formed XML ({error}): {_excerpt(fragment)}") from None


class Splitter:
    """Cuts a byte stream into parsed documents.

    `tags` are the names that begin a document wherever they appear. Counters: `documents` complete ones,
    `discarded` octets or documents thrown away, each with a line to `complain`.
    """

    def __init__(
        self, complain: Complain, *, tags: frozenset[str] = KNOWN_TAGS, limit: int = MAX_DOCUMENT
    ) -> None:
        self.documents = self.discarded = 0
        self._complain = complain
        self._tags = frozenset(tag.encode() for tag in tags)
        self._limit = limit
        self._buffer = b""
        self._scanned = 0
        self._open: bytes | None = None

    def feed(self, data: bytes) -> list[Fragment]:
        """Take the next octets, however cut, and return the documents that they complete. Never raises."""
        found: list[Fragment] = []
        self._buffer += data
        if b">" in data:
            self._scan(found)
        self._bound()
        return found

    def reset(self) -> None:
        """Forget an unfinished document: the line was cut."""
        if self._buffer.strip():
            self._discard("the line was cut within a document", self._buffer)
        self._buffer, self._scanned, self._open = b"", 0, None

    def _scan(self, found: list[Fragment]) -> None:
        begun = 0  # where the open document begins; outside one, the end of the last
        for tag in _TAG.finditer(self._buffer, self._scanned):
            closing, name = tag[1], tag[2]
            if self._open is None:
                begun = self._outside(tag, begun, found)
            elif closing and name == self._open:
                self._complete(self._buffer[begun : tag.end()], found)
                self._open, begun = None, tag.end()
            elif not closing and name in self._tags:
                if self._open != WRAPPER.encode():
                    self._discard(
                        "a document broke off before the next one", self._buffer[begun : tag.start()]
                    )
                self._open = None
                begun = self._outside(tag, tag.start(), found)
            self._scanned = tag.end()
        if begun:
            self._buffer = self._buffer[begun:]
            self._scanned -= begun

    def _outside(self, tag: re.Match[bytes], end: int, found: list[Fragment]) -> int:
        """Take a tag between documents; `end` is where the last one ended. Return where the rest begins."""
        between, closing, name = self._buffer[end : tag.start()], tag[1], tag[2]
        if closing:
            if name != WRAPPER.encode() or between.strip():
                self._discard("an end tag without its document", self._buffer[end : tag.end()])
            return tag.end()
        if between.strip():
            self._discard("octets between documents", between)
        if tag[3].endswith(b"/"):
            self._complete(tag[0], found)
            return tag.end()
        self._open = name
        return tag.start()

    def _complete(self, fragment: bytes, found: list[Fragment]) -> None:
        if len(fragment) > self._limit:
            self._discard(f"a document of {len(fragment)} octets is longer than {self._limit}", fragment)
            return
        try:
            element = parse(fragment)
        except DecodeError as error:
            self.discarded += 1
            self._complain(str(error))
            return
        if len(element) == 0 and element.tag.encode() not in self._tags:
            self._discard("a field without its document", fragment)
            return
        self.documents += 1
        found.append(Fragment(element, fragment))

    def _bound(self) -> None:
        """Keep the buffer within its limit: an unfinished document that outgrows it is given up."""
        if self._open is not None and len(self._buffer) > self._limit:
            self._discard(f"a document is longer than {self._limit} octets", self._buffer)
            self._open = None
            self._buffer, self._scanned = self._tail(), 0
        elif self._open is None and len(self._buffer) > MAX_TAG:
            tail = self._tail()
            garbage = self._buffer[: len(self._buffer) - len(tail)]
            if garbage.strip():
                self._discard("octets between documents", garbage)
            self._buffer, self._scanned = tail, 0

    def _tail(self) -> bytes:
        """Return the end of the buffer if it may be the beginning of a tag, else nothing."""
        start = self._buffer.rfind(b"<", max(0, len(self._buffer) - MAX_TAG))
        tail = self._buffer[start:] if start >= 0 else b""
        return b"" if b">" in tail else tail

    def _discard(self, why: str, octets: bytes) -> None:
        self.discarded += 1
        self._complain(f"{why}; {len(octets)} octets thrown away: {_excerpt(octets)}")


def _excerpt(octets: bytes) -> str:
    return ascii(octets[:80].decode("latin-1"))
