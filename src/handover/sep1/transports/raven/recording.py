"""Recordings of what a stick sent: reading them, and the recording that ships with the package.

The format is RAVEn documents as they are, one per line, with `#` before a line of comment. Documents may also
be spread over lines, and wrapped in <rainforest> as an EAGLE uploads them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import resources
from itertools import pairwise
from pathlib import Path

from handover.errors import ConfigError, DecodeError
from handover.sep1.transports.raven.document import WRAPPER, Document
from handover.sep1.transports.raven.framing import Splitter
from handover.sep1.types import ZIGBEE_EPOCH

SIZE_LIMIT = 256 * 1024 * 1024
"""Octets of the largest recording that is read: years of a stick."""


@dataclass(slots=True)
class Entry:
    """One recorded document: `at` is when it is played (Unix seconds), `octets` what the stick sent."""

    at: int
    document: Document
    octets: bytes


@dataclass(slots=True)
class Recording:
    """Documents in order; their times never go back. `complaints` tells what in the text was no document."""

    entries: list[Entry] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def start(self) -> int:
        """When the first document is played (Unix seconds)."""
        return self.entries[0].at

    @property
    def end(self) -> int:
        """When the last document is played (Unix seconds)."""
        return self.entries[-1].at

    def seconds(self, longest_gap: float) -> float:
        """Return how long the recording lasts when no pause in it is longer than `longest_gap` seconds."""
        times = [entry.at for entry in self.entries]
        return sum(min(later - earlier, longest_gap) for earlier, later in pairwise(times))

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def macs(self, name: str) -> list[int]:
        """Return the distinct addresses in the field of that name (MeterMacId, DeviceMacId, CoordMacId),
        oldest first.
        """
        found = (entry.document.mac(name) for entry in self.entries)
        return list(dict.fromkeys(mac for mac in found if mac is not None))


def parse(text: bytes) -> Recording:
    """Read a recording. Raises ConfigError when it holds no document with a time."""
    recording = Recording()
    splitter = Splitter(recording.complaints.append)
    found: list[tuple[int | None, Document, bytes]] = []
    for line in text.splitlines(keepends=True):
        if line.lstrip().startswith(b"#"):
            continue
        for fragment in splitter.feed(line):
            document = Document.of(fragment.element)
            if document.tag != WRAPPER:
                found.append((_time(document), document, fragment.octets))
    splitter.reset()
    now = next((at for at, _, _ in found if at is not None), None)
    if now is None:
        raise ConfigError(
            "the recording holds no RAVEn document with a valid TimeStamp; give a file of RAVEn XML documents"
        )
    for at, document, octets in found:
        now = max(now, at or 0)  # without a time of its own a document follows the one before it
        recording.entries.append(Entry(now, document, octets))
    return recording


def load(path: Path | None = None) -> Recording:
    """Read a recording file; without a path the one that ships with the package. Raises ConfigError."""
    if path is None:
        return parse((resources.files(__package__) / "data" / "day.xml").read_bytes())
    try:
        if path.stat().st_size > SIZE_LIMIT:
            raise ConfigError(
                f"the recording {path} is larger than {SIZE_LIMIT >> 20} MiB; cut it into parts"
            )
        return parse(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"the recording {path} cannot be read ({error.strerror}); check the path") from None


def _time(document: Document) -> int | None:
    for name in ("TimeStamp", "UTCTime"):
        try:
            zigbee = document.time(name)
        except DecodeError:
            continue
        if zigbee is not None:
            return zigbee + ZIGBEE_EPOCH
    return None
