"""The gateway as a process: how soon it listens, and how much memory it takes with twenty SEP 2.0 clients."""

import asyncio
import contextlib
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from handover.gateway import config as configuration
from handover.gateway.adapters.registry import registry
from handover.sep2.adapters.pki_folder import PkiFolder
from handover.sep2.security import certificate
from handover.sep2.server import Request
from handover.sep2.transports.https import Credentials, HttpsTransport, client_context

CLIENTS = 20
ROUNDS = 5


def run() -> str:
    """Start the gateway several times; connect clients to the last one."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [sys.executable, "-m", "handover", "gateway"]
        subprocess.run(
            [*command, "init", str(home), "--host", "127.0.0.1", "--port", str(port)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        starts = []
        for number in range(ROUNDS):
            started = time.perf_counter()
            process = subprocess.Popen(
                [*command, "run", "--config", str(home / "gateway.toml")], stderr=subprocess.DEVNULL
            )
            try:
                while not _listening(port):
                    time.sleep(0.005)
                starts.append(time.perf_counter() - started)
                if number == ROUNDS - 1:
                    bare = _resident(process.pid)
                    asyncio.run(_visit(home, port))
                    busy = _resident(process.pid)
            finally:
                process.terminate()
                process.wait()
    return "\n".join(
        [
            "### The gateway process",
            "",
            "| what | ours | target |",
            "|---|---|---|",
            f"| from the command to listening, best of {ROUNDS} | {min(starts):.2f} s | <= 0.7 s |",
            f"| resident memory when listening | {bare / 1024:.0f} MB | |",
            f"| resident memory, {CLIENTS} clients connected and served | {busy / 1024:.0f} MB | <= 80 MB |",
            "",
        ]
    )


def _listening(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
        return True
    return False


def _resident(pid: int) -> int:
    """Return the resident set in kB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


async def _visit(home: Path, port: int) -> None:
    """Admit CLIENTS devices, and have each read the lists over a connection that stays open."""
    keys = PkiFolder(home / "pki")
    config = configuration.load(home / "gateway.toml")
    async with contextlib.AsyncExitStack() as stack:
        for number in range(CLIENTS):
            files = keys.device(f"device{number}", time.time())
            who = certificate.describe(certificate.load(files.certificate.read_bytes()))
            with registry(config) as known:
                known.add(lfdi=who.lfdi, pin=111115, name=f"device{number}", categories=0, now=time.time())
            credentials = Credentials(files.certificate, files.key, (keys.files("ca").certificate,))
            context = client_context(credentials, lambda _: None)
            client = HttpsTransport(f"https://127.0.0.1:{port}", context)
            await client.open()
            stack.push_async_callback(client.close)
            for path in ("/dcap", "/edev", "/tm", "/tp", "/upt", "/msg", "/dr"):
                await client.exchange(Request("GET", path, "", {}, b""))
        await asyncio.sleep(3)
