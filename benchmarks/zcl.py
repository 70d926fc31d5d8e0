"""ZCL frames: octets to commands and back."""

from benchmarks.timing import microseconds
from handover.sep1 import frame

FRAMES = {
    "LoadControlEvent": (0x0701, "090100011000000100 00b07298177800041e1400800080 80ff03"),
    "PublishPrice": (
        0x0700,
        "0909009900000005544f552d3101509817a06498170048034232b07298173c006e040000fff4010000ff",
    ),
    "report of 7 attributes": (
        0x0702,
        "180d0a 00002515cd5b070000 00033000 010322010000 020322e80300 0303182b 06031800 00042adc0500",
    ),
}


def run() -> str:
    """Measure decode and encode of whole frames, beside zigpy and scapy in the same run."""
    # imported here: they are no part of what other benchmarks measure
    from benchmarks import zcl_peers

    lines = [
        "### ZCL frames (header and payload)",
        "",
        "| operation | ours, us | zigpy, us | scapy, us | zigpy / ours | scapy / ours | target |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, (cluster, text) in FRAMES.items():
        octets = bytes.fromhex(text)
        zcl = frame.parse(cluster, octets)
        header = zcl.header

        def decode(cluster: int = cluster, octets: bytes = octets) -> object:
            return frame.parse(cluster, octets)

        def encode(cluster: int = cluster, zcl: frame.Zcl = zcl, header: frame.Header = header) -> bytes:
            return frame.build(cluster, zcl.body, sequence=header.sequence, to_client=header.to_client)

        theirs = zcl_peers.zigpy(name, octets), zcl_peers.scapy(name, octets)
        for peer in theirs:
            if peer[1]()[3:] != encode()[3:]:
                raise SystemExit(f"{name}: the peers do not write the same payload; nothing to compare")
        for what, call, target, index in (("decode", decode, 20, 0), ("encode", encode, 6, 1)):
            ours = microseconds(call)
            zigpy, scapy = (microseconds(peer[index]) for peer in theirs)
            lines.append(
                f"| {name}, {what} | {ours:.1f} | {zigpy:.0f} | {scapy:.0f} | {zigpy / ours:.0f}x "
                f"| {scapy / ours:.0f}x | >= {target}x |"
            )
    return "\n".join(lines) + "\n"
