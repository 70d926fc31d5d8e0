"""`handover sep1 ota`: look into firmware images, and make them."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from handover.errors import ConfigError, DecodeError, HandoverError, Refused
from handover.sep1.ota.image import Header, Image, Tag, build, parse, unwrap
from handover.sep1.ota.integrity import with_integrity
from handover.sep1.ota.signature import signed, verifier
from handover.sep1.ota.verify import check_genuine
from handover.sep1.security import certicom
from handover.sep1.security.trust import Trust

app = typer.Typer(no_args_is_help=True, help="Look into firmware images (OTA files), and make them.")

_NAMES: dict[int, str] = {
    Tag.IMAGE: "upgrade image",
    Tag.SIGNATURE_1: "signature, suite 1",
    Tag.CERTIFICATE_1: "signer's certificate, suite 1",
    Tag.INTEGRITY: "integrity code",
    Tag.PICTURE: "picture",
    Tag.SIGNATURE_2: "signature, suite 2",
    Tag.CERTIFICATE_2: "signer's certificate, suite 2",
}
_PROTECTED = (Tag.INTEGRITY, Tag.SIGNATURE_1, Tag.SIGNATURE_2)


@app.command()
def show(
    file: Annotated[Path, typer.Argument(help="The image.")],
    ca: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A certificate file whose authority is trusted: judge the signature by it.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what an image is for and what is in it; fails when it is damaged or its signature is false."""
    octets, before, behind = unwrap(_read(file))
    image = parse(octets)
    verdict, good = _judge(image, ca)
    found = _described(image, before, behind) | {"verdict": verdict, "good": good}
    if as_json:
        typer.echo(json.dumps(found))
    else:
        _print(found)
    if not good:
        raise typer.Exit(1)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}") from None


def _judge(image: Image, ca: Path | None) -> tuple[str, bool]:
    """Return what the image is worth, in words, and whether it may be good."""
    tags = {element.tag for element in image.elements}
    if not tags & set(_PROTECTED):
        return "neither integrity code nor signature: nothing shows whether it is whole", True
    if tags & {Tag.SIGNATURE_1, Tag.SIGNATURE_2} and ca is None:
        return "signed; give --ca FILE to judge the signature", True
    judge = None
    if ca is not None:
        judge = verifier(Trust.of(certicom.read(_read(ca).decode("utf-8", "replace"))), None)
    try:
        check_genuine(image, judge)
    except Refused as error:
        return str(error), False
    return "genuine" if judge and tags & {Tag.SIGNATURE_1, Tag.SIGNATURE_2} else "whole, not signed", True


def _described(image: Image, before: int, behind: int) -> dict[str, Any]:
    header = image.header
    return {
        "manufacturer": f"0x{header.manufacturer:04X}",
        "image_type": f"0x{header.image_type:04X}",
        "version": f"0x{header.version:08X}",
        "stack_version": header.stack_version,
        "text": header.text.rstrip(b"\0").decode("utf-8", "replace"),
        "size": header.total_size,
        "credential_version": header.credential_version,
        "destination": None if header.destination is None else f"{header.destination:016X}",
        "hardware": None if header.hardware is None else [f"0x{v:04X}" for v in header.hardware],
        "tail": len(image.tail),
        "octets_before": before,
        "octets_behind": behind,
        "elements": [
            {
                "tag": f"0x{element.tag:04X}",
                "name": _NAMES.get(element.tag, "of the maker"),
                "size": len(element.data),
            }
            for element in image.elements
        ],
    }


def _print(found: dict[str, Any]) -> None:
    labels = {
        "manufacturer": "manufacturer",
        "image_type": "image type",
        "version": "version",
        "stack_version": "stack version",
        "text": "text",
        "size": "octets",
        "credential_version": "credential version",
        "destination": "for the device",
        "hardware": "hardware",
    }
    for key, label in labels.items():
        value = found[key]
        if isinstance(value, list):
            value = " to ".join(value)
        if value not in (None, ""):
            typer.echo(f"{label:20}{value}")
    for element in found["elements"]:
        typer.echo(f"  {element['tag']}  {element['size']:>9} octets  {element['name']}")
    if found["tail"]:
        typer.echo(f"{found['tail']} octets behind the last part are of the maker")
    for key, where in (("octets_before", "before"), ("octets_behind", "behind")):
        if found[key]:
            typer.echo(f"{found[key]} octets {where} the image are not of it (a maker's wrapping)")
    typer.echo(f"{'verdict':20}{found['verdict']}")


def _number(text: str, what: str, limit: int) -> int:
    try:
        value = int(text, 0)
    except ValueError:
        value = -1
    if not 0 <= value <= limit:
        raise ConfigError(f"{what} {text!r} is no number within 0 to 0x{limit:X}")
    return value


@app.command("build")
def make(
    payload: Annotated[Path, typer.Argument(help="The firmware as the device wants it.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The image to write.")],
    manufacturer: Annotated[str, typer.Option(help="Manufacturer code, 0x1234 say.")],
    image_type: Annotated[str, typer.Option("--type", help="Image type.")],
    version: Annotated[str, typer.Option(help="File version; newer ones are larger.")],
    stack: Annotated[int, typer.Option(help="ZigBee stack version.")] = 2,
    text: Annotated[str, typer.Option("--text", help="Header string, at most 32 octets.")] = "",
    hardware_min: Annotated[str | None, typer.Option(help="Oldest hardware version it fits.")] = None,
    hardware_max: Annotated[str | None, typer.Option(help="Newest hardware version it fits.")] = None,
    device: Annotated[str | None, typer.Option(help="EUI-64 of the only device it is for.")] = None,
    sign: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Sign with the certificate and key of this file."),
    ] = None,
    integrity: Annotated[bool, typer.Option(help="Add an integrity code, where it is not signed.")] = True,
) -> None:
    """Make an image of firmware: with an integrity code, or signed."""
    if (hardware_min is None) != (hardware_max is None):
        raise ConfigError("--hardware-min and --hardware-max go together")
    header = Header(
        manufacturer=_number(manufacturer, "manufacturer code", 0xFFFF),
        image_type=_number(image_type, "image type", 0xFFFF),
        version=_number(version, "version", 0xFFFFFFFF),
        total_size=0,
        stack_version=stack,
        text=text.encode(),
        destination=None if device is None else _number(f"0x{device}", "EUI-64", (1 << 64) - 1),
        hardware=None
        if hardware_min is None or hardware_max is None
        else (
            _number(hardware_min, "hardware version", 0xFFFF),
            _number(hardware_max, "hardware version", 0xFFFF),
        ),
    )
    elements = [(int(Tag.IMAGE), _read(payload))]
    try:
        if sign is not None:
            octets = signed(header, elements, certicom.read(_read(sign).decode("utf-8", "replace")))
        else:
            octets = with_integrity(header, elements) if integrity else build(header, elements)
        parse(octets)
    except DecodeError:
        raise
    except HandoverError as error:
        raise ConfigError(str(error)) from None
    try:
        out.write_bytes(octets)
    except OSError as error:
        raise ConfigError(f"{out} cannot be written: {error.strerror}") from None
    typer.echo(f"{out}: {len(octets)} octets, version 0x{header.version:08X}")
