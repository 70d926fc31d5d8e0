"""A capture file on the command line: the keys that were given, and its frames as lines."""

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import typer

from handover.errors import ConfigError, DecodeError
from handover.sep1.dissection import Dissector
from handover.sep1.network import mac, pcapng
from handover.sep1.security import install_code as codes

_LINE = re.compile(r'^\s*"(?P<key>[0-9A-Fa-f: ]+)"\s*,\s*"(?P<order>[^"]*)"')


def given(keys: Iterable[str], file: Path | None, install_codes: Iterable[str]) -> Dissector:
    """Return a dissector with the keys given on the command line. Raises ConfigError, DecodeError."""
    network: list[bytes] = []
    link = [codes.parse(code).link_key for code in install_codes]
    for text in keys:
        kind, _, digits = text.partition("=")
        if kind not in ("nwk", "link"):
            raise ConfigError(f"--key {kind}=...: give nwk=HEX or link=HEX")
        (network if kind == "nwk" else link).append(_key(digits))
    if file is not None:
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{file} cannot be read: {error}") from None
        for line in lines:
            found = _LINE.match(line)
            if found is not None:
                key = _key(found["key"])
                # The file does not tell which kind a key is; Wireshark tries each as both, so do we.
                key = key[::-1] if found["order"] == "Reverse" else key
                network.append(key)
                link.append(key)
    return Dissector(network, link)


def _key(digits: str) -> bytes:
    try:
        key = bytes.fromhex(re.sub(r"[:\s-]", "", digits))
    except ValueError:
        key = b""
    if len(key) != 16:
        raise ConfigError("a key has 32 hexadecimal digits")
    return key


def show(path: Path, dissector: Dissector, as_json: bool) -> None:
    """Print the frames of a capture. Raises DecodeError where it is damaged."""
    try:
        octets = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
    for number, captured in enumerate(pcapng.read(octets), 1):
        if captured.link_type not in (pcapng.WITH_CHECK, pcapng.WITHOUT_CHECK):
            raise DecodeError(f"frame {number} has link type {captured.link_type}, which is not 802.15.4")
        frame = captured.octets
        if captured.link_type == pcapng.WITH_CHECK:
            try:
                frame = mac.checked(frame)
            except DecodeError as error:
                typer.echo(f"{number:6} {error}")
                continue
        found = dissector.frame(frame, captured.when)
        if as_json:
            layers = dict(found.layers)
            fault = {"fault": found.fault} if found.fault else {}
            typer.echo(json.dumps({"number": number, "when": captured.when, **layers, **fault}))
        else:
            when = datetime.fromtimestamp(captured.when, UTC).strftime("%H:%M:%S.%f")
            fault_text = f" ({found.fault})" if found.fault else ""
            typer.echo(f"{number:6} {when}  {found.summary}{fault_text}")
    closed = dissector.counts["closed"]
    if closed:
        typer.echo(f"{closed} frames stayed closed; give --key, --keys or --install-code", err=True)
