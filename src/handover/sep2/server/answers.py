"""Answers that carry no resource of the tree: refusals, errors, and what a successful write gets.

The schema's Error has a code and no text, so the text stands in a comment behind the element of an XML
document. Clients that take neither XML nor EXI get it as plain text.
"""

from email.utils import formatdate

from handover.sep2 import exi, xml
from handover.sep2.media import Negotiated
from handover.sep2.resources.common import Error
from handover.sep2.server.messages import Response

TEXT = "text/plain; charset=utf-8"

_FORMAT, _VALUES, _ROOM = 0, 1, 2
_REASON_CODES = {400: _VALUES, 403: _VALUES, 413: _ROOM, 503: _ROOM}
"""Error.reasonCode by status; the statuses without one say everything by themselves."""


def _comment(text: str) -> str:
    """Return `text` as an XML comment. It may quote what a peer sent: nothing in it may end the comment."""
    return f"<!-- {text.replace('--', '- -').replace('--', '- -')} -->"


def refusal(status: int, text: str, media: Negotiated, code: int | None = None) -> Response:
    """Return an answer that says what is wrong, in what the client takes; `code` is Error.reasonCode."""
    code = _REASON_CODES.get(status) if code is None else code
    if code is None or media.content_type is None:
        return plain(status, text)
    error = Error(reasonCode=code)
    if media.is_exi:
        document = exi.encode(error)
    else:
        printable = "".join(c if c.isprintable() else " " for c in text)
        document = xml.encode(error) + _comment(printable).encode("utf-8", "replace")
    headers = {"Content-Type": media.content_type, "Content-Length": str(len(document))}
    return Response(status, headers, document)


def plain(status: int, text: str) -> Response:
    """Return an answer with a line of text."""
    body = text.encode("utf-8", "replace") + b"\n"
    return Response(status, {"Content-Type": TEXT, "Content-Length": str(len(body))}, body)


def done(location: str | None = None) -> Response:
    """Return 204, with the place of what was there already."""
    return Response(204, {} if location is None else {"Location": location})


def created(location: str) -> Response:
    """Return 201 with the place of what was made."""
    return Response(201, {"Location": location, "Content-Length": "0"})


def busy(text: str, retry_after: float, media: Negotiated) -> Response:
    """Return 503 and when (in seconds from now) to come again."""
    response = refusal(503, text, media)
    response.headers["Retry-After"] = str(max(1, round(retry_after)))
    return response


class Dates:
    """The Date header; made once a second."""

    def __init__(self) -> None:
        self._second = -1
        self._text = ""

    def at(self, now: float) -> str:
        """Return `now` (Unix seconds) as HTTP writes dates."""
        second = int(now)
        if second != self._second:
            self._second, self._text = second, formatdate(second, usegmt=True)
        return self._text
