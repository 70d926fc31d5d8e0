"""`handover pki`: the authority of one home, and the identities of its gateway and devices."""

import socket
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from handover.errors import ConfigError, DecodeError
from handover.sep2.adapters.pki_folder import Files, PkiFolder
from handover.sep2.security.certificate import Description, describe, load
from handover.sep2.security.identity import format_sfdi
from handover.sep2.security.pki import PEN

app = typer.Typer(
    no_args_is_help=True,
    help="Make and read the certificates that SEP 2.0 devices identify themselves with.",
)

Folder = Annotated[
    Path, typer.Argument(metavar="DIR", help="The folder with the authority.", show_default=False)
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite what is there.")]
Serial = Annotated[str, typer.Option(help="Hardware serial number; the name when not given.")]
Pen = Annotated[int, typer.Option(help="The vendor's IANA private enterprise number.")]


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make.", show_default=False)],
    name: Annotated[str, typer.Option(help="What the authority is called.")] = "Handover home authority",
    force: Force = False,
) -> None:
    """Make an authority, which then issues certificates for the gateway and the devices."""
    files = PkiFolder(folder).init(name, time.time(), force=force)
    _report(describe(load(files.certificate.read_bytes())))
    _files(
        (files.certificate, "the certificate; give it to every device"),
        (files.key, "the key; keep it secret"),
    )
    _next(f"handover pki gateway {folder} --host NAME-OR-ADDRESS")


@app.command()
def device(
    folder: Folder,
    name: Annotated[str, typer.Option(help="Name of the device and of its files.", show_default=False)],
    serial: Serial = "",
    pen: Pen = PEN,
    force: Force = False,
) -> None:
    """Make the key and the certificate of a SEP 2.0 device."""
    files = PkiFolder(folder).device(name, time.time(), serial=serial, pen=pen, force=force)
    made = _identity(files)
    _next(
        f"copy {files.certificate.name} and ca.pem to the device, then admit it:",
        f"handover gateway add-device --sfdi {made.sfdi}   (it asks for the PIN)",
    )


@app.command()
def gateway(
    folder: Folder,
    host: Annotated[
        list[str] | None,
        typer.Option(help="A name or address that clients call; repeat it. This computer's when not given."),
    ] = None,
    name: Annotated[str, typer.Option(help="Name of the files.")] = "gateway",
    serial: Serial = "",
    pen: Pen = PEN,
    force: Force = False,
) -> None:
    """Make the key and the certificate of a gateway, good for the hosts that its clients call."""
    files = PkiFolder(folder).gateway(
        host or own_hosts(), time.time(), name=name, serial=serial, pen=pen, force=force
    )
    _identity(files)
    _next(
        "name these files in the section [sep2] of gateway.toml, then start:",
        "handover gateway run --config gateway.toml",
    )


@app.command()
def show(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A certificate, PEM or DER.", show_default=False)
    ],
) -> None:
    """Print whose certificate a file holds: LFDI, SFDI, validity and role."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}") from None
    try:
        found = describe(load(data))
    except DecodeError as error:
        if b"PRIVATE KEY-----" in data:
            raise ConfigError(f"{file} holds a private key only; show the certificate beside it") from None
        raise ConfigError(f"{file} holds no certificate ({error}); give a .pem or .x509 file") from None
    _report(found)


def own_hosts() -> list[str]:
    """Return the names under which this computer can be called."""
    own = socket.gethostname()
    local = [] if "." in own else [f"{own}.local"]
    return [own, *local, "localhost", "127.0.0.1", "::1"]


def _identity(files: Files) -> Description:
    """Print who was made and where it is."""
    made = describe(load(files.certificate.read_bytes()))
    _report(made)
    _files(
        (files.certificate, "certificate and key, what clients want; keep it secret"),
        (files.key, "the key alone; keep it secret"),
        (files.der, "the certificate in DER; it may be given away"),
    )
    return made


def _report(found: Description) -> None:
    """Print what a certificate says."""
    lines = {
        "role": found.role,
        "LFDI": found.lfdi.hex().upper(),
        "SFDI": f"{found.sfdi}  ({format_sfdi(found.sfdi)})",
        "valid": _validity(found, time.time()),
        "hosts": ", ".join(found.hosts),
        "hardware serial": found.serial,
        "subject": found.subject,
        "issuer": found.issuer,
    }
    table = Table.grid(padding=(0, 2))
    for label, text in lines.items():
        if text:
            table.add_row(f"[bold]{label}[/]", _plain(text))
    _console().print(table)


def _validity(found: Description, now: float) -> str:
    """Return the period in words, and whether it includes `now`."""
    start, end = (datetime.fromtimestamp(t, UTC) for t in (found.valid_from, found.valid_until))
    state = "not yet valid: " if now < found.valid_from else "EXPIRED: " if now > found.valid_until else ""
    until = "without end" if end.year == 9999 else f"until {end:%Y-%m-%d %H:%M} UTC"
    return f"{state}from {start:%Y-%m-%d %H:%M} UTC, {until}"


def _files(*entries: tuple[Path, str]) -> None:
    console = _console()
    console.print()
    for path, meaning in entries:
        console.print(f"[green]wrote[/] {_plain(str(path))}  [dim]{meaning}[/]")


def _next(*lines: str) -> None:
    console = _console()
    console.print(f"\n[bold]Next:[/] {_plain(lines[0])}")
    for line in lines[1:]:
        console.print(f"      {_plain(line)}")


def _plain(text: str) -> str:
    """Return hostile or odd text as it is: no markup, no control characters."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text).replace("[", "\\[")


def _console() -> Console:
    """Return a console that never breaks a line, so that what it prints can be copied."""
    return Console(highlight=False, soft_wrap=True)
