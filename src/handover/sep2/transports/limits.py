"""How much one peer may cost a server or a client: times in seconds, sizes in octets."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What an HTTPS server grants to a connection.

    A connection above `connections` gets 503 with Retry-After: `retry_after`; one above `connections +
    spare` is closed unanswered. When more than `handshakes` are under way, the oldest gives way: an honest
    client needs milliseconds.
    """

    connections: int = 10_000
    spare: int = 64
    handshakes: int = 512
    retry_after: int = 60

    handshake_time: float = 10.0
    header_time: float = 10.0
    """From the first octet of a request to the end of its header."""
    body_time: float = 20.0
    """From the end of the header to the end of the body; also for a peer that does not take its answer."""
    idle_time: float = 3600.0
    """Between two requests of one connection; clients poll every 900 s."""
    farewell_time: float = 2.0
    """For a client's part in closing TLS; after it the connection is cut."""
    drain_time: float = 0.5
    """For reading away the rest of a refused body, so that the refusal can be read."""

    line: int = 4096
    """The request line."""
    field: int = 4096
    """One header field."""
    fields: int = 64
    """Number of header fields."""
    body: int = 262_144


@dataclass(frozen=True, slots=True)
class ClientLimits:
    """What a client grants to a server."""

    connect_time: float = 10.0
    answer_time: float = 30.0
    """From the start of a request to the end of its answer."""
    body: int = 4_194_304
    connections: int = 4
