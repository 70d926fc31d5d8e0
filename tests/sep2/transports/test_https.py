"""HTTPS on loopback: who gets in, what is said when not, and requests through the real request engine."""

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from structlog.testing import capture_logs

from handover.errors import ConfigError, DecodeError, HandoverError, NotNow, Refused
from handover.sep2 import xml
from handover.sep2.media import XML_CONTENT_TYPE
from handover.sep2.peer import Peer
from handover.sep2.resources.device_capability import DeviceCapability
from handover.sep2.resources.response import DrResponse
from handover.sep2.security.identity import lfdi, sfdi
from handover.sep2.server import Request, Response
from handover.sep2.transports.https import (
    ClientLimits,
    Credentials,
    HttpsServer,
    HttpsTransport,
    Limits,
    client_context,
    server_context,
)
from sep2.transports.conftest import Certificates, Runner, check
from sep2.utility import Utility, mrid

GET = Request("GET", "/dcap", headers={"Accept": XML_CONTENT_TYPE})
QUICK = Limits(handshake_time=2.0)


def echo(request: Request) -> Response:
    """Answer with what was asked, and by whom."""
    told = {
        "method": request.method,
        "path": request.path,
        "query": request.query,
        "body": request.body.decode("latin-1"),
        "lfdi": request.peer.lfdi.hex() if request.peer else None,
    }
    body = json.dumps(told).encode()
    return Response(200, {"Content-Type": "application/json", "Content-Length": str(len(body))}, body)


async def ask(
    server: HttpsServer,
    credentials: Credentials,
    request: Request = GET,
    host: str = "localhost",
    **options: Any,
) -> Response:
    context = client_context(credentials, check, **options)
    async with HttpsTransport(f"https://{host}:{server.port}", context) as transport:
        return await transport.exchange(request)


def serve(certificates: Certificates, exchange: Any = echo, **options: Any) -> HttpsServer:
    context = server_context(certificates.of("gateway"), check)
    return HttpsServer(exchange, context, host="127.0.0.1", limits=options.pop("limits", QUICK), **options)


def test_a_device_gets_in_and_is_known_by_its_certificate(certificates: Certificates, runner: Runner) -> None:
    async def scene() -> None:
        async with serve(certificates) as server:
            answer = await ask(server, certificates.of("device"), Request("GET", "/edev", "s=0&l=5"))
            told = json.loads(answer.body)
            assert told["lfdi"] == lfdi(certificates.der("device")).hex()
            assert (told["path"], told["query"]) == ("/edev", "s=0&l=5")
            other = await ask(server, certificates.of("second"))
            assert json.loads(other.body)["lfdi"] == lfdi(certificates.der("second")).hex()

    runner(scene())


def test_the_identity_is_computed_once_for_a_connection(certificates: Certificates, runner: Runner) -> None:
    computed: list[bytes] = []

    def identify(der: bytes) -> Peer:
        computed.append(der)
        return Peer(lfdi(der), sfdi(lfdi(der)))

    async def scene() -> None:
        async with serve(certificates, identify=identify) as server:
            context = client_context(certificates.of("device"), check)
            async with HttpsTransport(f"https://localhost:{server.port}", context) as transport:
                for _ in range(5):
                    assert (await transport.exchange(GET)).status == 200
                assert server.connections == 1

    runner(scene())
    assert len(computed) == 1


@pytest.mark.parametrize(
    ("name", "logged", "told"),
    [
        ("selfsigned", "self-signed", "authority"),
        ("foreign", "issuer is not among the trusted|not trusted", "authority"),
        ("expired", "expired", "expired or not yet valid"),
        ("early", "not valid yet", "expired or not yet valid|damaged"),
        ("rsa", "not an elliptic curve key", "P-256"),
        ("p384", "another curve than P-256", "P-256"),
        ("sha384", "ECDSA and SHA-256", "P-256"),
    ],
)
def test_a_bad_certificate_is_refused_with_an_alert_and_a_log_line(
    certificates: Certificates, runner: Runner, name: str, logged: str, told: str
) -> None:
    asked: list[Request] = []

    def exchange(request: Request) -> Response:
        asked.append(request)
        return echo(request)

    async def scene() -> None:
        async with serve(certificates, exchange) as server:
            with pytest.raises(Refused, match=told):
                await ask(server, certificates.of(name))
            assert (await ask(server, certificates.of("device"))).status == 200

    with capture_logs() as logs:
        runner(scene())
    assert len(asked) == 1
    (line,) = [entry for entry in logs if entry["event"] == "connection refused"]
    assert line["address"].startswith("127.0.0.1 ")
    assert any(part in line["reason"] for part in logged.split("|")), line["reason"]


def test_no_certificate_no_entry(certificates: Certificates, runner: Runner) -> None:
    async def scene() -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0")
        context.load_verify_locations(certificates.folder / "ca.pem")
        async with (
            serve(certificates) as server,
            HttpsTransport(f"https://localhost:{server.port}", context) as transport,
        ):
            with pytest.raises(Refused, match="client certificate"):
                await transport.exchange(GET)

    with capture_logs() as logs:
        runner(scene())
    assert [entry["reason"] for entry in logs] == ["the client sent no certificate"]


def test_plain_http_and_garbage_on_the_https_port_leave_a_line(
    certificates: Certificates, runner: Runner
) -> None:
    async def scene() -> None:
        async with serve(certificates) as server:
            for sent in (b"GET /dcap HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\xff\xff\x00", b"\x00" * 64):
                reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
                writer.write(sent)
                writer.write_eof()
                await reader.read()
                writer.close()

    with capture_logs() as logs:
        runner(scene())
    assert len(logs) == 3
    assert logs[0]["reason"] == "the client sent plain HTTP to the HTTPS port"


def test_a_handshake_that_does_not_go_on_is_ended(certificates: Certificates, runner: Runner) -> None:
    async def scene() -> None:
        limits = Limits(handshake_time=0.05)
        async with serve(certificates, limits=limits) as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            assert await _rest(reader) == b""
            writer.close()

    with capture_logs() as logs:
        runner(scene())
    assert "in time" in logs[0]["reason"]


async def _rest(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionError:
        return b""


def test_too_many_handshakes_give_way_to_newer_ones(certificates: Certificates, runner: Runner) -> None:
    async def scene() -> None:
        limits = Limits(handshakes=3, handshake_time=30.0)
        async with serve(certificates, limits=limits) as server:
            idle = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(8)]
            assert (await ask(server, certificates.of("device"))).status == 200
            for reader, writer in idle[:5]:
                assert await _rest(reader) == b""
                writer.close()
            for _, writer in idle[5:]:
                writer.close()

    with capture_logs():
        runner(scene())


@pytest.mark.parametrize("name", ["foreign", "expired", "rsa", "p384"])
def test_a_client_refuses_a_server_with_a_bad_certificate(certificates: Certificates, name: str) -> None:
    async def scene() -> None:
        try:
            context = server_context(certificates.of(name), check)
        except ConfigError:
            pytest.fail("the fault must be found by the client")
        async with HttpsServer(echo, context, host="127.0.0.1") as server:
            with pytest.raises(Refused):
                await ask(server, certificates.of("device"))

    with capture_logs():
        asyncio.run(scene())


def test_a_client_minds_the_servers_name_or_its_lfdi(certificates: Certificates, runner: Runner) -> None:
    async def scene() -> None:
        context = server_context(certificates.of("elsewhere"), check)
        device = certificates.of("device")
        async with HttpsServer(echo, context, host="127.0.0.1") as server:
            with pytest.raises(Refused, match="not for 'localhost'"):
                await ask(server, device)
            with pytest.raises(Refused, match=r"not for '127\.0\.0\.1'"):
                await ask(server, device, host="127.0.0.1")
            right = lfdi(certificates.der("elsewhere"))
            answer = await ask(server, device, check_hostname=False, lfdi=right)
            assert answer.status == 200
            with pytest.raises(Refused, match="LFDI"):
                await ask(server, device, check_hostname=False, lfdi=lfdi(certificates.der("gateway")))

    with capture_logs():
        runner(scene())


def test_nobody_there(certificates: Certificates) -> None:
    async def scene() -> None:
        async with serve(certificates) as server:
            pass
        with pytest.raises(NotNow, match="nothing listens"):
            await ask(server, certificates.of("device"))

    asyncio.run(scene())


def test_get_post_and_errors_through_the_real_engine(certificates: Certificates, runner: Runner) -> None:
    long = lfdi(certificates.der("device"))
    utility = Utility(peer=Peer(long, sfdi(long)))
    utility.control()

    async def scene() -> None:
        async with serve(certificates, utility.exchange) as server:
            context = client_context(certificates.of("device"), check)
            async with HttpsTransport(f"https://localhost:{server.port}", context) as transport:
                answer = await transport.exchange(GET)
                assert answer.status == 200
                assert answer.headers["Content-Type"] == XML_CONTENT_TYPE
                assert not answer.body.startswith(b"<?xml")
                xml.decode(answer.body, DeviceCapability)
                head = await transport.exchange(Request("HEAD", "/dcap"))
                assert (head.status, head.body) == (200, b"")
                assert head.headers["Content-Length"] == str(len(answer.body))
                response = DrResponse(endDeviceLFDI=long, status=1, subject=mrid(1))
                headers = {"Content-Type": XML_CONTENT_TYPE}
                post = Request("POST", "/rsps/1/rsp", headers=headers, body=xml.encode(response))
                created = await transport.exchange(post)
                assert created.status == 201
                assert created.headers["Location"].startswith("/rsps/1/rsp/")
                got = await transport.exchange(Request("GET", created.headers["Location"]))
                assert xml.decode(got.body).status == 1
                assert (await transport.exchange(Request("GET", "/nothing"))).status == 404
                assert (await transport.exchange(Request("DELETE", "/dcap"))).status in (403, 405)
                bad = Request("GET", "/dcap", headers={"Accept": "text/html"})
                assert (await transport.exchange(bad)).status == 406
                assert server.connections == 1

    with capture_logs() as logs:
        runner(scene())
    assert {(entry["event"], entry["status"]) for entry in logs} >= {("request refused", 404)}


@pytest.mark.parametrize("program", ["curl"])
def test_curl_walks_in_with_the_issued_certificates(
    certificates: Certificates, require_program: Callable[[str], str], program: str
) -> None:
    curl = require_program(program)
    long = lfdi(certificates.der("device"))
    utility = Utility(peer=Peer(long, sfdi(long)))
    folder = certificates.folder

    async def run(server: HttpsServer, *arguments: str) -> tuple[int, str, str]:
        process = await asyncio.create_subprocess_exec(
            curl, "--silent", "--show-error", "--include", "--noproxy", "*", "--max-time", "20",
            "--ciphers", "ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0", "--tls-max", "1.2",
            "--cacert", str(folder / "ca.pem"), *arguments, f"https://localhost:{server.port}/dcap",
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate()
        return process.returncode or 0, out.decode(), err.decode()

    async def scene() -> None:
        async with serve(certificates, utility.exchange) as server:
            device = ("--cert", str(folder / "device.pem"), "--key", str(folder / "device.key"))
            code, out, err = await run(server, *device)
            assert code == 0, err
            assert out.startswith("HTTP/1.1 200 OK")
            assert "<DeviceCapability" in out
            code, out, err = await run(server)
            assert (code, out) == (35, ""), err
            assert "alert handshake failure" in err

    with capture_logs():
        asyncio.run(scene())


@pytest.mark.parametrize(
    ("offer", "accepted"),
    [
        (("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0"), True),
        (("-tls1_2", "-cipher", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"), True),
        (("-tls1_2", "-cipher", "ALL:!AESCCM8:@SECLEVEL=0"), False),
        (("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256:@SECLEVEL=0"), False),
        (("-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-CCM8:@SECLEVEL=0"), False),
        (("-tls1_2", "-cipher", "eNULL:aNULL:@SECLEVEL=0"), False),
        (("-tls1_2", "-cipher", "PSK:@SECLEVEL=0", "-psk", "00"), False),
        (("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0", "-groups", "P-256"), True),
        (("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0", "-groups", "X25519"), False),
        (("-tls1_3",), False),
        (("-tls1_1", "-cipher", "ALL:@SECLEVEL=0"), False),
        (("-tls1", "-cipher", "ALL:@SECLEVEL=0"), False),
        (("-cipher", "DEFAULT"), False),
    ],
    ids=lambda offer: "_".join(offer) if isinstance(offer, tuple) else str(offer),
)
def test_a_scanner_finds_one_protocol_and_one_cipher(
    certificates: Certificates, require_program: Callable[[str], str], offer: tuple[str, ...], accepted: bool
) -> None:
    openssl = require_program("openssl")
    folder = certificates.folder

    async def scene() -> str:
        async with serve(certificates) as server:
            process = await asyncio.create_subprocess_exec(
                openssl, "s_client", "-connect", f"127.0.0.1:{server.port}", *offer,
                "-cert", str(folder / "device.pem"), "-key", str(folder / "device.key"),
                "-CAfile", str(folder / "ca.pem"), "-verify_return_error", "-brief",
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            )  # fmt: skip
            out, _ = await process.communicate()
            return out.decode()

    with capture_logs():
        out = asyncio.run(scene())
    established = "CONNECTION ESTABLISHED" in out
    assert established is accepted, out
    if accepted:
        assert "Protocol version: TLSv1.2" in out
        assert "ECDHE-ECDSA-AES128-CCM8" in out


# -- limits -----------------------------------------------------------------------------------------------

SMALL = Limits(
    header_time=0.05, body_time=0.05, idle_time=0.1, drain_time=0.05, line=512, field=256, fields=8, body=100
)


HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"


def plain(exchange: Any = echo, limits: Limits = SMALL) -> HttpsServer:
    return HttpsServer(exchange, None, host="127.0.0.1", limits=limits)


def say(
    runner: Runner, *parts: bytes, limits: Limits = SMALL, exchange: Any = echo, end: bool = False
) -> tuple[bytes, list[Any]]:
    """Send `parts` over plain HTTP and return everything that comes until the server closes, and the log."""

    async def scene() -> bytes:
        async with plain(exchange, limits) as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            for part in parts:
                writer.write(part)
                await writer.drain()
            if end:
                writer.write_eof()
            try:
                return await _rest(reader)
            finally:
                writer.close()

    with capture_logs() as logs:
        return runner(scene()), logs


def test_an_idle_connection_is_closed_after_a_while(runner: Runner) -> None:
    out, logs = say(runner, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert out.startswith(b"HTTP/1.1 200 OK\r\n")
    assert logs == []


@pytest.mark.parametrize(
    "sent",
    [
        b"G",
        b"GET / HTTP/1.1\r\nHost: x\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nAccept: a",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /",
    ],
)
def test_a_header_that_does_not_end_ends_the_connection(runner: Runner, sent: bytes) -> None:
    out, logs = say(runner, sent, limits=Limits(header_time=0.05, idle_time=0.1))
    assert out.count(b"HTTP/1.1") == sent.count(b"\r\n\r\n")
    assert sent.count(b"\r\n\r\n") or logs[0]["event"] == "slow request header"


@pytest.mark.parametrize(
    "head", [b"Content-Length: 50\r\n\r\nabc", b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"]
)
def test_a_body_that_does_not_end_is_not_waited_for(runner: Runner, head: bytes) -> None:
    out, logs = say(runner, b"POST / HTTP/1.1\r\nHost: x\r\n" + head)
    assert out.startswith(b"HTTP/1.1 408 ")
    assert b"Connection: close" in out
    assert (logs[0]["event"], logs[0]["status"]) == ("request refused", 408)


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 101\r\n\r\n",
        b"Content-Length: 99999999999999\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n65\r\n" + b"x" * 101 + b"\r\n0\r\n\r\n",
    ],
)
def test_a_body_that_is_too_large_is_refused(runner: Runner, head: bytes) -> None:
    asked: list[Request] = []
    out, logs = say(runner, b"POST / HTTP/1.1\r\nHost: x\r\n" + head, exchange=asked.append)
    assert out.startswith(b"HTTP/1.1 413 ")
    assert asked == []
    assert "limit" in logs[0]["reason"] or "more than" in logs[0]["reason"]


def test_a_compressed_body_is_refused(runner: Runner) -> None:
    out, _ = say(
        runner, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx"
    )
    assert out.startswith(b"HTTP/1.1 415 ")


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /" + b"a" * 600 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 300 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X%d: 1\r\n" % n for n in range(20)) + b"\r\n",
        b"\x00\x01\x02\x03\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\n bad: folded\r\nHost: x\r\n\r\n",
    ],
)
def test_what_is_not_http_is_refused_with_a_log_line(runner: Runner, sent: bytes) -> None:
    asked: list[Request] = []
    out, logs = say(runner, sent, exchange=asked.append)
    assert out.startswith(b"HTTP/1.1 400 ") or out == b""
    assert b"Traceback" not in out
    assert asked == []
    assert logs[0]["event"] == "bad request"
    assert logs[0]["address"].startswith("127.0.0.1")


def test_a_fault_of_the_exchange_is_a_500_without_details(runner: Runner) -> None:
    def exchange(request: Request) -> Response:
        raise RuntimeError("secret")

    out, logs = say(runner, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", exchange=exchange)
    assert out.startswith(b"HTTP/1.1 500 ")
    assert b"secret" not in out
    assert (logs[0]["event"], logs[0]["reason"]) == ("request failed", "RuntimeError: secret")


def test_an_error_raised_on_purpose_has_its_status(runner: Runner) -> None:
    def exchange(request: Request) -> Response:
        raise Refused("no")

    out, _ = say(runner, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", exchange=exchange)
    assert out.startswith(b"HTTP/1.1 403 ")


def test_an_answer_may_come_later(runner: Runner) -> None:
    async def exchange(request: Request) -> Response:
        await asyncio.sleep(0)
        return echo(request)

    out, _ = say(runner, b"GET /later HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", exchange=exchange)
    assert b'"path": "/later"' in out


def test_a_header_with_a_line_break_never_leaves(runner: Runner) -> None:
    def exchange(request: Request) -> Response:
        return Response(201, {"Location": "/a\r\nSet-Cookie: x", "Content-Length": "0"})

    out, _ = say(runner, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", exchange=exchange)
    assert b"Set-Cookie" not in out


def test_continue_is_said_before_a_body(runner: Runner) -> None:
    head = HEAD + b"Expect: 100-continue\r\nConnection: close\r\nContent-Length: 3\r\n\r\n"
    out, _ = say(runner, head, b"abc")
    assert out.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
    assert b'"body": "abc"' in out
    out, _ = say(runner, head.replace(b": 3", b": 999"))
    assert out.startswith(b"HTTP/1.1 413 ")


def test_requests_may_follow_each_other_without_waiting(runner: Runner) -> None:
    out, _ = say(
        runner,
        b"GET /1 HTTP/1.1\r\nHost: x\r\n\r\n"
        b"POST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"
        b"GET /3 HTTP/1.1\r\nHost: x\r\n\r\n",
    )
    assert [f'"path": "/{n}"'.encode() in out for n in (1, 2, 3)] == [True] * 3


@pytest.mark.parametrize("kept", [False, True])
def test_old_clients_are_served(runner: Runner, kept: bool) -> None:
    head = b"Connection: keep-alive\r\n" if kept else b""
    out, _ = say(runner, b"GET / HTTP/1.0\r\n" + head + b"\r\n")
    assert out.startswith(b"HTTP/1.1 200 OK")
    assert (b"Connection: keep-alive" in out) is kept
    assert (b"Connection: close" in out) is not kept


def test_above_the_limit_clients_are_told_when_to_come_back(runner: Runner) -> None:
    async def scene() -> None:
        limits = Limits(connections=2, spare=1, retry_after=17)
        async with plain(limits=limits) as server:
            held = []
            for _ in range(2):
                reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
                writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                await reader.readuntil(b"}")
                held.append(writer)
            third = HttpsTransport(f"http://127.0.0.1:{server.port}")
            async with third:
                answer = await third.exchange(GET)
                assert (answer.status, answer.headers["Retry-After"]) == (503, "17")
            reader, spare = await asyncio.open_connection("127.0.0.1", server.port)
            spare.write(b"G")
            await _until(lambda: server.connections == 3)
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            assert await _rest(reader) == b"", "beyond the spare ones nothing is said"
            for one in (*held, spare, writer):
                one.close()

    with capture_logs() as logs:
        runner(scene())
    assert [entry["event"] for entry in logs] == ["too many connections", "connection refused"]


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  # there is no event to wait for at the other end
            await asyncio.sleep(0)


def test_a_client_that_takes_no_answer_is_dropped(runner: Runner) -> None:
    big = b"x" * 8_000_000

    def exchange(request: Request) -> Response:
        return Response(200, {"Content-Length": str(len(big))}, big)

    async def scene() -> None:
        async with plain(exchange) as server:
            _, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1024)
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            await _until(lambda: server.connections == 1)
            await _until(lambda: server.connections == 0)
            writer.transport.abort()

    runner(scene())


def test_a_flood_of_bad_requests_is_logged_in_measure(runner: Runner) -> None:
    async def scene() -> None:
        async with plain() as server:
            for _ in range(60):
                reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
                writer.write(b"\x00\r\n\r\n")
                await _rest(reader)
                writer.close()

    with capture_logs() as logs:
        runner(scene())
    assert len(logs) == 20


def test_a_client_that_does_not_say_goodbye_is_cut_off(certificates: Certificates, runner: Runner) -> None:
    async def scene() -> None:
        limits = Limits(farewell_time=0.05)
        async with serve(certificates, limits=limits) as server:
            context = client_context(certificates.of("device"), check)
            into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
            tls = context.wrap_bio(into, out, server_hostname="localhost")
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            while True:
                try:
                    tls.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    writer.write(out.read())
                    into.write(await reader.read(65_536))
            tls.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            writer.write(out.read())
            into.write(await reader.read(65_536))
            assert tls.read(65_536).startswith(b"HTTP/1.1 200 OK")
            await _until(lambda: server.connections == 0)
            writer.close()

    with capture_logs():
        runner(scene())


def test_closing_waits_for_running_requests(runner: Runner) -> None:
    async def scene() -> None:
        begun, go = asyncio.Event(), asyncio.Event()

        async def exchange(request: Request) -> Response:
            begun.set()
            await go.wait()
            return echo(request)

        server = plain(exchange, Limits())
        await server.start()
        async with HttpsTransport(f"http://127.0.0.1:{server.port}") as transport:
            running = asyncio.create_task(transport.exchange(GET))
            await begun.wait()
            closing = asyncio.create_task(server.close())
            await asyncio.sleep(0)
            go.set()
            assert (await running).status == 200
            await closing
            with pytest.raises(NotNow):
                await transport.exchange(GET)

    runner(scene())


def test_a_port_that_is_taken_is_said(runner: Runner) -> None:
    async def scene() -> None:
        async with plain() as server:
            second = HttpsServer(echo, None, host="127.0.0.1", port=server.port)
            with pytest.raises(ConfigError, match="cannot listen"):
                await second.start()

    runner(scene())


# -- the client -------------------------------------------------------------------------------------------


async def _with_server(sent: bytes, act: Callable[[HttpsTransport], Awaitable[Any]], **limits: Any) -> Any:
    """Run `act` against a server that answers every connection with `sent`, whatever it is asked."""

    over = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(sent)
        if limits.get("answer_time") is not None:
            await _rest(reader)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        over.set()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        async with HttpsTransport(f"http://127.0.0.1:{port}", limits=ClientLimits(**limits)) as transport:
            return await act(transport)
    finally:
        await over.wait()
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize(
    ("sent", "limits", "error"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000, {"body": 1000}, DecodeError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nx", {}, DecodeError),
        (b"garbage\r\n\r\n", {}, DecodeError),
        (b"", {}, NotNow),
        (b"", {"answer_time": 0.05}, NotNow),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nx", {"answer_time": 0.05}, NotNow),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", {}, DecodeError),
    ],
)
async def test_bad_answers_are_errors_of_ours(
    sent: bytes, limits: dict[str, Any], error: type[HandoverError]
) -> None:
    with pytest.raises(error):
        await _with_server(sent, lambda transport: transport.exchange(GET), **limits)


async def test_redirects_are_given_back_not_followed() -> None:
    sent = b"HTTP/1.1 301 Moved\r\nLocation: https://elsewhere.example/\r\nContent-Length: 0\r\n\r\n"
    answer = await _with_server(sent, lambda transport: transport.exchange(GET))
    assert (answer.status, answer.headers["Location"]) == (301, "https://elsewhere.example/")


@pytest.mark.parametrize("base", ["gateway.local", "ftp://x", "https://", "https://gateway.local:8443"])
def test_an_address_that_cannot_be_used_is_said(base: str) -> None:
    with pytest.raises(ConfigError):
        HttpsTransport(base)


async def test_a_closed_transport_stays_closed() -> None:
    transport = HttpsTransport("http://127.0.0.1:1")
    with pytest.raises(NotNow):
        await transport.exchange(GET)
    await transport.open()
    await transport.close()
    await transport.close()
    with pytest.raises(NotNow):
        await transport.open()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"certificate": "nothing.pem"}, "does not exist"),
        ({"key": "second.key"}, "belong together"),
        ({"certificate": "ca.key"}, "cannot be used"),
        ({"trust": "device.x509"}, "cannot be read"),
    ],
)
def test_files_that_do_not_fit_are_said(
    certificates: Certificates, change: dict[str, str], word: str
) -> None:
    folder = certificates.folder
    names = {"certificate": "device.pem", "key": "device.key", "trust": "ca.pem"} | change
    credentials = Credentials(
        folder / names["certificate"], folder / names["key"], (folder / names["trust"],)
    )
    with pytest.raises(ConfigError, match=word):
        client_context(credentials, check)
