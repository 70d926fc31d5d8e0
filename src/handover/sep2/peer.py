"""Who is at the other end of a connection. How that is found out lives in `security.identity`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Peer:
    """A client whose certificate has been checked against a trusted authority.

    `lfdi` is the long form device identifier (20 octets), `sfdi` the short form with its check digit
    (clause 6.3.4).
    """

    lfdi: bytes
    sfdi: int
