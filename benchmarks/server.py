"""Requests a second of the running gateway: access control and journal on, 8 connections of one client.

Plain HTTP (the client's identity given from outside) and TLS 1.2 CCM8 with client certificates in one run.
"""

import asyncio
import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog
import uvloop

from handover.gateway.allowance import Allowance
from handover.sep2 import xml
from handover.sep2.peer import Peer
from handover.sep2.resources.common import DateTimeInterval, EventStatus
from handover.sep2.resources.messaging import TextMessage
from handover.sep2.resources.response import TextResponse
from handover.sep2.security import certificate
from handover.sep2.server import Request
from handover.sep2.transports.https import HttpsServer
from handover.sim import live
from handover.sim.demo.home import GATEWAY_EUI64, Home, Ports, opened
from handover.sim.demo.sources import VirtualSource

CONNECTIONS = 8
SECONDS = 3.0
ITEMS = 100

ENVOY = {"GET /dcap": 349, "GET /edev/1": 314, "list of 10": 108, "list of 100": 34, "POST Response": 176}
BOUND = {
    "GET /dcap": 12144,
    "GET /edev/1": 10495,
    "list of 10": 7262,
    "list of 100": 2760,
    "POST Response": 5073,
}
"""The aiohttp bound of the same machine class without access control; for POST, one mirror reading."""


def run() -> str:
    """Measure every row, plain and with TLS."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    rows = uvloop.run(_measure())
    lines = [
        "### SEP 2.0 server, requests/s, one process, 8 connections",
        "",
        "| request | plain HTTP | TLS 1.2 CCM8 | envoy 1.5 (plain) | plain / envoy | TLS / envoy "
        "| of the aiohttp bound |",
        "|---|---|---|---|---|---|---|",
    ]
    for what, plain, secure in rows:
        envoy, bound = ENVOY[what], BOUND[what]
        lines.append(
            f"| {what} | {plain:.0f} | {secure:.0f} | {envoy} | {plain / envoy:.0f}x | {secure / envoy:.0f}x "
            f"| {plain / bound:.0%} |"
        )
    return "\n".join(lines) + "\n"


async def _measure() -> list[tuple[str, float, float]]:
    source = VirtualSource(seed=1, speed=1.0, eui64=GATEWAY_EUI64)
    with tempfile.TemporaryDirectory() as folder:
        async with opened(
            Path(folder), source.name, source.transport, source.clock, settings=None, ports=Ports()
        ) as home:
            files = [Path(folder) / "pki" / name for name in ("display.pem", "ca.pem")]
            who = certificate.describe(certificate.load(files[0].read_bytes()))
            peer = Peer(who.lfdi, who.sfdi)
            premise = asyncio.create_task(live.run(source.premise, source.clock))
            subject = await _messages(home, source)
            # One client stands for all of them here: its own limit is not what is measured.
            home.gateway.writes = Allowance(1e9, 1e9)
            plain = HttpsServer(_as(home, peer), None, host="127.0.0.1")
            await plain.start()
            rows = []
            for what, request in _requests(peer, subject).items():
                plan = {
                    "host": "127.0.0.1",
                    "request": request,
                    "connections": CONNECTIONS,
                    "seconds": SECONDS,
                }
                tls = {"cert": str(files[0]), "ca": str(files[1]), "port": home.gateway.https.port}
                rows.append((what, await rate({**plan, "port": plain.port}), await rate({**plan, **tls})))
            await plain.close()
            premise.cancel()
            return rows


def _as(home: Home, peer: Peer) -> Any:
    """Return the gateway's exchange as if every request came from `peer`."""
    exchange = home.gateway.exchange

    def answer(request: Request) -> Any:
        return exchange(replace(request, peer=peer))

    return answer


async def _messages(home: Home, source: VirtualSource) -> bytes:
    """Have the utility send a message, put ITEMS others beside it, and return the mRID of the real one."""
    while not home.gateway.status()["readings"]:  # noqa: ASYNC110
        await asyncio.sleep(0.1)
    source.premise.send_message(source.clock.now(), "Peak today 16-19h", minutes=1440)
    while not home.gateway.status()["messages"]:  # noqa: ASYNC110
        await asyncio.sleep(0.1)
    gateway = home.gateway.gateway
    now = int(source.clock.now())
    (subject,) = [message.mRID for message in gateway.store.items("/msg/0/txt")]
    for number in range(ITEMS):
        gateway.store.put(
            f"/msg/0/txt/bench{number}",
            TextMessage(
                mRID=number.to_bytes(16, "big"),
                creationTime=now,
                EventStatus=EventStatus(currentStatus=1, dateTime=now, potentiallySuperseded=False),
                interval=DateTimeInterval(duration=3600, start=now - number),
                priority=1,
                textMessage="Please save power from 16 to 19 h",
                responseRequired=b"\x00",
                replyTo="/rsps/0/rsp",
            ),
        )
    return subject


def _requests(peer: Peer, subject: bytes) -> dict[str, str]:
    body = xml.encode(
        TextResponse(createdDateTime=1000000000, endDeviceLFDI=peer.lfdi, status=1, subject=subject)
    ).decode()
    head = "Host: localhost\r\nAccept: application/sep+xml; level=-S1\r\n"
    return {
        "GET /dcap": f"GET /dcap HTTP/1.1\r\n{head}\r\n",
        "GET /edev/1": f"GET /edev/1 HTTP/1.1\r\n{head}\r\n",
        "list of 10": f"GET /msg/0/txt?s=0&l=10 HTTP/1.1\r\n{head}\r\n",
        "list of 100": f"GET /msg/0/txt?s=0&l=100 HTTP/1.1\r\n{head}\r\n",
        "POST Response": (
            f"POST /rsps/0/rsp HTTP/1.1\r\n{head}Content-Type: application/sep+xml; level=-S1\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ),
    }


async def rate(plan: dict[str, Any]) -> float:
    """Return the answers a second that a load from a second process gets."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.load", json.dumps(plan)), stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    result = json.loads(out)
    if set(result["answers"]) - {"200", "201", "204"}:
        print("not every answer is a success:", result["answers"], file=sys.stderr)
    return float(result["rate"])
