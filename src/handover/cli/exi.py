"""`handover exi`: SEP 2.0 documents from XML to EXI and back, whatever is in them."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from handover.errors import ConfigError

app = typer.Typer(no_args_is_help=True, help="Turn SEP 2.0 documents from XML into EXI and back.")

Source = Annotated[Path, typer.Argument(help="The document; - for standard input.")]


@app.command()
def encode(
    file: Source,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Where to write; without it, as hexadecimal digits.")
    ] = None,
) -> None:
    """Write an XML document as EXI (schema of 2018). What the schema does not know is kept."""
    from handover.sep2 import exi

    document = _read(file)
    stream = exi.from_xml(document)
    if output is None:
        typer.echo(stream.hex())
        return
    _write(output, stream)
    share = 100 * len(stream) // max(len(document), 1)
    typer.echo(f"{output}: {len(stream)} octets, {share} % of the XML's {len(document)}", err=True)


@app.command()
def decode(
    file: Source,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Where to write; without it, indented on the screen."),
    ] = None,
) -> None:
    """Write an EXI document as XML. Hexadecimal digits are taken too."""
    from lxml import etree

    from handover.sep2 import exi

    document = exi.to_xml(_unhexed(_read(file)))
    if output is not None:
        _write(output, document)
        return
    root = etree.fromstring(document)
    etree.indent(root)
    typer.echo(etree.tostring(root, encoding="unicode"))


def _read(file: Path) -> bytes:
    if str(file) == "-":
        return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}") from None


def _write(file: Path, data: bytes) -> None:
    try:
        file.write_bytes(data)
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}") from None


def _unhexed(data: bytes) -> bytes:
    """Return the octets of hexadecimal digits; anything else as it is. No stream begins with a digit."""
    try:
        return bytes.fromhex(data.decode("ascii"))
    except ValueError:
        return data
