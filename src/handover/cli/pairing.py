"""`handover gateway pair` and `handover gateway guide`: admissions step by step, in plain words."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from handover.cli.gateway import DEFAULT, ConfigFile, Json, categories_of
from handover.errors import ConfigError
from handover.gateway import config as configuration
from handover.gateway.pairing.states import Kind
from handover.gateway.pairing.words import KINDS

if TYPE_CHECKING:
    from handover.gateway.pairing.adapters.desk import Desk
    from handover.gateway.pairing.pairing import Told

PAUSE = 0.5
"""Seconds between two looks while a person waits."""
TRIES = 3
"""How often somebody who is asked may type the numbers of a label."""


def pair(
    config: ConfigFile = DEFAULT,
    kind: Annotated[
        Kind | None,
        typer.Option(help="Who is admitted; follows from what else is given, or is asked for."),
    ] = None,
    sfdi: Annotated[str, typer.Option(help="SEP 2.0: the SFDI on the label, twelve digits.")] = "",
    lfdi: Annotated[str, typer.Option(help="SEP 2.0: the LFDI, 40 digits, if you have it.")] = "",
    pin: Annotated[str, typer.Option(help="SEP 2.0: the PIN on the label; asked for when not given.")] = "",
    code: Annotated[
        str,
        typer.Option(help="SEP 1.x: the install code, or the text of the QR code; - reads a line of input."),
    ] = "",
    eui64: Annotated[str, typer.Option(help="SEP 1.x: the MAC address (EUI-64) on the label.")] = "",
    name: Annotated[str, typer.Option(help="What you call the device.")] = "",
    category: Annotated[
        list[str] | None,
        typer.Option(help="SEP 2.0: what it controls, for example thermostat; repeat it."),
    ] = None,
    again: Annotated[str, typer.Option(metavar="KEY", help="Try a failed admission once more.")] = "",
    end: Annotated[str, typer.Option(metavar="KEY", help="End an admission.")] = "",
    listed: Annotated[bool, typer.Option("--list", help="Show where every admission stands.")] = False,
    wait: Annotated[float, typer.Option(min=0, help="Show how it goes on, for so many seconds.")] = 0.0,
    as_json: Json = False,
) -> None:
    """Admit the gateway or a device, and say at every step what is the case and what to do next.

    Without options it asks. Exit codes: 0 all is well so far, 1 something failed, 2 something is mistyped.
    """
    settings = configuration.load(config)
    from handover.gateway.pairing.adapters.desk import desk

    with desk(settings) as open_desk:
        if listed:
            _show_all(open_desk.all(time.time()), as_json)
            return
        if end:
            open_desk.end(end, time.time())
            _say({"key": end, "state": "ENDED"}, f"{end}: ended", as_json)
            return
        if again:
            told = open_desk.again(again, time.time())
        else:
            asked = not (kind or sfdi or lfdi or code)
            kind = kind or _kind(sfdi or lfdi, code)
            typed = {"sfdi": sfdi, "lfdi": lfdi, "pin": pin, "code": code, "eui64": eui64, "name": name}
            categories = categories_of(category or [])
            told = _admit(open_desk, kind, typed, categories, as_json)
            for _ in range(TRIES - 1 if asked else 0):
                if told.key:
                    break
                show(told, as_json)
                told = _admit(open_desk, kind, typed, categories, as_json)
            wait = wait or (600.0 if asked else 0.0)
        show(told, as_json)
        told = follow(open_desk, told, wait, lambda new: show(new, as_json), time.time, time.sleep)
    if told.failed:
        raise typer.Exit(2 if not told.key else 1)


def _kind(sep2: str, code: str) -> Kind:
    if sep2 and code:
        raise ConfigError(
            "give either an SFDI (SEP 2.0) or an install code (SEP 1.x); the label has one of them"
        )
    if sep2 or code:
        return Kind.DOWN_SEP2 if sep2 else Kind.DOWN_SEP1
    kinds = list(Kind)
    for number, one in enumerate(kinds, 1):
        typer.echo(f"{number}  {KINDS[one].title}")
    number = int(typer.prompt("Who is admitted? Number", type=int))
    if not 1 <= number <= len(kinds):
        raise ConfigError(f"{number} is none of the numbers 1 to {len(kinds)}")
    return kinds[number - 1]


def _admit(desk: "Desk", kind: Kind, typed: dict[str, str], categories: int | None, as_json: bool) -> "Told":
    if not as_json:
        typer.secho(KINDS[kind].title, bold=True)
        typer.echo(f"{KINDS[kind].sentence} {KINDS[kind].next_step}\n")
    now = time.time()
    if kind in (Kind.UP_SEP1, Kind.DOWN_SEP1):
        code = typed["code"]
        if code in ("", "-"):
            code = typer.prompt("Install code, or QR code", hide_input=code != "-", err=True)
        if kind is Kind.UP_SEP1:
            return desk.gateway_sep1(code=code, now=now)
        eui64 = typed["eui64"]
        if not eui64 and "$" not in code and "|" not in code:
            eui64 = typer.prompt("MAC address (EUI-64)", err=True)
        return desk.sep1_device(code=code, eui64=eui64, name=typed["name"], now=now)
    sfdi = typed["sfdi"]
    if not (sfdi or typed["lfdi"]):
        sfdi = typer.prompt("SFDI, twelve digits", err=True)
    pin = typed["pin"] or typer.prompt("PIN, six digits", hide_input=True, err=True)
    if kind is Kind.UP_SEP2:
        return desk.gateway_sep2(sfdi=sfdi, pin=pin, now=now)
    return desk.sep2_device(
        sfdi=sfdi, pin=pin, lfdi=typed["lfdi"], name=typed["name"], categories=categories, now=now
    )


def follow(
    desk: "Desk",
    told: "Told",
    seconds: float,
    show: Callable[["Told"], None],
    now: Callable[[], float],
    pause: Callable[[float], None],
) -> "Told":
    """Show each new state of an admission for so many seconds, until it is done or has failed."""
    until = now() + seconds
    while told.key and not (told.done or told.failed) and now() < until:
        pause(PAUSE)
        new = desk.told(told.key, now())
        if new.state != told.state:
            show(new)
        told = new
    return told


def show(told: "Told", as_json: bool) -> None:
    """Print one state: title, what is the case, what to do next."""
    if as_json:
        typer.echo(json.dumps(asdict(told)))
        return
    mark = "problem" if told.failed else f"step {told.step} of {told.steps}"
    colour = "red" if told.failed else "green"
    typer.echo(f"{typer.style(f'[{mark}]', fg=colour)} {told.title}")
    typer.echo(f"  {told.message}")
    if told.detail:
        typer.echo(f"  Reason: {told.detail}")
    if told.countdown is not None:
        typer.echo(f"  {told.countdown} seconds are left.")
    typer.echo(f"  Next: {told.next_step}")
    if told.failed and told.key and not told.state.startswith("BAD_"):
        typer.echo(f"  Try again: handover gateway pair --again {told.key}")


def _show_all(all_: "list[Told]", as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([asdict(told) for told in all_]))
        return
    if not all_:
        typer.echo("Nothing is admitted yet. Begin with: handover gateway pair")
    for told in all_:
        typer.secho(f"{told.key}{f' ({told.name})' if told.name else ''}", bold=True)
        show(told, as_json)


def _say(document: dict[str, Any], text: str, as_json: bool) -> None:
    typer.echo(json.dumps(document) if as_json else text)


def guide(
    form: Annotated[str, typer.Option("--format", help="text, markdown or html.")] = "text",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write into this file.")] = None,
) -> None:
    """Print the instructions: how the gateway and every device are admitted, and what to do when it fails."""
    from handover.gateway.pairing.guide import FORMATS

    if form not in FORMATS:
        raise ConfigError(f"no format {form!r}; known: {', '.join(FORMATS)}")
    text = FORMATS[form]()
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text, "utf-8")
