"""`handover check`: test any SEP 2.0 server against a profile."""

import asyncio
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from handover.cli.sep2.connection import Ca, Cert, Key, Lfdi, Timeout, Way
from handover.errors import ConfigError, NotNow

if TYPE_CHECKING:
    from handover.sep2.conformance import Profile, Report, Verdict


def check(
    url: Annotated[str, typer.Argument(help="The server's entry point, such as https://esi.local:8443/dcap")],
    cert: Cert = None,
    key: Key = None,
    ca: Ca = None,
    lfdi: Lfdi = None,
    tier: Annotated[
        str, typer.Option(help="full, sep1, limited or mirror; the last one writes to the server.")
    ] = "full",
    profile: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Another profile than the minimum Utility ESI's.")
    ] = None,
    pin: Annotated[int | None, typer.Option(help="The PIN that we are registered with.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    timeout: Timeout = 30.0,
) -> None:
    """Test a server against the minimum Utility ESI profile, as a registered device.

    Exit codes: 0 all requirements hold, 1 some do not, 2 wrong use, 3 no connection.
    """
    from handover.sep2.conformance import load, minimum
    from handover.sep2.security import certificate
    from handover.sep2.security.identity import lfdi as lfdi_of
    from handover.sep2.security.pki import certificate_der

    chosen = minimum() if profile is None else load(profile)
    chosen.of(tier)
    own = None if cert is None else lfdi_of(certificate_der(certificate.load(_read(cert))))
    if not as_json:
        typer.echo(f"{url} against {chosen.name} {chosen.version}, tier {tier}: {chosen.tiers[tier]}")
    try:
        report = asyncio.run(
            _run(url, chosen, tier, Way(cert, key, ca, lfdi, timeout), own, pin, quiet=as_json)
        )
    except NotNow as error:
        typer.secho(f"error: {error}", fg="red", err=True)
        raise typer.Exit(3) from error
    if as_json:
        typer.echo(json.dumps(report.plain() | {"url": url}, indent=2))
    else:
        _sum_up(report)
    if not report.passed:
        raise typer.Exit(1)


async def _run(
    url: str, profile: "Profile", tier: str, way: Way, own: bytes | None, pin: int | None, *, quiet: bool
) -> "Report":
    from handover.sep2.conformance import Asking, TlsFacts, check
    from handover.sep2.transports.tls_probe import probe

    parts, context = urlsplit(url), way.context(url)
    facts = None
    if context is not None:
        facts = TlsFacts(*await probe(parts.hostname or "", parts.port or 443, context, way.seconds))
    asking = Asking(time.time(), facts, own, pin, parts.path or "/dcap")
    async with way.to(url) as transport:
        return await check(transport.exchange, profile, tier, asking, (lambda _: None) if quiet else _show)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}") from None


def _show(verdict: "Verdict") -> None:
    requirement = verdict.requirement
    if verdict.passed:
        typer.echo(f"{typer.style('pass', fg='green')}  {requirement.id:<12} {requirement.title}")
    else:
        typer.echo(f"{typer.style('FAIL', fg='red', bold=True)}  {requirement.id:<12} {requirement.title}")
        typer.echo(f"      {verdict.reason}")


def _sum_up(report: "Report") -> None:
    failed = [verdict for verdict in report.verdicts if not verdict.passed]
    share = f"{len(report.verdicts) - len(failed)} of {len(report.verdicts)} requirements hold"
    typer.echo(f"{share} ({report.resources} resources read in {report.requests} requests)")
