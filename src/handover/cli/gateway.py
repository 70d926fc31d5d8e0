"""`handover gateway`: make, run and look after the gateway of a home."""

import asyncio
import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from handover.clock import Clock
from handover.errors import ConfigError
from handover.gateway import config as configuration
from handover.gateway.config import FILE_NAME, Config
from handover.gateway.export.formats import Format

app = typer.Typer(
    no_args_is_help=True,
    help="The gateway of a home: a SEP 1.x meter on one side, SEP 2.0 devices on the other.",
)

ConfigFile = Annotated[
    Path, typer.Option("--config", "-c", help="The gateway's configuration file.", envvar="HANDOVER_CONFIG")
]
DEFAULT = Path(FILE_NAME)
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Return Unix seconds."""
        return time.time()


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make.", show_default=False)],
    name: Annotated[str, typer.Option(help="Name of the gateway.")] = "Handover gateway",
    host: Annotated[
        list[str] | None,
        typer.Option(help="A name or address that devices call; repeat it. This computer's when not given."),
    ] = None,
    port: Annotated[int, typer.Option(help="HTTPS port for SEP 2.0 devices.")] = 8443,
    raven: Annotated[
        str,
        typer.Option(help="The RAVEn stick: /dev/ttyUSB0 or tcp://host:port. Without: a simulated home."),
    ] = "",
    server: Annotated[
        str,
        typer.Option(
            help="A SEP 2.0 server (https://host:port/dcap) for whose SEP 1.x devices we run a HAN."
        ),
    ] = "",
    radio: Annotated[
        str,
        typer.Option(help="The radio stick of that HAN: bellows:/dev/ttyUSB0. Without: a simulated HAN."),
    ] = "",
) -> None:
    """Write a configuration that works, and the certificates it needs."""
    from handover.cli.pki import own_hosts
    from handover.sep2.adapters.pki_folder import PkiFolder

    path = folder / FILE_NAME
    if path.exists():
        raise ConfigError(f"{path} is there already; choose another folder, or remove it first")
    config = Config(
        gateway=configuration.GatewaySection(name=name),
        sep1=configuration.Sep1Section(
            transport="raven" if raven else "none" if server else "virtual", device=raven
        ),
        server=configuration.ServerSection(url=server),
        han=configuration.HanSection(transport="radio" if radio else "virtual", device=radio),
        sep2=configuration.Sep2Section(port=port),
        base=str(folder),
    )
    configuration.parse(configuration.template(config), path)
    keys = PkiFolder(folder / "pki")
    keys.init("Handover home authority", time.time())
    files = keys.gateway(host or own_hosts(), time.time(), pen=config.gateway.pen)
    config.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_text(configuration.template(config))
    typer.echo(f"{path}: the configuration; look through it once")
    typer.echo(f"{files.certificate}: the gateway's certificate and key")
    if server:
        who = keys.peer("gateway")
        typer.echo(
            f"\nThe server's operator admits this gateway: SFDI {who.sfdi}, LFDI {who.lfdi.hex().upper()}."
        )
        typer.echo(f"Put the authority that issued the server's certificate into [server] ca of {path}.")
    typer.echo("\nNext:")
    typer.echo(f"  handover gateway run --config {path}")
    typer.echo(f"  handover pki device {folder / 'pki'} --name thermostat")
    typer.echo(f"  handover gateway add-device --config {path} --sfdi SFDI --name thermostat")


@app.command()
def run(config: ConfigFile = DEFAULT) -> None:
    """Run the gateway until Ctrl-C or SIGTERM."""
    settings = configuration.load(config)
    from handover.cli.logs import set_up

    set_up(settings.logging.level, settings.logging.format)
    if sys.platform == "win32":
        asyncio.run(_run(settings))
    else:
        import uvloop

        uvloop.run(_run(settings))


async def _run(config: Config) -> None:
    from handover.gateway.adapters.watch import Watch, trial
    from handover.gateway.service import GatewayService

    clock = SystemClock()
    connect, companions = _transport(config, clock)
    service = GatewayService(config, connect, clock)
    below, network = _downward(config, clock)
    service.below = below
    companions += network
    tasks = [asyncio.create_task(companion) for companion in companions]
    try:
        await service.start()
        if below is not None:
            await below.start()
            tasks.append(asyncio.create_task(below.run()))
        tasks.append(asyncio.create_task(Watch(service, trial(config)).run()))
        await service.run()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if below is not None:
            await below.close()
        await service.close()


def _transport(config: Config, clock: Clock) -> tuple[Any, list[Any]]:
    """Return what makes the transport, and the coroutines that must run beside it."""
    if config.sep1.transport == "raven":
        from handover.sep1.transports.raven import RavenTransport

        return lambda prices: RavenTransport(
            config.sep1.device, clock=clock, eui64=config.eui64, prices=prices
        ), []
    if config.sep1.transport == "none":
        from handover.gateway.adapters.no_han import NoHan

        return lambda _: NoHan(config.eui64), []
    from handover.sim.virtual_home import VirtualHome

    home = VirtualHome(clock, eui64=config.eui64)
    return lambda _: home.transport, [*home.network(), home.utility()]


def _downward(config: Config, clock: Clock) -> tuple[Any, list[Any]]:
    """Return the gateway's other half, for devices below a SEP 2.0 server, and what must run beside it."""
    if not config.server.url:
        return None, []
    from handover.gateway.downward import assembly

    if config.han.transport == "radio":
        return assembly.downward(config, assembly.radio(config, clock), clock), []
    from handover.sim.coordinating import VirtualNetwork

    network = VirtualNetwork(clock, int(config.han.eui64, 16))
    return assembly.downward(config, network.coordinator, clock), network.running()


@app.command("add-device")
def add_device(
    config: ConfigFile = DEFAULT,
    lfdi: Annotated[str, typer.Option(help="The device's LFDI, 40 hexadecimal digits.")] = "",
    sfdi: Annotated[str, typer.Option(help="The device's SFDI, as on its label.")] = "",
    pin: Annotated[
        str, typer.Option(prompt=True, hide_input=True, help="The device's registration PIN, six digits.")
    ] = "",
    name: Annotated[str, typer.Option(help="What you call the device.")] = "",
    category: Annotated[
        list[str] | None,
        typer.Option(help="What it controls, for example thermostat or water-heater; repeat it."),
    ] = None,
) -> None:
    """Admit a SEP 2.0 device; a running gateway notices at once."""
    from handover.gateway.adapters.registry import registry
    from handover.sep2.security.identity import parse_lfdi, parse_pin, parse_sfdi

    settings = configuration.load(config)
    with registry(settings) as known:
        device = known.add(
            lfdi=parse_lfdi(lfdi) if lfdi else b"",
            sfdi_=parse_sfdi(sfdi) if sfdi else None,
            pin=parse_pin(pin),
            name=name,
            categories=categories_of(category or []),
            now=time.time(),
        )
    typer.echo(f"admitted {device.name or 'the device'}: SFDI {device.sfdi}, /edev/{device.number}")


@app.command()
def rekey(
    new_key_file: Annotated[
        Path, typer.Option(help="The new passphrase; made if it is missing.", show_default=False)
    ],
    config: ConfigFile = DEFAULT,
) -> None:
    """Put the key store under another passphrase. End the gateway before."""
    from handover.gateway.adapters.sealed_pins import key_store, rotate

    settings = configuration.load(config)
    store = key_store(settings)
    if store is None:
        raise ConfigError(
            f"{config}: [security] key_file is not set: there is no key store to put under another"
        )
    rotate(store, new_key_file)
    typer.echo(f'{store.path}: sealed anew. Now set key_file = "{new_key_file}" in [security]')


def categories_of(names: list[str]) -> int | None:
    """Return the DeviceCategory bits of names such as "water-heater"; None for no names."""
    from handover.model.load_control import DeviceCategory

    if not names:
        return None
    known = {c.name.lower().replace("_", "-"): c for c in DeviceCategory if c.name}
    found = DeviceCategory.NONE
    for text in names:
        try:
            found |= known[text.lower()]
        except KeyError:
            raise ConfigError(f"no device category {text!r}; known: {', '.join(known)}") from None
    return int(found)


@app.command("list-devices")
def list_devices(config: ConfigFile = DEFAULT, as_json: Json = False) -> None:
    """Show the devices that have been admitted. Their PINs are not shown."""
    from handover.gateway.adapters.registry import registry

    settings = configuration.load(config)
    with registry(settings) as known:
        devices = known.all()
    rows = [
        {
            "number": device.number,
            "name": device.name,
            "sfdi": device.sfdi,
            "lfdi": device.lfdi.hex().upper() or None,
            "admitted_at": device.admitted_at,
            "state": "waits for admission" if device.pending else "registered",
        }
        for device in devices
    ]
    if as_json:
        typer.echo(json.dumps(rows))
        return
    _table(("number", "name", "sfdi", "lfdi", "admitted_at", "state"), rows)


@app.command("remove-device")
def remove_device(
    which: Annotated[
        str, typer.Argument(metavar="DEVICE", help="Its SFDI, LFDI or name.", show_default=False)
    ],
    config: ConfigFile = DEFAULT,
) -> None:
    """Take a device's admission back; a running gateway shuts it out at once."""
    from handover.gateway.adapters.registry import registry

    settings = configuration.load(config)
    with registry(settings) as known:
        device = known.remove(which, now=time.time())
    from handover.gateway.pairing.adapters.desk import desk

    with desk(settings) as open_desk:
        open_desk.removed(device.sfdi, time.time())
    typer.echo(f"removed {device.name or 'the device'}: SFDI {device.sfdi}")


@app.command()
def status(config: ConfigFile = DEFAULT, as_json: Json = False) -> None:
    """Show what a running gateway knows."""
    settings = configuration.load(config)
    document = _status(settings)
    if as_json:
        typer.echo(json.dumps(document))
        return
    esi = document["esi"]
    typer.echo(f"{document['gateway']['name']} at {document['url']}")
    if document["problem"]:
        typer.secho(f"problem: {document['problem']}", fg="red")
    typer.echo(f"ESI {esi['eui64'] or 'not known yet'}: {'online' if esi['online'] else 'silent'}")
    _table(("name", "value", "unit", "stale"), document["readings"])
    _table(("label", "price", "currency", "start", "end", "status"), document["prices"])
    _table(("text", "status", "confirmed_by"), document["messages"])
    _table(("description", "start", "end", "status", "controls"), document["events"])
    _table(("name", "sfdi", "state", "requests"), document["devices"])
    below = document.get("below")
    if below:
        online = "online" if below["server"]["online"] else "silent"
        typer.echo(f"SEP 2.0 server: {online}, {below['server']['standing']}")
        _table(("name", "eui64", "sfdi", "end_device"), below["devices"])
        _table(("device", "mrid", "state", "start", "end", "answered"), below["events"])
        _table(("id", "price", "power", "start", "end", "acknowledged_by"), below["prices"])


def _status(config: Config) -> dict[str, Any]:
    """Fetch the status document from the running gateway."""
    from urllib.error import URLError
    from urllib.request import Request, urlopen

    try:
        url = config.api_path.read_text().strip()
        token = config.token_path.read_text().strip()
        request = Request(url, headers={"Authorization": f"Bearer {token}"})
        with urlopen(request, timeout=5) as answer:
            document: dict[str, Any] = json.load(answer)
            return document
    except (OSError, URLError, ValueError) as error:
        raise ConfigError(
            f"no gateway runs on {config.data_dir} ({error}); start it with: handover gateway run"
        ) from None


@app.command()
def export(
    config: ConfigFile = DEFAULT,
    form: Annotated[Format, typer.Option("--format", help="CSV, or a Green Button file.")] = Format.CSV,
    since: Annotated[str, typer.Option(help="From then on, for example 2026-01-31T12:00 (UTC).")] = "",
    until: Annotated[str, typer.Option(help="Up to then, that moment not included.")] = "",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to write; else the terminal.")
    ] = None,
) -> None:
    """Write the history of the meters; the gateway may be running."""
    from handover.gateway.adapters.exporting import archive
    from handover.gateway.export.period import period
    from handover.gateway.export.render import render

    document = render(
        archive(configuration.load(config), period(since or None, until or None), time.time()), form
    )
    if output is None:
        typer.echo(document, nl=False)
        return
    try:
        with open(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(document)
    except OSError as error:
        raise ConfigError(f"{output} cannot be written: {error.strerror or error}") from error
    typer.echo(f"{output}: {len(document)} octets", err=True)


@app.command()
def audit(
    config: ConfigFile = DEFAULT,
    verify: Annotated[bool, typer.Option("--verify", help="Only check that nothing was changed.")] = False,
    last: Annotated[int, typer.Option(help="How many entries to show, the newest.")] = 50,
) -> None:
    """Show the audit log, or check its chain."""
    from handover.gateway.adapters import audit as log

    settings = configuration.load(config)
    found = log.problems(settings.audit_path, settings.journal_path)
    if not verify:
        for entry in log.read(settings.audit_path)[-last:]:
            at = datetime.fromtimestamp(entry.pop("at"), UTC).strftime("%Y-%m-%d %H:%M:%S")
            what = entry.pop("what")
            rest = {k: v for k, v in entry.items() if k not in ("journal", "n", "previous", "hash")}
            typer.echo(f"{at}  {what:<12} {json.dumps(rest)}")
    for problem in found:
        typer.secho(problem, fg="red", err=True)
    if found:
        raise typer.Exit(1)
    if verify:
        typer.echo(f"{settings.audit_path}: the chain is whole")


def _table(columns: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
    """Print rows; what is in them comes from devices and is shown as text, never as markup."""
    if not rows:
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, padding=(0, 2))
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(_plain(column, row.get(column)) for column in columns))
    Console().print(table, markup=False)


def _plain(column: str, value: Any) -> Any:
    from rich.text import Text

    if value is None:
        return ""
    if column in ("start", "end", "admitted_at"):
        value = datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return Text("".join(c if c.isprintable() else " " for c in str(value)))
