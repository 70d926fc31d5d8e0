"""`handover translate`: single frames into documents and back, with every loss by name."""

import json
import re
import time
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from handover.errors import ConfigError, Untranslatable


class EditionYear(Enum):
    """An edition of IEEE 2030.5."""

    E2013 = "2013"
    E2018 = "2018"
    E2023 = "2023"


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
    currency: Annotated[
        int, typer.Option(min=0, max=999, help="Of credit: ISO 4217 number of the price, 0 for none.")
    ] = 0,
    digits: Annotated[
        int, typer.Option(min=0, max=15, help="Of credit: digits right of the point, as the price has.")
    ] = 0,
    product: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CODE:TYPE:PEN:MODEL",
            help="Of images: a product by its ZigBee and its SEP 2.0 names, for example "
            "0x1002:0x0001:32473:PCT-100. May be given again.",
            show_default=False,
        ),
    ] = None,
    edition: Annotated[
        EditionYear, typer.Option(help="The edition of SEP 2.0 that the other side has.")
    ] = EditionYear.E2018,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Translate by hand: frames of one cluster into SEP 2.0 documents, or documents into frames.

    Frames and documents that belong together are given in one call, in order: an event before its
    cancellation, a type before its readings, the documents of a price.
    """
    from handover.mapping import by_hand
    from handover.mapping.context import Context
    from handover.sep2.declaration import Edition
    from handover.sep2.security.identity import parse_lfdi

    device = parse_lfdi(lfdi)
    context = Context(
        node=_eui64(esi),
        endpoint=endpoint,
        pen=pen,
        lfdi=device,
        start_randomization=start_randomisation,
        duration_randomization=duration_randomisation,
        edition=Edition(int(edition.value)),
    )
    facts = by_hand.Facts(
        context,
        time.time() if now is None else now,
        device,
        number=number,
        currency=currency,
        digits=digits,
        products=tuple(_product(text) for text in product or ()),
    )
    try:
        if to is Target.SEP2:
            _documents(by_hand.to_sep2(_frames(what, cluster), facts), context.edition, as_json)
        else:
            _octets(by_hand.to_sep1([_resource(Path(name)) for name in what], facts), as_json)
    except Untranslatable as error:
        typer.secho(f"untranslatable: {error}", fg="red", err=True)
        if to is Target.SEP2:
            told = f"ZCL status 0x{error.zcl_status:02X}"
        else:
            told = f"HTTP {error.http_status}; of an event: response {error.response_status}"
        typer.secho(f"told: {told}", fg="yellow", err=True)
        raise typer.Exit(1) from error


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


def _product(text: str) -> Any:
    from handover.model.firmware import Product

    try:
        code, image_type, pen, model = text.split(":", 3)
        return Product(int(code, 0), int(image_type, 0), int(pen, 0), model)
    except ValueError:
        raise ConfigError(
            f"{text!r} is no product: give CODE:TYPE:PEN:MODEL, for example 0x1002:0x0001:32473:PCT-100"
        ) from None


def _documents(result: Any, edition: Any, as_json: bool) -> None:
    from handover.sep2 import xml

    namespace = next(name for name, editions in xml.EDITIONS.items() if edition in editions)
    documents = [xml.encode(resource, namespace, edition).decode() for resource in result.resources]
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
