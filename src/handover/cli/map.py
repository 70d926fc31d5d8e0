"""`handover map`: what becomes of everything that one application has and the other has not."""

import json
from enum import Enum
from typing import Annotated

import typer

from handover.errors import ConfigError


class Format(Enum):
    """How the map is printed."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"
    HTML = "html"


def show(
    format: Annotated[Format, typer.Option(help="How to print it.")] = Format.TEXT,
    cluster: Annotated[
        str, typer.Option(help="Only this cluster, for example 0x0701.", show_default=False)
    ] = "",
) -> None:
    """Print the map: every attribute, command and function set, its counterpart, its losses."""
    from handover.mapping.chart import CLUSTER_ROWS, rendering

    only: int | None = None
    if cluster:
        try:
            only = int(cluster, 16)
        except ValueError:
            raise ConfigError(f"{cluster!r} is no cluster: give its number, for example 0x0701") from None
        if only not in CLUSTER_ROWS:
            known = ", ".join(f"0x{number:04X}" for number in CLUSTER_ROWS)
            raise ConfigError(f"there is no cluster {cluster} on the map; there are {known}")
    found = rendering.document(only)
    match format:
        case Format.TEXT:
            typer.echo(rendering.text(found))
        case Format.MARKDOWN:
            typer.echo(rendering.markdown(found), nl=False)
        case Format.JSON:
            typer.echo(json.dumps(found, indent=2))
        case Format.HTML:
            typer.echo(rendering.page(found), nl=False)
