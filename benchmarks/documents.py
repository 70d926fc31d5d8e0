"""SEP 2.0 documents: XML and EXI to typed resources and back.

envoy-schema, xsdata and lxml are measured in the same run.
"""

from envoy_schema.server.schema.sep2 import end_device as envoy
from lxml import etree
from py20305.models.sep import sep as peer
from py20305.xml.serialization import from_xml, to_xml

from benchmarks.timing import Row, microseconds, table
from handover.sep2 import exi, xml
from handover.sep2.resources.common import Link, ListLink
from handover.sep2.resources.end_device import EndDevice, EndDeviceList

LINKS = ("Configuration", "DeviceInformation", "DeviceStatus", "FileStatus", "PowerStatus", "Registration")
LISTS = (
    "DER",
    "IPInterface",
    "LoadShedAvailability",
    "LogEvent",
    "FlowReservationRequest",
    "FlowReservationResponse",
    "FunctionSetAssignments",
    "Subscription",
)


def end_device(number: int, base: str, links: int, lists: int) -> EndDevice:
    """Return an EndDevice with that many links below `base`."""
    base = f"{base}/edev/{number}"
    return EndDevice(
        href=base,
        lFDI=bytes.fromhex("3E4F45AB31EDFE5B67E343E5E4562E31984E23E5"),
        sFDI=167261211391,
        deviceCategory=bytes(4),
        changedTime=1342548000,
        enabled=True,
        postRate=900,
        **{f"{name}Link": Link(href=f"{base}/{name.lower()}") for name in LINKS[:links]},
        **{f"{name}ListLink": ListLink(href=f"{base}/{name.lower()}", all=1) for name in LISTS[:lists]},
    )


def run() -> str:
    """Measure one device and a list of 25."""
    one = end_device(1, "/sep2/premises/0000000000000000000000000000", len(LINKS), len(LISTS))
    many = EndDeviceList(
        href="/edev", all=25, results=25, EndDevice=[end_device(n, "", 3, 3) for n in range(25)]
    )
    rows = []
    for what, ours, theirs, third, build, parse in (
        (
            f"EndDevice ({len(xml.encode(one))} octets)",
            one,
            peer.EndDevice,
            envoy.EndDeviceResponse,
            "<= 10",
            "<= 40",
        ),
        (
            f"EndDeviceList x25 ({len(xml.encode(many))} octets)",
            many,
            peer.EndDeviceList,
            envoy.EndDeviceListResponse,
            "<= 200",
            "<= 450",
        ),
    ):
        octets = xml.encode(ours)
        other = from_xml(octets, theirs)
        built = microseconds(lambda r=ours: xml.encode(r))
        parsed = microseconds(lambda o=octets: xml.decode(o))
        their_build = microseconds(lambda t=other: to_xml(t))
        their_parse = microseconds(lambda o=octets, t=theirs: from_xml(o, t))
        envoys = third.from_xml(octets)
        envoy_build = microseconds(lambda e=envoys: e.to_xml(skip_empty=True))
        envoy_parse = microseconds(lambda o=octets, t=third: t.from_xml(o))
        bare = microseconds(lambda o=octets: etree.fromstring(o))
        rows.append(
            Row(
                f"{what}, build",
                built,
                f"envoy-schema {envoy_build:.0f} ({envoy_build / built:.0f}x), "
                f"xsdata {their_build:.0f} ({their_build / built:.0f}x)",
                build,
            )
        )
        rows.append(
            Row(
                f"{what}, parse",
                parsed,
                f"envoy-schema {envoy_parse:.0f} ({envoy_parse / parsed:.0f}x), "
                f"xsdata {their_parse:.0f} ({their_parse / parsed:.0f}x), bare lxml {bare:.0f}",
                parse,
            )
        )
    stream = exi.encode(many)
    assert exi.decode(stream) == many
    what = f"the same list in EXI ({len(stream)} octets)"
    rows.append(Row(f"{what}, encode", microseconds(lambda: exi.encode(many)), "-", "<= 1000"))
    rows.append(Row(f"{what}, decode", microseconds(lambda: exi.decode(stream)), "-", "<= 1500"))
    document = xml.encode(many)
    tree = microseconds(lambda: exi.from_xml(document)), microseconds(lambda: exi.to_xml(stream))
    rows.append(Row("any XML of that size to EXI, through a tree", tree[0], "-", "-"))
    rows.append(Row("any EXI of that size to XML, through a tree", tree[1], "-", "-"))
    return table("Documents", rows)
