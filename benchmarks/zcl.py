"""ZCL frames: octets to commands and back."""

from benchmarks.timing import Row, microseconds, table
from handover.sep1 import frame
from handover.sep1.general import ReportAttributes

FRAMES = {
    "LoadControlEvent": (0x0701, "090100011000000100 00b07298177800041e1400800080 80ff03"),
    "PublishPrice": (
        0x0700,
        "0909009900000005544f552d3101509817a06498170048034232b07298173c006e040000fff4010000ff",
    ),
    "report of 7 attributes": (
        0x0702,
        "180d0a00002515cd5b070000 000330000103220100000203 22e8030003 03182b0603 18000002 1800 00042adc0500",
    ),
}
ZIGPY = {
    "LoadControlEvent": ("zigpy 97-137, scapy 99-156", "zigpy 18-30"),
    "PublishPrice": ("-", "-"),
    "report of 7 attributes": ("-", "-"),
}


def run() -> str:
    """Measure decode and encode of whole frames."""
    rows = []
    for name, (cluster, text) in FRAMES.items():
        octets = bytes.fromhex(_seven() if name.startswith("report") else text)
        zcl = frame.parse(cluster, octets)
        header = zcl.header
        decode, encode = ZIGPY[name]
        rows.append(
            Row(
                f"{name}, decode", microseconds(lambda c=cluster, o=octets: frame.parse(c, o)), decode, "<= 5"
            )
        )
        rows.append(
            Row(
                f"{name}, encode",
                microseconds(
                    lambda c=cluster, z=zcl, h=header: frame.build(
                        c, z.body, sequence=h.sequence, to_client=h.to_client
                    )
                ),
                encode,
                "<= 3",
            )
        )
    return table("ZCL frames (header and payload)", rows)


def _seven() -> str:
    """Return the report of the golden summation with its formatting set, as hexadecimal."""
    records = [
        ("0000", "25", "15cd5b070000"),
        ("0003", "30", "00"),
        ("0103", "22", "010000"),
        ("0203", "22", "e80300"),
        ("0303", "18", "2b"),
        ("0603", "18", "00"),
        ("0004", "2a", "dc0500"),
    ]
    octets = "180d0a" + "".join(a + t + v for a, t, v in records)
    body = frame.parse(0x0702, bytes.fromhex(octets)).body
    assert isinstance(body, ReportAttributes)
    return octets
