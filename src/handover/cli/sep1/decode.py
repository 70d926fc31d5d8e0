"""`handover sep1 decode` and `encode`: ZCL frames to something that people and scripts read, and back."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from handover.cli.sep1 import capture
from handover.errors import ConfigError, DecodeError
from handover.sep1 import frame as zcl
from handover.sep1.clusters import CLUSTERS
from handover.sep1.description import build, describe

_HEX = re.compile(r"(0x)?[0-9a-fA-F\s:,.-]+")


def decode(
    source: Annotated[
        str,
        typer.Argument(
            metavar="HEX|FILE",
            help="A ZCL frame in hexadecimal digits, - to read them, or a capture file (pcap, pcapng).",
        ),
    ],
    cluster: Annotated[
        str | None,
        typer.Option(metavar="ID|NAME", help="The cluster of the frame: 0x0701, or a part of its name."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, a line for each frame.")] = False,
    key: Annotated[
        list[str] | None,
        typer.Option(metavar="nwk=HEX|link=HEX", help="A key to open a capture with; may be repeated."),
    ] = None,
    keys: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Keys as sniff --keys and Wireshark write them."),
    ] = None,
    install_code: Annotated[
        list[str] | None,
        typer.Option(metavar="CODE", help="A device's install code: opens the network key of its joining."),
    ] = None,
) -> None:
    """Show what a ZCL frame says: every field raw, and what it means in engineering units.

    Of a capture, show every frame, a line each; --json has all layers.
    """
    if source != "-" and (Path(source).suffix in (".pcap", ".pcapng") or Path(source).is_file()):
        capture.show(Path(source), capture.given(key or [], keys, install_code or []), as_json)
        return
    text = sys.stdin.read() if source == "-" else source
    if not _HEX.fullmatch(text.strip()):
        raise ConfigError(
            f"{text[:40]!r} is no hexadecimal text; give a frame such as 09000B0A00, or - to read one"
        )
    octets = _octets(text)
    for cluster_id in _clusters(octets, cluster):
        _print(describe(cluster_id, octets), as_json)


def _octets(text: str) -> bytes:
    digits = re.sub(r"0x|[^0-9a-fA-F]", "", text)
    if len(digits) % 2:
        raise ConfigError(f"{len(digits)} hexadecimal digits are no whole octets; one digit is missing")
    return bytes.fromhex(digits)


def _clusters(octets: bytes, wanted: str | None) -> Iterator[int]:
    """Give the cluster of a frame; a general command of no cluster is shown as of none."""
    if wanted is not None:
        yield _cluster(wanted)
        return
    header, _ = zcl.parse_header(octets)
    if header.frame_type == zcl.GLOBAL:
        yield 0xFFFF
        return
    having = [c for c in CLUSTERS.values() if header.command_id in c.commands(header.to_client)]
    names = ", ".join(f"0x{c.id:04X} ({c.name})" for c in having)
    raise ConfigError(
        f"command 0x{header.command_id:02X} is one of several clusters; give --cluster, one of: {names}"
        if having
        else f"no cluster has a command 0x{header.command_id:02X} in this direction"
    )


def _cluster(text: str) -> int:
    try:
        return int(text, 0)
    except ValueError:
        pass
    found = [c for c in CLUSTERS.values() if text.lower() in c.name.lower()]
    if len(found) == 1:
        return found[0].id
    names = ", ".join(c.name for c in found or CLUSTERS.values())
    raise ConfigError(f"{text!r} names {'several clusters' if found else 'no cluster'}: {names}")


def _print(described: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(described, ensure_ascii=False))
        return
    name = described["cluster_name"] or described["cluster"]
    arrow = "→ client" if described["direction"] == "server_to_client" else "→ server"
    typer.echo(
        f"{name}: {described['command']} ({described['command_id']}) {arrow}, #{described['sequence']}"
    )
    values, units = described.get("values", {}), described.get("units", {})
    for field, raw in described["fields"].items():
        if described["general"] and isinstance(raw, list):
            continue
        meaning = ""
        if field in values:
            value = "not used" if values[field] is None else _short(values[field])
            meaning = f"  {value} {units.get(field, '')}".rstrip()
        typer.echo(f"  {field:<44}{_short(raw):<14}{meaning}")
    for row in described.get("attributes", []):
        shown = _short(row["value"]) + f"  {row['type']}" if "value" in row else ""
        typer.echo(f"  {row['id']} {row['name'] or 'unknown':<42}{shown}")
    if "trailing" in described:
        typer.echo(f"  behind the last known field: {described['trailing']}")


def _short(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_short(item)}" for key, item in value.items())
    if isinstance(value, list):
        return ", ".join(map(_short, value)) or "none"
    return str(value)


def encode(
    source: Annotated[
        str, typer.Argument(metavar="FILE", help="JSON as decode prints it; - is standard input.")
    ] = "-",
) -> None:
    """Print the ZCL frame of a JSON description in hexadecimal digits, a line for each description."""
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{source} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise DecodeError(f"{source} is no text") from None
    for described in _documents(text):
        if not isinstance(described, dict):
            raise DecodeError("a JSON object is expected, as decode --json prints it")
        typer.echo(build(described).hex())


def _documents(text: str) -> Iterator[Any]:
    decoder, rest = json.JSONDecoder(), text.lstrip()
    if not rest:
        raise DecodeError("there is no JSON to encode")
    while rest:
        try:
            document, end = decoder.raw_decode(rest)
        except ValueError as error:
            raise DecodeError(f"this is no JSON: {error}") from None
        yield document
        rest = rest[end:].lstrip()
