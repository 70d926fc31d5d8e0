"""A HAN across a process boundary: APS frames as JSON lines over TCP, so that a gateway can be killed alone.

Run as a program it is the gateway's process: `python wire.py FOLDER PORT`.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from pathlib import Path

from handover.cli.logs import set_up
from handover.errors import NotNow
from handover.gateway.config import load
from handover.gateway.service import GatewayService
from handover.sep1.aps import ApsFrame


def pack(frame: ApsFrame) -> bytes:
    return json.dumps(asdict(frame) | {"payload": frame.payload.hex()}).encode() + b"\n"


def unpack(line: bytes) -> ApsFrame:
    row = json.loads(line)
    return ApsFrame(**row | {"payload": bytes.fromhex(row["payload"])})


class WireTransport:
    """A node's place on the HAN of another process."""

    def __init__(self, port: int, eui64: int, coordinator: int) -> None:
        self.eui64 = eui64
        self.coordinator: int | None = coordinator
        self._port = port
        self._writer: asyncio.StreamWriter | None = None

    async def open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)

    async def close(self) -> None:
        if self._writer is not None:
            self._writer.close()

    async def send(self, frame: ApsFrame) -> None:
        if self._writer is None:
            raise NotNow("not open")
        self._writer.write(pack(frame))

    async def frames(self) -> AsyncIterator[ApsFrame]:
        while line := await self._reader.readline():
            yield unpack(line)


class Bridge:
    """The HAN's end: what the gateway sends goes through `passes`, which may keep it and kill the sender."""

    def __init__(self, carry: Callable[[ApsFrame], None], passes: Callable[[ApsFrame], bool]) -> None:
        self.port = 0
        self._carry = carry
        self._passes = passes
        self._writers: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            for writer in self._writers:
                writer.close()
            await self._server.wait_closed()

    def deliver(self, frame: ApsFrame) -> None:
        for writer in self._writers[-1:]:
            writer.write(pack(frame))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        try:
            while (line := await reader.readline()).endswith(b"\n"):
                frame = unpack(line)
                if self._passes(frame):
                    self._carry(frame)
        except ConnectionError:
            pass
        finally:
            writer.close()


class Clock:
    def now(self) -> float:
        return time.time()


async def main(folder: Path, port: int, coordinator: int) -> None:
    set_up("warning", "json")
    config = load(folder / "gateway.toml")
    transport = WireTransport(port, config.eui64, coordinator)
    service = GatewayService(config, lambda _: transport, Clock())
    await service.start()
    print(service.url, flush=True)  # noqa: T201
    await service.run()
    await service.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
