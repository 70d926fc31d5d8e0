"""The commands of whoever publishes versions: a repository of signed metadata, and bundles of wheels."""

import time
from pathlib import Path
from typing import Annotated

import typer

from handover.cli.update.extra import repository
from handover.errors import ConfigError
from handover.gateway.selfupdate import bundle as bundles

Repository = Annotated[
    Path, typer.Argument(metavar="DIR", help="The folder of the repository.", show_default=False)
]


def init_repo(folder: Repository) -> None:
    """Make a repository with keys of its own; serve `metadata` and `targets` by any web server."""
    root = repository()(folder).init(time.time())
    typer.echo(f"{folder / 'keys'}: the private keys; keep them secret, and root.pem on another disk")
    typer.echo(f"{root}: copy it to every gateway, as [update] root in gateway.toml says")
    typer.echo(
        f"\nNext:\n  handover update bundle WHEEL... --version VERSION --out FILE\n"
        f"  handover update add {folder} FILE"
    )


def bundle(
    wheels: Annotated[list[Path], typer.Argument(metavar="WHEEL...", show_default=False)],
    version: Annotated[str, typer.Option(help="The version that the new software calls itself.")],
    out: Annotated[Path, typer.Option(help="The file to write.")],
) -> None:
    """Put wheels together: Handover's own, and those of packages that the gateways do not have yet."""
    try:
        data = bundles.build(version, {wheel.name: wheel.read_bytes() for wheel in wheels})
        out.write_bytes(data)
    except OSError as error:
        raise ConfigError(f"{error.filename}: {error.strerror}") from error
    typer.echo(f"{out}: version {version}, {len(wheels)} wheels, {len(data)} octets")


def add(
    folder: Repository,
    file: Annotated[Path, typer.Argument(metavar="BUNDLE", show_default=False)],
    channel: Annotated[str, typer.Option(help="Which gateways get it: those of this channel.")] = "stable",
) -> None:
    """Sign a bundle and offer it to the gateways of a channel."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}") from error
    version = repository()(folder).add(data, time.time(), channel=channel)
    typer.echo(f"version {version} is offered by {channel!r}")


def renew(
    folder: Repository,
    root: Annotated[bool, typer.Option("--root", help="The root metadata too; needs its key.")] = False,
) -> None:
    """Sign the metadata anew before it expires: at least every two weeks."""
    repository()(folder).renew(time.time(), root=root)
    typer.echo("renewed")
