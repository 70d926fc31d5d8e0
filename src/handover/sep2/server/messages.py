"""What goes into the request engine and what comes out. No socket and no HTTP library is known here."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from handover.sep2.peer import Peer

NO_HEADERS: Mapping[str, str] = {}


@dataclass(slots=True)
class Request:
    """One HTTP request whose body has arrived completely.

    `path` is the request target as received (still percent-encoded; an absolute-form URI is fine) without
    the query, `query` what followed the question mark. Header names may come in any case. `peer` is None
    when no client certificate has been accepted. `namespace` overrides the XML namespace of the answer.
    `address` is the IP address that the request came from, empty where there is none.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=lambda: NO_HEADERS)
    body: bytes = b""
    peer: Peer | None = None
    namespace: str | None = None
    address: str = ""


@dataclass(slots=True)
class Response:
    """One HTTP answer. `headers` holds Content-Length and Date already; HEAD answers have an empty body."""

    status: int
    headers: dict[str, str]
    body: bytes = b""
