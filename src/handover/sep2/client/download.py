"""Loads the content of a File, piece by piece (clause 9.9): resumes, counts failures, never mixes two files.

Requests go out of `next`, their outcome comes in through `answered` and `failed`; pieces are given to the
caller, who keeps them, verifies the whole and makes it effective. `Progress` is all that has to be stored to
go on after a restart.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from urllib.parse import urlsplit

from handover.errors import Refused
from handover.sep2.resources.common import Link
from handover.sep2.resources.file_download import File, FileStatus
from handover.sep2.server.messages import Request, Response

PIECE = 65_536
FIRST_PAUSE, LONGEST_PAUSE = 30.0, 3600.0
MOST_FAILURES = 16
"""Failures in a row after which the load has failed."""

_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


class Load(IntEnum):
    """FileStatus.status."""

    IDLE = 0
    LOADING = 1
    FAILED = 2
    LOADED = 3
    FALSE_SIGNATURE = 4
    VERIFIED = 5
    NOT_ACTIVATED = 6
    ACTIVATING = 7
    ACTIVE = 8


_AFTER = {
    Load.LOADED: (Load.FALSE_SIGNATURE, Load.VERIFIED),
    Load.VERIFIED: (Load.ACTIVATING,),
    Load.ACTIVATING: (Load.NOT_ACTIVATED, Load.ACTIVE),
}
"""What the caller may say when: it verifies, then activates."""


@dataclass(slots=True)
class Progress:
    """How far a load has come. `done` octets of the content `etag` are with the caller; times in seconds."""

    status: Load = Load.IDLE
    since: float = 0.0
    done: int = 0
    etag: str = ""
    next_attempt: float = 0.0
    busy: int = 0
    failures: int = 0
    in_a_row: int = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """Octets of the content from `offset` on. An offset of 0 says that what was kept before is void."""

    offset: int
    content: bytes


class Download:
    """The load of one `file`, from the server that serves it and from no other.

    `authority` is the server's "host:port". Raises Refused when the File names content elsewhere.
    """

    def __init__(
        self, file: File, authority: str, *, progress: Progress | None = None, piece: int = PIECE
    ) -> None:
        uri = urlsplit(file.fileURI)
        if uri.scheme not in ("", "https", "http") or (uri.netloc and uri.netloc != authority):
            raise Refused(f"{file.fileURI!r} is on another server than the file's own, {authority}")
        self._file = file
        self._path, self._query = uri.path, uri.query
        self._piece = piece
        self._asked: tuple[int, int] | None = None
        self.progress = progress or Progress()

    def next(self, now: float) -> Request | None:
        """Return the request that is due, or None."""
        progress = self.progress
        if self._asked is not None or progress.status > Load.LOADING or progress.next_attempt > now:
            return None
        if progress.status is Load.IDLE:
            self._enter(Load.LOADING, now)
        stop = min(progress.done + self._piece, self._file.size)
        if stop <= progress.done:
            self._enter(Load.LOADED, now)
            return None
        self._asked = progress.done, stop
        headers = {"Accept": "*/*", "Range": f"bytes={progress.done}-{stop - 1}"}
        if progress.etag:
            headers["If-Range"] = progress.etag
        return Request("GET", self._path, self._query, headers)

    def answered(self, response: Response, now: float) -> Piece | None:
        """Take in an answer; return the piece that it brought, or None."""
        asked, self._asked = self._asked, None
        if asked is None or self.progress.status is not Load.LOADING:
            return None
        if response.status == 503:
            self.progress.busy += 1
            self._pause(now, _retry_after(response.headers))
            return None
        start = _start(response, self._file.size)
        etag = _header(response.headers, "ETag")
        if start is None or not response.body or start + len(response.body) > self._file.size:
            if response.status == 416:
                self._begin_again()
            self._count_failure(now)
            return None
        if start and (start != asked[0] or etag != self.progress.etag):
            # A piece of another file: nothing of what is there belongs to it.
            self._begin_again()
            self._count_failure(now)
            return None
        progress = self.progress
        progress.etag, progress.in_a_row, progress.next_attempt = etag, 0, now
        progress.done = start + len(response.body)
        if progress.done == self._file.size:
            self._enter(Load.LOADED, now)
        return Piece(start, response.body)

    def failed(self, now: float) -> None:
        """Take note that a request got no answer."""
        if self._asked is not None:
            self._asked = None
            self._count_failure(now)

    def went(self, status: Load, now: float) -> None:
        """Take note of what the caller did: verified the whole, activated it. Raises Refused out of order."""
        if status not in _AFTER.get(self.progress.status, ()):
            raise Refused(f"a file that is {self.progress.status.name} does not become {status.name}")
        self._enter(status, now)

    def deadline(self) -> float | None:
        """Return when `next` has something to ask (Unix seconds)."""
        waits = self._asked is None and self.progress.status <= Load.LOADING
        return self.progress.next_attempt if waits else None

    def status(self) -> FileStatus:
        """Return what is PUT to the server's FileStatus."""
        progress = self.progress
        return FileStatus(
            activateTime=self._file.activateTime,
            FileLink=None if self._file.href is None else Link(href=self._file.href),
            loadPercent=100 * progress.done // max(self._file.size, 1),
            nextRequestAttempt=int(progress.next_attempt),
            request503Count=min(progress.busy, 0xFFFF),
            requestFailCount=min(progress.failures, 0xFFFF),
            status=int(progress.status),
            statusTime=int(progress.since),
        )

    def _enter(self, status: Load, now: float) -> None:
        self.progress.status, self.progress.since = status, now

    def _begin_again(self) -> None:
        self.progress.done, self.progress.etag = 0, ""

    def _count_failure(self, now: float) -> None:
        progress = self.progress
        progress.failures += 1
        progress.in_a_row += 1
        if progress.in_a_row >= MOST_FAILURES:
            self._enter(Load.FAILED, now)
        else:
            self._pause(now, min(FIRST_PAUSE * 2 ** (progress.in_a_row - 1), LONGEST_PAUSE))

    def _pause(self, now: float, seconds: float) -> None:
        self.progress.next_attempt = now + seconds


def _start(response: Response, size: int) -> int | None:
    """Return where the answer's octets begin; None when they are not of a content of this size."""
    if response.status == 200:
        return 0 if len(response.body) == size else None
    match = _RANGE.fullmatch(_header(response.headers, "Content-Range")) if response.status == 206 else None
    if match is None or int(match[3]) != size or int(match[2]) - int(match[1]) + 1 != len(response.body):
        return None
    return int(match[1])


def _retry_after(headers: Mapping[str, str]) -> float:
    text = _header(headers, "Retry-After")
    return min(float(text), LONGEST_PAUSE) if text.isascii() and text.isdecimal() else FIRST_PAUSE


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name.lower()), "")
