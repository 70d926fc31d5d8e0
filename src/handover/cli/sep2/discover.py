"""`handover sep2 discover`: find servers by DNS-SD."""

import asyncio
import json
from typing import Annotated

import typer


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
