"""Connections that an ESI holds: memory of an idle one, and ten thousand clients from a second process.

The server runs in a process of its own, so that its memory is its alone. Every client does the whole
handshake with a certificate, asks for /dcap once, and stays.
"""

import asyncio
import json
import ssl
import sys
import tempfile
import time
from pathlib import Path

import uvloop

from handover.sep2.adapters.pki_folder import PkiFolder
from handover.sep2.esi import Esi
from handover.sep2.serving import Serving
from handover.sep2.transports.limits import Limits

CLIENTS = 10_000
AT_ONCE = 64
REQUEST = b"GET /dcap HTTP/1.1\r\nHost: localhost\r\nAccept: application/sep+xml\r\n\r\n"


def run() -> str:
    """Measure and return the table."""
    figures = uvloop.run(_measure())
    return "\n".join(
        [
            "### Connections held by one ESI process",
            "",
            "| what | ours | target |",
            "|---|---|---|",
            f"| clients connected from a second process, all at once | {figures['held']:.0f} | 10000 |",
            f"| of them answered | {figures['answered']:.0f} | all |",
            f"| memory of an idle TLS connection | {figures['each']:.0f} kB | <= 60 kB |",
            f"| handshakes and first answers a second, both ends on one machine | {figures['rate']:.0f} | |",
            f"| an answer to one more client, median | {figures['answer']:.1f} ms | |",
            "",
        ]
    )


async def _measure() -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name:
        folder, now = Path(name), time.time()
        pki = PkiFolder(folder)
        pki.init("bench", now)
        pki.gateway(["127.0.0.1"], now)
        pki.device("device", now)
        server = await _started("serve", name)
        assert server.stdout is not None
        port = int(await server.stdout.readline())
        before = _resident(server.pid)
        clients = await _started("hold", name, str(port))
        assert clients.stdout is not None
        told = json.loads(await clients.stdout.readline())
        after = _resident(server.pid)
        waits = sorted([await _one(pki, port) for _ in range(21)])
        for process in (clients, server):
            process.terminate()
            await process.wait()
        return {
            **told,
            "each": (after - before) / told["held"],
            "answer": 1000 * waits[len(waits) // 2],
        }


async def _started(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.held", *arguments), stdout=asyncio.subprocess.PIPE
    )


def _resident(pid: int) -> float:
    """Return the resident memory of a process in kB."""
    text = Path(f"/proc/{pid}/status").read_text()
    return float(text.partition("VmRSS:")[2].split()[0])


def _context(pki: PkiFolder) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0")
    context.load_cert_chain(pki.files("device").certificate)
    context.load_verify_locations(pki.files("ca").certificate)
    return context


async def _one(pki: PkiFolder, port: int) -> float:
    """Return how long an answer takes on a new connection, its handshake not counted, in seconds."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=_context(pki))
    start = time.perf_counter()
    writer.write(REQUEST)
    await reader.readuntil(b"\r\n\r\n")
    spent = time.perf_counter() - start
    writer.close()
    return spent


async def _serve(folder: str) -> None:
    """Be the server."""
    pki, now = PkiFolder(Path(folder)), time.time()
    esi = Esi()
    esi.admit(pki.peer("device"), 111115, now)
    limits = Limits(connections=CLIENTS + 100)
    async with Serving(esi, pki.credentials("gateway"), host="127.0.0.1", limits=limits) as serving:
        print(serving.port, flush=True)
        await asyncio.Event().wait()


async def _hold(folder: str, port: int) -> None:
    """Be the clients: connect, ask once, stay."""
    context, gate = _context(PkiFolder(Path(folder))), asyncio.Semaphore(AT_ONCE)
    held: list[asyncio.StreamWriter] = []
    answered = 0

    async def one() -> None:
        nonlocal answered
        async with gate:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
            writer.write(REQUEST)
            head = await reader.readuntil(b"\r\n\r\n")
            held.append(writer)
            answered += head.startswith(b"HTTP/1.1 200")

    start = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(CLIENTS)))
    rate = CLIENTS / (time.perf_counter() - start)
    print(json.dumps({"held": len(held), "answered": answered, "rate": rate}), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        uvloop.run(_serve(sys.argv[2]))
    else:
        uvloop.run(_hold(sys.argv[2], int(sys.argv[3])))
