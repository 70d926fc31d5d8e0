"""The commands on the gateway: look for a version, try it, keep it or go back, start what is chosen."""

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from handover import __version__
from handover.cli.gateway import DEFAULT, ConfigFile, Json
from handover.cli.update.extra import source
from handover.errors import ConfigError, NotNow, Refused
from handover.gateway import config as configuration
from handover.gateway.config import Config
from handover.gateway.selfupdate import preflight as flight
from handover.gateway.selfupdate import record as records
from handover.gateway.selfupdate import slots
from handover.gateway.selfupdate.adapters import process
from handover.gateway.selfupdate.adapters.real_disk import RealDisk
from handover.gateway.selfupdate.launch import choose
from handover.gateway.selfupdate.states import Update
from handover.gateway.selfupdate.updater import Updater


def check(config: ConfigFile = DEFAULT, as_json: Json = False) -> None:
    """Look whether the repository offers a version to install. Installs nothing.

    Exit codes: 0 there is one, 10 there is none, 1 the repository cannot be trusted or read.
    """
    settings = configuration.load(config)
    offer = _source(settings).newest()
    try:
        records.begin(slots.recorded(_disk(settings)), offer.version, offer.sha256, current=__version__)
        against = ""
    except (Refused, NotNow) as error:
        against = str(error)
    if as_json:
        document = {"version": __version__, "offered": offer.version, "against": against or None}
        typer.echo(json.dumps(document))
    elif against:
        typer.echo(f"nothing to install: {against}")
    else:
        typer.echo(f"{offer.version} is published, this is {__version__}; next: handover update apply")
    if against:
        raise typer.Exit(10)


def apply(
    config: ConfigFile = DEFAULT,
    again: Annotated[
        bool, typer.Option("--again", help="Take a version that was given up before, too.")
    ] = False,
) -> None:
    """Download, verify and install the newest version beside the running one; the next start tries it."""
    settings = configuration.load(config)
    disk = _disk(settings)
    with disk.locked():
        updater = Updater(
            disk, _source(settings), __version__, lambda slot: process.ask_version(disk.root, slot)
        )
        record = updater.apply(again=again)
    content = record.content(record.target)
    assert content is not None
    typer.echo(f"{content.version} is in slot {record.target}; it is tried at the next start of the gateway")


def commit(config: ConfigFile = DEFAULT) -> None:
    """Keep the version on trial now. A gateway that is well does so by itself."""
    disk = _disk(configuration.load(config))
    with disk.locked():
        record = slots.store(disk, records.committed(slots.load(disk)))
    typer.echo(f"kept: {record.reason}")


def rollback(config: ConfigFile = DEFAULT) -> None:
    """Go back to the version before; the next start runs it."""
    disk = _disk(configuration.load(config))
    with disk.locked():
        record = slots.load(disk)
        if record.at is Update.TRIAL:
            record = records.given_up(record, "the operator gave it up")
        else:
            record = records.reverted(record, "the operator went back")
        slots.store(disk, record)
    typer.echo(f"the next start runs {_name(record, record.active)}; restart the gateway")


def status(config: ConfigFile = DEFAULT, as_json: Json = False) -> None:
    """Show what runs, what is in the slots, and how the last update ended."""
    disk = _disk(configuration.load(config))
    record = slots.load(disk)
    faults = {slot: slots.fault(disk, slot, record.contents[slot]) for slot in sorted(record.contents)}
    coming = choose(record, lambda slot: slot in faults and faults[slot] is None).slot
    if as_json:
        shown = [
            {"slot": slot, "version": record.contents[slot].version, "fault": fault}
            for slot, fault in faults.items()
        ]
        document: dict[str, Any] = {
            "version": __version__,
            "slot": os.environ.get(process.SLOT_VARIABLE),
            "state": record.state,
            "active": record.active,
            "target": record.target,
            "next": coming,
            "starts": record.starts,
            "reason": record.reason,
            "slots": shown,
        }
        typer.echo(json.dumps(document))
        return
    typer.echo(
        f"this is version {__version__}; state {record.state}{f': {record.reason}' * bool(record.reason)}"
    )
    typer.echo(f"the next start runs {_name(record, coming)}")
    for slot, fault in faults.items():
        typer.echo(f"slot {slot}: version {record.contents[slot].version}, {fault or 'whole'}")


def preflight(
    config: ConfigFile = DEFAULT,
    minimum: Annotated[str, typer.Option(help="The least version that the migration needs here.")] = "",
    as_json: Json = False,
) -> None:
    """Tell whether this software is new enough for a migration. Exit code 1 when it is not."""
    settings = configuration.load(config)
    offered = _source(settings).newest().version if settings.update.url else ""
    record = slots.recorded(_disk(settings))
    report = flight.preflight(__version__, record, minimum=minimum, offered=offered)
    if as_json:
        typer.echo(json.dumps(report.plain()))
        if not report.ready:
            raise typer.Exit(1)
        return
    report.demand()
    typer.echo(f"version {report.own}: nothing stands against a migration")


def boot(context: typer.Context, config: ConfigFile = DEFAULT) -> None:
    """Start the chosen software with the arguments after `--`, in place of this process.

    Counts the starts of a trial, and goes back when it has used them up.
    """
    settings = configuration.load(config)
    disk = _disk(settings)
    slot, record = process.pick(disk)
    if not context.args:
        raise ConfigError(
            f"what shall start? Example: handover update boot -c {config} -- gateway run -c {config}"
        )
    typer.echo(f"starting {_name(record, slot)}", err=True)
    process.become(disk.root, slot, context.args)


def _disk(config: Config) -> RealDisk:
    return RealDisk(config.path(config.update.folder))


def _source(config: Config) -> Any:
    update = config.update
    if not update.url:
        raise ConfigError(
            f"[update] url is empty: no repository is known. Example: {configuration.EXAMPLES['update.url']}"
        )
    cache: Path = config.path(update.folder) / "repository"
    return source()(update.url, config.path(update.root), cache, channel=update.channel)


def _name(record: records.Record, slot: records.Slot | None) -> str:
    content = record.content(slot)
    return "the factory's software" if content is None else f"version {content.version} in slot {slot}"
