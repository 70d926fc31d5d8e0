"""Requests a second of the ESI (`sep2.serving`): access control on, the tree in SQLite, 8 connections.

Plain HTTP (the client's identity given from outside) and TLS 1.2 CCM8 with client certificates in one run.
Posted readings are in the file when the answer leaves (WAL, synchronous=NORMAL: a killed process loses none).
"""

import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog
import uvloop

from benchmarks.server import BOUND, CONNECTIONS, ENVOY, ITEMS, SECONDS, rate
from handover.sep2 import exi, xml
from handover.sep2.adapters.database import Database
from handover.sep2.adapters.pki_folder import PkiFolder
from handover.sep2.esi import Esi, Settings
from handover.sep2.peer import Peer
from handover.sep2.resources.common import DateTimeInterval, EventStatus, ListLink
from handover.sep2.resources.messaging import MessagingProgram, TextMessage
from handover.sep2.resources.metering import Reading, ReadingType
from handover.sep2.resources.metering_mirror import (
    MirrorMeterReading,
    MirrorMeterReadingList,
    MirrorUsagePoint,
)
from handover.sep2.server import Request
from handover.sep2.serving import Serving
from handover.sep2.store import Store
from handover.sep2.transports.https import HttpsServer

_BESIDE = {
    "GET /dcap": "GET /dcap",
    "GET /edev/0": "GET /edev/1",
    "list of 10": "list of 10",
    "list of 100": "list of 100",
    "list of 100 in EXI": "list of 100",
    "POST mirror reading": "POST Response",
}
_ENVOY_12, _BOUND_12 = 109, 2850


def run() -> str:
    """Measure every row, plain and with TLS."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    lines = [
        "### SEP 2.0 ESI, requests/s, one process, 8 connections",
        "",
        "| request | plain HTTP | TLS 1.2 CCM8 | envoy 1.5 (plain) | plain / envoy | TLS / envoy "
        "| of the aiohttp bound |",
        "|---|---|---|---|---|---|---|",
    ]
    for what, plain, secure in uvloop.run(_measure()):
        beside = _BESIDE.get(what)
        envoy, bound = (ENVOY[beside], BOUND[beside]) if beside else (_ENVOY_12, _BOUND_12)
        lines.append(
            f"| {what} | {plain:.0f} | {secure:.0f} | {envoy} | {plain / envoy:.0f}x | {secure / envoy:.0f}x "
            f"| {plain / bound:.0%} |"
        )
    return "\n".join(lines) + "\n"


async def _measure() -> list[tuple[str, float, float]]:
    with tempfile.TemporaryDirectory() as name:
        folder, now = Path(name), time.time()
        pki = PkiFolder(folder / "pki")
        pki.init("bench", now)
        pki.gateway(["127.0.0.1"], now)
        pki.device("device", now)
        peer = pki.peer("device")
        store, database = Store(), Database(folder / "esi.db", synchronous="NORMAL")
        database.load(store)
        esi = Esi(Settings(), store)
        esi.admit(peer, 111115, now)
        _messages(esi, int(now))
        mirror = _mirror(esi, peer, now)
        serving = Serving(esi, pki.credentials("gateway"), host="127.0.0.1", database=database)
        await serving.start()
        plain = HttpsServer(_as(serving, peer), None, host="127.0.0.1")
        await plain.start()
        tls = {
            "cert": str(pki.files("device").certificate),
            "ca": str(pki.files("ca").certificate),
            "port": serving.port,
        }
        rows = []
        for what, request in _requests(mirror).items():
            plan: dict[str, Any] = {
                "host": "127.0.0.1",
                "request": request,
                "connections": CONNECTIONS,
                "seconds": SECONDS,
            }
            rows.append((what, await rate({**plan, "port": plain.port}), await rate({**plan, **tls})))
        await plain.close()
        await serving.close()
        database.close()
        return rows


def _as(serving: Serving, peer: Peer) -> Any:
    """Return the ESI's exchange as if every request came from `peer`."""
    return lambda request: serving.exchange(replace(request, peer=peer))


def _messages(esi: Esi, now: int) -> None:
    program = MessagingProgram(
        mRID=b"\1", locale="en-US", primacy=1, TextMessageListLink=ListLink(href="/msg/0/txt")
    )
    esi.store.put("/msg/0", program)
    for number in range(ITEMS):
        message = TextMessage(
            mRID=number.to_bytes(16),
            creationTime=now,
            EventStatus=EventStatus(currentStatus=1, dateTime=now, potentiallySuperseded=False),
            interval=DateTimeInterval(duration=86_400, start=now - number),
            priority=1,
            textMessage="Please save power from 16 to 19 h",
            responseRequired=b"\x00",
            replyTo="/rsps/0/rsp",
        )
        esi.store.put(f"/msg/0/txt/{number}", message)


def _mirror(esi: Esi, peer: Peer, now: float) -> str:
    """Make a mirror with twelve series and return its path."""
    kind = ReadingType(uom=72, accumulationBehaviour=9, kind=12, commodity=1)
    series = [MirrorMeterReading(mRID=bytes([n + 1]), ReadingType=kind) for n in range(12)]
    point = MirrorUsagePoint(
        mRID=b"\1",
        roleFlags=b"\0\1",
        serviceCategoryKind=0,
        status=1,
        deviceLFDI=peer.lfdi,
        MirrorMeterReading=series,
    )
    headers = {"Content-Type": "application/sep+xml"}
    answer = esi.handle(Request("POST", "/mup", "", headers, xml.encode(point), peer), now)
    return answer.headers["Location"]


def _requests(mirror: str) -> dict[str, str]:
    head = "Host: localhost\r\nAccept: application/sep+xml; level=-S1\r\n"
    binary = "Host: localhost\r\nAccept: application/sep-exi; level=-S1\r\n"
    one = _reading(1)
    twelve = MirrorMeterReadingList(
        all=12, results=12, MirrorMeterReading=[_reading(n + 1) for n in range(12)]
    )
    assert exi.decode(exi.encode(one)) == one
    return {
        "GET /dcap": f"GET /dcap HTTP/1.1\r\n{head}\r\n",
        "GET /edev/0": f"GET /edev/0 HTTP/1.1\r\n{head}\r\n",
        "list of 10": f"GET /msg/0/txt?s=0&l=10 HTTP/1.1\r\n{head}\r\n",
        "list of 100": f"GET /msg/0/txt?s=0&l=100 HTTP/1.1\r\n{head}\r\n",
        "list of 100 in EXI": f"GET /msg/0/txt?s=0&l=100 HTTP/1.1\r\n{binary}\r\n",
        "POST mirror reading": _post(head, mirror, xml.encode(one).decode()),
        "POST mirror readings x12": _post(head, mirror, xml.encode(twelve).decode()),
    }


def _reading(number: int) -> MirrorMeterReading:
    """Return a reading whose value the load replaces by a new one each time."""
    return MirrorMeterReading(mRID=bytes([number]), Reading=Reading(value=1_000_000_000))


def _post(head: str, path: str, body: str) -> str:
    return (
        f"POST {path} HTTP/1.1\r\n{head}Content-Type: application/sep+xml; level=-S1\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    )
