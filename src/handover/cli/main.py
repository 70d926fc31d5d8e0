"""The root of the command line: groups, version, and how errors are shown."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from handover import __version__
from handover.cli import (
    check,
    demo,
    doctor,
    exi,
    gateway,
    pairing,
    pki,
    router,
    sep1,
    sep2,
    translate,
    update,
)
from handover.cli import map as chart
from handover.errors import HandoverError


class _Group(TyperGroup):
    """Shows an error raised on purpose as one message instead of a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except HandoverError as error:
            typer.secho(f"error: {error}", fg="red", err=True)
            raise typer.Exit(2 if error.fault == "operator" else 1) from error


app = typer.Typer(
    cls=_Group,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Moves home area networks from ZigBee Smart Energy 1.x to SEP 2.0 (IEEE 2030.5), "
    "and lets both live side by side until they have moved.",
)
gateway.app.command("pair")(pairing.pair)
gateway.app.command("guide")(pairing.guide)
app.add_typer(gateway.app, name="gateway")
app.add_typer(sep1.app, name="sep1")
app.add_typer(sep2.app, name="sep2")
app.add_typer(exi.app, name="exi")
app.add_typer(pki.app, name="pki")
app.add_typer(router.app, name="router")
app.add_typer(update.app, name="update")
app.command("check")(check.check)
app.command("demo")(demo.demo)
app.command("doctor")(doctor.doctor)
app.command("map")(chart.show)
app.command("translate")(translate.translate)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"handover {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Take the options that belong to no command."""


@app.command()
def console(
    api: Annotated[str, typer.Option(help="The gateway's local API, as `handover gateway run` prints it.")],
    token_file: Annotated[
        Path | None, typer.Option(help="The gateway's token for local readers: api.token in its data folder.")
    ] = None,
    host: Annotated[str, typer.Option(help="Address to serve the page on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to serve the page on.")] = 8080,
) -> None:
    """Serve the web page of a running gateway."""
    try:
        from handover.console.service import serve
    except ImportError as error:
        raise typer.BadParameter(
            f"the web page needs the extra 'console' ({error}); "
            "install it with: pip install 'sep-handover[console]'"
        ) from error
    typer.echo(f"The page of the gateway at {api} is at http://{host}:{port}/ (Ctrl-C ends it)")
    serve(api, token_file, host, port)
