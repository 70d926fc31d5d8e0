"""One SEP 1.x frame to its SEP 2.0 resources, and to the documents in which they are served."""

from benchmarks.timing import Row, microseconds, table
from benchmarks.zcl import FRAMES
from handover.mapping import load_control, metering, price
from handover.mapping.context import Context
from handover.sep1 import frame
from handover.sep1.clusters.drlc import LoadControlEvent
from handover.sep1.clusters.price import PublishPrice
from handover.sep2 import xml

NOW = 1342548000
CONTEXT = Context(node=0x000D6F0000123456, pen=32473, lfdi=bytes(20))
SCALE = {0x0300: 0, 0x0301: 1, 0x0302: 1000, 0x0303: 0x2B, 0x0306: 0}


def publish_price() -> price.PriceBundle:
    cluster, text = FRAMES["PublishPrice"]
    command = frame.parse(cluster, bytes.fromhex(text)).body
    assert isinstance(command, PublishPrice)
    return price.to_sep2(price.from_sep1(command, CONTEXT, received=NOW), CONTEXT)


def load_control_event() -> object:
    cluster, text = FRAMES["LoadControlEvent"]
    command = frame.parse(cluster, bytes.fromhex(text)).body
    assert isinstance(command, LoadControlEvent)
    return load_control.to_sep2(load_control.from_sep1(command, CONTEXT, received=NOW), CONTEXT)


def run() -> str:
    """Measure translations, decoding included."""
    settings, meter = metering.settings(SCALE), metering.meter_from_sep1(SCALE)
    values = {0x0007: NOW - 946684800, 0x0000: 123456789, 0x0001: 5, 0x0400: -1500}

    def readings() -> object:
        return metering.to_sep2(metering.from_sep1(values, settings, received=NOW), meter, CONTEXT)

    documents = list(publish_price().resources())
    rows = [
        Row("PublishPrice octets to 9 resources", microseconds(publish_price), "none exists", "<= 40"),
        Row("LoadControlEvent octets to 1 resource", microseconds(load_control_event), "-"),
        Row("4 attributes to 13 metering resources", microseconds(readings), "-"),
        Row(
            "those 9 pricing resources to XML", microseconds(lambda: [xml.encode(d) for d in documents]), "-"
        ),
    ]
    return table("Translation", rows)
