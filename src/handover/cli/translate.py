"""`handover translate`: single frames into documents and back, with every loss by name."""

import json
import re
import time
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from handover.errors import ConfigError


class Target(Enum):
    """What to translate into."""

    SEP1 = "sep1"
    SEP2 = "sep2"


def translate(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="HEX...|FILE...",
            help="To sep2: ZCL frames in hexadecimal. To sep1: XML files.",
            show_default=False,
        ),
    ],
    to: Annotated[Target, typer.Option("--to", help="The application to translate into.")],
    cluster: Annotated[str, typer.Option(help="The cluster of the frames, for example 0x0701.")] = "",
    esi: Annotated[str, typer.Option(help="EUI-64 of the SEP 1.x node that the data come from.")] = (
        "000D6F0000123456"
    ),
    endpoint: Annotated[int, typer.Option(min=1, max=240, help="The cluster's endpoint there.")] = 1,
    pen: Annotated[int, typer.Option(min=1, help="IANA enterprise number of the mRIDs.")] = 32473,
    lfdi: Annotated[
        str, typer.Option(help="LFDI of the gateway, and of the device that answers.")
    ] = "0000000000000000000000000000000000000000",
    now: Annotated[
        float | None, typer.Option(help="The time, Unix seconds; this machine's when not given.")
    ] = None,
    number: Annotated[
        int | None, typer.Option(help="To sep1: the event id; that of the mRID when not given.")
    ] = None,
    start_randomisation: Annotated[
        int, typer.Option(min=0, max=60, help="StartRandomizationMinutes of the gateway.")
    ] = 30,
    duration_randomisation: Annotated[
        int, typer.Option(min=0, max=60, help="DurationRandomizationMinutes of the gateway.")
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Translate by hand: frames of one cluster into SEP 2.0 documents, or documents into frames.

    Frames and documents that belong together are given in one call, in order: an event before its
    cancellation, a type before its readings, the documents of a price.
    """
    from handover.mapping import by_hand
    from handover.mapping.context import Context
    from handover.sep2.security.identity import parse_lfdi

    device = parse_lfdi(lfdi)
    context = Context(
        node=_eui64(esi),
        endpoint=endpoint,
        pen=pen,
        lfdi=device,
        start_randomization=start_randomisation,
        duration_randomization=duration_randomisation,
    )
    facts = by_hand.Facts(context, time.time() if now is None else now, device, number=number)
    if to is Target.SEP2:
        _documents(by_hand.to_sep2(_frames(what, cluster), facts), as_json)
    else:
        _octets(by_hand.to_sep1([_resource(Path(name)) for name in what], facts), as_json)


def _frames(texts: list[str], cluster: str) -> list[tuple[int, Any]]:
    from handover.sep1 import frame
    from handover.sep1.clusters import CLUSTERS

    try:
        cluster_id = int(cluster, 16)
    except ValueError:
        raise ConfigError("say which cluster the frames are of: --cluster 0x0701") from None
    if cluster_id not in CLUSTERS:
        raise ConfigError(f"there is no cluster {cluster}; see: handover map")
    found = []
    for text in texts:
        digits = re.sub(r"[\s:]|0x", "", text)
        if len(digits) % 2 or not re.fullmatch(r"[0-9A-Fa-f]+", digits):
            raise ConfigError(f"{text[:40]!r} is no frame in hexadecimal: whole octets, such as 09000B0A00")
        found.append((cluster_id, frame.parse(cluster_id, bytes.fromhex(digits)).body))
    return found


def _resource(path: Path) -> Any:
    from handover.sep2 import xml

    try:
        return xml.decode(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None


def _documents(result: Any, as_json: bool) -> None:
    from handover.sep2 import xml

    documents = [xml.encode(resource).decode() for resource in result.resources]
    if as_json:
        typer.echo(json.dumps({"documents": documents, "lost": _losses(result)}, indent=2))
        return
    for document in documents:
        typer.echo(document)
    _tell(result)


def _octets(result: Any, as_json: bool) -> None:
    from handover.sep1 import frame
    from handover.sep1.description import describe

    frames = []
    for sequence, (cluster_id, body, to_client) in enumerate(result.frames):
        octets = frame.build(cluster_id, body, sequence=sequence, to_client=to_client)
        frames.append(
            {"cluster": f"0x{cluster_id:04X}", "frame": octets.hex(" "), "says": describe(cluster_id, octets)}
        )
    if as_json:
        typer.echo(json.dumps({"frames": frames, "lost": _losses(result)}, indent=2, default=str))
        return
    for told in frames:
        typer.echo(f"{told['cluster']}  {told['frame']}")
        typer.echo(json.dumps(told["says"], indent=2, default=str))
    _tell(result)


def _losses(result: Any) -> list[dict[str, str]]:
    return [{"field": loss.field, "why": loss.reason, "told": loss.told} for loss in result.lost]


def _tell(result: Any) -> None:
    for loss in result.lost:
        typer.secho(f"lost: {loss.field}: {loss.reason} [{loss.told}]", fg="yellow", err=True)


def _eui64(text: str) -> int:
    digits = text.replace(":", "").replace("-", "")
    if not re.fullmatch(r"[0-9A-Fa-f]{16}", digits):
        raise ConfigError(f"{text!r} is no EUI-64: 16 hexadecimal digits, such as 000D6F0000123456")
    return int(digits, 16)
