"""`handover demo`: a home with a SEP 1.x meter and SEP 2.0 devices, in the terminal and on a web page."""

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from handover.errors import ConfigError

if TYPE_CHECKING:
    from handover.sim.demo.home import Home
    from handover.sim.demo.run import Result

PAGE_PORT = 8080


def demo(
    recording: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="With --raven: the recording to play.", show_default=False),
    ] = None,
    raven: Annotated[
        bool,
        typer.Option("--raven", help="Play recorded RAVEn documents through a serial port (FILE, or ours)."),
    ] = False,
    below: Annotated[
        bool,
        typer.Option("--below", help="The other direction: a SEP 2.0 meter, SEP 1.x devices below it."),
    ] = False,
    seconds: Annotated[
        float | None, typer.Option(min=1, help="Stop after so many seconds.", show_default=False)
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="No screen and no page: print one JSON object at the end.")
    ] = False,
    page: Annotated[bool, typer.Option(help="Serve the web page too.")] = True,
    page_port: Annotated[int, typer.Option(help="Port of the web page; any free one when it is taken.")] = (
        PAGE_PORT
    ),
    log: Annotated[Path | None, typer.Option(help="Write the log lines to this file.")] = None,
) -> None:
    """Show a home: a SEP 1.x meter, the gateway, and two SEP 2.0 devices over real HTTPS; or, with --below, a
    SEP 2.0 meter, the gateway, and three SEP 1.x devices on radio frames.

    Exits with 0 only if every journey that the source can carry came through: readings, price, message
    and its confirmation, load control and its answers.
    """
    if recording is not None and not raven:
        raise ConfigError(f"{recording} is a recording: play it with: handover demo --raven {recording}")
    if below:
        if raven:
            raise ConfigError("--below has no recording to play: leave --raven away")
        with _logging(log):
            journeys = asyncio.run(_below(seconds or (30.0 if as_json else None), quiet=as_json))
        if as_json:
            typer.echo(json.dumps({"journeys": journeys, "complete": all(journeys.values())}))
        _judge(journeys, strict=as_json or seconds is not None, quiet=as_json)
        return
    with _logging(log):
        result = asyncio.run(
            _headless(raven, recording, seconds or 20.0)
            if as_json
            else _shown(raven, recording, seconds, page_port if page else None)
        )
    if as_json:
        typer.echo(json.dumps(_summary(result)))
    _judge(result.journeys, strict=as_json or seconds is not None, quiet=as_json)


def _judge(journeys: dict[str, bool], *, strict: bool, quiet: bool) -> None:
    """Say what came through; when `strict`, end with 1 unless that is everything."""
    done = [name.replace("_", " ") for name, came in journeys.items() if came]
    if not quiet:
        typer.echo(f"Came through from end to end: {', '.join(done) or 'nothing'}.")
    if strict and (len(done) < len(journeys) or not journeys):
        missing = ", ".join(name for name, came in journeys.items() if not came)
        typer.echo(f"not come through: {missing or 'the source carries nothing'}", err=True)
        raise typer.Exit(1)


async def _below(seconds: float | None, *, quiet: bool) -> dict[str, bool]:
    from rich.console import Console
    from rich.live import Live

    from handover.cli.screen import below
    from handover.sim.below.run import BelowHome
    from handover.sim.below.run import demo as run

    if quiet:
        return (await run(seconds=seconds)).journeys
    typer.echo("Handover demo: a SEP 2.0 meter, the gateway and three SEP 1.x devices (Ctrl-C ends it)")
    journeys: dict[str, bool] = {}
    with Live(console=Console(), refresh_per_second=4, transient=False) as live:

        def show(home: BelowHome) -> None:
            journeys.update(home.journeys)
            live.update(below(home.gateway.status(), home.rows(), home.journeys))

        with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
            await run(seconds=seconds, show=show)
    return journeys


async def _headless(raven: bool, recording: Path | None, seconds: float) -> "Result":
    from handover.sep1.transports.raven.recording import load
    from handover.sim.demo.run import demo as run

    return await run(recording=load(recording) if raven else None, seconds=seconds)


async def _shown(raven: bool, recording: Path | None, seconds: float | None, port: int | None) -> "Result":
    from rich.console import Console
    from rich.live import Live

    from handover.cli.screen import screen
    from handover.sep1.transports.raven.recording import load
    from handover.sim.demo.run import Result
    from handover.sim.demo.run import demo as run

    console = Console()
    address: str | None = None
    latest = Result("")
    typer.echo("Handover demo: certificates, gateway and devices are being made (Ctrl-C ends it)")
    with contextlib.ExitStack() as stack:
        live = stack.enter_context(Live(console=console, refresh_per_second=4, transient=False))

        def started(home: "Home") -> None:
            nonlocal address
            console.print(f"SEP 2.0 server: {home.gateway.url}")
            if port is not None:
                address = stack.enter_context(_page(home, port))
                console.print(f"Web page: {address}")

        def show(home: "Home", journeys: dict[str, bool]) -> None:
            latest.journeys = journeys
            live.update(screen(home.gateway.status(), journeys, address))

        with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
            return await run(
                recording=load(recording) if raven else None, seconds=seconds, show=show, started=started
            )
    return latest


@contextlib.contextmanager
def _page(home: "Home", port: int) -> Iterator[str]:
    """Serve the page in a process of its own while the context lasts; gives its address."""
    port = _free(port)
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "handover", "console"),
            *("--api", home.gateway.local.url),
            *("--token-file", str(home.gateway.config.token_path)),
            *("--port", str(port)),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait()


def _free(port: int) -> int:
    """Return `port` if it can be had on loopback, else any free one."""
    for wanted in (port, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", wanted))
                return int(probe.getsockname()[1])
    raise ConfigError("no free port for the web page; try --no-page")


@contextlib.contextmanager
def _logging(path: Path | None) -> Iterator[None]:
    """Send log lines to the file, or nowhere: the screen shows the gateway's own."""
    from handover.cli.logs import set_up

    if path is None:
        set_up("critical", "console")
        yield
        return
    try:
        file = path.open("w", encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"the log file {path} cannot be written: {error.strerror}") from None
    with file:
        set_up("debug", "json", file)
        yield


def _summary(result: "Result") -> dict[str, Any]:
    return {
        "source": result.source,
        "url": result.url,
        "counts": result.counts,
        "last_reading": result.last_reading,
        "journeys": result.journeys,
        "complete": result.complete,
    }
