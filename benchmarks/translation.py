"""One price from the air to the resources of SEP 2.0, and further to their documents."""

from benchmarks.timing import Row, microseconds, table
from benchmarks.zcl import FRAMES
from handover.mapping import load_control, metering, price
from handover.mapping.context import Context
from handover.sep1 import frame
from handover.sep2 import xml

NOW = 1342548000
CONTEXT = Context(node=0x000D6F0000123456, pen=32473, lfdi=bytes(20))


def run() -> str:
    """Measure the translation of a price, an event and a meter reading."""
    rows = [
        Row("PublishPrice octets to bundle (9 resources)", microseconds(_price), "-", "<= 40"),
        Row("the same, and its 9 documents", microseconds(_documents), "-", ""),
        Row("LoadControlEvent octets to EndDeviceControl", microseconds(_event), "-", ""),
        Row("register attributes to UsagePoint with readings", microseconds(_reading), "-", ""),
    ]
    return table("Translation, orientation A", rows)


def _price() -> price.PriceBundle:
    cluster, octets = FRAMES["PublishPrice"]
    command = frame.parse(cluster, bytes.fromhex(octets)).body
    return price.to_sep2(price.from_sep1(command, CONTEXT, received=NOW), CONTEXT)


def _documents() -> list[bytes]:
    return [xml.encode(resource) for resource in _price().resources()]


def _event() -> object:
    cluster, octets = FRAMES["LoadControlEvent"]
    command = frame.parse(cluster, bytes.fromhex(octets)).body
    return load_control.to_sep2(load_control.from_sep1(command, CONTEXT, received=NOW), CONTEXT)


def _reading() -> object:
    values = {0x0000: 123456789, 0x0300: 0, 0x0301: 1, 0x0302: 1000, 0x0303: 0x2B, 0x0306: 0, 0x0200: 0}
    readings = metering.from_sep1(values, metering.settings(values), received=NOW)
    return metering.to_sep2(readings, metering.meter_from_sep1(values), CONTEXT, lfdi=bytes(20))
