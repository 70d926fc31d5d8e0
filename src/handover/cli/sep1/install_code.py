"""`handover sep1 install-code`: check the code on a label, show its link key, make codes."""

import json
import secrets
import sys
from typing import Annotated

import typer

from handover.errors import ConfigError, DecodeError
from handover.sep1.security import install_code as codes
from handover.sep1.security.install_code import InstallCode


def install_code(
    code: Annotated[
        str | None,
        typer.Argument(
            metavar="[CODE]",
            help="The code as the label prints it, or what its QR code holds. Asked for when not given.",
            show_default=False,
        ),
    ] = None,
    key: Annotated[bool, typer.Option("--key", help="Show the link key, which is secret.")] = False,
    add_crc: Annotated[
        bool, typer.Option("--add-crc", help="CODE has no check digits yet: add them and print the code.")
    ] = False,
    make: Annotated[
        int | None,
        typer.Option(
            metavar="OCTETS", help="Make a random code of 6, 8, 12 or 16 octets.", show_default=False
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check an install code, and say which group of digits is mistyped.

    What is typed on the command line can be seen by others on this computer; give no CODE to be asked for it.
    """
    found, shown = _code(code, add_crc, make)
    report: dict[str, object] = {"valid": True, "octets": len(found.octets)}
    if found.eui64 is not None:
        report["eui64"] = f"{found.eui64:016X}"
    if shown:
        report["code"] = found.text
    if key:
        report["link_key"] = found.link_key.hex().upper()
    if as_json:
        typer.echo(json.dumps(report))
        return
    typer.echo(f"The install code is valid: {len(found.octets)} octets and their CRC.")
    labels = {"eui64": "EUI-64", "code": "code", "link_key": "link key"}
    for name, label in labels.items():
        if name in report:
            typer.echo(f"{label:9} {report[name]}")


def _code(code: str | None, add_crc: bool, make: int | None) -> tuple[InstallCode, bool]:
    """Return the code, and whether it is new to the reader and must be shown."""
    if make is not None:
        if code is not None or add_crc:
            raise ConfigError("--make makes a code of its own; leave CODE and --add-crc out")
        if make not in codes.SIZES:
            raise ConfigError(f"an install code has 6, 8, 12 or 16 octets, not {make}")
        return codes.with_crc(secrets.token_bytes(make)), True
    text = _asked() if code is None else code
    if not add_crc:
        return codes.parse(text), False
    try:
        octets = bytes.fromhex("".join(c for c in text if c not in " -:."))
    except ValueError:
        raise DecodeError("install code: only the digits 0 to 9 and A to F make a code") from None
    return codes.with_crc(octets), True


def _asked() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Install code", err=True))
    return sys.stdin.readline()
