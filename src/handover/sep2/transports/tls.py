"""TLS as SEP 2.0 wants it: 1.2, ECDHE-ECDSA-AES128-CCM8, both sides with a certificate.

OpenSSL checks chain, dates and names here. The cipher needs security level 0, which also lowers OpenSSL's
floors for keys and hashes, so a check of the peer's own key and signature comes from outside. What a failed
handshake means in words lives in `tls_errors`.
"""

import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handover.errors import ConfigError, HandoverError
from handover.sep2.security.identity import lfdi as lfdi_of

CIPHERS = "ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0"

PeerCheck = Callable[[bytes], None]
"""Takes a peer's certificate (DER); raises Refused or DecodeError when its key or signature is too weak."""

_ALERT_UNSUPPORTED_CERTIFICATE = bytes((21, 3, 3, 0, 2, 2, 43))

handshaking: ContextVar[socket.socket | None] = ContextVar("handshaking", default=None)
"""The connection that the running task does a server's handshake on."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Files in PEM: our certificate (followed by its chain), its key, and the authorities that we trust."""

    certificate: Path
    key: Path
    trust: tuple[Path, ...]


class _ServerSide(ssl.SSLObject):
    """A server's handshake that tells the client why it failed.

    Event loops drop the connection of a failed handshake without sending the alert that OpenSSL has made,
    and the client could not tell a foreign certificate from a crash.
    """

    socket: socket.socket | None
    outgoing: ssl.MemoryBIO

    def do_handshake(self) -> None:
        """Go on with the handshake; raises SSLWantReadError until it is complete, SSLError when it failed."""
        try:
            super().do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLError:
            self._tell(self.outgoing.read())
            raise
        try:
            _checked(self)
        except ssl.SSLError:
            # Our Finished is still in `outgoing`: the client is in the handshake, and reads a plain alert.
            self._tell(_ALERT_UNSUPPORTED_CERTIFICATE)
            raise

    def _tell(self, alert: bytes) -> None:
        if self.socket is not None and alert:
            with suppress(OSError):
                self.socket.send(alert)


class _ClientSide(ssl.SSLObject):
    """A client's handshake with the checks that OpenSSL does not make."""

    def do_handshake(self) -> None:
        """Go on with the handshake; raises SSLWantReadError until it is complete, SSLError when it failed."""
        super().do_handshake()
        _checked(self)


class _Context(ssl.SSLContext):
    """An SSL context that carries the checks of our own."""

    check: PeerCheck
    pinned: bytes | None = None

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """Start a handshake in memory; event loops call this."""
        made = super().wrap_bio(incoming, outgoing, server_side, server_hostname, session)
        if isinstance(made, _ServerSide):
            made.outgoing, made.socket = outgoing, handshaking.get()
        return made


def _checked(side: ssl.SSLObject) -> None:
    """Apply our own checks to the peer's certificate; raises SSLCertVerificationError."""
    context = side.context
    assert isinstance(context, _Context)
    der = side.getpeercert(binary_form=True)
    if der is None:
        raise ssl.SSLCertVerificationError("the peer has no certificate")
    try:
        context.check(der)
    except HandoverError as error:
        raise ssl.SSLCertVerificationError(str(error)) from error
    if context.pinned is not None and lfdi_of(der) != context.pinned:
        found, wanted = lfdi_of(der).hex().upper(), context.pinned.hex().upper()
        raise ssl.SSLCertVerificationError(f"the server's LFDI is {found}, not {wanted} as expected")


def server_context(credentials: Credentials, check: PeerCheck) -> ssl.SSLContext:
    """Return the context of a server. Raises ConfigError when a file is missing or does not fit."""
    context = _context(ssl.PROTOCOL_TLS_SERVER, _ServerSide, credentials, check)
    context.verify_mode = ssl.CERT_REQUIRED
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    context.set_ecdh_curve("prime256v1")
    return context


def client_context(
    credentials: Credentials, check: PeerCheck, *, check_hostname: bool = True, lfdi: bytes | None = None
) -> ssl.SSLContext:
    """Return the context of a client. Raises ConfigError when a file is missing or does not fit.

    With `lfdi` (20 octets) only the server with exactly that certificate is accepted; its host name may
    then be left unchecked.
    """
    context = _context(ssl.PROTOCOL_TLS_CLIENT, _ClientSide, credentials, check)
    context.check_hostname = check_hostname
    context.pinned = lfdi
    return context


def _context(
    protocol: Any, side: type[ssl.SSLObject], credentials: Credentials, check: PeerCheck
) -> _Context:
    context = _Context(protocol)
    context.sslobject_class = side
    context.check = check
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.set_ciphers(CIPHERS)
    except ssl.SSLError as error:
        raise ConfigError(
            f"this OpenSSL ({ssl.OPENSSL_VERSION}) does not know {CIPHERS}, which SEP 2.0 needs; "
            "use a Python that is linked with a complete OpenSSL"
        ) from error
    for path in (credentials.certificate, credentials.key, *credentials.trust):
        if not path.is_file():
            raise ConfigError(f"the file {path} does not exist; `handover pki` makes certificates and keys")
    try:
        context.load_cert_chain(credentials.certificate, credentials.key, password=_no_password)
    except (ssl.SSLError, OSError, ValueError) as error:
        raise ConfigError(
            f"certificate {credentials.certificate} and key {credentials.key} cannot be used ({error}); "
            "both must be PEM, belong together, and the key must not be encrypted"
        ) from error
    for path in credentials.trust:
        try:
            context.load_verify_locations(path)
        except (ssl.SSLError, OSError) as error:
            raise ConfigError(f"the CA file {path} cannot be read as PEM certificates ({error})") from error
    return context


def _no_password() -> str:
    """Answer OpenSSL's question for a passphrase, which would otherwise wait at the terminal."""
    return ""
