"""The client's end of HTTPS (and of plain HTTP, for tests): one server, kept connections, bounded answers."""

import ssl
from typing import Self
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from handover.errors import ConfigError, DecodeError, NotNow, Refused
from handover.sep2.server.messages import Request, Response
from handover.sep2.transports import tls_errors
from handover.sep2.transports.limits import ClientLimits


class HttpsTransport:
    """The way to the server at `base` ("https://host:port"; a path in it is ignored).

    `context` comes from `tls.client_context` and is needed for https.
    """

    def __init__(
        self, base: str, context: ssl.SSLContext | None = None, *, limits: ClientLimits | None = None
    ) -> None:
        parts = urlsplit(base)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigError(f"{base!r} is not the address of a server; write https://host:port")
        if parts.scheme == "https" and context is None:
            raise ConfigError(f"{base} needs a client certificate, its key and the authority of the server")
        self._origin = URL(f"{parts.scheme}://{parts.netloc}")
        self._context = context if parts.scheme == "https" else None
        self._limits = limits or ClientLimits()
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    @property
    def authority(self) -> str:
        """Host and port of the server, as links to it may name it."""
        return f"{self._origin.host}:{self._origin.port}"

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def open(self) -> None:
        """Make ready; no server is contacted yet. Raises NotNow when closed already."""
        if self._closed:
            raise NotNow("this transport was closed; make a new one")
        if self._session is None:
            limits = self._limits
            connector = aiohttp.TCPConnector(
                limit=limits.connections, ssl=self._context or False, keepalive_timeout=1800
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                timeout=aiohttp.ClientTimeout(total=limits.answer_time, connect=limits.connect_time),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                skip_auto_headers=("User-Agent", "Accept-Encoding", "Accept", "Content-Type"),
            )

    async def close(self) -> None:
        """Let go of all connections; harmless when already closed or never opened."""
        self._closed = True
        if self._session is not None:
            session, self._session = self._session, None
            await session.close()

    async def exchange(self, request: Request) -> Response:
        """Send one request and return its answer; see `base.Transport`."""
        if self._session is None:
            raise NotNow("this transport is not open")
        target = request.path + (f"?{request.query}" if request.query else "")
        url = URL(str(self._origin) + target, encoded=True)
        try:
            async with self._session.request(
                request.method, url, data=request.body or None, headers=request.headers, allow_redirects=False
            ) as answer:
                return Response(answer.status, dict(answer.headers), await self._body(answer))
        except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientSSLError) as error:
            raise Refused(self._told(_cause(error))) from error
        except aiohttp.ClientConnectorError as error:
            raise NotNow(f"no connection to {self.authority}: {self._unreachable(error.os_error)}") from error
        except TimeoutError as error:
            raise NotNow(
                f"{self.authority} did not answer within {self._limits.answer_time:g} s; is it overloaded, "
                "or does something in between swallow the packets?"
            ) from error
        except (aiohttp.ClientPayloadError, aiohttp.ClientResponseError, aiohttp.InvalidURL) as error:
            raise DecodeError(f"what {self.authority} answers is not proper HTTP: {error}") from error
        except (aiohttp.ClientError, OSError) as error:
            cause = _cause(error)
            if isinstance(cause, ssl.SSLError):
                raise Refused(self._told(cause)) from error
            raise NotNow(
                f"{self.authority} broke the connection ({error or type(error).__name__})"
            ) from error

    async def _body(self, answer: aiohttp.ClientResponse) -> bytes:
        most = self._limits.body
        parts, size = [], 0
        async for part in answer.content.iter_any():
            parts.append(part)
            size += len(part)
            if size > most:
                raise DecodeError(f"the answer of {self.authority} is larger than {most} octets")
        return b"".join(parts)

    def _told(self, cause: BaseException) -> str:
        return (
            f"no TLS connection to {self.authority}: {tls_errors.diagnosis(cause, self._origin.host or '')}"
        )

    def _unreachable(self, error: OSError) -> str:
        if isinstance(error, ConnectionRefusedError):
            return "nothing listens there; check host and port, and that the server runs"
        if isinstance(error, ConnectionResetError):
            return "it was broken off during the handshake; the server's log says why"
        return f"{error.strerror or error}; check host, port and network"


def _cause(error: BaseException) -> BaseException:
    """Return the TLS error inside aiohttp's, or the innermost one."""
    for attribute in ("certificate_error", "os_error", "_certificate_error", "_os_error"):
        inner = getattr(error, attribute, None)
        if isinstance(inner, BaseException):
            return inner
    return error.__cause__ or error
