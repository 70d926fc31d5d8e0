"""`handover router`: let the home's devices reach other networks through the gateway, by policy."""

import json

import typer

from handover.cli.gateway import DEFAULT, ConfigFile, Json
from handover.errors import ConfigError
from handover.gateway import config as configuration
from handover.gateway.config import Config
from handover.gateway.router.adapters.kernel import Kernel
from handover.gateway.router.plan import plan
from handover.gateway.router.policy import policy

app = typer.Typer(
    no_args_is_help=True,
    help="Let devices of the home reach other networks through the gateway, as [router] says. Root only.",
)


@app.command()
def show(config: ConfigFile = DEFAULT, as_json: Json = False) -> None:
    """Show what would be told to the kernel, and whether it is in force. Changes nothing."""
    settings = configuration.load(config)
    wanted = policy(settings.router)
    made, on = plan(wanted), _kernel(settings).is_on(wanted)
    if as_json:
        document = {
            "enabled": settings.router.enabled,
            "on": on,
            "ruleset": made.ruleset,
            "settings": made.settings,
        }
        typer.echo(json.dumps(document))
        return
    typer.echo(f"# enabled = {str(settings.router.enabled).lower()} in [router]; now {'on' if on else 'off'}")
    typer.echo(made.ruleset, nl=False)
    for name, value in made.settings.items():
        typer.echo(f"# /proc/sys/net/{name} = {value}")


@app.command("on")
def on_(config: ConfigFile = DEFAULT) -> None:
    """Forward as [router] says, until the next restart of the machine or `off`."""
    settings = configuration.load(config)
    if not settings.router.enabled:
        raise ConfigError(f"{config}: the router function is off. To allow it: [router] enabled = true")
    wanted = policy(settings.router)
    _kernel(settings).on(wanted)
    ports = ", ".join(map(str, wanted.tcp_ports)) or "none"
    typer.echo(
        f"on: {', '.join(wanted.inside)} to {', '.join(wanted.outside)}, TCP ports {ports}; "
        "end it with: handover router off"
    )


@app.command()
def off(config: ConfigFile = DEFAULT) -> None:
    """Forward no more, and put the settings back that were there before."""
    settings = configuration.load(config)
    stays = _kernel(settings).off()
    rest = "; forwarding was on before, so a ruleset stays that refuses" if stays else ""
    typer.echo(f"off: nothing is forwarded into or out of the home{rest}")


def _kernel(settings: Config) -> Kernel:
    return Kernel(settings.data_dir / "router.json")
