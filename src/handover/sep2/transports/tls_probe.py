"""What a server's handshakes show: protocol, cipher, whether it answers who has no certificate."""

import asyncio
import ssl
from contextlib import suppress

from handover.errors import NotNow
from handover.sep2.transports import tls_errors
from handover.sep2.transports.tls import CIPHERS

_QUESTION = (
    b"GET /dcap HTTP/1.1\r\nHost: localhost\r\nAccept: application/sep+xml\r\nConnection: close\r\n\r\n"
)


async def probe(host: str, port: int, context: ssl.SSLContext, seconds: float) -> tuple[str, str, bool]:
    """Return protocol and cipher of a handshake with `context`, and whether we are answered without one.

    Raises NotNow when there is no connection, or no handshake, within so many seconds.
    """
    try:
        async with asyncio.timeout(seconds):
            _, writer = await asyncio.open_connection(host, port, ssl=context, server_hostname=host)
    except (OSError, TimeoutError) as error:
        raise NotNow(
            f"no TLS connection to {host} port {port}: {tls_errors.diagnosis(error, host)}"
        ) from error
    side = writer.get_extra_info("ssl_object")
    protocol, cipher = side.version() or "", (side.cipher() or ("", "", 0))[0]
    await _close(writer)
    return protocol, cipher, await _answers_anybody(host, port, seconds)


async def _answers_anybody(host: str, port: int, seconds: float) -> bool:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    try:
        async with asyncio.timeout(seconds):
            reader, writer = await asyncio.open_connection(host, port, ssl=context, server_hostname=host)
            writer.write(_QUESTION)
            head = await reader.read(12)
    except (OSError, TimeoutError):
        return False
    await _close(writer)
    # 401 and 403 are refusals too, only later ones.
    return head.startswith(b"HTTP/1.") and head[9:12] not in (b"401", b"403")


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError, TimeoutError, asyncio.TimeoutError):
        async with asyncio.timeout(1):
            await writer.wait_closed()
