"""`handover sep2 get` against a real HTTPS server: what it prints, and what it says when it cannot."""

import asyncio
import json
from typing import Any

import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner, Result

from handover.cli import sep2
from handover.errors import ConfigError, HandoverError
from handover.sep2 import xml
from handover.sep2.security.identity import lfdi, sfdi
from handover.sep2.server import Peer, Request, Response
from handover.sep2.transports.https import HttpsServer, server_context
from sep2.transports.conftest import Certificates, certificates, check
from sep2.utility import Utility

__all__ = ["certificates"]


def run(certificates: Certificates, *arguments: str, exchange: Any = None, server: str = "gateway") -> Result:
    """Run the command in a thread beside a server; "URL" in the arguments becomes the server's."""
    long = lfdi(certificates.der("device"))
    utility = Utility(peer=Peer(long, sfdi(long)))
    utility.control()

    async def scene() -> Result:
        context = server_context(certificates.of(server), check)
        async with HttpsServer(exchange or utility.exchange, context, host="127.0.0.1") as served:
            url = f"https://localhost:{served.port}"
            words = ["get", *(word.replace("URL", url) for word in arguments)]
            return await asyncio.to_thread(CliRunner().invoke, sep2.app, words)

    with capture_logs():
        return asyncio.run(scene())


def keys(certificates: Certificates, name: str = "device", ca: str = "ca") -> list[str]:
    folder = certificates.folder
    return ["--cert", f"{folder}/{name}.pem", "--key", f"{folder}/{name}.key", "--ca", f"{folder}/{ca}.pem"]


def test_a_resource_is_printed_as_a_tree(certificates: Certificates) -> None:
    result = run(certificates, "URL/dcap", *keys(certificates))
    assert result.exit_code == 0, result.output
    assert "200  https://localhost:" in result.output
    assert "DeviceCapability" in result.output
    assert "href /edev" in result.output


def test_the_key_beside_the_certificate_is_found(certificates: Certificates) -> None:
    folder = certificates.folder
    result = run(certificates, "URL/tm", "--cert", f"{folder}/device.pem", "--ca", f"{folder}/ca.pem")
    assert result.exit_code == 0, result.output
    assert "currentTime" in result.output


def test_lists_print_their_items_and_queries_are_kept(certificates: Certificates) -> None:
    result = run(certificates, "URL/dr/1/edc?s=0&l=5", *keys(certificates), "--json")
    shown = json.loads(result.output)
    assert shown["status"] == 200
    control = shown["document"]["EndDeviceControlList"]["EndDeviceControl"][0]
    assert control["mRID"] == "00000000000000000000000100007ED9"
    assert control["drProgramMandatory"] is False
    assert control["interval"]["duration"] == 1800


def test_raw_is_as_it_came(certificates: Certificates) -> None:
    result = run(certificates, "URL/dcap", *keys(certificates), "--raw")
    assert result.output.startswith("<DeviceCapability ")


@pytest.mark.parametrize(
    ("status", "code", "word"),
    [
        (403, 3, "admitted"),
        (404, 3, "nothing at this path"),
        (406, 3, "--exi"),
        (500, 4, "log"),
        (503, 4, "busy"),
    ],
)
def test_refusals_say_what_to_do_next(certificates: Certificates, status: int, code: int, word: str) -> None:
    def exchange(request: Request) -> Response:
        return Response(status, {"Content-Length": "0"})

    result = run(certificates, "URL/dcap", *keys(certificates), exchange=exchange)
    assert result.exit_code == code
    assert f"answered {status}" in result.output
    assert word in result.output


@pytest.mark.parametrize(
    ("name", "ca", "server", "word"),
    [
        ("selfsigned", "ca", "gateway", "does not trust the authority"),
        ("foreign", "ca", "gateway", "does not trust the authority"),
        ("rsa", "ca", "gateway", "P-256"),
        ("expired", "ca", "gateway", "compare both clocks"),
        ("device", "foreign-ca", "gateway", "to the trusted ones"),
        ("device", "ca", "elsewhere", "not for 'localhost'"),
    ],
)
def test_failed_handshakes_are_explained(
    certificates: Certificates, name: str, ca: str, server: str, word: str
) -> None:
    result = run(certificates, "URL/dcap", *keys(certificates, name, ca), server=server)
    assert isinstance(result.exception, HandoverError)
    assert word in str(result.exception)


def test_a_server_may_be_known_by_its_lfdi(certificates: Certificates) -> None:
    known = lfdi(certificates.der("elsewhere")).hex()
    result = run(certificates, "URL/dcap", *keys(certificates), "--lfdi", known, server="elsewhere")
    assert result.exit_code == 0, result.output
    other = lfdi(certificates.der("gateway")).hex()
    result = run(certificates, "URL/dcap", *keys(certificates), "--lfdi", other, server="elsewhere")
    assert "LFDI" in str(result.exception)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["gateway.local"], "is not a URL"),
        (["https://localhost:1/dcap"], "--cert"),
        (["https://localhost:1/dcap", "--cert", "nothing.pem", "--ca", "nothing.pem"], "does not exist"),
    ],
)
def test_wrong_use_is_the_operators(arguments: list[str], word: str) -> None:
    result = CliRunner().invoke(sep2.app, ["get", *arguments])
    assert isinstance(result.exception, ConfigError)
    assert word in str(result.exception)


def test_nobody_there(certificates: Certificates) -> None:
    result = CliRunner().invoke(sep2.app, ["get", "https://localhost:1/dcap", *keys(certificates)])
    assert "nothing listens" in str(result.exception)


def test_hostile_texts_are_shown_as_text(certificates: Certificates) -> None:
    utility = Utility()
    path = utility.message(50, textMessage="[red]free[/red] \x9b31mmoney")
    body = xml.encode(utility.store.get(path))

    def exchange(request: Request) -> Response:
        sent = body if request.path == path else b"<html>\x1b]0;title\x07"
        return Response(200, {"Content-Length": str(len(sent)), "Content-Type": "application/sep+xml"}, sent)

    result = run(certificates, f"URL{path}", *keys(certificates), exchange=exchange)
    assert "[red]free[/red] \\x9b31mmoney" in result.output
    result = run(certificates, "URL/other", *keys(certificates), exchange=exchange)
    assert "cannot be read" in str(result.exception)
    assert "\x1b" not in result.output
