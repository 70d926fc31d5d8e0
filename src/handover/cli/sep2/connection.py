"""The options by which commands reach a SEP 2.0 server, and the connection that they describe."""

import ssl
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from handover.errors import ConfigError

if TYPE_CHECKING:
    from handover.sep2.transports.https import Credentials, HttpsTransport

Cert = Annotated[Path | None, typer.Option(help="Our certificate (PEM).")]
Key = Annotated[Path | None, typer.Option(help="Its key (PEM); by default beside it or inside.")]
Ca = Annotated[list[Path] | None, typer.Option(help="Authority that the server must be of (PEM).")]
Lfdi = Annotated[
    str | None, typer.Option(help="Accept only the server with this LFDI, under whatever host name.")
]
Timeout = Annotated[float, typer.Option(min=0.1, help="Seconds to wait for an answer.")]


@dataclass(frozen=True, slots=True)
class Way:
    """How a command reaches servers: the options above, as they were given."""

    cert: Path | None
    key: Path | None
    ca: list[Path] | None
    lfdi: str | None
    seconds: float

    def to(self, url: str) -> "HttpsTransport":
        """Return the way to the server of `url`. Raises ConfigError for options that do not do."""
        from handover.sep2.transports.https import ClientLimits, HttpsTransport

        context = self.context(url)
        limits = ClientLimits(connect_time=self.seconds, answer_time=self.seconds)
        return HttpsTransport(url, context, limits=limits)

    def context(self, url: str) -> ssl.SSLContext | None:
        """Return our side of TLS; None for plain HTTP. Raises ConfigError."""
        from handover.sep2.security.certificate import check_peer
        from handover.sep2.security.identity import parse_lfdi
        from handover.sep2.transports.https import client_context

        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigError(f"{url!r} is not a URL; write for example https://gateway.local:8443/dcap")
        if parts.scheme == "http":
            return None
        return client_context(
            self.credentials(),
            lambda der: check_peer(der, time.time()),
            check_hostname=self.lfdi is None,
            lfdi=None if self.lfdi is None else parse_lfdi(self.lfdi),
        )

    def credentials(self) -> "Credentials":
        """Return our files. Raises ConfigError when some were not given."""
        from handover.sep2.transports.https import Credentials

        if self.cert is None or not self.ca:
            raise ConfigError(
                "https needs --cert (ours, with --key) and --ca (the server's authority); "
                "`handover pki` makes them for a gateway of your own"
            )
        return Credentials(self.cert, self.key or _key_beside(self.cert), tuple(self.ca))


def _key_beside(cert: Path) -> Path:
    """Return the key file that `handover pki` writes beside a certificate, or the certificate's own file."""
    beside = cert.with_suffix(".key")
    return beside if beside.is_file() else cert
