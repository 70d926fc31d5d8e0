"""`handover sep2 get`, `put` and `post`: one request, and what the server answers."""

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from handover.cli.sep2.connection import Ca, Cert, Key, Lfdi, Timeout, Way
from handover.cli.sep2.showing import document, show
from handover.errors import ConfigError

if TYPE_CHECKING:
    from handover.sep2.server.messages import Response

Url = Annotated[str, typer.Argument(help="For example https://gateway.local:8443/dcap")]
Body = Annotated[Path, typer.Argument(help="The document, XML or EXI; - for standard input.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print everything as JSON.")]
Raw = Annotated[bool, typer.Option("--raw", help="Print the body as it came (EXI: hexadecimal digits).")]
Exi = Annotated[bool, typer.Option("--exi", help="Speak EXI instead of XML.")]

_ADVICE = {
    400: "the server finds the request wrong; compare path and query with the links that it gives",
    403: "the server knows who we are and does not allow it; is this device admitted there?",
    404: "there is nothing at this path, or nothing that this device may see; follow the links from /dcap",
    405: "the server does not offer this method here",
    406: "the server does not speak this form here; try with or without --exi",
    415: "the server does not read this form here; try with or without --exi",
    503: "the server is busy or has just started; try again later",
}
_EXITS = {4: 3, 5: 4}


def get(
    url: Url,
    cert: Cert = None,
    key: Key = None,
    ca: Ca = None,
    lfdi: Lfdi = None,
    use_exi: Exi = False,
    as_json: AsJson = False,
    raw: Raw = False,
    timeout: Timeout = 30.0,
) -> None:
    """GET one resource and print it.

    Exit codes: 0 answered, 1 no answer or not acceptable, 2 wrong use, 3 refused (4xx), 4 failed (5xx).
    """
    way = Way(cert, key, ca, lfdi, timeout)
    answer = asyncio.run(_ask("GET", url, b"", way, use_exi=use_exi))
    _report(url, answer, as_json=as_json, raw=raw)


def put(
    url: Url,
    file: Body,
    cert: Cert = None,
    key: Key = None,
    ca: Ca = None,
    lfdi: Lfdi = None,
    use_exi: Exi = False,
    as_json: AsJson = False,
    raw: Raw = False,
    timeout: Timeout = 30.0,
) -> None:
    """PUT a document to a resource. Exit codes as with `get`."""
    way = Way(cert, key, ca, lfdi, timeout)
    answer = asyncio.run(_ask("PUT", url, _body(file, use_exi=use_exi), way, use_exi=use_exi))
    _report(url, answer, as_json=as_json, raw=raw)


def post(
    url: Url,
    file: Body,
    cert: Cert = None,
    key: Key = None,
    ca: Ca = None,
    lfdi: Lfdi = None,
    use_exi: Exi = False,
    as_json: AsJson = False,
    raw: Raw = False,
    timeout: Timeout = 30.0,
) -> None:
    """POST a document to a list or a mirror, and print where it went. Exit codes as with `get`."""
    way = Way(cert, key, ca, lfdi, timeout)
    answer = asyncio.run(_ask("POST", url, _body(file, use_exi=use_exi), way, use_exi=use_exi))
    _report(url, answer, as_json=as_json, raw=raw)


def _body(file: Path, *, use_exi: bool) -> bytes:
    """Return a document as it is to be sent, after a look at whether it is one."""
    from handover.sep2 import exi, xml

    try:
        data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}") from None
    is_exi = data[:1] in (b"$", b"\xa0")
    resource = (exi if is_exi else xml).decode(data)
    if is_exi == use_exi:
        return data
    return exi.encode(resource) if use_exi else xml.encode(resource)


async def _ask(method: str, url: str, body: bytes, way: Way, *, use_exi: bool) -> "Response":
    """Make the one request."""
    from handover.sep2.media import EXI_CONTENT_TYPE, XML_CONTENT_TYPE
    from handover.sep2.server.messages import Request

    parts = urlsplit(url)
    kind = EXI_CONTENT_TYPE if use_exi else XML_CONTENT_TYPE
    headers = {"Accept": kind} | ({"Content-Type": kind} if body else {})
    async with way.to(url) as transport:
        return await transport.exchange(Request(method, parts.path or "/", parts.query, headers, body))


def _report(url: str, answer: "Response", *, as_json: bool, raw: bool) -> None:
    """Print an answer and end with its exit code."""
    location = next((v for k, v in answer.headers.items() if k.lower() == "location"), None)
    if as_json:
        typer.echo(json.dumps(document(answer), indent=2, ensure_ascii=False))
    elif raw:
        kind = next((v for k, v in answer.headers.items() if k.lower() == "content-type"), "")
        text = answer.body.hex() if "sep-exi" in kind else answer.body.decode("utf-8", "replace")
        typer.echo(text)
    else:
        show(url, answer)
        if location is not None:
            typer.echo(f"it is at {location}")
    if answer.status >= 400:
        hint = _ADVICE.get(answer.status, "see the server's log")
        typer.secho(f"error: the server answered {answer.status}: {hint}", fg="red", err=True)
    if answer.status >= 300:
        raise typer.Exit(_EXITS.get(answer.status // 100, 1))
