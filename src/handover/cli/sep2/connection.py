"""The options by which commands reach a SEP 2.0 server, and the connection that they describe."""

import ssl
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from handover.errors import ConfigError

if TYPE_CHECKING:
    from handover.sep2.transports.https import HttpsTransport

Cert = Annotated[Path | None, typer.Option(help="Our certificate (PEM).")]
Key = Annotated[Path | None, typer.Option(help="Its key (PEM); by default beside it or inside.")]
Ca = Annotated[list[Path] | None, typer.Option(help="Authority that the server must be of (PEM).")]
Lfdi = Annotated[
    str | None, typer.Option(help="Accept only the server with this LFDI, under whatever host name.")
]
Timeout = Annotated[float, typer.Option(min=0.1, help="Seconds to wait for an answer.")]


def connect(
    url: str, cert: Path | None, key: Path | None, ca: list[Path], lfdi: str | None, seconds: float
) -> "tuple[HttpsTransport, ssl.SSLContext | None]":
    """Return the way to the server of `url`, and its TLS context. Raises ConfigError for wrong options."""
    from handover.sep2.security.certificate import check_peer
    from handover.sep2.security.identity import parse_lfdi
    from handover.sep2.transports.https import ClientLimits, Credentials, HttpsTransport, client_context

    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(f"{url!r} is not a URL; write for example https://gateway.local:8443/dcap")
    context = None
    if parts.scheme == "https":
        if cert is None or not ca:
            raise ConfigError(
                "https needs --cert (ours, with --key) and --ca (the server's authority); "
                "`handover pki` makes them for a gateway of your own"
            )
        context = client_context(
            Credentials(cert, key or key_beside(cert), tuple(ca)),
            lambda der: check_peer(der, time.time()),
            check_hostname=lfdi is None,
            lfdi=None if lfdi is None else parse_lfdi(lfdi),
        )
    limits = ClientLimits(connect_time=seconds, answer_time=seconds)
    return HttpsTransport(url, context, limits=limits), context


def key_beside(cert: Path) -> Path:
    """Return the key file that `handover pki` writes beside a certificate, or the certificate's own file."""
    beside = cert.with_suffix(".key")
    return beside if beside.is_file() else cert
