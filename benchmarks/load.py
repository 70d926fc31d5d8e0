"""A load from a second process: `python -m benchmarks.load` keeps connections busy and counts answers.

Arguments as one JSON object: host, port, request (text), connections, seconds, and with TLS cert and ca.
"""

import asyncio
import itertools
import json
import ssl
import sys
import time
from collections import Counter
from typing import Any, cast

import uvloop

SERIAL = b"1000000000"
"""Where this stands in a request, a number of ten digits is put that is never used twice."""

_numbers = map(str, itertools.count(time.time_ns() // 1_000_000 % 10**9 + 10**9))


class _Connection(asyncio.Protocol):
    """Sends the request again as soon as the whole answer is there."""

    def __init__(self, request: bytes, answers: Counter[int]) -> None:
        self._before, self._numbered, self._after = request.partition(SERIAL)
        self._answers = answers
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._send()

    def _send(self) -> None:
        """Send the request, with a number that was never used if it asks for one."""
        number = next(_numbers).encode() if self._numbered else b""
        self._transport.write(self._before + number + self._after)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        at = head.lower().find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(body) >= length:
            self._answers[int(head[9:12])] += 1
            self._buffer = body[length:]
            self._send()


async def _load(plan: dict[str, Any]) -> dict[str, Any]:
    context = None
    if "cert" in plan:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0")
        context.load_cert_chain(plan["cert"])
        context.load_verify_locations(plan["ca"])
    answers: Counter[int] = Counter()
    loop = asyncio.get_running_loop()
    transports = [
        (
            await loop.create_connection(
                lambda: _Connection(plan["request"].encode(), answers),
                plan["host"],
                plan["port"],
                ssl=context,
            )
        )[0]
        for _ in range(plan["connections"])
    ]
    await asyncio.sleep(plan["seconds"] / 4)
    warm, start = sum(answers.values()), time.perf_counter()
    await asyncio.sleep(plan["seconds"])
    rate = (sum(answers.values()) - warm) / (time.perf_counter() - start)
    for transport in transports:
        transport.abort()
    return {"rate": rate, "answers": dict(answers)}


if __name__ == "__main__":
    print(json.dumps(uvloop.run(_load(json.loads(sys.argv[1])))))
