"""Frames of one PAN from the inside out, and what Wireshark finds in them."""

import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from handover.sep1.network import aps, mac, nwk, pcapng, security
from handover.sep1.network.security import Auxiliary, FrameKey
from handover.sep1.security.mmo import hmac_mmo

PAN: Final = 0x1AAA
CENTRE: Final = 0x00124B0000ABCD01
"""EUI-64 of the trust centre, whose short address is 0."""
CHILD: Final = 0x000D6F0000654321
SHORT: Final = 0x1234
NETWORK_KEY: Final = bytes(range(0x40, 0x50))
LINK_KEY: Final = bytes(range(0xC0, 0xD0))
DERIVED: Final = {
    security.LINK: LINK_KEY,
    security.KEY_TRANSPORT: hmac_mmo(LINK_KEY, b"\x00"),
    security.KEY_LOAD: hmac_mmo(LINK_KEY, b"\x02"),
}


def in_mac(payload: bytes) -> bytes:
    return mac.build(mac.MacFrame(sequence=1, pan_id=PAN, destination=SHORT, source=0, payload=payload))


def in_nwk(payload: bytes, *, kind: int = nwk.DATA, key: bytes | None = None, counter: int = 7) -> bytes:
    """Return a frame from the trust centre to the child, under the network key `key` if there is one."""
    frame = nwk.NwkFrame(
        kind=kind,
        destination=SHORT,
        source=0,
        radius=30,
        sequence=9,
        payload=payload,
        source_eui=CENTRE,
        secured=key is not None,
    )
    if key is None:
        return in_mac(nwk.build(frame))
    auxiliary = Auxiliary(security.NETWORK, counter, CENTRE, 0)
    return in_mac(FrameKey(key).seal(nwk.header(frame), auxiliary, CENTRE, payload))


def protected(frame: aps.ApsData, key_id: int = security.LINK, *, counter: int = 21) -> bytes:
    """Return an APS frame of the trust centre under the link key, or a key derived from it."""
    frame.secured = True
    auxiliary = Auxiliary(key_id, counter, CENTRE)
    return FrameKey(DERIVED[key_id]).seal(aps.header(frame), auxiliary, CENTRE, frame.payload)


@dataclass(slots=True)
class Seen:
    """A packet as Wireshark reads it: its protocols, and what it shows of every field, in order."""

    protocols: list[str]
    fields: dict[str, list[str]] = field(default_factory=dict)

    def numbers(self, name: str) -> list[int]:
        """Return what a field shows, as numbers; an EUI-64 is shown with colons, the high octet first."""
        return [int(text.replace(":", ""), 16 if ":" in text else 0) for text in self.fields.get(name, [])]

    @property
    def complaints(self) -> list[str]:
        return self.fields.get("_ws.expert.message", []) + [p for p in self.protocols if "malformed" in p]


def dissect(
    tshark: str,
    folder: Path,
    frames: Sequence[bytes],
    *,
    network: Iterable[bytes] = (),
    link: Iterable[bytes] = (),
    link_type: int = pcapng.WITHOUT_CHECK,
) -> list[Seen]:
    blocks = [pcapng.packet(octets, 1342548000.0 + n) for n, octets in enumerate(frames)]
    (folder / "air.pcapng").write_bytes(pcapng.head(link_type) + b"".join(blocks))
    (folder / "zigbee_pc_keys").write_text(pcapng.key_lines(network, link))
    run = subprocess.run(
        [tshark, "-r", folder / "air.pcapng", "-T", "pdml"],
        capture_output=True,
        text=True,
        check=True,
        env={"WIRESHARK_CONFIG_DIR": str(folder), "PATH": "/usr/bin:/bin"},
    )
    packets = []
    for packet in ET.fromstring(run.stdout).iter("packet"):
        seen = Seen([proto.get("name", "") for proto in packet.iter("proto")])
        for element in packet.iter("field"):
            seen.fields.setdefault(element.get("name", ""), []).append(element.get("show", ""))
        packets.append(seen)
    assert len(packets) == len(frames)
    return packets
