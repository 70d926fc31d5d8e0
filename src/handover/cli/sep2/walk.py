"""`handover sep2 walk`: everything that a server shows to us."""

import asyncio
import json
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from handover.cli.sep2.connection import Ca, Cert, Key, Lfdi, Timeout, Way
from handover.cli.sep2.showing import values, visible

if TYPE_CHECKING:
    from handover.sep2.conformance.survey import Survey, Visit


def walk(
    url: Annotated[str, typer.Argument(help="The entry point, such as https://gateway.local:8443/dcap")],
    cert: Cert = None,
    key: Key = None,
    ca: Ca = None,
    lfdi: Lfdi = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, with the resources themselves.")
    ] = False,
    timeout: Timeout = 30.0,
) -> None:
    """Follow every link from the entry point and print what is where.

    Exit codes: 0 everything could be read, 1 the entry point could not, 3 some of it could not.
    """
    found = asyncio.run(_walk(url, Way(cert, key, ca, lfdi, timeout)))
    if as_json:
        typer.echo(json.dumps([_plain(visit) for visit in _sorted(found)], indent=2, ensure_ascii=False))
    else:
        _print(found)
    broken = [visit for visit in found.visits.values() if visit.resource is None]
    if len(broken) == len(found.visits):
        raise typer.Exit(1)
    if broken:
        raise typer.Exit(3)


async def _walk(url: str, way: Way) -> "Survey":
    from handover.sep2.conformance.survey import survey

    async with way.to(url) as transport:
        return await survey(transport.exchange, urlsplit(url).path or "/dcap")


def _sorted(found: "Survey") -> "list[Visit]":
    return sorted(found.visits.values(), key=lambda visit: visit.path.split("/"))


def _plain(visit: "Visit") -> dict[str, object]:
    shown: dict[str, object] = {"path": visit.path, "resource": visit.name}
    if visit.resource is None:
        return shown | {"problem": visit.reason or "not reached"}
    return shown | {"document": values(visit.resource)}


def _print(found: "Survey") -> None:
    width = min(max(len(visit.path) for visit in found.visits.values()), 60)
    for visit in _sorted(found):
        text = f"{visible(visit.path):<{width}}  {visit.name}"
        if visit.resource is None:
            typer.secho(f"{text}  {visible(visit.reason) or 'not reached'}", fg="red")
            continue
        total = getattr(visit.resource, "all", None)
        typer.echo(text if total is None else f"{text}  ({total})")
    readable = sum(visit.resource is not None for visit in found.visits.values())
    typer.echo(f"{readable} of {len(found.visits)} could be read, in {found.requests} requests")
