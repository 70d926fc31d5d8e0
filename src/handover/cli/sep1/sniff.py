"""`handover sep1 sniff`: write the frames of a running virtual HAN into a capture file."""

import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from handover.errors import ConfigError, NotNow
from handover.sep1.transports import sniffer

_CHUNK = 1 << 16


def sniff(
    out: Annotated[
        str, typer.Option(metavar="FILE", help="Where the pcapng goes; - is standard output.")
    ] = "-",
    keys: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write the keys too, as Wireshark's zigbee_pc_keys in its configuration folder.",
        ),
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(min=0.1, help="Stop after so many seconds; else with Ctrl-C.")
    ] = None,
    han: Annotated[
        Path | None,
        typer.Option("--from", metavar="SOCKET", help="The HAN to watch; by default the one started last."),
    ] = None,
) -> None:
    """Watch a virtual HAN: handover sep1 sniff --out x.pcapng, or ... | wireshark -k -i -

    Frames that the HAN has kept since it began come first, so that the joining is there. The keys open
    everything that was said: keep their file to yourself.
    """
    place = han or sniffer.newest()
    if out == "-":
        if sys.stdout.isatty():
            raise ConfigError("a capture is no text: give --out FILE, or pipe it into wireshark -k -i -")
        _copy(place, sys.stdout.buffer, seconds)
    else:
        try:
            with Path(out).open("wb") as file:
                count = _copy(place, file, seconds)
        except OSError as error:
            raise ConfigError(f"{out} cannot be written: {error.strerror}") from None
        typer.echo(f"{out}: {count} octets of capture.", err=True)
    if keys is not None:
        text = b"".join(_received(place, b"keys\n", None))
        keys.touch(mode=0o600)
        keys.write_bytes(text)
        typer.echo(f"{keys}: {len(text.splitlines())} keys.", err=True)


def _copy(place: Path, file: BinaryIO, seconds: float | None) -> int:
    count = 0
    try:
        for octets in _received(place, b"frames\n", seconds):
            file.write(octets)
            file.flush()
            count += len(octets)
    except KeyboardInterrupt:
        pass
    except BrokenPipeError:
        raise typer.Exit(0) from None
    return count


def _received(place: Path, line: bytes, seconds: float | None) -> Iterator[bytes]:
    """Give what the HAN sends until it ends, or until so many seconds have passed."""
    end = None if seconds is None else time.monotonic() + seconds
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.connect(str(place))
        except OSError as error:
            raise NotNow(f"no HAN answers at {place} ({error.strerror}); is it still running?") from None
        connection.sendall(line)
        while True:
            if end is not None:
                rest = end - time.monotonic()
                if rest <= 0:
                    return
                connection.settimeout(rest)
            try:
                octets = connection.recv(_CHUNK)
            except TimeoutError:
                return
            if not octets:
                return
            yield octets
