"""Green Button files: their form, and that they say what SEP 2.0 devices are told."""

from decimal import Decimal

import pytest
from lxml import etree

from gateway.export.conftest import Exporting
from gateway.export.reading import NAMES, Feed
from gateway.home import NOW, OWN, Home
from gateway.utility import ELECTRIC, GAS, GAS_METER, MAP8, TEXT, U24, U48, UTC, register, report
from handover.gateway.export.formats import Format
from handover.sep1.general import AttributeRecord, ReportAttributes
from handover.sep1.types import ZIGBEE_EPOCH

pytestmark = pytest.mark.req("REQ.GW.1")

ORDER = {
    "UsagePoint": ["roleFlags", "ServiceCategory", "status"],
    "ReadingType": [
        "accumulationBehaviour", "commodity", "dataQualifier", "flowDirection", "intervalLength", "kind",
        "powerOfTenMultiplier", "uom",
    ],
    "IntervalBlock": ["interval", "IntervalReading"],
    "IntervalReading": ["ReadingQuality", "timePeriod", "value"],
    "LocalTimeParameters": ["dstEndRule", "dstOffset", "dstStartRule", "tzOffset"],
    "MeterReading": [],
}  # fmt: skip
"""The order that the schema of ESPI wants, of what is used of it."""


def test_the_feed_has_the_form_of_atom_and_espi(metered: Home, export: Exporting) -> None:
    feed = Feed(export(Format.GREEN_BUTTON))
    assert feed.root.tag == f"{{{NAMES['a']}}}feed"
    assert feed.root.findtext("a:title", "", NAMES) == "Green Button data of Home & garden"
    ids = [entry.findtext("a:id", "", NAMES) for entry in feed.entries]
    assert len(set(ids)) == len(ids)
    assert all(name.startswith("urn:uuid:") for name in ids)
    selves = [path for entry in feed.entries for path in feed.links(entry, "self")]
    assert len(set(selves)) == len(feed.entries)
    for entry in feed.entries:
        tags = [etree.QName(child).localname for child in entry]
        assert [tag for tag in tags if tag != "link"] == ["id", "title", "content", "published", "updated"]
        (content,) = entry.find("a:content", NAMES)
        assert etree.QName(content).namespace == NAMES["e"]
        for related in feed.links(entry, "related"):
            assert related in selves or feed.below(related), related
        for element in content.iter():
            order = ORDER.get(etree.QName(element).localname)
            if order is not None:
                places = [order.index(etree.QName(child).localname) for child in element]
                assert places == sorted(places)


def test_the_register_is_what_sep2_devices_are_served(metered: Home, export: Exporting) -> None:
    kind, served = metered.gets("/upt/0/mr/0000-0/rt"), metered.gets("/upt/0/mr/0000-0/r")
    series = Feed(export(Format.GREEN_BUTTON)).series(1)[0]
    assert series.kind == {
        "accumulationBehaviour": kind.accumulationBehaviour,
        "commodity": kind.commodity,
        "flowDirection": kind.flowDirection,
        "kind": kind.kind,
        "powerOfTenMultiplier": kind.powerOfTenMultiplier,
        "uom": kind.uom,
    }
    assert (series.kind["uom"], series.kind["accumulationBehaviour"]) == (72, 9)
    assert series.values[-1] == (served.timePeriod.start, 0, served.value)
    assert series.values[0] == (NOW, 0, 100_000)
    assert len(series.values) == 25


def test_consumption_runs_from_reading_to_reading(metered: Home, export: Exporting) -> None:
    series = Feed(export(Format.GREEN_BUTTON)).series(1)[1]
    assert (series.kind["accumulationBehaviour"], series.kind["intervalLength"]) == (4, 900)
    assert series.kind["flowDirection"] == 1
    assert series.values == [(NOW + 900 * n, 900, 30) for n in range(8)]
    assert series.qualities == {"11"}
    assert series.blocks == [(NOW, 7200)]


def test_net_demand_is_signed(metered: Home, export: Exporting) -> None:
    series = Feed(export(Format.GREEN_BUTTON)).series(1)[2]
    assert (series.kind["uom"], series.kind["flowDirection"], series.kind["kind"]) == (38, 4, 37)
    assert series.amounts[:2] == [Decimal(-60), Decimal(120)]


def test_a_gas_meter_is_a_usage_point_of_its_own(metered: Home, export: Exporting) -> None:
    feed = Feed(export(Format.GREEN_BUTTON))
    kinds = [point.findtext("e:ServiceCategory/e:kind", "", NAMES) for point in feed.content("UsagePoint")]
    assert kinds == ["0", "1"]
    (gas,) = feed.series(2)
    assert (gas.kind["uom"], gas.kind["commodity"], gas.kind["powerOfTenMultiplier"]) == (42, 7, -2)
    assert gas.amounts == [Decimal("12.34")]


def test_an_odd_divisor_is_marked_as_derived(home: Home, export: Exporting) -> None:
    report(home, ELECTRIC | {0x0302: (U24, 3), 0x0000: (U48, 100)})
    series = Feed(export(Format.GREEN_BUTTON)).series(1)[0]
    kind, served = home.gets("/upt/0/mr/0000-0/rt"), home.gets("/upt/0/mr/0000-0/r")
    assert series.qualities == {"11"}
    assert series.amounts == [Decimal(served.value).scaleb(kind.powerOfTenMultiplier)]


def test_a_register_that_begins_anew_gives_no_negative_consumption(home: Home, export: Exporting) -> None:
    report(home, ELECTRIC)
    for value in (5000, 5100, 3, 50):
        register(home, value)
        home.passes(900)
    series = Feed(export(Format.GREEN_BUTTON)).series(1)[1]
    assert [value for _, _, value in series.values] == [100, 47]


def test_identifiers_are_the_same_in_every_export_and_name_nobody(metered: Home, export: Exporting) -> None:
    first = export(Format.GREEN_BUTTON)
    metered.passes(86400)
    register(metered, 200_000)
    everything, later = export(Format.GREEN_BUTTON), export(Format.GREEN_BUTTON, str(NOW + 80_000))
    assert identifiers(first) < identifiers(everything)
    assert identifiers(later) < identifiers(everything)
    blocks = [e for e in Feed(later).entries if e.find(".//e:IntervalBlock", NAMES) is not None]
    assert not {e.findtext("a:id", "", NAMES) for e in blocks} & identifiers(first)
    assert f"{OWN:016X}".encode() not in everything.upper()


def identifiers(document: bytes) -> set[str]:
    return {entry.findtext("a:id", "", NAMES) for entry in Feed(document).entries}


def test_the_zone_of_the_esi_is_told_and_days_are_its_days(home: Home, export: Exporting) -> None:
    records = [
        AttributeRecord(0x0000, UTC, NOW - ZIGBEE_EPOCH),
        AttributeRecord(0x0001, MAP8, 0x01),
        AttributeRecord(0x0002, 0x2B, -18000),
        AttributeRecord(0x0003, 0x23, 1331449200 - ZIGBEE_EPOCH),
        AttributeRecord(0x0004, 0x23, 1352008800 - ZIGBEE_EPOCH),
        AttributeRecord(0x0005, 0x2B, 3600),
    ]
    home.says(ReportAttributes(records), 0x000A)
    report(home, ELECTRIC)
    for value in range(13):
        register(home, value)
        home.passes(3600)
    feed = Feed(export(Format.GREEN_BUTTON))
    (clock,) = feed.content("LocalTimeParameters")
    assert [child.text for child in clock] == ["B0402000", "3600", "30B02000", "-18000"]
    midnight = NOW + 10 * 3600
    assert feed.series(1)[0].blocks == [(NOW, 9 * 3600), (midnight, 2 * 3600)]
    assert feed.links(feed.at("RetailCustomer/1/UsagePoint/1"), "related")[1] == "LocalTimeParameters/1"


def test_hostile_names_stay_texts(home: Home, export: Exporting) -> None:
    report(home, ELECTRIC | {0x0000: (U48, 7), 0x0307: (TEXT, b"<x>&\x01]]>")})
    feed = Feed(export(Format.GREEN_BUTTON))
    point = feed.at("RetailCustomer/1/UsagePoint/1")
    assert point.findtext("a:title", "", NAMES) == "<x>& ]]>"


def test_pressure_has_no_service_and_is_left_out(home: Home, export: Exporting) -> None:
    report(home, GAS | {0x0300: (0x30, 8), 0x0306: (0x18, 4), 0x0000: (U48, 7)}, source=GAS_METER)
    assert Feed(export(Format.GREEN_BUTTON)).entries == []


def test_a_home_without_a_meter_has_an_empty_feed(home: Home, export: Exporting) -> None:
    assert Feed(export(Format.GREEN_BUTTON)).entries == []


def test_only_the_period_is_exported(metered: Home, export: Exporting) -> None:
    series = Feed(export(Format.GREEN_BUTTON, str(NOW + 900), str(NOW + 2700))).series(1)
    assert [start for start, _, _ in series[0].values] == [NOW + 300 * n for n in range(3, 9)]
    assert series[1].values == [(NOW + 900, 900, 30)]
