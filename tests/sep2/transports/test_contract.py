"""What every entry of TRANSPORTS promises, shown on each of them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from handover.errors import NotNow, Refused
from handover.sep2.security.identity import lfdi, sfdi
from handover.sep2.server import Peer, Request, Response
from handover.sep2.transports import TRANSPORTS, Exchange, Transport
from handover.sep2.transports.https import HttpsServer, HttpsTransport, client_context, server_context
from handover.sep2.transports.throttle import Throttle
from handover.sep2.transports.virtual import VirtualTransport
from sep2.transports.conftest import Certificates, check

Made = tuple[Transport, list[Request], Callable[[], Any]]


@asynccontextmanager
async def virtual(certificates: Certificates, exchange: Exchange) -> AsyncIterator[Transport]:
    long = lfdi(certificates.der("device"))
    yield VirtualTransport(exchange, Peer(long, sfdi(long)))


@asynccontextmanager
async def https(certificates: Certificates, exchange: Exchange) -> AsyncIterator[Transport]:
    context = server_context(certificates.of("gateway"), check)
    async with HttpsServer(exchange, context, host="127.0.0.1") as server:
        device = client_context(certificates.of("device"), check)
        yield HttpsTransport(f"https://localhost:{server.port}", device)


WAYS = {"virtual": virtual, "https": https}


def test_the_suite_covers_the_table() -> None:
    assert WAYS.keys() == TRANSPORTS.keys()


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Any:
    return WAYS[request.param]


async def test_a_request_arrives_as_it_was_sent_and_so_does_its_answer(
    way: Any, certificates: Certificates
) -> None:
    asked: list[Request] = []

    def exchange(request: Request) -> Response:
        asked.append(request)
        return Response(201, {"Location": "/x", "Content-Length": "2"}, b"ok")

    async with way(certificates, exchange) as transport:
        await transport.open()
        sent = Request("POST", "/rsps/1/rsp", "a=1&b=%20", {"Content-Type": "application/sep+xml"}, b"<x/>")
        answer = await transport.exchange(sent)
        await transport.close()
    (got,) = asked
    assert (got.method, got.path, got.query, got.body) == ("POST", "/rsps/1/rsp", "a=1&b=%20", b"<x/>")
    assert got.headers["Content-Type"] == "application/sep+xml"
    assert got.peer is not None
    assert got.peer.lfdi == lfdi(certificates.der("device"))
    assert (answer.status, answer.headers["Location"], answer.body) == (201, "/x", b"ok")


async def test_nobody_can_pretend_to_be_somebody_else(way: Any, certificates: Certificates) -> None:
    asked: list[Request] = []

    def exchange(request: Request) -> Response:
        asked.append(request)
        return Response(204, {"Content-Length": "0"})

    async with way(certificates, exchange) as transport:
        await transport.open()
        await transport.exchange(Request("GET", "/", peer=Peer(bytes(20), 0)))
        await transport.close()
    assert asked[0].peer is not None
    assert asked[0].peer.lfdi != bytes(20)


async def test_errors_of_the_server_are_answers(way: Any, certificates: Certificates) -> None:
    def exchange(request: Request) -> Response:
        raise Refused("no")

    async with way(certificates, exchange) as transport:
        await transport.open()
        assert (await transport.exchange(Request("GET", "/"))).status == 403
        await transport.close()


async def test_answers_may_come_later_and_side_by_side(way: Any, certificates: Certificates) -> None:
    both = asyncio.Barrier(2)

    async def exchange(request: Request) -> Response:
        await both.wait()
        return Response(200, {"Content-Length": str(len(request.path))}, request.path.encode())

    async with way(certificates, exchange) as transport:
        await transport.open()
        asked = (transport.exchange(Request("GET", path)) for path in ("/a", "/b"))
        assert [answer.body for answer in await asyncio.gather(*asked)] == [b"/a", b"/b"]
        await transport.close()


async def test_only_between_opening_and_closing(way: Any, certificates: Certificates) -> None:
    async with way(certificates, lambda request: Response(204, {"Content-Length": "0"})) as transport:
        with pytest.raises(NotNow):
            await transport.exchange(Request("GET", "/"))
        await transport.open()
        assert (await transport.exchange(Request("GET", "/"))).status == 204
        await transport.close()
        await transport.close()
        with pytest.raises(NotNow):
            await transport.exchange(Request("GET", "/"))
        with pytest.raises(NotNow):
            await transport.open()


async def test_a_virtual_server_may_be_down() -> None:
    transport = VirtualTransport(lambda request: Response(204, {}))
    await transport.open()
    transport.down = True
    with pytest.raises(NotNow):
        await transport.exchange(Request("GET", "/"))
    transport.down = False
    assert (await transport.exchange(Request("GET", "/"))).status == 204


def test_a_throttle_counts_what_it_holds_back() -> None:
    throttle = Throttle(burst=2, period=10, keys=2)
    assert [throttle.admit("a", t) for t in (0, 1, 2, 3)] == [0, 0, None, None]
    assert throttle.admit("b", 3) == 0
    assert throttle.admit("a", 10) == 2
    assert throttle.admit("a", 11) == 0
    assert throttle.admit("c", 12) == 0, "the key unseen for the longest time is forgotten"
    assert throttle.admit("b", 12) == 0


def test_https_transport_wants_https_to_be_https() -> None:
    assert HttpsTransport("http://127.0.0.1:8080").authority == "127.0.0.1:8080"
