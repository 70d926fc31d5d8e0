"""Content of files: octets below the tree, in whole or in parts (clause 9.9, RFC 9110 section 14).

A File of the tree names its content by `fileURI`. Who may read the File may read what is below its path, and
nobody else. One range is served; several, or one that is not understood, give the whole.
"""

import re
from dataclasses import dataclass
from typing import Protocol

from handover.sep2.server.messages import Response

OCTETS = "application/octet-stream"

_RANGE = re.compile(r"bytes=(\d{0,12})-(\d{0,12})")


class Blob(Protocol):
    """Content that does not change: another one has another `etag` (quoted, as in HTTP)."""

    @property
    def size(self) -> int:
        """Return how many octets it has."""

    @property
    def etag(self) -> str:
        """Return what tells this content from any other."""

    def read(self, start: int, stop: int) -> bytes:
        """Return the octets from `start` to before `stop`. Raises NotNow when they cannot be read."""


class Blobs(Protocol):
    """Where content is found."""

    def find(self, path: str) -> Blob | None:
        """Return the content at `path`."""


@dataclass(frozen=True, slots=True)
class Octets:
    """Content in memory."""

    content: bytes
    etag: str

    @property
    def size(self) -> int:
        """Return how many octets it has."""
        return len(self.content)

    def read(self, start: int, stop: int) -> bytes:
        """Return the octets from `start` to before `stop`."""
        return self.content[start:stop]


def answer(blob: Blob, wanted: str | None, if_range: str | None) -> Response:
    """Return the answer to a GET with these Range and If-Range headers."""
    headers = {"Content-Type": OCTETS, "ETag": blob.etag, "Accept-Ranges": "bytes"}
    match = _RANGE.fullmatch(wanted.strip()) if wanted else None
    if match is None or match.groups() == ("", "") or (if_range is not None and if_range != blob.etag):
        return Response(200, headers | {"Content-Length": str(blob.size)}, blob.read(0, blob.size))
    first, last = match.groups()
    start = int(first) if first else max(blob.size - int(last), 0)
    stop = min(int(last) + 1, blob.size) if first and last else blob.size
    if start >= stop:
        if first and last and int(last) < int(first):
            return Response(200, headers | {"Content-Length": str(blob.size)}, blob.read(0, blob.size))
        return Response(416, headers | {"Content-Range": f"bytes */{blob.size}", "Content-Length": "0"})
    headers |= {"Content-Range": f"bytes {start}-{stop - 1}/{blob.size}", "Content-Length": str(stop - start)}
    return Response(206, headers, blob.read(start, stop))
