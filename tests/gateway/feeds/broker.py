"""A real broker on a free port of loopback, and a reader of what it holds."""

import asyncio
import contextlib
import json
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiomqtt


class Broker:
    """Mosquitto; `settings` are further lines of its configuration."""

    def __init__(self, program: str, folder: Path, *settings: str, anonymous: bool = True) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        folder.mkdir(parents=True, exist_ok=True)
        self._program = program
        self._config = folder / "mosquitto.conf"
        lines = [
            f"listener {self.port} 127.0.0.1",
            f"allow_anonymous {str(anonymous).lower()}",
            "user root",
            "persistence false",
            *settings,
        ]
        self._config.write_text("\n".join(lines) + "\n")
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start, and wait until it listens."""
        self._process = await asyncio.create_subprocess_exec(
            self._program,
            "-c",
            str(self._config),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(10):
            while True:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                    writer.close()
                    await writer.wait_closed()
                    return
                assert self._process.returncode is None, "mosquitto has ended"
                await asyncio.sleep(0)

    async def stop(self) -> None:
        """End it; what it retained is lost."""
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()


class Reader:
    """A subscriber to everything: `held` is the newest payload of each topic, `heard` all in order.

    `retained` are the topics that the broker had kept for us.
    """

    def __init__(self, client: aiomqtt.Client) -> None:
        self.client = client
        self.held: dict[str, str] = {}
        self.heard: list[tuple[str, str]] = []
        self.retained: set[str] = set()

    async def listen(self) -> None:
        await self.client.subscribe("#", 1)
        async for message in self.client.messages:
            payload = bytes(message.payload).decode(errors="replace")
            self.heard.append((message.topic.value, payload))
            self.held[message.topic.value] = payload
            if message.retain:
                self.retained.add(message.topic.value)


@contextlib.asynccontextmanager
async def reading(broker: Broker, **options: Any) -> AsyncIterator[Reader]:
    async with aiomqtt.Client("127.0.0.1", broker.port, **options) as client:
        made = Reader(client)
        task = asyncio.create_task(made.listen())
        try:
            yield made
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


if __name__ == "__main__":  # a feed in a process of its own, to be killed: `broker.py FOLDER PORT DOCUMENT`
    from handover.gateway.adapters.mqtt import MqttFeed
    from handover.gateway.config import Config, MqttSection

    folder, port, document = sys.argv[1:]
    settings = Config(mqtt=MqttSection(host="127.0.0.1", port=int(port)), base=folder)
    asyncio.run(MqttFeed(settings, lambda: json.loads(document)).run())
