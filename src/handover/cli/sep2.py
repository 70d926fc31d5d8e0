"""`handover sep2`: look at a SEP 2.0 server with the eyes of a client."""

import asyncio
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from handover.errors import ConfigError, DecodeError

if TYPE_CHECKING:
    from rich.tree import Tree

    from handover.sep2.server.messages import Response

app = typer.Typer(no_args_is_help=True, help="Look at a SEP 2.0 server as a client sees it.")

_ADVICE = {
    400: "the server finds the request wrong; compare path and query with the links that it gives",
    403: "the server knows who we are and does not allow it; is this device admitted there?",
    404: "there is nothing at this path, or nothing that this device may see; follow the links from /dcap",
    405: "the server does not offer this method here",
    406: "the server does not speak application/sep+xml here",
    503: "the server is busy or has just started; try again later",
}
_EXITS = {4: 3, 5: 4}


@app.command()
def get(
    url: Annotated[str, typer.Argument(help="For example https://gateway.local:8443/dcap")],
    cert: Annotated[Path | None, typer.Option(help="Our certificate (PEM).")] = None,
    key: Annotated[Path | None, typer.Option(help="Its key (PEM); by default beside it or inside.")] = None,
    ca: Annotated[list[Path] | None, typer.Option(help="Authority that the server must be of (PEM).")] = None,
    lfdi: Annotated[
        str | None, typer.Option(help="Accept only the server with this LFDI, under whatever host name.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    raw: Annotated[bool, typer.Option("--raw", help="Print the body as it came.")] = False,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds to wait for an answer.")] = 30.0,
) -> None:
    """GET one resource and print it.

    Exit codes: 0 answered, 1 no answer or not acceptable, 2 wrong use, 3 refused (4xx), 4 failed (5xx).
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(f"{url!r} is not a URL; write for example https://gateway.local:8443/dcap")
    answer = asyncio.run(_fetch(url, cert, key, ca or [], lfdi, timeout))
    if as_json:
        typer.echo(json.dumps(_document(answer), indent=2, ensure_ascii=False))
    elif raw:
        typer.echo(answer.body.decode("utf-8", "replace"))
    else:
        _show(url, answer)
    if answer.status >= 400:
        hint = _ADVICE.get(answer.status, "see the server's log")
        typer.secho(f"error: the server answered {answer.status}: {hint}", fg="red", err=True)
    if answer.status >= 300:
        raise typer.Exit(_EXITS.get(answer.status // 100, 1))


@app.command()
def discover(
    seconds: Annotated[float, typer.Option(min=0.1, help="How long to listen for answers.")] = 3.0,
    subtype: Annotated[
        list[str] | None,
        typer.Option(help="Ask for the path of a function set too (tp, upt, dr, msg, edev...); repeat it."),
    ] = None,
    interface: Annotated[
        list[str] | None, typer.Option(help="Address of an interface to ask on; repeat it. All by default.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Find SEP 2.0 servers on the local network by DNS-SD, in .local and .site.

    Exit codes: 0 found, 1 nobody answered.
    """
    from dataclasses import asdict

    from handover.sep2.transports.discovery import browse

    found = asyncio.run(browse(seconds=seconds, subtypes=subtype or (), chosen=interface))
    if as_json:
        typer.echo(json.dumps([asdict(server) for server in found], indent=2))
    for server in () if as_json else found:
        scheme, port = ("http", server.port) if server.https_port is None else ("https", server.https_port)
        host = server.host.rstrip(".")
        typer.echo(f"{server.instance}  {scheme}://{host}:{port}{server.dcap}  ({server.domain})")
        typer.echo(f"    addresses: {', '.join(server.addresses)}")
        for name, path in server.subtypes.items():
            typer.echo(f"    {name}: {path}")
    if not found:
        typer.secho(
            f"nobody answered within {seconds:g} s; is the server on this network, "
            "and is multicast let through?",
            err=True,
        )
        raise typer.Exit(1)


async def _fetch(
    url: str, cert: Path | None, key: Path | None, ca: list[Path], lfdi: str | None, seconds: float
) -> "Response":
    """Make the one request."""
    from handover.sep2.media import XML_CONTENT_TYPE
    from handover.sep2.security.certificate import check_peer
    from handover.sep2.security.identity import parse_lfdi
    from handover.sep2.server.messages import Request
    from handover.sep2.transports.https import ClientLimits, Credentials, HttpsTransport, client_context

    parts = urlsplit(url)
    context = None
    if parts.scheme == "https":
        if cert is None or not ca:
            raise ConfigError(
                "https needs --cert (ours, with --key) and --ca (the server's authority); "
                "`handover pki` makes them for a gateway of your own"
            )
        context = client_context(
            Credentials(cert, key or _key_beside(cert), tuple(ca)),
            lambda der: check_peer(der, time.time()),
            check_hostname=lfdi is None,
            lfdi=None if lfdi is None else parse_lfdi(lfdi),
        )
    limits = ClientLimits(connect_time=seconds, answer_time=seconds)
    async with HttpsTransport(url, context, limits=limits) as transport:
        headers = {"Accept": XML_CONTENT_TYPE}
        return await transport.exchange(Request("GET", parts.path or "/", parts.query, headers))


def _key_beside(cert: Path) -> Path:
    """Return the key file that `handover pki` writes beside a certificate, or the certificate's own file."""
    beside = cert.with_suffix(".key")
    return beside if beside.is_file() else cert


def _show(url: str, answer: "Response") -> None:
    """Print an answer for people: a line about it, then the document as a tree."""
    from rich.console import Console
    from rich.text import Text
    from rich.tree import Tree

    console = Console(highlight=False, soft_wrap=True)
    kind = next((v for k, v in answer.headers.items() if k.lower() == "content-type"), "no body")
    console.print(Text(f"{answer.status}  {url}  ({kind}, {len(answer.body)} octets)", "dim"))
    if not answer.body:
        return
    try:
        name, content = _plain(answer)
    except DecodeError as error:
        console.print(Text(_visible(answer.body[:2000].decode("utf-8", "replace"))))
        if answer.status == 200:
            raise DecodeError(f"the document cannot be read: {error}; --raw prints it as it came") from error
        return
    tree = Tree(Text(name, "bold"))
    _grow(tree, content)
    console.print(tree)


def _grow(tree: "Tree", content: dict[str, object]) -> None:
    """Hang plain values into a tree."""
    from rich.text import Text

    for name, value in content.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                _grow(tree.add(Text(name, "bold")), one)
            else:
                tree.add(Text.assemble((name, "cyan"), " ", _visible(str(one))))


def _visible(text: str) -> str:
    """Return text from a server with everything escaped that a terminal might obey."""
    return "".join(c if c.isprintable() or c in "\n\t" else f"\\x{ord(c):02x}" for c in text)


def _plain(answer: "Response") -> tuple[str, dict[str, object]]:
    """Return (name, content) of the document."""
    from handover.sep2 import xml

    resource = xml.decode(answer.body)
    return type(resource).__name__, _values(resource)


def _values(resource: object) -> dict[str, object]:
    """Return a resource as plain values, absent fields left out; hexBinary as upper-case digits."""
    from handover.sep2.declaration import fields_of

    found: dict[str, object] = {}
    for line in fields_of(type(resource)):
        value = getattr(resource, line.name)
        if value is not None and value != []:
            found[line.name] = [_value(v) for v in value] if isinstance(value, list) else _value(value)
    return found


def _value(value: object) -> object:
    if isinstance(value, bytes):
        return value.hex().upper()
    return value if isinstance(value, str | int | bool) else _values(value)


def _document(answer: "Response") -> dict[str, object]:
    shown: dict[str, object] = {"status": answer.status, "headers": answer.headers}
    if answer.body:
        try:
            name, content = _plain(answer)
            shown["document"] = {name: content}
        except DecodeError as error:
            shown["problem"] = str(error)
    return shown
