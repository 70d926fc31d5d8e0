"""Every parser that octets from outside reach, with honest inputs to bend.

A parser more is a line in `PARSERS`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from handover.sep1 import frame, general
from handover.sep1.clusters import CLUSTERS
from handover.sep1.codec import PLACES, encode
from handover.sep1.description import describe
from handover.sep1.general import AttributeRecord, ReportingRecord
from handover.sep1.network import (
    aps,
    aps_commands,
    capture,
    mac,
    mac_commands,
    nwk,
    nwk_commands,
    pcapng,
    security,
    zdp,
)
from handover.sep1.ota import image
from handover.sep1.types import Collection, Structure
from handover.sep2 import exi, xml
from handover.sep2.resources import CLASSES
from sep1.samples import telling
from sep2.documents import maximal


@dataclass(frozen=True)
class Parser:
    """`parse` returns a value or raises DecodeError; `corpus` are inputs that it accepts."""

    parse: Callable[[bytes], Any]
    corpus: Sequence[bytes]


def _zcl(cluster_id: int) -> Parser:
    """Return the parser of whole ZCL frames of a cluster, with every command of it."""
    corpus = []
    for command, place in PLACES.items():
        if place.cluster_id == cluster_id:
            control = 0x01 | place.to_client << 3
            corpus.append(bytes((control, 1, place.command_id)) + encode(telling(command)))
    corpus += GENERAL_FRAMES
    return Parser(lambda octets: frame.parse(cluster_id, octets), corpus)


RECORDS = [
    AttributeRecord(0x0000, 0x25, 123456789),
    AttributeRecord(0x0400, 0x2A, -1500),
    AttributeRecord(0x0001, 0x48, Collection(0x20, [1, 2])),
    AttributeRecord(0x0002, 0x4C, Structure([(0x20, 1), (0x42, b"Hello")])),
]
REPORTING = ReportingRecord(0x0000, data_type=0x25, minimum=5, maximum=120, change=1)

GENERAL_FRAMES = [
    frame.build(0x0702, body, sequence=1, to_client=False)
    for body in (
        general.ReadAttributes([0x0000, 0x0400]),
        general.ReadAttributesResponse([*RECORDS, AttributeRecord(0x0004, status=0x86)]),
        general.WriteAttributes(RECORDS),
        general.WriteAttributesUndivided(RECORDS),
        general.WriteAttributesNoResponse(RECORDS),
        general.WriteAttributesResponse([general.StatusRecord(0x0001, 0x88)]),
        general.ConfigureReporting([REPORTING, ReportingRecord(0x0001, direction=1, timeout=60)]),
        general.ConfigureReportingResponse([general.ReportingStatus(0x0006, 0, 0x8C)]),
        general.ReadReportingConfiguration([(0, 0x0000)]),
        general.ReadReportingConfigurationResponse([REPORTING, ReportingRecord(0x0001, status=0x8B)]),
        general.ReportAttributes(RECORDS),
        general.DefaultResponse(0x00, 0x81),
        general.DiscoverAttributes(0x0000, 16),
        general.DiscoverAttributesResponse(True, [general.AttributeInfo(0x0000, 0x25)]),
    )
]

OPEN_FRAME = bytes.fromhex("418801aa1a341200000800341200001e010001000709010101" + "0901000100")

ADDRESSES = {0x0000: 0x000D6F0000123456, 0x1234: 0x000D6F0000654321}

RESOURCES = [maximal(CLASSES[name]) for name in sorted(CLASSES)[::8]]
STREAMS = [exi.encode(resource) for resource in RESOURCES]

PARSERS: dict[str, Parser] = {
    "SEP 2.0 in XML": Parser(xml.decode, [xml.encode(resource) for resource in RESOURCES]),
    "SEP 2.0 in EXI": Parser(exi.decode, STREAMS),
    "EXI of any content": Parser(exi.to_xml, STREAMS),
    **{f"ZCL {cluster.name}": _zcl(cluster_id) for cluster_id, cluster in CLUSTERS.items()},
    "MAC": Parser(
        mac.parse,
        [
            OPEN_FRAME,
            bytes.fromhex("008001aa1a0000" + "ffcf000000228401cdab00004b1200ffffff05"),
            bytes.fromhex("23c805aa1a0000ffff21436500006f0d00018e"),
            bytes.fromhex("63cc07aa1a21436500006f0d0001cdab00004b120002341200"),
            bytes.fromhex("120009"),
        ],
    ),
    "NWK": Parser(
        nwk.parse,
        [
            OPEN_FRAME[9:],
            bytes.fromhex(
                "091a341200001e09" + "11" * 8 + "22" * 8 + "2807000000" + "22" * 8 + "00" + "33" * 6
            ),
            bytes.fromhex("0805341200001e093f0201aaaabbbb21"),
        ],
    ),
    "APS": Parser(
        aps.parse,
        [
            OPEN_FRAME[17:],
            *(
                bytes.fromhex(text)
                for text in (
                    "0cefbe0207090101" + "05",
                    "1205",
                    "21050901",
                    "80020207090101050103" + "21",
                    "8202020709010105020301",
                )
            ),
        ],
    ),
    "MAC commands": Parser(
        mac_commands.COMMANDS.parse, [bytes.fromhex(text) for text in ("018e", "02341200", "04", "07")]
    ),
    "MAC check": Parser(mac.checked, [mac.with_check(OPEN_FRAME)]),
    "beacon": Parser(mac_commands.parse_beacon, [bytes.fromhex("ffcf00000022848877665544332211ffffff00")]),
    "NWK commands": Parser(
        nwk_commands.COMMANDS.parse,
        [
            bytes.fromhex(t)
            for t in (
                "010001341200",
                "02200134127856021122334455667788",
                "030d3412",
                "0440",
                "05013412",
                "068e",
                "07341200",
                "0861341273",
            )
        ],
    ),
    "APS commands": Parser(
        aps_commands.parse,
        [
            bytes.fromhex(t)
            for t in (
                "0501" + "00" * 33,
                "0503" + "11" * 25,
                "0504" + "11" * 32,
                "06" + "22" * 11,
                "07" + "22" * 8,
                "0802" + "22" * 8,
                "0804",
                "0901",
                "0e" + "22" * 8 + "2105300700000000",
            )
        ],
    ),
    "auxiliary header": Parser(
        lambda octets: security.parse(octets, 0),
        [bytes.fromhex(t) for t in ("2801000000" + "33" * 8 + "00", "2001000000" + "33" * 8, "1001000000")],
    ),
    "capture file": Parser(
        lambda octets: list(pcapng.read(octets)),
        [capture.pcap_file([(1.0, OPEN_FRAME)] * 2), pcapng.file([(1.0, OPEN_FRAME)] * 2)],
    ),
    "ZDP": Parser(
        lambda octets: zdp.parse(
            list(zdp.COMMANDS)[octets[0] % len(zdp.COMMANDS)] if octets else 0, octets[1:]
        ),
        [
            *(bytes((number, 1)) + bytes(32) for number in range(len(zdp.COMMANDS))),
            *(
                bytes((list(zdp.COMMANDS).index(cluster_id),)) + bytes.fromhex(text)
                for cluster_id, text in (
                    (0x0006, "01341209010200080207010007"),
                    (0x0021, "012143650000" + "6f0d0009020703" + "01cdab00004b120008"),
                    (0x0022, "012143650000" + "6f0d0009020701" + "efbe"),
                    (0x8002, "0181" + "3412"),
                    (0x8004, "010034120c" + "090901000501010008010207"),
                    (0x8005, "0100341202090a"),
                )
            ),
        ],
    ),
    "simple descriptor": Parser(zdp.parse_descriptor, [bytes.fromhex("0109010005000200070107010007")]),
    "capture": Parser(lambda octets: capture.decapsulate(octets, ADDRESSES), [OPEN_FRAME]),
    "description": Parser(lambda octets: describe(0x0702, octets), GENERAL_FRAMES),
    "OTA file": Parser(
        image.parse, [image.build(image.Header(0x1234, 1, 2, 0), [(0, b"firmware"), (3, bytes(16))])]
    ),
}
