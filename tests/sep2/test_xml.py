"""Documents of every class: valid against the schema, and the same again after a round trip."""

import json
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from handover.errors import DecodeError, EncodeError
from handover.sep2 import xml
from handover.sep2.declaration import Edition, Since, resource
from handover.sep2.lexical import Flaw
from handover.sep2.resources import CLASSES
from handover.sep2.resources.common import DateTimeInterval, Event, EventStatus, Link, ListLink
from handover.sep2.resources.drlc import DutyCycle, TargetReduction
from handover.sep2.resources.end_device import EndDevice, EndDeviceList, Registration
from handover.sep2.resources.messaging import TextMessage
from handover.sep2.resources.metering import Reading
from handover.sep2.resources.response import DrResponse, PriceResponse, Response, ResponseList
from handover.sep2.resources.subscription import Notification
from handover.sep2.resources.time import Time
from handover.sep2.types import UInt8
from handover.sep2.xml_quick import QuickReaders
from handover.sep2.xml_reader import Readers
from handover.sep2.xml_writer import element_writer, explain
from sep2 import schema_tables
from sep2.documents import anything, maximal, minimal

Since2018 = Annotated[UInt8 | None, Since(Edition.E2018)]
GOLDEN = json.loads((Path(__file__).parents[1] / "data" / "golden.json").read_text())
LOOKALIKE = TargetReduction(type=0, value=1)
BAD_DEVICE = EndDevice(sFDI=-1, changedTime=1)
LFDI = bytes.fromhex("3E4F45AB31EDFE5B67E343E5E4562E31984E23E5")


def check(instance: Any) -> None:
    """Encode, validate against the schema, decode, compare."""
    data = xml.encode(instance)
    validator = schema_tables.validator()
    assert validator.validate(etree.fromstring(data)), (data, validator.error_log)
    assert xml.decode(data) == instance


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("make", [minimal, maximal], ids=["minimal", "maximal"])
def test_every_class_is_valid_and_survives(name: str, make: Any) -> None:
    check(make(CLASSES[name]))


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(CLASSES)).flatmap(lambda name: anything(CLASSES[name])))
def test_anything_is_valid_and_survives(instance: Any) -> None:
    check(instance)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(CLASSES)).flatmap(lambda name: anything(CLASSES[name])), st.randoms())
def test_both_readers_agree_and_order_does_not_matter(instance: Any, random: Any) -> None:
    root = etree.fromstring(xml.encode(instance))
    readers = Readers(xml.NS_2018, (Edition.E2018,), CLASSES)
    cls = type(instance)
    assert readers.quick.reader(cls)(root) == instance
    assert readers.reader(cls)(root) == instance
    names = list(dict.fromkeys(child.tag for child in root))
    random.shuffle(names)
    root[:] = [child for name in names for child in root if child.tag == name]
    etree.SubElement(root, "{urn:vendor}extra", one="1").text = "more"
    etree.SubElement(root, f"{{{xml.NS_2018}}}unheardOf")
    root.set("unheardOf", "1")
    root.set("{urn:vendor}all", "x")
    assert xml.decode(etree.tostring(root)) == instance


@pytest.mark.parametrize(
    ("title", "text"),
    [(case["n"], text) for case in GOLDEN for text in case["xml"] if text.startswith("<")],
)
def test_golden_documents(title: str, text: str) -> None:
    again = xml.encode(xml.decode(text.encode()))
    text = text.replace("<type>00</type>", "<type>0000</type>")  # of a File: numbers keep their width here
    assert etree.canonicalize(again.decode()) == etree.canonicalize(text)


def test_a_document_looks_like_this() -> None:
    status = EventStatus(currentStatus=1, dateTime=10, potentiallySuperseded=False)
    event = TextMessage(
        href="/msg/0/txt/0",
        replyTo="/rsps/0/rsp",
        responseRequired=b"\x03",
        mRID=bytes.fromhex("0A0B"),
        creationTime=9,
        EventStatus=status,
        interval=DateTimeInterval(duration=60, start=10),
        priority=1,
        textMessage='Boil <b>"water"</b> & wait\r\n',
    )
    assert xml.encode(event) == (
        b'<TextMessage xmlns="urn:ieee:std:2030.5:ns" href="/msg/0/txt/0" replyTo="/rsps/0/rsp"'
        b' responseRequired="03"><mRID>0A0B</mRID><creationTime>9</creationTime>'
        b"<EventStatus><currentStatus>1</currentStatus><dateTime>10</dateTime>"
        b"<potentiallySuperseded>false</potentiallySuperseded></EventStatus>"
        b"<interval><duration>60</duration><start>10</start></interval><priority>1</priority>"
        b"<textMessage>Boil &lt;b&gt;&quot;water&quot;&lt;/b&gt; &amp; wait&#13;&#10;</textMessage>"
        b"</TextMessage>"
    )
    assert xml.decode(xml.encode(event)) == event


def test_an_item_says_its_real_type() -> None:
    page = ResponseList(
        all=3,
        results=3,
        Response=[
            DrResponse(endDeviceLFDI=LFDI, subject=b"\1", DutyCycle=DutyCycle(normalValue=50)),
            PriceResponse(endDeviceLFDI=LFDI, subject=b"\2"),
            Response(endDeviceLFDI=LFDI, subject=b"\3"),
        ],
    )
    text = xml.encode(page).decode()
    assert text.startswith(f'<ResponseList xmlns="{xml.NS_2018}" xmlns:xsi="{xml.XSI}" all="3"')
    assert text.count('<Response xsi:type="DrResponse">') == 1
    assert text.count("<Response>") == 1
    assert [type(r).__name__ for r in xml.decode(text.encode()).Response] == [
        "DrResponse",
        "PriceResponse",
        "Response",
    ]


def test_a_prefixed_or_padded_type_name_is_understood() -> None:
    text = (
        f'<s:Notification xmlns:s="{xml.NS_2018}" xmlns:i="{xml.XSI}"><s:subscribedResource>/tm'
        '</s:subscribedResource><s:Resource i:type=" s:Reading "><s:value>5</s:value></s:Resource>'
        "<s:status>0</s:status><s:subscriptionURI>/sub/1</s:subscriptionURI></s:Notification>"
    )
    assert xml.decode(text.encode(), Notification).Resource == Reading(value=5)


def test_the_root_may_say_its_real_type_too() -> None:
    text = (
        f'<Response xmlns="{xml.NS_2018}" xmlns:x="{xml.XSI}" x:type="PriceResponse"><endDeviceLFDI>'
        f"{LFDI.hex()}</endDeviceLFDI><subject>0a</subject></Response>"
    )
    assert xml.decode(text.encode()) == PriceResponse(endDeviceLFDI=LFDI, subject=b"\x0a")


def test_documents_without_polymorphic_parts_do_not_declare_xsi() -> None:
    assert b"xsi" not in xml.encode(minimal(Time))


@pytest.mark.parametrize("namespace", [xml.NS_2013, xml.NS_2018])
def test_an_answer_can_be_given_in_the_namespace_of_the_client(namespace: str) -> None:
    time = Time(currentTime=1, dstEndTime=2, dstOffset=3, dstStartTime=4, quality=7, tzOffset=-18000)
    data = xml.encode(time, namespace)
    assert namespace.encode() in data
    assert xml.namespace_of(data) == namespace
    assert xml.decode(data) == time


def test_fields_of_another_edition_are_not_written() -> None:
    @resource
    class Later:
        old: bool
        new: Since2018 = None

    later = Later(old=True, new=5)
    assert element_writer(Later, Edition.E2013)(later, "L", "") == "<L><old>true</old></L>"
    assert element_writer(Later, Edition.E2018)(later, "L", "") == "<L><old>true</old><new>5</new></L>"


def test_a_document_of_2013_has_the_fields_of_2013() -> None:
    device = EndDevice(sFDI=1, changedTime=2, deviceCategory=b"\0\0\0\1", postRate=60)
    device.loadShedDeviceCategory = b"\0\0\0\2"
    old, new = xml.encode(device, xml.NS_2013), xml.encode(device)
    assert b"<loadShedDeviceCategory>00000002</loadShedDeviceCategory><sFDI>" in old
    assert b"deviceCategory>00000001" not in old
    assert b"postRate" not in old
    assert b"<deviceCategory>00000001</deviceCategory>" in new
    assert b"loadShed" not in new
    assert xml.decode(old).loadShedDeviceCategory == b"\0\0\0\2"
    assert xml.decode(old.replace(xml.NS_2013.encode(), xml.NS_2018.encode())).loadShedDeviceCategory is None


def test_peers_with_careless_hexadecimal_digits_are_understood() -> None:
    text = (
        f'<EndDevice xmlns="{xml.NS_2018}"><deviceCategory>1</deviceCategory><lFDI>00ab</lFDI>'
        "<sFDI>1</sFDI><changedTime>1</changedTime></EndDevice>"
    )
    with pytest.raises(DecodeError, match="deviceCategory"):
        xml.decode(text.encode())
    device = xml.decode(text.replace(">1</dev", "> 0a\n</dev").encode())
    assert device.deviceCategory == b"\0\0\0\x0a"
    assert device.lFDI == bytes(18) + b"\x00\xab"


def test_an_mrid_is_kept_as_it_was_sent() -> None:
    text = f'<ResponseSet xmlns="{xml.NS_2018}"><mRID>00ab</mRID></ResponseSet>'
    assert xml.decode(text.encode()).mRID == b"\x00\xab"
    assert b"<mRID>00AB</mRID>" in xml.encode(xml.decode(text.encode()))


def test_short_bit_strings_are_filled_up_when_written() -> None:
    assert b"<localID>0007</localID>" in xml.encode(Reading(localID=b"\7"))


def test_enumerations_are_whole_numbers() -> None:
    class Quality(IntEnum):
        MANUAL = 5

    assert b"<value>5</value>" in xml.encode(Reading(value=Quality.MANUAL))
    assert b"<value>1</value>" in xml.encode(Reading(value=True))


def test_comments_processing_instructions_cdata_and_prologs_are_read() -> None:
    text = (
        '\ufeff<?xml version="1.0" encoding="UTF-8"?><!-- a --><?b c?>\n<Registration xmlns="'
        f'{xml.NS_2018}"><!-- d --><dateTimeRegistered> +1<!-- e -->0\n</dateTimeRegistered>'
        "<pIN><![CDATA[111115]]></pIN><?f?></Registration>\n<!-- g -->"
    )
    assert xml.decode(text.encode()) == Registration(dateTimeRegistered=10, pIN=111115)


def test_the_expected_class_is_checked_and_subclasses_are_welcome() -> None:
    data = xml.encode(PriceResponse(endDeviceLFDI=LFDI, subject=b"\2"))
    assert isinstance(xml.decode(data, Response), PriceResponse)
    with pytest.raises(DecodeError, match="PriceResponse where a DrResponse"):
        xml.decode(data, DrResponse)


@pytest.mark.parametrize(
    ("instance", "path"),
    [
        (Reading(value=1 << 48), "Reading/value: 281474976710656 is out of range"),
        (Reading(value=1.5), "Reading/value: must be a whole number, not 1.5"),  # type: ignore[arg-type]
        (Reading(localID=b"abc"), "Reading/localID: 3 octets are longer than 2"),
        (Reading(localID="07"), "Reading/localID: must be bytes"),  # type: ignore[arg-type]
        (Reading(href=5), "Reading/@href: must be text, not 5"),  # type: ignore[arg-type]
        (Reading(href="\x01"), r"Reading/@href: contains '\\x01'"),
        (Reading(timePeriod=Link(href="/")), "Reading/timePeriod: must be of type DateTimeInterval"),  # type: ignore[arg-type]
        (EndDevice(sFDI=None, changedTime=1), "EndDevice/sFDI: is mandatory"),  # type: ignore[arg-type]
        (EndDevice(sFDI=1, changedTime=1, enabled=1), "EndDevice/enabled: must be True or False"),  # type: ignore[arg-type]
        (
            EndDevice(sFDI=1, changedTime=1, RegistrationLink=Link(href=None)),  # type: ignore[arg-type]
            "EndDevice/RegistrationLink/@href: is mandatory",
        ),
        (
            EndDevice(sFDI=1, changedTime=1, RegistrationLink=ListLink(href="/")),
            "EndDevice/RegistrationLink: must be of type Link",
        ),
        (
            EndDeviceList(all=1, results=-1),
            "EndDeviceList/@results: -1 is out of range",
        ),
        (
            EndDeviceList(
                all=1, results=1, EndDevice=[minimal(EndDevice), EndDevice(sFDI=-1, changedTime=1)]
            ),
            r"EndDeviceList/EndDevice\[1\]/sFDI: -1 is out of range",
        ),
        (EndDeviceList(all=1, results=1, EndDevice=None), "EndDeviceList/EndDevice: is mandatory"),  # type: ignore[arg-type]
        (
            ResponseList(all=1, results=1, Response=[Link(href="/")]),  # type: ignore[list-item]
            r"ResponseList/Response\[0\]: must be of type Response",
        ),
        (
            DrResponse(endDeviceLFDI=LFDI, subject=b"", AppliedTargetReduction=LOOKALIKE),  # type: ignore[arg-type]
            "DrResponse/AppliedTargetReduction: must be of type AppliedTargetReduction",
        ),
        (5, "int is not a SEP 2.0 resource"),
    ],
)
def test_our_own_mistakes_are_found_before_they_leave(instance: Any, path: str) -> None:
    with pytest.raises(EncodeError, match=path):
        xml.encode(instance)


def test_text_longer_than_its_type_does_not_leave() -> None:
    with pytest.raises(EncodeError, match="Event/description: 33 characters are longer than 32"):
        xml.encode(Event(**{**_fields(minimal(Event)), "description": "x" * 33}))


def test_an_unknown_namespace_is_not_written() -> None:
    with pytest.raises(EncodeError, match="urn:other"):
        xml.encode(minimal(Time), "urn:other")


def test_what_is_sound_has_no_explanation() -> None:
    for cls in CLASSES.values():
        assert explain(maximal(cls), Edition.E2018) is None


def test_the_quick_reader_gives_up_on_anything_unusual() -> None:
    quick = QuickReaders(xml.NS_2018, (Edition.E2018,), lambda element, declared: declared)
    for text in (
        "<a/>",
        "<value/><value>1</value>",
        "<value>1</value><value>1</value>",
        "<value>1<b/></value>",
    ):
        root = etree.fromstring(f'<Reading xmlns="{xml.NS_2018}">{text}</Reading>')
        with pytest.raises(Flaw):
            quick.reader(Reading)(root)


def _fields(instance: Any) -> dict[str, Any]:
    return {name: getattr(instance, name) for name in instance.__dataclass_fields__}
